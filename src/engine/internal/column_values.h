// engine/internal/column_values.h: the columns that a statement gives no value, and the keyword DEFAULT.
#pragma once

#include <vector>

#include "engine/internal/write_rules.h"
#include "sql/statement.h"

namespace tarn::engine {

// Of the table's columns, those that `source` lacks.
MissingValues MissingFrom(const DataType &table, const DataType &source);

// Whether a value is the keyword DEFAULT.
bool IsDefault(const sql::Expr &expr);

// What DEFAULT means for a column: its default's expression, or NULL. nullptr where the table makes the value itself
// (generated and identity columns): the column counts as left out.
Result<sql::ExprPtr> DefaultOf(const Field &column);

// The VALUES rows of an INSERT with what DEFAULT means in its places; columns[i] takes the i-th value of each row. The same
// query where there is no DEFAULT. Columns that the table makes itself go to `missing`.
// Errors: FEATURE_NOT_SUPPORTED where only some rows say DEFAULT for such a column.
Result<sql::QueryPtr> WithDefaults(const sql::QueryPtr &query, const std::vector<const Field *> &columns, MissingValues &missing);

// Errors: DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED, DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED.
Result<void> CheckMayInsert(const Field &column);
Result<void> CheckMayUpdate(const Field &column);

}  // namespace tarn::engine
