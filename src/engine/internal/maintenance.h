// engine/internal/maintenance.h: what OPTIMIZE, VACUUM, RESTORE, CLONE and their relatives share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "delta/transaction.h"
#include "engine/internal/operation_record.h"
#include "engine/internal/statement_context.h"

namespace tarn::engine {

// Publishes `transaction`; then asks for a checkpoint if one is due, whose failure changes nothing.
Result<delta::CommitResult> CommitAndCheckpoint(SessionState &session, delta::Transaction &transaction, const std::string &location,
                                                const std::string &operation, const OperationParameters &parameters,
                                                const OperationMetrics &metrics);
// After the commit of `version`. The checkpoint is written in the background; errors are printed as a warning.
void RequestCheckpointIfDue(SessionState &session, const std::string &location, const delta::Metadata &metadata, int64_t version);

// The size that files of the table should have: delta.targetFileSize, else the setting `key`, else `fallback`.
int64_t TargetFileSize(const SessionState &session, const delta::Metadata &metadata, const std::string &key, int64_t fallback);

// The files of `snapshot` in whose partition `condition` holds (nullptr: all). The condition may name partition columns only.
// Errors: DELTA_NON_PARTITION_COLUMN_REFERENCE.
Result<std::vector<delta::FilePtr>> FilesWhere(StatementContext &context, const delta::Snapshot &snapshot, const sql::Expr *condition);

// A protocol is only ever raised: what either of the two needs.
delta::Protocol JoinedProtocol(const delta::Protocol &now, const delta::Protocol &then);

// `then`'s domains in place of `now`'s, but for that of row ids, which go on from where they are: an id is never given twice.
void ReplaceDomains(const delta::Snapshot &now, const delta::Snapshot &then, delta::Transaction &transaction);

// "path/of/partition/" that the file lies in, as in the log; "" for the table's own folder and for absolute paths.
std::string FolderOf(const delta::AddFile &file);

}  // namespace tarn::engine
