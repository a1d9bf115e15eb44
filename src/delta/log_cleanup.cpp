// Removing what a table's log no longer needs: CleanUpLog of checkpoint.h. Specification: PROTOCOL.md, "Metadata Cleanup".
#include <algorithm>
#include <set>

#include "delta/checkpoint.h"
#include "delta/history.h"
#include "delta/snapshot.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

constexpr int64_t kDayMs = 24LL * 3600 * 1000;
constexpr int64_t kMonthMs = 30 * kDayMs;

// The newest commit not newer than `cutoff_ms`, by the times that time travel goes by. -1: none.
Result<int64_t> CutoffCommit(const Log &log, const Snapshot &snapshot, const std::vector<CommitFile> &commits, int64_t cutoff_ms) {
    bool in_commit = snapshot.metadata.BoolProperty("delta.enableInCommitTimestamps", false);
    int64_t since = in_commit ? snapshot.metadata.IntProperty("delta.inCommitTimestampEnablementVersion", 0) : INT64_MAX;
    int64_t found = -1, time = INT64_MIN;
    auto own_times_end = std::ranges::find_if(commits, [&](const CommitFile &commit) { return commit.version >= since; });
    for (auto commit = commits.begin(); commit != own_times_end; ++commit) {
        // Times of copied files come in any order; versions are the truth.
        time = std::max(commit->modified_ms, time == INT64_MIN ? time : time + 1);
        if (time > cutoff_ms) return found;
        found = commit->version;
    }
    // In-commit timestamps ascend, so a few reads find the place among thousands.
    auto low = own_times_end, high = commits.end();
    while (low != high) {
        auto middle = low + (high - low) / 2;
        TARN_TRY(std::optional<int64_t> own, InCommitTime(log, middle->version));
        if (own.value_or(INT64_MAX) > cutoff_ms) high = middle;
        else found = middle->version, low = middle + 1;
    }
    return found;
}

// Sidecars that no checkpoint names any more. The young ones may belong to a checkpoint that is just being written.
Result<int64_t> RemoveSidecars(const Log &log, const std::vector<Checkpoint> &checkpoints, CheckpointIo &io, int64_t now_ms) {
    TARN_TRY(auto objects, log.store().List(storage::JoinPath(log.log_directory(), "_sidecars")));
    int64_t young = now_ms / kDayMs * kDayMs - kDayMs;
    std::erase_if(objects, [&](const storage::ObjectInfo &object) { return object.modified_ms >= young; });
    if (objects.empty()) return 0;
    std::set<std::string> needed;
    for (const Checkpoint &checkpoint : checkpoints) {
        if (checkpoint.format == CheckpointFormat::kMultiPart) continue;  // Has none.
        TARN_TRY(std::vector<std::string> paths, SidecarsOf(log, checkpoint, &io));
        needed.insert(paths.begin(), paths.end());
    }
    int64_t removed = 0;
    for (const storage::ObjectInfo &object : objects) {
        if (needed.contains(object.path)) continue;
        TARN_CHECK(log.store().Delete(object.path));
        removed++;
    }
    return removed;
}

}  // namespace

Result<int64_t> CleanUpLog(storage::ObjectStore &store, const Snapshot &snapshot, CheckpointIo &io, int64_t now_ms) {
    if (!snapshot.metadata.BoolProperty("delta.enableExpiredLogCleanup", true)) return 0;
    int64_t retention = snapshot.metadata.IntervalProperty("delta.logRetentionDuration", kMonthMs);
    int64_t cutoff_ms = (now_ms - retention) / kDayMs * kDayMs;
    Log log(store, snapshot.table_root);
    TARN_TRY(LogFiles files, log.ListFiles());
    TARN_TRY(int64_t cutoff, CutoffCommit(log, snapshot, files.commits, cutoff_ms));
    auto usable = [&](const Checkpoint &checkpoint) { return checkpoint.version <= cutoff; };
    auto keep = std::ranges::find_if(files.checkpoints.rbegin(), files.checkpoints.rend(), usable);
    if (keep == files.checkpoints.rend() || keep->version > snapshot.version) return 0;
    int64_t first = keep->version, removed = 0;
    // Checkpoints that stand between a dropped feature's commits and later ones go together with those commits.
    if (first < snapshot.metadata.IntProperty("delta.requireCheckpointProtectionBeforeVersion", 0)) return 0;
    bool checkpoints_went = false;
    for (const LogFiles::Named &file : files.all) {
        bool compacted = file.path.ends_with(".compacted.json");
        if (compacted ? file.version > first : file.version >= first) continue;
        TARN_CHECK(store.Delete(file.path));
        checkpoints_went |= file.path.find(".checkpoint.") != std::string::npos;
        removed++;
    }
    if (!checkpoints_went) return removed;
    std::erase_if(files.checkpoints, [&](const Checkpoint &checkpoint) { return checkpoint.version < first; });
    TARN_TRY(int64_t sidecars, RemoveSidecars(log, files.checkpoints, io, now_ms));
    return removed + sidecars;
}

}  // namespace tarn::delta
