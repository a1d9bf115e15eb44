// delta/log.h: the transaction log of one Delta table, as files.
//
// It knows names, order and atomicity; what an action means is snapshot.h's job.
// Compacted logs (x.y.compacted.json), checksums and files of other makers are ignored: the commits say it all.
// Threads: call any method from any thread; the store picks the winner of a race.
// Errors: fallible calls return Result<T>. Nothing here throws.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "storage/object_store.h"

namespace tarn::delta {

struct CommitFile {
    int64_t version = 0;
    std::string path;
    int64_t modified_ms = 0;  // The commit's time unless the table uses in-commit timestamps.
    int64_t size = 0;
    std::string tag;          // ObjectInfo's.
};

enum class CheckpointFormat : uint8_t {
    kClassic,    // N.checkpoint.parquet. May hold v2 content with sidecars.
    kMultiPart,  // N.checkpoint.i.n.parquet, all n of them
    kV2Parquet,  // N.checkpoint.UUID.parquet
    kV2Json,     // N.checkpoint.UUID.json
};

struct Checkpoint {
    int64_t version = 0;
    CheckpointFormat format = CheckpointFormat::kClassic;
    std::vector<std::string> paths;  // One, or the parts in order.
};

// What a version is rebuilt from. Invariant:
//   commits ascend by exactly 1, starting after the checkpoint, or at 0 when there is none.
struct LogSegment {
    int64_t version = -1;
    std::optional<Checkpoint> checkpoint;
    std::vector<CommitFile> commits;  // Oldest first. May be empty when there is a checkpoint.
    int64_t checkpoint_modified_ms = 0;
    bool has_checksum = false;        // The version has an N.crc.
};

// Everything in the log that carries a version, for those who tidy it.
struct LogFiles {
    struct Named {
        int64_t version = 0;  // A compacted file's first.
        std::string path;
    };
    std::vector<CommitFile> commits;      // Ascending.
    std::vector<Checkpoint> checkpoints;  // Ascending, complete ones only.
    std::vector<Named> all;               // Ascending: commits, checkpoints and their parts, checksums, compacted files.
};

enum class CommitOutcome : uint8_t { kCommitted, kVersionTaken };

class Log {
public:
    // Doesn't touch the store. `store` is borrowed and must outlive the Log. `table_root` is canonical.
    Log(storage::ObjectStore &store, std::string table_root);

    // Finds the files that rebuild `version` (nullopt: the newest).
    // Checkpoints newer than `max_checkpoint` are passed over: how a reader steps back from one that is damaged.
    // Cost: one read of the hint and one listing from there onwards; two listings when the hint misleads.
    // Errors: kNotFound  [DELTA_MISSING_DELTA_TABLE] no log here
    //         kNotFound  [DELTA_VERSION_NOT_FOUND] `version` isn't written yet, or cleanup removed what it needs;
    //                    the message names the versions there are
    //         kCorrupt   [DELTA_VERSIONS_NOT_CONTIGUOUS] a commit is missing; the message names it
    Result<LogSegment> ListSegment(std::optional<int64_t> version = std::nullopt,
                                   std::optional<int64_t> max_checkpoint = std::nullopt) const;

    // The commits newer than `version`, oldest first. Errors: kCorrupt when one is missing.
    // Cost: one listing that starts there.
    Result<std::vector<CommitFile>> ListCommitsAfter(int64_t version) const;
    // Every commit file there is, oldest first; the first need not be version 0.
    Result<std::vector<CommitFile>> ListAllCommits() const;

    Result<LogFiles> ListFiles() const;
    // The newest checkpoint by _last_checkpoint, which may be wrong; nullopt when it is missing or damaged.
    std::optional<int64_t> ReadHint() const;
    // The checkpoint that _last_checkpoint names, with the names of its files, none of which has been looked at. nullopt: no
    // hint, or one whose names are not those of a checkpoint of its version in this folder.
    std::optional<Checkpoint> HintedCheckpoint() const;

    // Whether a Delta table is here: the log directory holds a commit or a checkpoint.
    Result<bool> Exists() const;

    // Publishes `ndjson` (one action a line) as commit `version`: readers see all of it or nothing.
    // Errors: kUnknownOutcome  the store's answer was lost. The commit may exist: look for its txnId.
    Result<CommitOutcome> TryCommit(int64_t version, std::string_view ndjson);

    // The text of a commit. Errors: kNotFound.
    Result<std::string> ReadCommit(int64_t version) const;

    std::string CommitPath(int64_t version) const;
    std::string CheckpointPath(int64_t version) const;
    const std::string &table_root() const { return table_root_; }
    const std::string &log_directory() const { return log_directory_; }
    storage::ObjectStore &store() const { return store_; }

private:
    Result<LogSegment> BuildSegment(LogSegment segment, std::vector<CommitFile> commits,
                                    std::optional<int64_t> version, bool has_checkpoints) const;
    std::unexpected<Error> Truncated(int64_t first, std::optional<int64_t> version) const;

    storage::ObjectStore &store_;
    std::string table_root_;
    std::string log_directory_;
};

// Hands over the text of each commit, in order. Reads some of them at once where that is faster.
Result<void> ReadCommits(const Log &log, const std::vector<CommitFile> &commits,
                         const std::function<Result<void>(const CommitFile &commit, std::string_view text)> &sink);

}  // namespace tarn::delta
