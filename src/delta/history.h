// delta/history.h: who changed a table, when and how (DESCRIBE HISTORY).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "storage/object_store.h"

namespace tarn::delta {

struct HistoryEntry {
    int64_t version = 0;
    int64_t timestamp_ms = 0;          // In-commit timestamp, or the file's time made ascending.
    std::optional<CommitInfo> info;    // nullopt when the writer left none.
};

// The newest `limit` commits (nullopt: all that the log still has), newest first.
// Cost: one listing; reads the commits it returns up to their commitInfo.
// Errors: kNotFound [DELTA_MISSING_DELTA_TABLE]; kCorrupt.
Result<std::vector<HistoryEntry>> ReadHistory(storage::ObjectStore &store, const std::string &table_root,
                                              std::optional<int64_t> limit = std::nullopt);

class Log;
// The in-commit timestamp of a version; nullopt when its commit carries none. Errors: kNotFound, kCorrupt.
Result<std::optional<int64_t>> InCommitTime(const Log &log, int64_t version);

}  // namespace tarn::delta
