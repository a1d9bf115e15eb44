// engine/internal/operation_record.h: what a commit says of itself: operationParameters and operationMetrics.
//
// Names and forms are those that Spark writes (DESCRIBE HISTORY), so that tools which watch them find them. Values are texts.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/data_type.h"
#include "delta/action.h"
#include "sql/statement.h"

namespace tarn::engine {

using OperationParameters = std::map<std::string, std::string>;
using OperationMetrics = std::map<std::string, int64_t>;

// What a commit does to the table's files. A file that only got another deletion vector counts as neither added nor removed.
struct FileEffects {
    int64_t added_files = 0, added_bytes = 0;
    int64_t removed_files = 0, removed_bytes = 0;
    int64_t vectors_added = 0;    // To files that had none.
    int64_t vectors_updated = 0;  // In place of an older one.
    int64_t vectors_removed = 0;  // Gone with their files.
    int64_t change_files = 0;
    int64_t copied_rows = 0;      // Written again unchanged.
    int64_t execution_ms = 0, scan_ms = 0, rewrite_ms = 0;
};

// The metrics of `operation`: `rows` (what the statement counted, by Spark's names) and what the files say.
// `overwrites`: a WRITE that also removed something, by `replace_where` only what matched.
std::string MetricsJson(const std::string &operation, const OperationParameters &parameters, const OperationMetrics &rows,
                        const FileEffects &effects);
std::string ParametersJson(const OperationParameters &parameters);

// The value of "predicate": ["(id > 95)"], as Spark spells the expression; [] without one.
std::string PredicateParameter(const sql::Expr *condition);
// ["a","b"]
std::string NamesParameter(const std::vector<std::string> &names);
// {"k":"v"}
std::string PropertiesParameter(const std::map<std::string, std::string> &properties);
// Of CREATE TABLE and its relatives.
OperationParameters TableParameters(const delta::Metadata &metadata, bool managed, const std::vector<std::string> &cluster_by);
// The condition and the clauses of MERGE.
OperationParameters MergeParameters(const sql::Merge &statement);
// [{"column":{"name":"w","type":"double","nullable":true,"metadata":{}}}]
std::string ColumnsParameter(const std::vector<std::pair<std::string, Field>> &columns);

}  // namespace tarn::engine
