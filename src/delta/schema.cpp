#include "delta/schema.h"

#include <simdjson.h>

#include <charconv>
#include <optional>

#include "base/text.h"
#include "delta/internal/json_writer.h"

namespace tarn::delta {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kCharVarchar = "__CHAR_VARCHAR_TYPE_STRING";
// Deeper types than this are an attack on the stack, not a table.
constexpr int kMaxDepth = 200;

struct NamedKind {
    std::string_view name;
    TypeKind kind;
};
// The first name of a kind is the one that is written.
constexpr NamedKind kPrimitives[] = {
    {"string", TypeKind::kString},       {"long", TypeKind::kLong},     {"integer", TypeKind::kInt},
    {"short", TypeKind::kShort},         {"byte", TypeKind::kByte},     {"float", TypeKind::kFloat},
    {"double", TypeKind::kDouble},       {"boolean", TypeKind::kBoolean}, {"binary", TypeKind::kBinary},
    {"date", TypeKind::kDate},           {"timestamp", TypeKind::kTimestamp},
    {"timestamp_ntz", TypeKind::kTimestampNtz}, {"void", TypeKind::kNull}, {"null", TypeKind::kNull},
    {"variant", TypeKind::kVariant},     {"int", TypeKind::kInt},       {"bigint", TypeKind::kLong},
};

std::unexpected<Error> BadSchema(std::string message) {
    return Fail(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG", "The table's schema " + std::move(message) + ".");
}

std::optional<int> ParseNumber(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    int value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "decimal(10,2)"; nullopt for anything else.
std::optional<DataType> ParseDecimal(std::string_view name) {
    if (name == "decimal") return DataType::Decimal(10, 0);
    if (!name.starts_with("decimal(") || !name.ends_with(')')) return std::nullopt;
    std::string_view inside = name.substr(8, name.size() - 9);
    size_t comma = inside.find(',');
    std::optional<int> precision = ParseNumber(inside.substr(0, comma));
    std::optional<int> scale = comma == std::string_view::npos ? 0 : ParseNumber(inside.substr(comma + 1));
    if (!precision || !scale || *precision < 1 || *precision > 38 || *scale < 0 || *scale > *precision) {
        return std::nullopt;
    }
    return DataType::Decimal(*precision, *scale);
}

Result<DataType> ParsePrimitive(std::string_view name) {
    for (const NamedKind &known : kPrimitives) {
        if (known.name == name) return DataType::Of(known.kind);
    }
    if (std::optional<DataType> decimal = ParseDecimal(name)) return *std::move(decimal);
    if (name.starts_with("varchar(") || name.starts_with("char(")) return DataType::Of(TypeKind::kString);
    if (name.starts_with("decimal(")) return BadSchema("names the impossible type " + std::string(name));
    return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_DATA_TYPES",
                "The table has a column of type " + std::string(name) + ", which this build does not know.");
}

Result<DataType> ParseType(element type, int depth);

Result<Field> ParseField(element item, int depth) {
    Field field;
    std::string_view name;
    element type;
    if (item["name"].get(name) != simdjson::SUCCESS || item["type"].get(type) != simdjson::SUCCESS) {
        return BadSchema("has a field without name or type");
    }
    field.name = name;
    TARN_TRY(field.type, ParseType(type, depth + 1));
    bool nullable = true;
    if (item["nullable"].get(nullable) == simdjson::SUCCESS) field.nullable = nullable;
    object metadata;
    if (item["metadata"].get(metadata) == simdjson::SUCCESS) {
        for (auto [key, value] : metadata) field.metadata.emplace(std::string(key), simdjson::minify(value));
    }
    std::string_view spelled;
    bool bounded_text = field.type.kind == TypeKind::kString && type.get(spelled) == simdjson::SUCCESS &&
                        spelled != "string";
    if (bounded_text && !field.metadata.contains(std::string(kCharVarchar))) {
        SetMetadataText(field, kCharVarchar, spelled);
    }
    return field;
}

Result<DataType> ParseStruct(element type, int depth) {
    simdjson::dom::array items;
    if (type["fields"].get(items) != simdjson::SUCCESS) return BadSchema("has a struct without fields");
    std::vector<Field> fields;
    for (element item : items) {
        TARN_TRY(Field field, ParseField(item, depth));
        fields.push_back(std::move(field));
    }
    return DataType::Struct(std::move(fields));
}

Result<DataType> ParseType(element type, int depth) {
    if (depth > kMaxDepth) return BadSchema("nests types more than " + std::to_string(kMaxDepth) + " deep");
    std::string_view name;
    if (type.get(name) == simdjson::SUCCESS) return ParsePrimitive(name);
    if (type["type"].get(name) != simdjson::SUCCESS) return BadSchema("has a type that is neither text nor object");
    if (name == "struct") return ParseStruct(type, depth);
    auto nested = [&](const char *key) -> Result<DataType> {
        element inner;
        if (type[key].get(inner) != simdjson::SUCCESS) {
            return BadSchema("has a type " + std::string(name) + " without " + key);
        }
        return ParseType(inner, depth + 1);
    };
    bool contains_null = true;
    if (name == "array") {
        TARN_TRY(DataType element_type, nested("elementType"));
        if (type["containsNull"].get(contains_null) != simdjson::SUCCESS) contains_null = true;
        return DataType::Array(std::move(element_type), contains_null);
    }
    if (name == "map") {
        TARN_TRY(DataType key, nested("keyType"));
        TARN_TRY(DataType value, nested("valueType"));
        if (type["valueContainsNull"].get(contains_null) != simdjson::SUCCESS) contains_null = true;
        return DataType::Map(std::move(key), std::move(value), contains_null);
    }
    if (name == "udt") return nested("sqlType");  // A user-defined type is stored as its SQL type.
    return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_DATA_TYPES",
                "The table has a column of type " + std::string(name) + ", which this build does not know.");
}

void WriteType(JsonWriter &json, const DataType &type);

void WriteField(JsonWriter &json, const Field &field) {
    json.BeginObject().Field("name", field.name).Key("type");
    WriteType(json, field.type);
    json.Field("nullable", field.nullable).Key("metadata").BeginObject();
    for (const auto &[key, value] : field.metadata) json.Key(key).Raw(value);
    json.EndObject().EndObject();
}

void WriteType(JsonWriter &json, const DataType &type) {
    switch (type.kind) {
        case TypeKind::kStruct:
            json.BeginObject().Field("type", "struct").Key("fields").BeginArray();
            for (const Field &field : type.fields) WriteField(json, field);
            json.EndArray().EndObject();
            return;
        case TypeKind::kArray:
            json.BeginObject().Field("type", "array").Key("elementType");
            WriteType(json, type.children[0]);
            json.Field("containsNull", type.contains_null).EndObject();
            return;
        case TypeKind::kMap:
            json.BeginObject().Field("type", "map").Key("keyType");
            WriteType(json, type.children[0]);
            json.Key("valueType");
            WriteType(json, type.children[1]);
            json.Field("valueContainsNull", type.contains_null).EndObject();
            return;
        case TypeKind::kDecimal:
            json.Text("decimal(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")");
            return;
        default: break;
    }
    for (const NamedKind &known : kPrimitives) {
        if (known.kind == type.kind) {
            json.Text(known.name);
            return;
        }
    }
    json.Text(type.ToString());
}

}  // namespace

