#include "dashboards/lakeview.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/data_type.h"
#include "dashboards/markdown.h"
#include "dashboards/values.h"
#include "sql/parser.h"

namespace tarn::dashboards {
namespace {

using Json = nlohmann::ordered_json;

// `json` at a path of keys; null where there is none.
const Json &At(const Json &json, std::initializer_list<const char *> path) {
    static const Json kNone;
    const Json *at = &json;
    for (const char *key : path) {
        if (!at->is_object()) return kNone;
        auto it = at->find(key);
        if (it == at->end()) return kNone;
        at = &*it;
    }
    return *at;
}

std::string Text(const Json &json, const std::string &fallback = "") {
    if (json.is_string()) return json.get<std::string>();
    return json.is_number() || json.is_boolean() ? json.dump() : fallback;
}

std::string Lines(const Json &lines) {
    std::string text;
    for (const Json &line : lines) text += Text(line);
    return text;
}

// A name of letters, digits and _, not one of `taken`.
std::string FreshName(std::string_view wanted, const std::string &prefix, std::vector<std::string> &taken) {
    std::string name = prefix;
    for (char c : wanted) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    std::string unique = name;
    for (int i = 2; std::ranges::find(taken, unique) != taken.end(); i++) unique = name + "_" + std::to_string(i);
    taken.push_back(unique);
    return unique;
}

struct Dataset {
    std::string sql;
};

// A filter on a field: what it adds to every widget over one of its datasets.
struct FieldFilter {
    std::string condition;
    std::vector<std::string> datasets;
};

class Reader {
public:
    Reader(const Json &root, Dashboard &dashboard) : root_(root), dashboard_(dashboard) {}

    void Read() {
        for (const Json &dataset : At(root_, {"datasets"})) ReadDataset(dataset);
        // Filters first: they hold for widgets on all pages.
        ForEachWidget([&](const Json &widget) {
            if (KindOf(widget).starts_with("filter-") || KindOf(widget) == "range-slider") ReadFilter(widget);
        });
        const Json &pages = At(root_, {"pages"});
        std::vector<Block> tabs;
        for (const Json &page : pages) {
            Block tab;
            tab.kind = Block::Kind::kTab;
            tab.text = Text(At(page, {"displayName"}), Text(At(page, {"name"})));
            tab.blocks = ReadPage(page);
            if (!tab.blocks.empty()) tabs.push_back(std::move(tab));
        }
        if (tabs.size() == 1) {
            if (dashboard_.title.empty()) dashboard_.title = tabs[0].text;
            dashboard_.blocks = std::move(tabs[0].blocks);
        } else if (!tabs.empty()) {
            Block all;
            all.kind = Block::Kind::kTabs;
            all.blocks = std::move(tabs);
            dashboard_.blocks.push_back(std::move(all));
        }
    }

private:
    static std::string KindOf(const Json &widget) { return Text(At(widget, {"spec", "widgetType"})); }

    template <class Use>
    void ForEachWidget(Use use) {
        for (const Json &page : At(root_, {"pages"})) {
            for (const Json &item : At(page, {"layout"})) use(At(item, {"widget"}));
        }
    }

    void Complain(std::string message) { dashboard_.problems.push_back({0, std::move(message)}); }

    void ReadDataset(const Json &dataset) {
        Dataset read;
        read.sql = At(dataset, {"queryLines"}).is_array() ? Lines(At(dataset, {"queryLines"})) : Text(At(dataset, {"query"}));
        while (!read.sql.empty() && std::string_view(" \n\r\t;").find(read.sql.back()) != std::string_view::npos) read.sql.pop_back();
        std::string name = Text(At(dataset, {"name"}));
        if (read.sql.empty()) Complain("the dataset `" + Text(At(dataset, {"displayName"}), name) + "` has no query.");
        datasets_[name] = std::move(read);
        for (const Json &parameter : At(dataset, {"parameters"})) ReadParameter(parameter);
    }

