// Chart blocks: the short form and Vega-Lite. What is drawn is the browser's business; names and shapes are checked here.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "dashboards/internal/front_matter.h"

namespace tarn::dashboards {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kKinds[] = {"line", "bar", "area", "pie", "donut", "histogram", "scatter", "box", "heatmap", "map", "table", "value"};

// Keys whose value is the name of a column of the query.
constexpr std::string_view kColumnKeys[] = {"x", "color", "size", "label", "y2", "bin_end", "trend", "country", "value", "column", "compare"};
constexpr std::string_view kOtherKeys[] = {"chart", "query", "title", "subtitle", "caption", "height", "y", "stack", "horizontal", "sort", "limit",
                                           "x_title", "y_title", "y2_title", "x_format", "y_format", "y2_format", "scale", "x_scale", "bins",
                                           "y2_mark", "band", "colors", "legend", "columns", "rows", "search", "download", "format",
                                           "compare_label", "compare_format", "description", "items"};

template <size_t N>
bool Has(const std::string_view (&words)[N], std::string_view word) {
    return std::ranges::find(words, word) != std::end(words);
}

std::string Text(const Json &json) { return json.is_string() ? json.get<std::string>() : json.dump(); }

Block ErrorBlock(std::string message, int line, Dashboard &dashboard) {
    dashboard.problems.push_back({line, message});
    Block block;
    block.kind = Block::Kind::kError;
    block.line = line;
    block.text = std::move(message);
    return block;
}

void NoteColumns(const Json &spec, const std::string &query, int line, Dashboard &dashboard) {
    auto use = [&](const Json &name) {
        if (name.is_string()) dashboard.columns_used.push_back({query, name.get<std::string>(), line});
    };
    for (const auto &[key, value] : spec.items()) {
        if (Has(kColumnKeys, key)) use(value);
        if (key == "y" || key == "band") {
            if (value.is_string()) use(value);
            else if (value.is_array()) std::ranges::for_each(value, use);
        }
        if ((key == "columns" || key == "items") && value.is_array()) {
            for (const Json &item : value) {
                if (item.is_string()) use(item);
                else if (item.is_object()) {
                    if (auto it = item.find("column"); it != item.end()) use(*it);
                    if (auto it = item.find("compare"); it != item.end()) use(*it);
                }
            }
        }
    }
}

// Names of the data sources that a Vega-Lite specification asks for; false when it asks for a URL.
bool NamedData(const Json &node, std::vector<std::string> &queries) {
    if (node.is_array()) return std::ranges::all_of(node, [&](const Json &item) { return NamedData(item, queries); });
    if (!node.is_object()) return true;
    for (const auto &[key, value] : node.items()) {
        if (key == "url") return false;
        bool source = (key == "data" || key == "from") && value.is_object();
        if (key == "data" && source && value.contains("name") && value["name"].is_string() && !value.contains("values")) {
            std::string name = value["name"].get<std::string>();
            if (std::ranges::find(queries, name) == queries.end()) queries.push_back(std::move(name));
        }
        if (!NamedData(value, queries)) return false;
    }
    return true;
}

}  // namespace

Block ParseChart(std::string_view yaml, int line, Dashboard &dashboard) {
    auto spec = YamlToJson(yaml);
    if (!spec) return ErrorBlock("chart: " + spec.error().message, line + 1 + spec.error().position.line, dashboard);
    if (!spec->is_object()) return ErrorBlock("a chart block is YAML: chart: line, query: NAME, x: COLUMN, …", line, dashboard);
    std::string kind = spec->contains("chart") ? Text((*spec)["chart"]) : "";
    if (!Has(kKinds, kind)) {
        return ErrorBlock("`" + kind + "` is not a kind of chart: line, bar, area, pie, donut, histogram, scatter, box, heatmap, map, table or value.", line, dashboard);
    }
    for (const auto &[key, value] : spec->items()) {
        if (!Has(kColumnKeys, key) && !Has(kOtherKeys, key)) return ErrorBlock("a chart has no `" + key + "`.", line, dashboard);
        if (Has(kColumnKeys, key) && !value.is_string()) return ErrorBlock("`" + key + "` of a chart must be a column's name.", line, dashboard);
    }
    if (!spec->contains("query") || !(*spec)["query"].is_string()) return ErrorBlock("a chart needs `query`: the name of a ```sql block.", line, dashboard);
    Block block;
    block.kind = Block::Kind::kChart;
    block.line = line;
    block.queries = {(*spec)["query"].get<std::string>()};
    NoteColumns(*spec, block.queries[0], line, dashboard);
    block.json = spec->dump(-1, ' ', false, Json::error_handler_t::replace);
    return block;
}

Block ParseVegaLite(std::string_view text, int line, Dashboard &dashboard) {
    auto spec = YamlToJson(text);
    if (!spec) return ErrorBlock("vega-lite: " + spec.error().message, line + 1 + spec.error().position.line, dashboard);
    if (!spec->is_object()) return ErrorBlock("a vega-lite block is a specification in JSON or YAML.", line, dashboard);
    Block block;
    block.kind = Block::Kind::kVegaLite;
    block.line = line;
    if (!NamedData(*spec, block.queries)) return ErrorBlock("a vega-lite block reads named queries only, no `url`: a dashboard loads nothing from outside.", line, dashboard);
    if (block.queries.empty()) return ErrorBlock("a vega-lite block needs \"data\": {\"name\": QUERY}.", line, dashboard);
    if (auto title = spec->find("title"); title != spec->end() && title->is_string()) block.text = title->get<std::string>();
    block.json = spec->dump(-1, ' ', false, Json::error_handler_t::replace);
    return block;
}

}  // namespace tarn::dashboards
