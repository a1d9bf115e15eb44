#include "delta/coordinator.h"

#include <cstdio>

#include "delta/transaction.h"

namespace tarn::delta {
namespace {

std::string StagedPath(const Log &log, const std::string &file) { return log.log_directory() + "/_staged_commits/" + file; }

}  // namespace

Result<std::string> StageCommit(const Log &log, int64_t version, std::string_view ndjson) {
    char digits[24];
    std::snprintf(digits, sizeof digits, "%020lld", static_cast<long long>(version));
    std::string file = std::string(digits) + "." + NewUuid() + ".json";
    TARN_CHECK(log.store().Put(StagedPath(log, file), ndjson));
    return file;
}

void DiscardStagedCommit(const Log &log, const std::string &file) { (void)log.store().Delete(StagedPath(log, file)); }

Result<std::optional<CommitCoordinator::State>> PublishCommits(const Log &log, CommitCoordinator &coordinator) {
    TARN_TRY(std::optional<CommitCoordinator::State> state, coordinator.Find(log.table_root()));
    if (!state || state->unpublished.empty()) return state;
    for (const RatifiedCommit &commit : state->unpublished) {
        Result<std::string> text = log.store().Read(StagedPath(log, commit.file));
        if (!text) {
            // Another process published it, and removed it, since we asked.
            bool gone = text.error().kind == ErrorKind::kNotFound;
            if (gone && log.store().Head(log.CommitPath(commit.version))) continue;
            if (!gone) return Fail(std::move(text).error());
            return Fail(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG",
                        "The catalog says that " + commit.file + " is version " + std::to_string(commit.version) + " of " +
                            log.table_root() + ", but the file is gone.");
        }
        TARN_TRY(storage::PutOutcome outcome, log.store().PutIfAbsent(log.CommitPath(commit.version), *text));
        if (outcome == storage::PutOutcome::kWritten) continue;
        TARN_TRY(std::string published, log.ReadCommit(commit.version));
        if (published == *text) continue;  // Somebody else published it.
        return Fail(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG",
                    log.CommitPath(commit.version) + " is not the commit that the catalog ratified for this version: a writer "
                    "passed by the catalog, which the table's feature catalogManaged forbids.");
    }
    TARN_CHECK(coordinator.MarkPublished(log.table_root(), state->unpublished.back().version));
    for (const RatifiedCommit &commit : state->unpublished) DiscardStagedCommit(log, commit.file);
    state->unpublished.clear();
    return state;
}

Result<CommitOutcome> TryManagedCommit(const Log &log, CommitCoordinator &coordinator, int64_t version, std::string_view ndjson) {
    TARN_TRY(std::string file, StageCommit(log, version, ndjson));
    Result<CommitOutcome> outcome = coordinator.Ratify(log.table_root(), {version, file});
    if (outcome && *outcome == CommitOutcome::kVersionTaken) DiscardStagedCommit(log, file);
    // A commit that is ratified counts, published or not: the next one to look at the table publishes it.
    if (outcome && *outcome == CommitOutcome::kCommitted) (void)PublishCommits(log, coordinator);
    return outcome;
}

}  // namespace tarn::delta
