// engine/internal/file_rewrite.h: the same rows in other files: compaction, ordering, purging of masked rows.
//
// Nothing here changes what a query returns: every action says dataChange = false, so that appends of others do not
// conflict, and changes of the same files do. A bin whose files another writer changed meanwhile is left out and the rest is
// committed.
// Memory: rows stream from Parquet to Parquet; ordering spills. Threads: one call at a time for each session.
#pragma once

#include <string>
#include <vector>

#include "engine/internal/curves.h"
#include "engine/internal/maintenance.h"

namespace tarn::engine {

// Files of one partition that become one file, or several of about `file_bytes` when they are ordered.
struct RewriteBin {
    std::vector<delta::FilePtr> files;
    int64_t file_bytes = 0;  // 0: one file, however large.
    std::optional<Curve> curve;
    std::vector<delta::ColumnPath> order_by;
    delta::StringMap tags;   // Of the new files.
    std::optional<std::string> clustering_provider;

    // REQUIRED of callers: all files have the same partition values.
    int64_t Bytes() const;
};

struct RewriteResult {
    std::vector<delta::AddFile> added;
    std::vector<delta::FilePtr> removed;
    int64_t bins = 0;
    int64_t vectors_removed = 0, vector_rows_removed = 0;
    std::optional<int64_t> version;  // nullopt: nothing was left to commit.
    int64_t skipped_bins = 0;        // Changed by others meanwhile.
};

// Rewrites the bins and commits them as `operation`. Several bins are at work at once.
// Errors: of the reader and the writer; DELTA_METADATA_CHANGED, DELTA_PROTOCOL_CHANGED; INTERNAL_ERROR if a bin's rows are
// not as many as before, which commits nothing.
Result<RewriteResult> RewriteFiles(StatementContext &context, const TargetTable &target, std::vector<RewriteBin> bins,
                                   const std::string &operation, const OperationParameters &parameters);

// Metrics as Spark names them for OPTIMIZE and REORG.
OperationMetrics RewriteMetrics(const std::vector<delta::AddFile> &added, const std::vector<delta::FilePtr> &removed);

// Packs files, smallest first, into bins of at most `bin_bytes`; a file that is alone in its bin is left out unless it has
// masked rows to purge (`purge`). Partitions are kept apart.
std::vector<RewriteBin> PackFiles(const std::vector<delta::FilePtr> &files, int64_t bin_bytes,
                                  const std::function<bool(const delta::AddFile &)> &purge);

// Masked rows of all rows, 0 to 1; what the log does not know counts as 0 or, with a vector, 1.
double DeletedShare(const delta::AddFile &file);

}  // namespace tarn::engine
