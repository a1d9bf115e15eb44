// delta/coordinator.h: catalog-managed tables, whose commits a catalog decides on.
//
// A commit of such a table is staged as _delta_log/_staged_commits/<version>.<uuid>.json, ratified by the catalog, and then
// published: copied to _delta_log/<version>.json, where every reader looks. Whoever finds a ratified commit that is not
// published yet publishes it, so that after PublishCommits the log alone tells the table's state.
// Specification: PROTOCOL.md, "Catalog-managed tables".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/log.h"

namespace tarn::delta {

struct RatifiedCommit {
    int64_t version = 0;
    std::string file;  // Its name in _staged_commits.
};

// Implemented above this library, over whatever the catalog is. Threads: any method from any thread.
class CommitCoordinator {
public:
    virtual ~CommitCoordinator() = default;

    struct State {
        int64_t version = 0;                      // The newest ratified.
        std::vector<RatifiedCommit> unpublished;  // Oldest first.
    };
    // nullopt: this catalog does not manage the table.
    virtual Result<std::optional<State>> Find(const std::string &table_root) = 0;
    // Makes the staged commit the table's next version; kVersionTaken when `version` is not the next one any more.
    virtual Result<CommitOutcome> Ratify(const std::string &table_root, const RatifiedCommit &commit) = 0;
    virtual Result<void> MarkPublished(const std::string &table_root, int64_t version) = 0;
};

// Writes a proposed commit where readers do not look. Returns its file's name. Durable when it returns.
Result<std::string> StageCommit(const Log &log, int64_t version, std::string_view ndjson);
// Best effort.
void DiscardStagedCommit(const Log &log, const std::string &file);

// Brings every ratified commit into the log, in order. Any number of processes may do so at once, and again after a crash.
// nullopt: the table is not managed. Errors: kCorrupt when a ratified commit's file is gone.
Result<std::optional<CommitCoordinator::State>> PublishCommits(const Log &log, CommitCoordinator &coordinator);

// Log::TryCommit for a managed table: stage, ratify, publish.
Result<CommitOutcome> TryManagedCommit(const Log &log, CommitCoordinator &coordinator, int64_t version, std::string_view ndjson);

}  // namespace tarn::delta