    void ReadParameter(const Json &json) {
        Parameter parameter;
        parameter.name = Text(At(json, {"keyword"}));
        if (!IsName(parameter.name) || dashboard_.FindParameter(parameter.name) != nullptr) return;
        taken_.push_back(parameter.name);
        parameter.label = Text(At(json, {"displayName"}), parameter.name);
        std::string type = Text(At(json, {"dataType"}));
        bool range = Text(At(json, {"complexType"})) == "RANGE", multi = Text(At(json, {"complexType"})) == "MULTI";
        bool date = type == "DATE" || type == "DATETIME" || type == "TIMESTAMP";
        bool number = type == "DECIMAL" || type == "INTEGER" || type == "NUMBER" || type == "BIGINT" || type == "DOUBLE" || type == "FLOAT";
        parameter.type = range && date ? ParameterType::kDateRange : multi ? ParameterType::kMultiSelect : date ? ParameterType::kDate
                         : number ? ParameterType::kNumber : ParameterType::kText;
        TakeDefault(At(json, {"defaultSelection"}), parameter);
        dashboard_.parameters.push_back(std::move(parameter));
    }

    // {"values": {"values": [{"value": x}]}} or {"range": {"min": {"value": …}, "max": {"value": …}}}
    void TakeDefault(const Json &selection, Parameter &parameter) {
        auto date_of = [](const Json &json) { return Text(At(json, {"value"})).substr(0, 10); };
        if (parameter.type == ParameterType::kDateRange) {
            const Json &range = At(selection, {"range"});
            std::string min = date_of(At(range, {"min"})), max = date_of(At(range, {"max"}));
            // Relative ones (now-90d/d) are left out: the whole range shows.
            if (sql::DateValue(min) && sql::DateValue(max)) parameter.default_value = DateRange{min, max};
            return;
        }
        const Json &values = At(selection, {"values", "values"}).is_array() ? At(selection, {"values", "values"}) : At(selection, {"values"});
        std::vector<std::string> texts;
        if (values.is_array()) {
            for (const Json &value : values) texts.push_back(value.is_object() ? Text(At(value, {"value"})) : Text(value));
        }
        if (texts.empty()) return;
        if (parameter.type == ParameterType::kMultiSelect) parameter.default_value = texts;
        else if (parameter.type == ParameterType::kNumber) parameter.default_value = std::atof(texts[0].c_str());
        else if (parameter.type != ParameterType::kDate) parameter.default_value = texts[0];
        else if (sql::DateValue(texts[0].substr(0, 10))) parameter.default_value = texts[0].substr(0, 10);
    }

    const Json *QueryNamed(const Json &widget, const std::string &name) {
        for (const Json &query : At(widget, {"queries"})) {
            if (Text(At(query, {"name"})) == name) return &At(query, {"query"});
        }
        return nullptr;
    }

    std::string AddQuery(const std::string &wanted, std::string sql) {
        std::string name = FreshName(wanted, "q_", taken_);
        dashboard_.queries.push_back({name, std::move(sql), {}, {}, 1});
        return name;
    }

    void ReadFilter(const Json &widget) {
        std::string kind = KindOf(widget);
        std::string title = Text(At(widget, {"spec", "frame", "title"}));
        FieldFilter filter;
        std::string field, expression, options_dataset;
        for (const Json &encoding : At(widget, {"spec", "encodings", "fields"})) {
            if (title.empty()) title = Text(At(encoding, {"displayName"}));
            if (std::string bound = Text(At(encoding, {"parameterName"})); !bound.empty()) {
                NameParameter(bound, title, kind);
                continue;
            }
            const Json *query = QueryNamed(widget, Text(At(encoding, {"queryName"})));
            if (query == nullptr) continue;
            field = Text(At(encoding, {"fieldName"}));
            for (const Json &one : At(*query, {"fields"})) {
                if (Text(At(one, {"name"})) == field) expression = Text(At(one, {"expression"}));
            }
            options_dataset = Text(At(*query, {"datasetName"}));
            filter.datasets.push_back(options_dataset);
        }
        if (field.empty()) return;
        if (expression.empty()) expression = sql::QuoteName(field);
        AddFieldFilter(widget, kind, title, field, expression, options_dataset, std::move(filter));
    }

