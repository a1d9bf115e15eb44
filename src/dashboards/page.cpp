#include "dashboards/page.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/text.h"
#include "engine/result_set.h"

namespace tarn::dashboards {
namespace {

std::string NumberJson(double number) { return ToJson(Value(number)); }

std::string_view TypeName(ParameterType type) {
    switch (type) {
        case ParameterType::kText: return "text";
        case ParameterType::kNumber: return "number";
        case ParameterType::kDate: return "date";
        case ParameterType::kDateRange: return "date_range";
        case ParameterType::kDropdown: return "dropdown";
        case ParameterType::kMultiSelect: return "multi_select";
        case ParameterType::kCheckbox: return "checkbox";
        case ParameterType::kSlider: return "slider";
    }
    return "text";
}

std::string ParameterJson(const Parameter &parameter) {
    std::string json = "{\"name\":" + JsonString(parameter.name) + ",\"label\":" + JsonString(parameter.label) + ",\"type\":" + JsonString(TypeName(parameter.type));
    if (!parameter.description.empty()) json += ",\"description\":" + JsonString(parameter.description);
    json += ",\"default\":" + ToJson(DefaultOf(parameter).value_or(Value()));
    if (parameter.min) json += ",\"min\":" + NumberJson(*parameter.min);
    if (parameter.max) json += ",\"max\":" + NumberJson(*parameter.max);
    if (parameter.step) json += ",\"step\":" + NumberJson(*parameter.step);
    if (!parameter.min_date.empty()) json += ",\"min\":" + JsonString(parameter.min_date);
    if (!parameter.max_date.empty()) json += ",\"max\":" + JsonString(parameter.max_date);
    if (!parameter.options.empty()) {
        std::string options;
        for (const Option &option : parameter.options) {
            options += (options.empty() ? "{\"value\":" : ",{\"value\":") + JsonString(option.value) + ",\"label\":" + JsonString(option.label) + "}";
        }
        json += ",\"options\":[" + options + "]";
    }
    if (parameter.options_from) {
        json += ",\"options_from\":{\"query\":" + JsonString(parameter.options_from->query) + ",\"value\":" + JsonString(parameter.options_from->value) +
                ",\"label\":" + JsonString(parameter.options_from->label) + "}";
    }
    return json + "}";
}

// Numbers the charts: their ids stand in the page's HTML.
class BlockWriter {
public:
    std::string List(const std::vector<Block> &blocks) {
        std::string json;
        for (const Block &block : blocks) json += (json.empty() ? "" : ",") + One(block);
        return "[" + json + "]";
    }

private:
    std::string One(const Block &block) {
        switch (block.kind) {
            case Block::Kind::kHtml: return "{\"kind\":\"html\",\"html\":" + JsonString(block.text) + "}";
            case Block::Kind::kChart: return "{\"kind\":\"chart\",\"id\":\"" + NextId() + "\",\"spec\":" + block.json + "}";
            case Block::Kind::kVegaLite: {
                std::string queries;
                for (const std::string &query : block.queries) queries += (queries.empty() ? "" : ",") + JsonString(query);
                std::string title = block.text.empty() ? "" : ",\"title\":" + JsonString(block.text);
                return "{\"kind\":\"vega_lite\",\"id\":\"" + NextId() + "\",\"spec\":" + block.json + ",\"queries\":[" + queries + "]" + title + "}";
            }
            case Block::Kind::kTabs: {
                std::string tabs;
                for (const Block &tab : block.blocks) {
                    if (tab.kind != Block::Kind::kTab) continue;
                    tabs += (tabs.empty() ? "{\"title\":" : ",{\"title\":") + JsonString(tab.text) + ",\"blocks\":" + List(tab.blocks) + "}";
                }
                return "{\"kind\":\"tabs\",\"tabs\":[" + tabs + "]}";
            }
            case Block::Kind::kTab: return List(block.blocks);
            case Block::Kind::kGrid: return "{\"kind\":\"grid\",\"columns\":" + std::to_string(block.columns) + ",\"blocks\":" + List(block.blocks) + "}";
            case Block::Kind::kDetails:
                return "{\"kind\":\"details\",\"title\":" + JsonString(block.text) + ",\"open\":" + (block.open ? "true" : "false") + ",\"blocks\":" + List(block.blocks) + "}";
            case Block::Kind::kNote:
                return "{\"kind\":\"note\",\"style\":" + JsonString(block.style) + (block.text.empty() ? "" : ",\"title\":" + JsonString(block.text)) +
                       ",\"blocks\":" + List(block.blocks) + "}";
            case Block::Kind::kIf: {
                const Condition &condition = block.condition;
                return "{\"kind\":\"if\",\"condition\":{\"query\":" + JsonString(condition.query) + ",\"column\":" + JsonString(condition.column) + ",\"op\":" +
                       JsonString(condition.op) + ",\"value\":" + condition.value_json + "},\"blocks\":" + List(block.blocks) + ",\"otherwise\":" + List(block.otherwise) + "}";
            }
            case Block::Kind::kError: return "{\"kind\":\"error\",\"message\":" + JsonString(block.text) + ",\"line\":" + std::to_string(block.line) + "}";
        }
        return "null";
    }