Result<DataType> ParseSchema(std::string_view schema_json) {
    simdjson::dom::parser parser;
    simdjson::padded_string text(schema_json);
    element root;
    if (parser.parse(text).get(root) != simdjson::SUCCESS) return BadSchema("is not JSON");
    TARN_TRY(DataType schema, ParseType(root, 0));
    if (schema.kind != TypeKind::kStruct) return BadSchema("is not a struct");
    return schema;
}

std::string SchemaToJson(const DataType &schema) {
    std::string out;
    JsonWriter json(out);
    WriteType(json, schema);
    return out;
}

std::optional<std::string> MetadataText(const Field &field, std::string_view key) {
    auto it = field.metadata.find(std::string(key));
    if (it == field.metadata.end()) return std::nullopt;
    simdjson::dom::parser parser;
    simdjson::padded_string json(it->second);
    std::string_view text;
    if (parser.parse(json).get(text) != simdjson::SUCCESS) return std::nullopt;
    return std::string(text);
}

std::optional<int64_t> MetadataInt(const Field &field, std::string_view key) {
    auto it = field.metadata.find(std::string(key));
    if (it == field.metadata.end()) return std::nullopt;
    int64_t value = 0;
    const std::string &text = it->second;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

void SetMetadataText(Field &field, std::string_view key, std::string_view text) {
    std::string json;
    AppendJsonString(text, json);
    field.metadata[std::string(key)] = std::move(json);
}

ColumnMapping ColumnMappingOf(const Metadata &metadata) {
    const std::string *mode = metadata.Property("delta.columnMapping.mode");
    if (mode != nullptr && EqualsIgnoreCase(*mode, "name")) return ColumnMapping::kName;
    if (mode != nullptr && EqualsIgnoreCase(*mode, "id")) return ColumnMapping::kId;
    return ColumnMapping::kNone;
}

std::string PhysicalName(const Field &field) {
    return MetadataText(field, "delta.columnMapping.physicalName").value_or(field.name);
}

std::optional<int64_t> ColumnId(const Field &field) { return MetadataInt(field, "delta.columnMapping.id"); }

DataType DataSchema(const Metadata &metadata) {
    DataType out = DataType::Struct({});
    for (const Field &field : metadata.schema.fields) {
        bool partition = false;
        for (const std::string &column : metadata.partition_columns) partition |= EqualsIgnoreCase(column, field.name);
        if (!partition) out.fields.push_back(field);
    }
    return out;
}

}  // namespace tarn::delta