    void AddFieldFilter(const Json &widget, const std::string &kind, const std::string &title, const std::string &field, const std::string &expression,
                        const std::string &dataset, FieldFilter filter) {
        Parameter parameter;
        parameter.name = FreshName(field, "f_", taken_);
        parameter.label = title.empty() ? field : title;
        std::string value = ":" + parameter.name;
        std::string text = "CAST(" + expression + " AS STRING)";
        if (kind == "filter-date-range-picker") {
            parameter.type = ParameterType::kDateRange;
            filter.condition = "CAST(" + expression + " AS DATE) BETWEEN " + value + ".min AND " + value + ".max";
        } else if (kind == "filter-date-picker") {
            parameter.type = ParameterType::kDate;
            filter.condition = "(" + value + " IS NULL OR CAST(" + expression + " AS DATE) = " + value + ")";
        } else if (kind == "filter-text-entry") {
            parameter.type = ParameterType::kText;
            filter.condition = "(" + value + " = '' OR contains(lower(" + text + "), lower(" + value + ")))";
        } else if (kind == "filter-single-select" || kind == "filter-multi-select") {
            // One or many: nothing chosen means all.
            parameter.type = ParameterType::kMultiSelect;
            filter.condition = "(size(" + value + ") = 0 OR array_contains(" + value + ", " + text + "))";
            std::string options = AddQuery("options_" + field, "SELECT DISTINCT " + text + " AS value FROM (\n" + datasets_[dataset].sql + "\n) AS d WHERE " + expression + " IS NOT NULL ORDER BY value");
            parameter.options_from = {options, "value", "value"};
        } else {
            return Complain("the filter `" + parameter.label + "` is of the kind " + kind + ", which is not supported; it filters nothing.");
        }
        TakeDefault(At(widget, {"spec", "selection", "defaultSelection"}), parameter);
        dashboard_.parameters.push_back(std::move(parameter));
        filters_.push_back(std::move(filter));
    }

    // A filter that sets a dataset's parameter gives it its title; a slider its bounds.
    void NameParameter(const std::string &name, const std::string &title, const std::string &kind) {
        auto it = std::ranges::find(dashboard_.parameters, name, &Parameter::name);
        if (it == dashboard_.parameters.end()) return Complain("a filter sets :" + name + ", which no dataset declares.");
        if (!title.empty()) it->label = title;
        if (kind == "filter-multi-select" && it->options.empty() && !it->options_from) it->type = it->type == ParameterType::kMultiSelect ? it->type : ParameterType::kText;
    }

    std::vector<Block> ReadPage(const Json &page) {
        struct Placed {
            int x = 0, y = 0;
            Block block;
        };
        std::vector<Placed> placed;
        for (const Json &item : At(page, {"layout"})) {
            const Json &position = At(item, {"position"});
            Placed one;
            one.x = At(position, {"x"}).is_number_integer() ? At(position, {"x"}).get<int>() : 0;
            one.y = At(position, {"y"}).is_number_integer() ? At(position, {"y"}).get<int>() : 0;
            if (ReadWidget(At(item, {"widget"}), one.block)) placed.push_back(std::move(one));
        }
        std::ranges::stable_sort(placed, [](const Placed &a, const Placed &b) { return std::pair(a.y, a.x) < std::pair(b.y, b.x); });
        std::vector<Block> rows;
        for (size_t i = 0; i < placed.size();) {
            size_t end = i + 1;
            while (end < placed.size() && placed[end].y == placed[i].y) end++;
            if (end == i + 1) {
                rows.push_back(std::move(placed[i].block));
            } else {
                Block grid;
                grid.kind = Block::Kind::kGrid;
                grid.columns = static_cast<int>(std::min<size_t>(end - i, 6));
                for (size_t j = i; j < end; j++) grid.blocks.push_back(std::move(placed[j].block));
                rows.push_back(std::move(grid));
            }
            i = end;
        }
        return rows;
    }

