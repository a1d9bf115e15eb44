#include "delta/history.h"

#include <algorithm>

#include "delta/internal/time_text.h"
#include "delta/log.h"
#include "delta/snapshot.h"

namespace tarn::delta {
namespace {

// The commitInfo of a commit's text, without parsing its other, possibly many, actions.
Result<std::optional<CommitInfo>> FindInfo(std::string_view text, const std::string &path) {
    std::optional<CommitInfo> info;
    size_t at = 0;
    while (!info && (at = text.find("\"commitInfo\"", at)) != std::string_view::npos) {
        size_t begin = text.rfind('\n', at);
        begin = begin == std::string_view::npos ? 0 : begin + 1;
        size_t end = std::min(text.find('\n', at), text.size());
        TARN_CHECK(ParseActions(text.substr(begin, end - begin), path, [&](Action &&action) -> Result<void> {
            if (auto *found = std::get_if<CommitInfo>(&action)) info = std::move(*found);
            return {};
        }));
        at = end;
    }
    return info;
}

std::string FormatTime(int64_t millis) { return FormatMillis(millis, true); }

}  // namespace

Result<std::optional<int64_t>> InCommitTime(const Log &log, int64_t version) {
    TARN_TRY(std::string text, log.ReadCommit(version));
    TARN_TRY(std::optional<CommitInfo> info, FindInfo(text, log.CommitPath(version)));
    return info ? info->in_commit_timestamp : std::nullopt;
}

Result<std::vector<HistoryEntry>> ReadHistory(storage::ObjectStore &store, const std::string &table_root,
                                              std::optional<int64_t> limit) {
    Log log(store, table_root);
    TARN_TRY(std::vector<CommitFile> commits, log.ListAllCommits());
    if (limit && *limit < static_cast<int64_t>(commits.size())) {
        commits.erase(commits.begin(), commits.end() - std::max<int64_t>(*limit, 0));
    }
    std::vector<HistoryEntry> out;
    int64_t previous = INT64_MIN;
    TARN_CHECK(ReadCommits(log, commits, [&](const CommitFile &commit, std::string_view text) -> Result<void> {
        HistoryEntry entry;
        entry.version = commit.version;
        TARN_TRY(entry.info, FindInfo(text, commit.path));
        entry.timestamp_ms = commit.modified_ms;
        if (entry.info && entry.info->in_commit_timestamp) entry.timestamp_ms = *entry.info->in_commit_timestamp;
        // Copied tables have file times in any order; versions are the truth.
        if (entry.timestamp_ms <= previous) entry.timestamp_ms = previous + 1;
        previous = entry.timestamp_ms;
        out.push_back(std::move(entry));
        return {};
    }));
    std::ranges::reverse(out);
    return out;
}

Result<int64_t> VersionAt(storage::ObjectStore &store, const std::string &table_root, int64_t timestamp_ms) {
    Log log(store, table_root);
    TARN_TRY(std::vector<CommitFile> commits, log.ListAllCommits());
    if (commits.empty()) {
        return Fail(ErrorKind::kNotFound, "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION",
                    "The log of " + table_root + " has no commits left, so it cannot be read by time.");
    }
    auto in_commit_time = [&](const CommitFile &commit) -> Result<std::optional<int64_t>> {
        TARN_TRY(std::string text, store.Read(commit.path));
        TARN_TRY(std::optional<CommitInfo> info, FindInfo(text, commit.path));
        return info ? info->in_commit_timestamp : std::nullopt;
    };
    // A table that has in-commit timestamps now may have older commits without; only then are commits read at all.
    TARN_TRY(std::optional<int64_t> newest_in_commit, in_commit_time(commits.back()));
    std::optional<int64_t> best;
    int64_t time = INT64_MIN;
    for (const CommitFile &commit : commits) {
        int64_t own = commit.modified_ms;
        if (newest_in_commit) {
            TARN_TRY(std::optional<int64_t> in_commit, in_commit_time(commit));
            own = in_commit.value_or(own);
        }
        time = std::max(own, time + (time == INT64_MIN ? 0 : 1));
        if (time > timestamp_ms) break;
        best = commit.version;
    }
    if (!best) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION",
                    "The provided timestamp (" + FormatTime(timestamp_ms) + ") is before the oldest version of " +
                        table_root + ", which is " + std::to_string(commits.front().version) + " (" +
                        FormatTime(time) + ").");
    }
    if (*best == commits.back().version && timestamp_ms > time) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_TIMESTAMP_GREATER_THAN_COMMIT",
                    "The provided timestamp (" + FormatTime(timestamp_ms) + ") is after the newest version of " +
                        table_root + ", which is " + std::to_string(*best) + " (" + FormatTime(time) + ").");
    }
    return *best;
}

}  // namespace tarn::delta
