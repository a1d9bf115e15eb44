// base/data_type.h: Spark's data types, shared by every room that names one.
//
// Delta schemas, DDL, Extended JSON inference and the engine all speak of the same types; only the
// engine knows how DuckDB spells them. A DataType is a value: copying copies the whole tree.
// Specification: Spark SQL's data types and Delta's schema serialization (PROTOCOL.md, "Schema
// Serialization Format").
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn {

enum class TypeKind : uint8_t {
    kNull,  // Spark's VOID: only NULLs seen.
    kBoolean, kByte, kShort, kInt, kLong, kFloat, kDouble,
    kDecimal,       // precision, scale
    kString, kBinary, kDate,
    kTimestamp,     // An instant, microseconds since 1970 UTC.
    kTimestampNtz,  // A wall-clock time, microseconds since 1970.
    kVariant,
    kInterval,      // Not storable in Delta.
    kArray,         // children[0] is the element
    kMap,           // children[0] the key, children[1] the value
    kStruct,        // fields
};

struct Field;

struct DataType {
    TypeKind kind = TypeKind::kNull;
    uint8_t precision = 0;           // kDecimal only, 1..38
    uint8_t scale = 0;               // kDecimal only, 0..precision
    bool contains_null = true;       // kArray: elements; kMap: values
    int32_t text_bound = 0;          // kString: n of VARCHAR(n), -n of CHAR(n). No part of the type: all strings are equal.
    std::vector<DataType> children;  // kArray: 1, kMap: 2
    std::vector<Field> fields;       // kStruct

    static DataType Of(TypeKind kind);
    static DataType Decimal(int precision, int scale);
    static DataType Array(DataType element, bool contains_null = true);
    static DataType Map(DataType key, DataType value, bool value_contains_null = true);
    static DataType Struct(std::vector<Field> fields);

    bool IsNested() const { return kind == TypeKind::kArray || kind == TypeKind::kMap || kind == TypeKind::kStruct; }
    bool IsNumeric() const { return kind >= TypeKind::kByte && kind <= TypeKind::kDecimal; }

    // Spark's catalog string, lower case: "bigint", "decimal(10,2)", "array<struct<a:int>>".
    std::string ToString() const;
    // As DDL writes it, upper case: "BIGINT", "ARRAY<STRUCT<a: INT>>".
    std::string ToSql() const;

    // Case-insensitive; nullptr when there is none. kStruct only.
    const Field *FindField(std::string_view name) const;

    bool operator==(const DataType &) const;
};

struct Field {
    std::string name;
    DataType type;
    bool nullable = true;
    // Delta's column metadata: key to JSON text of the value ("comment" -> "\"text\"").
    std::map<std::string, std::string> metadata;

    bool operator==(const Field &) const = default;
};

inline bool DataType::operator==(const DataType &other) const {
    return kind == other.kind && precision == other.precision && scale == other.scale &&
           contains_null == other.contains_null && children == other.children && fields == other.fields;
}

// ASCII case folding, which is what Spark's resolver does for column names.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
std::string ToLower(std::string_view text);
std::string ToUpper(std::string_view text);

}  // namespace tarn
