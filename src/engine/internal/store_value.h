// engine/internal/store_value.h: how a value gets into a column: Spark's store assignment, as DuckDB text.
//
// A value of one type becomes one of the column's: numbers, texts and times are cast as Spark's ANSI casts do and fail where
// these fail; structs are rebuilt field by field, also within arrays and maps.
#pragma once

#include <string>
#include <vector>

#include "engine/internal/statement_context.h"

namespace tarn::engine {

struct StoreRules {
    bool by_position = false;   // Fields of structs match by their order, as in INSERT without names; else by name.
    bool fill_missing = false;  // Nested fields that the value lacks are NULL: schema evolution.
    bool is_insert = false;     // Which statement the errors speak of.
};

// A value that stands for itself in DuckDB text: cheap to repeat.
struct TypedText {
    std::string text;
    DataType type;
};

// DuckDB text of `value` as `to`. `path` names the column in errors.
// Errors: DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION; DELTA_INSERT_COLUMN_ARITY_MISMATCH or
// DELTA_UPDATE_SCHEMA_MISMATCH_EXPRESSION for missing nested fields; DELTA_METADATA_MISMATCH for unknown ones.
Result<std::string> StoreValue(StatementContext &context, const TypedText &value, const DataType &to, const std::string &path,
                               const StoreRules &rules);

// SET a.b.c = value
struct AssignedValue {
    std::vector<std::string> path;  // In the schema's spelling.
    TypedText value;
};

// What `field` holds after the assignments that name it or fields within it; `current` is what it holds now. Fields within
// that nothing is assigned to stay; a NULL struct of which one field is set becomes a struct.
Result<std::string> StoreAssigned(StatementContext &context, const Field &field, const std::string &current,
                                  const std::vector<AssignedValue> &assigned, const StoreRules &rules);

// Where `name` leads in `schema`: a column, or a field within structs. The qualifiers in front (`alias`, or the end of the
// table's full name) are taken off.
// Errors: UNRESOLVED_COLUMN.WITH_SUGGESTION, FIELD_NOT_FOUND, DELTA_NESTED_FIELD_UPDATE_NOT_SUPPORTED within arrays and maps.
Result<std::vector<std::string>> ResolveAssigned(const sql::Name &name, const DataType &schema, const sql::ScopeRelation &target);
// Errors: DELTA_CONFLICT_SET_COLUMN when one path is within another.
Result<void> CheckConflicts(const std::vector<std::vector<std::string>> &paths);

}  // namespace tarn::engine