    bool ReadWidget(const Json &widget, Block &block) {
        std::string kind = KindOf(widget);
        if (kind.starts_with("filter-") || kind == "range-slider") return false;
        std::string markdown = Text(At(widget, {"textbox_spec"})) + Lines(At(widget, {"multilineTextboxSpec", "lines"}));
        if (!markdown.empty()) {
            block.text = MarkdownToHtml(markdown);
            return true;
        }
        const Json *query = QueryNamed(widget, "main_query");
        if (query == nullptr && !At(widget, {"queries"}).empty()) query = &At(At(widget, {"queries"})[0], {"query"});
        Json spec = query == nullptr ? Json() : ChartOf(kind, At(widget, {"spec", "encodings"}), widget);
        if (spec.is_null()) {
            block.kind = Block::Kind::kError;
            block.text = "A widget of the kind `" + kind + "` is not supported.";
            Complain(block.text);
            return true;
        }
        std::string name = AddQuery(Text(At(widget, {"name"}), "widget"), SqlOf(*query, widget));
        spec["query"] = name;
        const Json &frame = At(widget, {"spec", "frame"});
        if (At(frame, {"showTitle"}) != Json(false) && !Text(At(frame, {"title"})).empty()) spec["title"] = Text(At(frame, {"title"}));
        if (At(frame, {"showDescription"}) == Json(true)) spec["subtitle"] = Text(At(frame, {"description"}));
        block.kind = Block::Kind::kChart;
        block.json = spec.dump(-1, ' ', false, Json::error_handler_t::replace);
        block.queries = {name};
        return true;
    }

    std::string SqlOf(const Json &query, const Json &widget) {
        std::string dataset = Text(At(query, {"datasetName"}));
        auto it = datasets_.find(dataset);
        if (it == datasets_.end()) {
            Complain("a widget reads the dataset `" + dataset + "`, which is not there.");
            return "SELECT NULL AS `missing dataset`";
        }
        std::string fields;
        for (const Json &field : At(query, {"fields"})) {
            std::string expression = Text(At(field, {"expression"}));
            // Databricks' marker for filters that depend on each other.
            if (expression.find("associative_filter_predicate_group") != std::string::npos) continue;
            // How Databricks writes the number of rows: not a column named *.
            if (size_t star = expression.find("(`*`)"); star != std::string::npos) expression.replace(star, 5, "(*)");
            fields += (fields.empty() ? "" : ",\n  ") + expression + " AS " + sql::QuoteName(Text(At(field, {"name"}), expression));
        }
        std::string where;
        for (const Json &filter : At(query, {"filters"})) {
            if (std::string condition = Text(At(filter, {"expression"})); !condition.empty()) where += (where.empty() ? "" : " AND ") + ("(" + condition + ")");
        }
        for (const FieldFilter &filter : filters_) {
            if (std::ranges::find(filter.datasets, dataset) != filter.datasets.end()) where += (where.empty() ? "" : " AND ") + filter.condition;
        }
        bool aggregated = At(query, {"disaggregated"}) == Json(false) && KindOf(widget) != "table";
        return "SELECT " + (fields.empty() ? "*" : fields) + "\nFROM (\n" + it->second.sql + "\n) AS d" + (where.empty() ? "" : "\nWHERE " + where) + (aggregated ? "\nGROUP BY ALL" : "");
    }

