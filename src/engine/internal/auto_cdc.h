// engine/internal/auto_cdc.h: an AUTO CDC flow's rules (SCD type 1) as DuckDB text.
//
// Rows of these texts carry their sequence as __tarn_sequence. How the rows of a key were cut into batches makes no difference.
// Specification: Databricks, "AUTO CDC INTO" (formerly APPLY CHANGES INTO).
#pragma once

#include <string>
#include <vector>

#include "engine/internal/statement_context.h"
#include "engine/internal/table_change.h"
#include "sql/statement.h"

namespace tarn::engine {

struct CdcPlan {
    std::vector<std::string> keys;
    std::string sequence;  // DuckDB text over the source's columns.
    DataType columns;      // What goes into the target.
};

// Errors: UNRESOLVED_COLUMN for a key that is not written; FEATURE_NOT_SUPPORTED.
Result<CdcPlan> PlanCdc(const sql::CreateAutoCdcFlow &flow, StatementContext &context, const DataType &source);

// `"a", "b"`
std::string KeyList(const CdcPlan &plan);

// The rows of `source` with their sequence.
std::string WithSequence(const CdcPlan &plan, const std::string &source);

// One row for each key of `rows`: the one with the highest sequence. With IGNORE NULL UPDATES each column has its newest value, as if the
// rows had come one by one; `old`: the rows are ChangedRows, which have the target's values.
std::string NewestByKey(const CdcPlan &plan, const std::string &rows, bool ignore_null_updates, bool old);

// The rows of `source` (WithSequence) that are to be written, with the target row each replaces (NULL: a new key). Rows that change
// nothing are not there: a row wins when its sequence is newer, or equal with other values. `current` are the target's rows with their
// identity and __tarn_sequence; `old_schema` is the target's before this batch's columns. Values are compared by a 64-bit hash of the
// row, so that the join carries keys and numbers only; for two versions of one row to collide is less likely than a disk's undetected
// error. With IGNORE NULL UPDATES the rows have the target's values beside the batch's: NewestByKey puts them together.
std::string ChangedRows(const CdcPlan &plan, const TableChange &change, const DataType &old_schema, bool ignore_null_updates,
                        const std::string &source, const std::string &current);

}  // namespace tarn::engine
