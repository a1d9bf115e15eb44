// engine/internal/row_marks.h: which rows of a table a running query changes, taken down while it runs.
//
// tarn_mark(handle, action, file, row) is TRUE for a row to write. It notes the target's row (file, row) of an update or a
// delete, and counts. A NULL action is FALSE and counts for nothing, but its row of the target may be noted as read. So one
// pass over the changes both writes the new rows and finds the old ones, in memory of bitmaps.
// Its argument must come out of a subquery: DuckDB keeps a filter that may fail above the projection below it, so each row
// comes by once, after every join and condition.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "delta/deletion_vector.h"
#include "engine/internal/duckdb_headers.h"
#include "engine/internal/handles.h"

namespace tarn::engine {

enum class RowEffect : uint8_t { kInsert, kUpdate, kDelete };

class RowMarks {
public:
    // effects[i]: what action i does.
    // With `keep_updates` the rows that are updated can be told from those that are deleted; with `notes_reads` rows of the
    // target that no action takes are noted, too.
    explicit RowMarks(std::vector<RowEffect> effects, bool keep_updates = false, bool notes_reads = false)
        : effects_(std::move(effects)), keep_updates_(keep_updates), notes_reads_(notes_reads), counts_(effects_.size()) {}

    static constexpr uint32_t kRead = UINT32_MAX;  // In place of an action: the row is only noted.
    struct Mark {
        uint32_t action;
        uint64_t file, row;  // Of no meaning for an insert.
    };
    // Threads: any.
    void Add(const std::vector<Mark> &marks);

    const std::vector<RowEffect> &effects() const { return effects_; }
    const std::vector<int64_t> &counts() const { return counts_; }  // By action. A row marked twice counts twice.
    int64_t Count(RowEffect effect) const;
    // The marked rows by file, each once.
    const std::map<uint64_t, delta::DeletionVector> &rows() const { return rows_; }
    // Of them, the updated ones; only with `keep_updates`.
    const std::map<uint64_t, delta::DeletionVector> &updated_rows() const { return updated_rows_; }
    int64_t DistinctRows() const;
    bool notes_reads() const { return notes_reads_; }
    std::map<uint64_t, delta::DeletionVector> &reads() { return reads_; }

private:
    std::vector<RowEffect> effects_;
    bool keep_updates_, notes_reads_;
    std::mutex mutex_;
    std::vector<int64_t> counts_;
    std::map<uint64_t, delta::DeletionVector> rows_, updated_rows_, reads_;
};

using RowMarkers = Handles<std::shared_ptr<RowMarks>>;
// What `tarn_count(handle)` counts: the rows that it is computed for. It is always TRUE.
using RowCounters = Handles<std::shared_ptr<std::atomic<int64_t>>>;

// Both are borrowed and must outlive the database.
void RegisterRowMarks(duckdb::DatabaseInstance &db, RowMarkers &markers, RowCounters &counters);

}  // namespace tarn::engine
