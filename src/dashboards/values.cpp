#include "dashboards/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/result_set.h"

namespace tarn::dashboards {
namespace {

std::unexpected<Error> Bad(const Parameter &parameter, const std::string &what) {
    return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The value of the parameter `" + parameter.name + "` " + what);
}

int HexOf(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string Decode(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); i++) {
        bool escape = text[i] == '%' && i + 2 < text.size() && HexOf(text[i + 1]) >= 0 && HexOf(text[i + 2]) >= 0;
        if (escape) {
            out += static_cast<char>(HexOf(text[i + 1]) * 16 + HexOf(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    // Through JSON and back, which replaces what is no UTF-8.
    using Json = nlohmann::json;
    return Json::parse(Json(out).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

std::string NumberText(double number) {
    char buffer[32];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
    return std::string(buffer, end);
}

// "" or what is wrong with it.
Result<void> CheckOption(const Parameter &parameter, const std::string &chosen) {
    if (parameter.options.empty() || std::ranges::find(parameter.options, chosen, &Option::value) != parameter.options.end()) return {};
    return Bad(parameter, "is none of its options.");
}

Result<Value> CheckNumber(const Parameter &parameter, double number) {
    if (!std::isfinite(number)) return Bad(parameter, "is not a number.");
    if (parameter.min && number < *parameter.min) return Bad(parameter, "is below its minimum " + NumberText(*parameter.min) + ".");
    if (parameter.max && number > *parameter.max) return Bad(parameter, "is above its maximum " + NumberText(*parameter.max) + ".");
    return Value(number);
}

// An end of a range may be open.
Result<std::string> CheckDate(const Parameter &parameter, std::string text) {
    if (text.empty() && parameter.type == ParameterType::kDateRange) return text;
    if (!sql::DateValue(text)) return Bad(parameter, "is not a date as 2024-02-29.");
    return text;
}

Result<Value> FromText(const Parameter &parameter, const std::string &text) {
    switch (parameter.type) {
        case ParameterType::kNumber:
        case ParameterType::kSlider: {
            double number = 0;
            auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc() || end != text.data() + text.size()) return Bad(parameter, "is not a number.");
            return CheckNumber(parameter, number);
        }
        case ParameterType::kCheckbox:
            if (text != "true" && text != "false") return Bad(parameter, "must be true or false.");
            return Value(text == "true");
        case ParameterType::kDate: {
            if (text.empty()) return Value();
            TARN_TRY(std::string date, CheckDate(parameter, text));
            return Value(std::move(date));
        }
        case ParameterType::kDropdown: TARN_CHECK(CheckOption(parameter, text)); return Value(text);
        default: return Value(text);
    }
}

Result<Value> FromJson(const Parameter &parameter, const nlohmann::json &json) {
    if (json.is_null()) return Value();
    if (parameter.type == ParameterType::kMultiSelect) {
        if (!json.is_array()) return Bad(parameter, "must be a list of texts.");
        std::vector<std::string> items;
        for (const auto &item : json) {
            if (!item.is_string()) return Bad(parameter, "must be a list of texts.");
            TARN_CHECK(CheckOption(parameter, item.get<std::string>()));
            items.push_back(item.get<std::string>());
        }
        return Value(std::move(items));
    }
    if (parameter.type == ParameterType::kDateRange) {
        bool range = json.is_object() && json.contains("min") && json.contains("max") && json["min"].is_string() && json["max"].is_string();
        if (!range) return Bad(parameter, "must have the dates `min` and `max`.");
        TARN_TRY(std::string min, CheckDate(parameter, json["min"].get<std::string>()));
        TARN_TRY(std::string max, CheckDate(parameter, json["max"].get<std::string>()));
        return Value(DateRange{std::move(min), std::move(max)});
    }
    if (json.is_string()) return FromText(parameter, json.get<std::string>());
    if (json.is_boolean() && parameter.type == ParameterType::kCheckbox) return Value(json.get<bool>());
    bool numeric = parameter.type == ParameterType::kNumber || parameter.type == ParameterType::kSlider;
    if (json.is_number() && numeric) return CheckNumber(parameter, json.get<double>());
    return Bad(parameter, "has the wrong type.");
}

}  // namespace

UrlQuery ParseUrlQuery(std::string_view query) {
    UrlQuery pairs;
    while (!query.empty()) {
        size_t end = std::min(query.find('&'), query.size());
        std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        size_t equals = pair.find('=');
        std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        pairs.emplace_back(Decode(pair.substr(0, equals)), Decode(value));
    }
    return pairs;
}

Result<Values> ValuesFromUrl(const Dashboard &dashboard, const UrlQuery &query) {
    Values values;
    for (const Parameter &parameter : dashboard.parameters) {
        if (parameter.type == ParameterType::kDateRange) {
            std::optional<std::string> min, max;
            for (const auto &[name, value] : query) {
                if (name == parameter.name + ".min") min = value;
                if (name == parameter.name + ".max") max = value;
            }
            if (!min && !max) continue;
            if (!min || !max) return Bad(parameter, "needs both .min and .max.");
            TARN_CHECK(CheckDate(parameter, *min));
            TARN_CHECK(CheckDate(parameter, *max));
            values[parameter.name] = DateRange{*min, *max};
            continue;
        }
        for (const auto &[name, text] : query) {
            if (name != parameter.name) continue;
            if (parameter.type != ParameterType::kMultiSelect) {
                TARN_TRY(values[parameter.name], FromText(parameter, text));
                continue;
            }
            auto *items = std::get_if<std::vector<std::string>>(&values[parameter.name]);
            if (items == nullptr) items = &values[parameter.name].emplace<std::vector<std::string>>();
            if (text.empty()) continue;  // name= alone: nothing chosen.
            TARN_CHECK(CheckOption(parameter, text));
            items->push_back(text);
        }
    }
    return values;
}

Result<Values> ValuesFromJson(const Dashboard &dashboard, std::string_view text) {
    auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The values must be a JSON object.");
    Values values;
    for (const Parameter &parameter : dashboard.parameters) {
        auto it = json.find(parameter.name);
        if (it == json.end()) continue;
        TARN_TRY(values[parameter.name], FromJson(parameter, *it));
    }
    return values;
}

std::optional<Value> DefaultOf(const Parameter &parameter) {
    if (parameter.default_value) return parameter.default_value;
    switch (parameter.type) {
        case ParameterType::kCheckbox: return Value(false);
        case ParameterType::kText: return Value(std::string());
        case ParameterType::kNumber:
        case ParameterType::kSlider: return Value(parameter.min.value_or(0));
        case ParameterType::kMultiSelect: return Value(std::vector<std::string>());
        case ParameterType::kDate: return parameter.max_date.empty() ? Value() : Value(parameter.max_date);
        case ParameterType::kDateRange:
            return Value(DateRange{parameter.min_date, parameter.max_date});
        case ParameterType::kDropdown: break;
    }
    if (!parameter.options.empty()) return Value(parameter.options[0].value);
    return std::nullopt;
}

std::string ToJson(const Value &value) {
    std::string out;
    if (const auto *boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
    if (const auto *number = std::get_if<double>(&value)) return NumberText(*number);
    if (const auto *text = std::get_if<std::string>(&value)) {
        AppendJsonString(*text, out);
        return out;
    }
    if (const auto *items = std::get_if<std::vector<std::string>>(&value)) {
        for (const std::string &item : *items) {
            out += out.empty() ? "[" : ",";
            AppendJsonString(item, out);
        }
        return out.empty() ? "[]" : out + "]";
    }
    if (const auto *range = std::get_if<DateRange>(&value)) return "{\"min\":" + ToJson(Value(range->min)) + ",\"max\":" + ToJson(Value(range->max)) + "}";
    return "null";
}

std::string ToJson(const Values &values, const std::vector<std::string> &names) {
    std::string out = "{";
    for (const std::string &name : names) {
        auto it = values.find(name);
        out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + (it == values.end() ? "null" : ToJson(it->second));
    }
    return out + "}";
}

Result<sql::ExprPtr> ToSql(const Parameter &parameter, const Value &value) {
    if (const auto *boolean = std::get_if<bool>(&value)) return sql::BooleanValue(*boolean);
    if (const auto *number = std::get_if<double>(&value)) return sql::NumberValue(NumberText(*number));
    if (const auto *items = std::get_if<std::vector<std::string>>(&value)) return sql::StringArrayValue(*items);
    if (const auto *range = std::get_if<DateRange>(&value)) {
        TARN_TRY(sql::ExprPtr min, sql::DateValue(range->min.empty() ? "0001-01-01" : range->min));
        TARN_TRY(sql::ExprPtr max, sql::DateValue(range->max.empty() ? "9999-12-31" : range->max));
        return sql::StructValue({{"min", std::move(min)}, {"max", std::move(max)}});
    }
    if (const auto *text = std::get_if<std::string>(&value)) {
        if (parameter.type == ParameterType::kDate) return sql::DateValue(*text);
        return sql::StringValue(*text);
    }
    return sql::NullValue();
}

}  // namespace tarn::dashboards