    std::string NextId() { return "c" + std::to_string(++charts_); }
    int charts_ = 0;
};

std::string DashboardJson(const PageDashboard &page) {
    const Dashboard &dashboard = *page.dashboard;
    std::string json = "{\"name\":" + JsonString(dashboard.name) + ",\"title\":" + JsonString(dashboard.title) + ",\"description\":" + JsonString(dashboard.description);
    std::string list;
    std::vector<std::string> names;
    for (const Parameter &parameter : dashboard.parameters) {
        list += (list.empty() ? "" : ",") + ParameterJson(parameter);
        names.push_back(parameter.name);
    }
    json += ",\"parameters\":[" + list + "],\"values\":" + ToJson(page.values, names);
    list.clear();
    for (const NamedQuery &query : dashboard.queries) {
        std::string parameters;
        for (const std::string &name : query.parameters) parameters += (parameters.empty() ? "" : ",") + JsonString(name);
        list += (list.empty() ? "" : ",") + JsonString(query.name) + ":{\"sql\":" + JsonString(query.sql) + ",\"parameters\":[" + parameters + "]}";
    }
    json += ",\"queries\":{" + list + "},\"blocks\":" + BlockWriter().List(dashboard.blocks);
    json += ",\"results\":[";
    for (size_t i = 0; i < page.results.size(); i++) json += (i > 0 ? "," : "") + page.results[i]->json;
    return json + "]}";
}

void CollectQueries(const std::vector<Block> &blocks, std::vector<std::string> &names) {
    for (const Block &block : blocks) {
        for (const std::string &query : block.queries) {
            if (std::ranges::find(names, query) == names.end()) names.push_back(query);
        }
        CollectQueries(block.blocks, names);
        CollectQueries(block.otherwise, names);
    }
}

}  // namespace

std::vector<std::string> QueriesShown(const Dashboard &dashboard) {
    std::vector<std::string> names;
    for (const Parameter &parameter : dashboard.parameters) {
        if (parameter.options_from && std::ranges::find(names, parameter.options_from->query) == names.end()) names.push_back(parameter.options_from->query);
    }
    CollectQueries(dashboard.blocks, names);
    return names;
}

std::string PageJson(const PageOptions &options, const std::vector<PageDashboard> &dashboards) {
    char now[32];
    std::time_t seconds = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
    std::string json = std::string("{\"mode\":\"") + (options.live ? "live" : "built") + "\",\"generated\":\"" + now + "\",\"project\":" + JsonString(options.project) +
                       ",\"report\":" + (options.report ? "true" : "false") + ",\"index\":[";
    for (size_t i = 0; i < options.index.size(); i++) {
        const Dashboard &dashboard = *options.index[i];
        json += (i > 0 ? ",{\"name\":" : "{\"name\":") + JsonString(dashboard.name) + ",\"title\":" + JsonString(dashboard.title) + ",\"description\":" + JsonString(dashboard.description);
        if (!dashboard.group.empty()) json += ",\"group\":" + JsonString(dashboard.group);
        json += "}";
    }
    json += "],\"dashboards\":[";
    for (size_t i = 0; i < dashboards.size(); i++) json += (i > 0 ? "," : "") + DashboardJson(dashboards[i]);
    return json + "]}";
}

std::string ForScript(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (c == '<') out += "\\u003c";
        else out += c;
    }
    return out;
}

}  // namespace tarn::dashboards
