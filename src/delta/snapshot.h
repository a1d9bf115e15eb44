// delta/snapshot.h: one version of a table, rebuilt from its log.
//
// A Snapshot never changes; a newer version is a new Snapshot, which shares the files that stayed.
// Threads: share a `std::shared_ptr<const Snapshot>` freely.
// Specification: PROTOCOL.md, "Action Reconciliation".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/checkpoint.h"
#include "delta/file_list.h"
#include "delta/log.h"
#include "storage/object_store.h"

namespace tarn::delta {

class CommitCoordinator;  // delta/coordinator.h

struct Snapshot {
    std::string table_root;
    int64_t version = -1;
    int64_t timestamp_ms = 0;  // Of the version's commit: in-commit timestamp if the table has them, or file time.
    // The commit file's own time and tag: they tell a table that was dropped and made anew.
    int64_t commit_modified_ms = 0;
    std::string commit_tag;
    Protocol protocol;
    Metadata metadata;
    FileList files;            // Active files, in log order: older commits first.
    TombstoneList tombstones;  // Removed files that readers of older versions may still need.
    std::map<std::string, SetTransaction> transactions;  // By application id.
    std::map<std::string, DomainMetadata> domains;       // By domain; removed ones are left out.
    std::optional<int64_t> checkpoint_version;           // The checkpoint it was rebuilt from.
    int64_t commits_replayed = 0;                        // After that checkpoint.
    std::string commit_txn_id;          // Of the version's commit; "" when it was not replayed or has none.
    // How the version's checksum file, if there is one, disagrees with what was replayed: somebody's log or checkpoint is
    // damaged, or the checksum is. "" where it agrees, and after a load with a base, which looks at none.
    std::string checksum_disagreement;

    // The version of the last batch that `app_id` committed.
    std::optional<int64_t> TransactionVersion(const std::string &app_id) const;
    // Bytes of the active files.
    int64_t TotalSize() const;
    // Rows of the active files less the masked ones. nullopt when a file has no row count.
    std::optional<int64_t> TotalRows() const;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

struct LoadOptions {
    std::optional<int64_t> version;  // nullopt: the newest.
    CheckpointIo *io = nullptr;      // Needed to read Parquet checkpoints. Borrowed for the call.
    SnapshotPtr base;                // An older Snapshot of the same table: only newer commits are read.
    CommitCoordinator *coordinator = nullptr;  // Asked first, for a catalog-managed table. Borrowed for the call.
    std::optional<int64_t> now_ms;   // For tests; otherwise the system's clock.
};

// Rebuilds a version. A checkpoint that cannot be read is passed over if older files still cover the version.
// Does not check features: see CheckReadable.
// Errors: those of Log::ListSegment; kCorrupt [DELTA_STATE_RECOVER_ERROR] without protocol or metadata;
//         kCorrupt [DELTA_CORRUPT_LOG] names the file that is damaged.
// Cost: reads the newest checkpoint and the commits after it; with `base`, the commits after that. Both are found by their
//       names, whatever the log's length; the log is listed where many commits follow, where _last_checkpoint is missing,
//       damaged or perhaps out of date, and in object storage without `base`.
Result<SnapshotPtr> LoadSnapshot(storage::ObjectStore &store, const std::string &table_root,
                                 const LoadOptions &options = {});

// `base` with one more commit that is not in the log: what a transaction has staged so far. Its actions are `ndjson`.
Result<SnapshotPtr> ExtendSnapshot(storage::ObjectStore &store, const SnapshotPtr &base, std::string_view ndjson);

// The newest version committed at or before `timestamp_ms` (TIMESTAMP AS OF).
// Errors: [DELTA_TIMESTAMP_GREATER_THAN_COMMIT] after the newest commit;
// [DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION] before the oldest there is. Both name the commit's version and time.
Result<int64_t> VersionAt(storage::ObjectStore &store, const std::string &table_root, int64_t timestamp_ms);

// What the caller's own reader and writer can do beyond the log. This library itself needs none of it.
struct Capabilities {
    bool column_mapping = false;
    bool type_widening = false;
    bool variant = false;  // In both directions.
    bool catalog_managed = false;  // The catalog that manages the table was asked, and will be for commits.
    // Writers only: fills in defaults, generated and identity columns, and holds rows to invariants, CHECK constraints and
    // NOT NULL.
    bool row_rules = false;
    bool row_ids = false;  // Writers only: rewritten rows keep their row ids.
    bool no_columns = false;  // Refuses itself to read a table without columns, so that it may write to it.
};

// Features that a table lists but does not use (no mapped, widened or variant column) do not count.
// Errors: kUnsupported [DELTA_UNSUPPORTED_FEATURES_FOR_READ] names every feature this build cannot read;
//         kUnsupported [DELTA_INVALID_PROTOCOL_VERSION] for protocol versions from the future;
//         kInvalidInput [DELTA_READ_TABLE_WITHOUT_COLUMNS] for an empty schema.
Result<void> CheckReadable(const Snapshot &snapshot, const Capabilities &can = {});
// Errors: kUnsupported [DELTA_UNSUPPORTED_FEATURES_FOR_WRITE]. Also checks what must be honoured: without `row_rules`, column
// invariants, CHECK constraints, defaults, generated and identity columns are refused when the table has them, allowed when
// it only could.
// Call CheckReadable as well.
Result<void> CheckWritable(const Snapshot &snapshot, const Capabilities &can = {});

}  // namespace tarn::delta