    // The short form of a chart; null for a kind that there is none for.
    Json ChartOf(const std::string &kind, const Json &encodings, const Json &widget) {
        Json spec = Json::object();
        auto field = [&](const char *channel) { return Text(At(encodings, {channel, "fieldName"})); };
        auto set = [&](const char *key, const std::string &value) {
            if (!value.empty()) spec[key] = value;
        };
        auto axes = [&] {
            set("x", field("x"));
            set("x_title", Text(At(encodings, {"x", "displayName"})));
            Json several = Json::array();
            for (const Json &one : At(encodings, {"y", "fields"})) several.push_back(Text(At(one, {"fieldName"})));
            if (!several.empty()) spec["y"] = several;
            else set("y", field("y"));
            set("y_title", Text(At(encodings, {"y", "displayName"})));
            set("color", field("color"));
            if (Text(At(encodings, {"y", "scale", "type"})) == "log") spec["scale"] = "log";
        };
        if (kind == "counter") {
            spec = {{"chart", "value"}, {"column", field("value")}};
            set("label", "");
            if (std::string label = Text(At(encodings, {"value", "displayName"})); !label.empty()) spec["label"] = label;
            set("compare", field("target"));
            return spec;
        }
        if (kind == "table" || kind == "pivot") {
            spec["chart"] = "table";
            Json columns = Json::array();
            for (const Json &column : At(encodings, {"columns"})) {
                if (At(column, {"visible"}) == Json(false) || Text(At(column, {"fieldName"})).empty()) continue;
                columns.push_back({{"column", Text(At(column, {"fieldName"}))}, {"label", Text(At(column, {"title"}), Text(At(column, {"displayName"}), Text(At(column, {"fieldName"}))))}});
            }
            if (kind == "table" && !columns.empty()) spec["columns"] = columns;
            return spec;
        }
        if (kind == "bar" || kind == "line" || kind == "area" || kind == "scatter" || kind == "histogram" || kind == "box" || kind == "heatmap") {
            spec["chart"] = kind;
            axes();
            std::string layout = Text(At(widget, {"spec", "mark", "layout"}));
            if (layout == "group") spec["stack"] = false;
            if (layout == "stack-100") spec["stack"] = "normalize";
            // A bar chart whose measure lies on x is horizontal.
            bool quantitative_x = Text(At(encodings, {"x", "scale", "type"})) == "quantitative";
            bool categorical_y = Text(At(encodings, {"y", "scale", "type"})) == "categorical";
            if (kind == "bar" && quantitative_x && categorical_y) {
                std::swap(spec["x"], spec["y"]);
                spec["horizontal"] = true;
            }
            set("size", field("size"));
            if (kind == "heatmap") {
                spec.erase("color");
                set("value", field("color"));
            }
            return spec;
        }
        if (kind == "combo") {
            spec["chart"] = "bar";
            set("x", field("x"));
            set("y", Text(At(encodings, {"y", "primary", "fields"}).empty() ? Json() : At(At(encodings, {"y", "primary", "fields"})[0], {"fieldName"})));
            set("y2", Text(At(encodings, {"y", "secondary", "fields"}).empty() ? Json() : At(At(encodings, {"y", "secondary", "fields"})[0], {"fieldName"})));
            spec["y2_mark"] = "line";
            return spec;
        }
        if (kind == "pie") {
            spec["chart"] = "pie";
            set("color", field("color"));
            set("value", field("angle"));
            return spec;
        }
        if (kind == "choropleth-map") {
            spec["chart"] = "map";
            set("country", Text(At(encodings, {"region", "admin0", "fieldName"})));
            set("value", field("color"));
            return spec.contains("country") ? spec : Json();
        }
        return {};
    }

    const Json &root_;
    Dashboard &dashboard_;
    std::map<std::string, Dataset> datasets_;
    std::vector<FieldFilter> filters_;
    std::vector<std::string> taken_;
};

}  // namespace

Dashboard ParseLakeview(std::string_view text, std::string name) {
    Dashboard dashboard;
    dashboard.name = std::move(name);
    // Databricks' file names have blanks; a URL's part has none.
    std::string title = dashboard.name;
    for (char &c : dashboard.name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') c = '_';
    }
    dashboard.title = title;
    Json root = Json::parse(text, nullptr, false);
    if (!root.is_object() || !root.contains("pages")) {
        dashboard.problems.push_back({1, "this is no dashboard of Databricks: a JSON object with `datasets` and `pages`."});
        return dashboard;
    }
    Reader(root, dashboard).Read();
    return dashboard;
}

}  // namespace tarn::dashboards
