// engine/internal/insert.h: what INSERT shares with TRUNCATE and COPY INTO.
#pragma once

#include <vector>

#include "delta/action.h"
#include "engine/internal/table_change.h"
#include "sql/statement.h"

namespace tarn::engine {

// Errors: NON_PARTITION_COLUMN.
Result<void> CheckPartitionColumns(const std::vector<sql::PartitionValue> &partition, const delta::Metadata &metadata);

// Whether new columns may come with a write: WITH SCHEMA EVOLUTION, or the session's
// spark.databricks.delta.schema.autoMerge.enabled.
bool MayEvolve(const SessionState &session, bool said);

// The rows of `query` (DuckDB text) as `statement` would insert them, whose own query does not count: a query with the table's
// columns, in order; `options` says for which of them it has no values. The table's schema grows where it may; fields of structs that the query lacks are NULL.
// Errors: those of an INSERT: UNRESOLVED_COLUMN, INSERT_COLUMN_ARITY_MISMATCH, DATATYPE_MISMATCH, …
Result<std::string> InsertRows(StatementContext &context, const sql::Insert &statement, std::string query, TableChange &change,
                               const std::string &table, WriteOptions &options);

}  // namespace tarn::engine
