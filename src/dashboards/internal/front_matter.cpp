#include "dashboards/internal/front_matter.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/data_type.h"
#include "dashboards/markdown.h"
#include "sql/parameters.h"

namespace tarn::dashboards {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxYamlDepth = 64;

std::optional<double> NumberOf(const std::string &text) {
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Json ScalarToJson(const YAML::Node &node) {
    const std::string &text = node.Scalar();
    if (node.Tag() == "!") return text;  // Quoted: a text, whatever it looks like.
    if (text.empty() || text == "~" || text == "null") return nullptr;
    if (text == "true" || text == "false") return text == "true";
    int64_t whole = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (error == std::errc() && end == text.data() + text.size()) return whole;
    if (auto number = NumberOf(text); number && text.find_first_of("nN") == std::string::npos) return *number;
    return text;
}

// Throws YAML::Exception for what is nested too deeply (aliases can make trees without end).
Json ToJson(const YAML::Node &node, int depth) {
    if (depth > kMaxYamlDepth) throw YAML::Exception(node.Mark(), "nested too deeply");
    switch (node.Type()) {
        case YAML::NodeType::Undefined:
        case YAML::NodeType::Null: return nullptr;
        case YAML::NodeType::Scalar: return ScalarToJson(node);
        case YAML::NodeType::Sequence: {
            Json list = Json::array();
            for (const auto &item : node) list.push_back(ToJson(item, depth + 1));
            return list;
        }
        case YAML::NodeType::Map: break;
    }
    Json object = Json::object();
    for (const auto &pair : node) {
        if (!pair.first.IsScalar()) throw YAML::Exception(pair.first.Mark(), "a key must be a text");
        object[pair.first.Scalar()] = ToJson(pair.second, depth + 1);
    }
    return object;
}

constexpr std::pair<std::string_view, ParameterType> kTypes[] = {
    {"text", ParameterType::kText},          {"number", ParameterType::kNumber},     {"date", ParameterType::kDate},
    {"date_range", ParameterType::kDateRange}, {"dropdown", ParameterType::kDropdown}, {"multi_select", ParameterType::kMultiSelect},
    {"checkbox", ParameterType::kCheckbox},  {"slider", ParameterType::kSlider},
};

// Reads the mapping of one parameter.
class ParameterReader {
public:
    ParameterReader(const YAML::Node &node, int first_line, std::string name, Dashboard &dashboard)
        : node_(node), first_line_(first_line), dashboard_(dashboard) {
        parameter_.name = std::move(name);
        parameter_.line = LineOf(node);
    }

    void Read() {
        if (!IsName(parameter_.name)) return Complain(node_, "`" + parameter_.name + "` is not a name: a letter, then letters, digits and _.");
        if (!node_.IsMap()) return Complain(node_, "the parameter `" + parameter_.name + "` must say its type, e.g. {type: number, default: 20}.");
        for (const auto &pair : node_) {
            constexpr std::string_view kKnown[] = {"type", "label", "description", "default", "min", "max", "step", "options", "name"};
            if (std::ranges::find(kKnown, pair.first.Scalar()) == std::end(kKnown)) {
                Complain(pair.first, "a parameter has no `" + pair.first.Scalar() + "`; it has type, label, description, default, min, max, step and options.");
            }
        }
        std::string type = Text("type", "text");
        auto known = std::ranges::find(kTypes, type, [](const auto &entry) { return entry.first; });
        if (known == std::end(kTypes)) {
            return Complain(node_["type"], "`" + type + "` is not a type of parameter: text, number, date, date_range, dropdown, multi_select, checkbox or slider.");
        }
        parameter_.type = known->second;
        std::string label = parameter_.name;
        std::ranges::replace(label, '_', ' ');
        if (!label.empty() && label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 'a' + 'A');
        parameter_.label = Text("label", label);
        parameter_.description = Text("description", "");
        ReadBounds();
        ReadOptions();
        ReadDefault();
        dashboard_.parameters.push_back(std::move(parameter_));
    }

private:
    int LineOf(const YAML::Node &node) const { return node.Mark().is_null() ? first_line_ : first_line_ + node.Mark().line; }
    void Complain(const YAML::Node &node, std::string message) { dashboard_.problems.push_back({LineOf(node), std::move(message)}); }

    std::string Text(const char *key, const std::string &fallback) {
        YAML::Node value = node_[key];
        if (!value) return fallback;
        if (value.IsScalar()) return value.Scalar();
        Complain(value, std::string("`") + key + "` must be a text.");
        return fallback;
    }

    std::optional<double> Number(const char *key) {
        if (!node_[key]) return std::nullopt;
        auto number = NumberOf(Text(key, ""));
        if (!number) Complain(node_[key], std::string("`") + key + "` must be a number.");
        return number;
    }

    // Empty is one, too: none.
    bool IsDate(const std::string &text, const YAML::Node &node) {
        if (text.empty() || sql::DateValue(text)) return true;
        Complain(node, "`" + text + "` is not a date as 2024-02-29.");
        return false;
    }

    void ReadBounds() {
        bool dates = parameter_.type == ParameterType::kDate || parameter_.type == ParameterType::kDateRange;
        if (dates) {
            std::string min = Text("min", ""), max = Text("max", "");
            if (IsDate(min, node_["min"])) parameter_.min_date = std::move(min);
            if (IsDate(max, node_["max"])) parameter_.max_date = std::move(max);
            return;
        }
        parameter_.min = Number("min");
        parameter_.max = Number("max");
        parameter_.step = Number("step");
        if (parameter_.type == ParameterType::kSlider && (!parameter_.min || !parameter_.max)) Complain(node_, "a slider needs `min` and `max`.");
    }

    void ReadOptions() {
        YAML::Node options = node_["options"];
        bool chosen = parameter_.type == ParameterType::kDropdown || parameter_.type == ParameterType::kMultiSelect;
        if (!options) {
            if (chosen) Complain(node_, "`" + parameter_.name + "` needs `options`: a list, or {query: NAME, value: COLUMN, label: COLUMN}.");
            return;
        }
        if (!chosen) return Complain(options, "only dropdown and multi_select have `options`.");
        if (options.IsMap() && options["query"]) {
            std::string query = options["query"].Scalar();
            std::string value = options["value"] ? options["value"].Scalar() : "value";
            std::string label = options["label"] ? options["label"].Scalar() : value;
            for (const std::string &column : {value, label}) dashboard_.columns_used.push_back({query, column, LineOf(options)});
            parameter_.options_from = {query, value, label};
            return;
        }
        if (options.IsMap()) {  // value: label
            for (const auto &pair : options) parameter_.options.push_back({pair.first.Scalar(), pair.second.IsScalar() ? pair.second.Scalar() : pair.first.Scalar()});
        } else if (options.IsSequence()) {
            for (const auto &item : options) {
                if (item.IsScalar()) parameter_.options.push_back({item.Scalar(), item.Scalar()});
                else if (item.IsMap() && item["value"]) parameter_.options.push_back({item["value"].Scalar(), item["label"] ? item["label"].Scalar() : item["value"].Scalar()});
                else Complain(item, "an option is a text, or {value: …, label: …}.");
            }
        }
        if (parameter_.options.empty()) Complain(options, "`options` holds nothing to choose from.");
    }

    void ReadDefault() {
        YAML::Node value = node_["default"];
        if (!value) return;
        switch (parameter_.type) {
            case ParameterType::kNumber:
            case ParameterType::kSlider:
                if (auto number = Number("default")) parameter_.default_value = *number;
                return;
            case ParameterType::kCheckbox: parameter_.default_value = Text("default", "false") == "true"; return;
            case ParameterType::kMultiSelect: {
                std::vector<std::string> items;
                if (value.IsSequence()) {
                    for (const auto &item : value) items.push_back(item.Scalar());
                } else if (value.IsScalar()) {
                    items.push_back(value.Scalar());
                }
                parameter_.default_value = std::move(items);
                return;
            }
            case ParameterType::kDateRange: {
                bool pair = value.IsSequence() && value.size() == 2;
                bool object = value.IsMap() && value["min"] && value["max"];
                if (!pair && !object) return Complain(value, "the default of a date_range is [FIRST, LAST].");
                DateRange range{(pair ? value[0] : value["min"]).Scalar(), (pair ? value[1] : value["max"]).Scalar()};
                if (IsDate(range.min, value) && IsDate(range.max, value)) parameter_.default_value = std::move(range);
                return;
            }
            case ParameterType::kDate:
                if (std::string date = Text("default", ""); !date.empty() && IsDate(date, value)) parameter_.default_value = std::move(date);
                return;
            default: parameter_.default_value = Text("default", "");
        }
        const auto *chosen = std::get_if<std::string>(&*parameter_.default_value);
        if (chosen && !parameter_.options.empty() && std::ranges::find(parameter_.options, *chosen, &Option::value) == parameter_.options.end()) {
            Complain(value, "the default `" + *chosen + "` is not one of the options.");
        }
    }

    YAML::Node node_;
    int first_line_;
    Dashboard &dashboard_;
    Parameter parameter_;
};

void ReadParameters(const YAML::Node &node, int line, Dashboard &dashboard) {
    if (node.IsMap()) {
        for (const auto &pair : node) ParameterReader(pair.second, line, pair.first.Scalar(), dashboard).Read();
    } else if (node.IsSequence()) {
        for (const auto &item : node) {
            std::string name = item.IsMap() && item["name"] ? item["name"].Scalar() : "";
            ParameterReader(item, line, std::move(name), dashboard).Read();
        }
    } else {
        dashboard.problems.push_back({line, "`parameters` must be a mapping: name: {type: …}."});
    }
}

}  // namespace

void ParseFrontMatter(std::string_view yaml, int line, Dashboard &dashboard) {
    try {
        YAML::Node root = YAML::Load(std::string(yaml));
        if (root.IsNull()) return;
        if (!root.IsMap()) {
            dashboard.problems.push_back({line, "the front matter must be a mapping: title: …"});
            return;
        }
        std::pair<const char *, std::string *> texts[] = {
            {"title", &dashboard.title},     {"description", &dashboard.description}, {"group", &dashboard.group},
            {"catalog", &dashboard.catalog}, {"schema", &dashboard.schema},
        };
        for (const auto &pair : root) {
            std::string key = pair.first.Scalar();
            int at = line + pair.first.Mark().line;
            auto text = std::ranges::find(texts, key, [](const auto &entry) { return std::string(entry.first); });
            if (text != std::end(texts) && pair.second.IsScalar()) *text->second = pair.second.Scalar();
            else if (key == "order" && pair.second.IsScalar() && NumberOf(pair.second.Scalar())) dashboard.order = *NumberOf(pair.second.Scalar());
            else if (key == "parameters") ReadParameters(pair.second, line, dashboard);
            else dashboard.problems.push_back({at, "the front matter has no `" + key + "`; it has title, description, group, order, catalog, schema and parameters."});
        }
    } catch (const YAML::Exception &error) {
        dashboard.problems.push_back({line + std::max(error.mark.line, 0), "front matter: " + error.msg});
    }
}

Result<Json> YamlToJson(std::string_view yaml) {
    try {
        return ToJson(YAML::Load(std::string(yaml)), 0);
    } catch (const YAML::Exception &error) {
        Error wrong = MakeError(ErrorKind::kInvalidInput, "DASHBOARD_INVALID_DEFINITION", error.msg);
        wrong.position.line = std::max(error.mark.line, 0);
        return Fail(std::move(wrong));
    }
}

}  // namespace tarn::dashboards
