#include "base/data_type.h"

namespace tarn {
namespace {

char FoldAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view SimpleName(TypeKind kind) {
    switch (kind) {
        case TypeKind::kNull: return "void";
        case TypeKind::kBoolean: return "boolean";
        case TypeKind::kByte: return "tinyint";
        case TypeKind::kShort: return "smallint";
        case TypeKind::kInt: return "int";
        case TypeKind::kLong: return "bigint";
        case TypeKind::kFloat: return "float";
        case TypeKind::kDouble: return "double";
        case TypeKind::kString: return "string";
        case TypeKind::kBinary: return "binary";
        case TypeKind::kDate: return "date";
        case TypeKind::kTimestamp: return "timestamp";
        case TypeKind::kTimestampNtz: return "timestamp_ntz";
        case TypeKind::kVariant: return "variant";
        case TypeKind::kInterval: return "interval";
        case TypeKind::kDecimal: return "decimal";
        case TypeKind::kArray: return "array";
        case TypeKind::kMap: return "map";
        case TypeKind::kStruct: return "struct";
    }
    TARN_ASSERT(false);
}

// One printer for both spellings; DDL is upper case and puts a blank after the colon.
std::string Print(const DataType &type, bool ddl) {
    std::string name(SimpleName(type.kind));
    if (ddl) name = ToUpper(name);
    switch (type.kind) {
        case TypeKind::kDecimal:
            return name + "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
        case TypeKind::kArray:
            return name + "<" + Print(type.children[0], ddl) + ">";
        case TypeKind::kMap:
            return name + "<" + Print(type.children[0], ddl) + (ddl ? ", " : ",") + Print(type.children[1], ddl) + ">";
        case TypeKind::kStruct: {
            std::string text = name + "<";
            for (size_t i = 0; i < type.fields.size(); i++) {
                if (i > 0) text += ddl ? ", " : ",";
                text += type.fields[i].name + (ddl ? ": " : ":") + Print(type.fields[i].type, ddl);
            }
            return text + ">";
        }
        default: return name;
    }
}

}  // namespace

DataType DataType::Of(TypeKind kind) {
    DataType type;
    type.kind = kind;
    return type;
}

DataType DataType::Decimal(int precision, int scale) {
    TARN_ASSERT(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision);
    DataType type = Of(TypeKind::kDecimal);
    type.precision = static_cast<uint8_t>(precision);
    type.scale = static_cast<uint8_t>(scale);
    return type;
}

DataType DataType::Array(DataType element, bool contains_null) {
    DataType type = Of(TypeKind::kArray);
    type.contains_null = contains_null;
    type.children.push_back(std::move(element));
    return type;
}

DataType DataType::Map(DataType key, DataType value, bool value_contains_null) {
    DataType type = Of(TypeKind::kMap);
    type.contains_null = value_contains_null;
    type.children.push_back(std::move(key));
    type.children.push_back(std::move(value));
    return type;
}

DataType DataType::Struct(std::vector<Field> fields) {
    DataType type = Of(TypeKind::kStruct);
    type.fields = std::move(fields);
    return type;
}

std::string DataType::ToString() const { return Print(*this, false); }
std::string DataType::ToSql() const { return Print(*this, true); }

const Field *DataType::FindField(std::string_view name) const {
    for (const Field &field : fields) {
        if (EqualsIgnoreCase(field.name, name)) return &field;
    }
    return nullptr;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); i++) {
        if (FoldAscii(a[i]) != FoldAscii(b[i])) return false;
    }
    return true;
}

std::string ToLower(std::string_view text) {
    std::string out(text);
    for (char &c : out) c = FoldAscii(c);
    return out;
}

std::string ToUpper(std::string_view text) {
    std::string out(text);
    for (char &c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

}  // namespace tarn
