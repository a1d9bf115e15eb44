// What a model answered, as a DuckDB value.
#include <nlohmann/json.hpp>

#include "engine/internal/ai_functions.h"

namespace tarn::engine {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;
using nlohmann::json;

std::unexpected<Error> NotOfType(const std::string &text, const LogicalType &type) {
    std::string quoted = text.size() > 100 ? text.substr(0, 100) + "…" : text;
    return Fail(ErrorKind::kInvalidInput, "AI_FUNCTION_HTTP_PARSE_CAST_ERROR", "The model's answer cannot be read as " + type.ToString() + ": " + quoted);
}

Result<Value> Scalar(const std::string &text, const LogicalType &type) {
    size_t start = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
    if (type.id() == LogicalTypeId::VARCHAR) return Value(text);
    Value value(start == std::string::npos ? "" : text.substr(start, end - start + 1)), cast;
    std::string why;
    if (!value.DefaultTryCastAs(type, cast, &why)) return NotOfType(text, type);
    return cast;
}

Result<Value> FromJson(const json &node, const LogicalType &type) {
    if (node.is_null()) return Value(type);
    switch (type.id()) {
        case LogicalTypeId::LIST: {
            if (!node.is_array()) return NotOfType(node.dump(), type);
            const LogicalType &child = duckdb::ListType::GetChildType(type);
            duckdb::vector<Value> items;
            for (const json &item : node) {
                TARN_TRY(Value value, FromJson(item, child));
                items.push_back(std::move(value));
            }
            return Value::LIST(child, std::move(items));
        }
        case LogicalTypeId::STRUCT: {
            if (!node.is_object()) return NotOfType(node.dump(), type);
            duckdb::vector<Value> members;
            for (auto &[name, child] : duckdb::StructType::GetChildTypes(type)) {
                auto it = node.find(name);
                TARN_TRY(Value value, FromJson(it == node.end() ? json() : *it, child));
                members.push_back(std::move(value));
            }
            return Value::STRUCT(type, std::move(members));
        }
        case LogicalTypeId::MAP: {
            if (!node.is_object()) return NotOfType(node.dump(), type);
            duckdb::vector<Value> keys, values;
            for (auto &[name, item] : node.items()) {
                TARN_TRY(Value key, Scalar(name, duckdb::MapType::KeyType(type)));
                TARN_TRY(Value value, FromJson(item, duckdb::MapType::ValueType(type)));
                keys.push_back(std::move(key));
                values.push_back(std::move(value));
            }
            return Value::MAP(duckdb::MapType::KeyType(type), duckdb::MapType::ValueType(type), std::move(keys), std::move(values));
        }
        default: break;
    }
    if (node.is_string()) return Scalar(node.get<std::string>(), type);
    return Scalar(node.dump(-1, ' ', false, json::error_handler_t::replace), type);
}

}  // namespace

Result<Value> ValueOfAnswer(const std::string &text, const LogicalType &type, const std::string &member) {
    bool nested = type.id() == LogicalTypeId::LIST || type.id() == LogicalTypeId::STRUCT || type.id() == LogicalTypeId::MAP;
    if (member.empty() && !nested) return Scalar(text, type);
    json answer = json::parse(text, nullptr, false);
    if (answer.is_discarded()) {
        // Models without structured output like to wrap JSON: ```json … ```.
        size_t open = text.find_first_of("{["), close = text.find_last_of("}]");
        if (open != std::string::npos && close != std::string::npos && close > open) answer = json::parse(text.substr(open, close - open + 1), nullptr, false);
    }
    if (answer.is_discarded()) return NotOfType(text, type);
    if (member.empty()) return FromJson(answer, type);
    if (!answer.is_object() || !answer.contains(member)) return NotOfType(text, type);
    return FromJson(answer[member], type);
}

}  // namespace tarn::engine
