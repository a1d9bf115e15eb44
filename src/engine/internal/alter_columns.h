// engine/internal/alter_columns.h: what ALTER TABLE does to a table's columns, as changes of its metadata alone.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "delta/action.h"
#include "sql/statement.h"

namespace tarn::engine {

// A field by its place in the schema, which may be within structs, arrays and maps.
struct Place {
    DataType *parent;  // kStruct
    size_t at;
    Field &field() const { return parent->fields[at]; }
    bool IsTop(const delta::Metadata &metadata) const { return parent == &metadata.schema; }
};

// Structs within collections are reached by `element`, `key` and `value`, as Spark has it.
// Errors: UNRESOLVED_COLUMN.WITHOUT_SUGGESTION.
Result<Place> FindColumn(DataType &schema, const sql::Name &path);

// Moves the field at `from` to the front, or behind the field called `after`.
Result<void> MoveColumn(DataType &parent, size_t from, bool first, const std::string &after);
Result<void> AddColumns(delta::Metadata &metadata, const sql::AlterTable &statement);
Result<void> RenameColumn(delta::Metadata &metadata, const sql::Name &from, const std::string &to);
Result<void> DropColumns(delta::Metadata &metadata, const sql::AlterTable &statement);
// The table's columns become those of the statement: by name, so that columns stay what they are where they are named again.
// Errors: DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP for what would need files written again.
Result<void> ReplaceColumns(delta::Metadata &metadata, const sql::AlterTable &statement);
// Widens a column, a field, or what is in an array or a map.
// Errors: DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP unless type widening is on and allows it.
Result<void> ChangeColumnType(delta::Metadata &metadata, const sql::Name &path, const DataType &type);

}  // namespace tarn::engine
