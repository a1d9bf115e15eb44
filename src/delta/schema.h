// delta/schema.h: Delta's schema JSON and tarn::DataType, and how a table's schema grows.
//
// Specification: PROTOCOL.md, "Schema Serialization Format" and "Column Mapping".
// VOID columns ("void", also "null") are kept as kNull; varchar(n) and char(n) are strings, and their Spark spelling
// survives in the field's metadata (__CHAR_VARCHAR_TYPE_STRING). Field metadata is carried untouched.
#pragma once

#include <string>
#include <string_view>

#include "base/data_type.h"
#include "base/error.h"
#include "delta/action.h"

namespace tarn::delta {

// Errors: kCorrupt [DELTA_CORRUPT_LOG] for text that is no schema; kUnsupported [DELTA_UNSUPPORTED_DATA_TYPES] names a
// type this build does not know.
Result<DataType> ParseSchema(std::string_view schema_json);
// `schema` must be a kStruct.
std::string SchemaToJson(const DataType &schema);

// Names of columns, comments and so on of a field's metadata, decoded. nullopt when the key is absent or not text.
std::optional<std::string> MetadataText(const Field &field, std::string_view key);
std::optional<int64_t> MetadataInt(const Field &field, std::string_view key);
void SetMetadataText(Field &field, std::string_view key, std::string_view text);

enum class ColumnMapping : uint8_t { kNone, kName, kId };
ColumnMapping ColumnMappingOf(const Metadata &metadata);
// The column's name in Parquet files, partition values and statistics: its physical name when it has one.
std::string PhysicalName(const Field &field);
// The Parquet field id of a mapped column.
std::optional<int64_t> ColumnId(const Field &field);
// Gives each column of a mapped table that lacks them an id and a physical name: its own name with `keep_names` (a table
// that has files already), else one that no other column will ever have. Does nothing for a table without mapping.
void AssignColumnIds(Metadata &metadata, bool keep_names);
// The schema as data files hold it: physical names at every level.
DataType PhysicalSchema(const DataType &schema);

struct MergeOptions {
    bool add_columns = true;      // Columns and nested fields that the table lacks are added at the end.
    bool widen_types = false;     // The table's column takes a wider type where Delta's type widening allows it.
    bool implicit_casts = true;   // Accept an incoming type that can be cast on write; the table's type stays.
};

struct MergedSchema {
    DataType schema;                        // The table's order first, then what is new in source order.
    std::vector<std::string> added;         // Dotted paths of new columns and fields.
    bool changed = false;                   // Whether `schema` differs from the table's.
};

// How `incoming` rows fit into a table of schema `table`. Names match case-insensitively and keep the table's spelling.
// New fields are nullable. A VOID incoming column fits any type; a new VOID column is added as VOID.
// Errors: kInvalidInput [DELTA_FAILED_TO_MERGE_FIELDS] names the field and both types;
//         [DELTA_DUPLICATE_COLUMNS_FOUND] when two incoming names differ only in case.
Result<MergedSchema> MergeSchemas(const DataType &table, const DataType &incoming, const MergeOptions &options = {});

// Whether Spark's ANSI store assignment would cast a value of `from` to `to` on write (int to bigint,
// int to string …).
bool CanStoreAs(const DataType &from, const DataType &to);
// Notes in `after` what type its fields had in `before`, wherever type widening changed one: the metadata "delta.typeChanges"
// of the nearest field. Both are of kStruct; fields are found by name.
// Specification: PROTOCOL.md, "Type Change Metadata".
void RecordTypeChanges(const DataType &before, DataType &after);
// Whether type widening may change a column from `from` to `to` without touching its files.
bool CanWiden(const DataType &from, const DataType &to);

// The fields that data files hold, in order: the schema without its partition columns.
DataType DataSchema(const Metadata &metadata);

}  // namespace tarn::delta
