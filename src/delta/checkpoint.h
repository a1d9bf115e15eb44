// delta/checkpoint.h: a whole table state in one Parquet file, so that readers need not replay every commit.
//
// This library knows no Parquet. The engine hands in a CheckpointIo; between the two, files travel as chunks of columns
// (delta/file_list.h), which the reader fills from its own vectors on every core, and the few other actions as the
// newline-delimited JSON that commits hold. Checkpoints are written from such JSON too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/data_type.h"
#include "base/error.h"
#include "delta/file_list.h"
#include "delta/log.h"

namespace tarn::delta {

struct Snapshot;

// What the writer of a checkpoint's file is given. Borrowed for the call.
struct CheckpointRows {
    std::string lines;           // Actions that are no files, as commits hold them. Empty for a sidecar.
    const FileRows *adds;        // Written with dataChange false.
    const FileRows *removes;     // The same, without statistics and tags.
    const Metadata *metadata;
    bool stats_as_json = true;   // add.stats
    bool stats_as_struct = false;  // add.stats_parsed, and add.partitionValues_parsed of a partitioned table
};
// All of them as lines: for a checkpoint in JSON.
std::string LinesOf(const CheckpointRows &rows);

// What the reader of a checkpoint's file hands over. Threads: any of these may be called from several threads at once.
class CheckpointSink {
public:
    virtual ~CheckpointSink() = default;
    // For the FileChunkBuilder.
    virtual const std::string &table_root() const = 0;
    // The files of add or remove actions. `row` is the row of the first of them: files keep the order of rows.
    virtual void Adds(uint64_t row, FileChunkPtr chunk) = 0;
    virtual void Removes(uint64_t row, FileChunkPtr chunk) = 0;
    // Any actions as lines, as commits hold them: {"protocol":{…}}. JSON nulls and all-null columns are fine.
    virtual Result<void> Lines(std::string_view ndjson) = 0;
};

// Implemented by the engine. Threads: this library calls one method at a time for each table load.
class CheckpointIo {
public:
    virtual ~CheckpointIo() = default;

    // Hands the rows of the Parquet file to `sink`, each row once, in any order.
    // Of the top-level columns only those in kCheckpointColumns that the file has are wanted. Inside `add`,
    // "stats_parsed" may be given as JSON text when "stats" is null or absent; "partitionValues_parsed" is left out.
    // Errors: kNotFound, kIo, kCorrupt (not Parquet; an add or remove without a path).
    virtual Result<void> ReadParquet(const std::string &path, CheckpointSink &sink) = 0;

    // The bytes of a Parquet file with these rows, one action each, all columns nullable.
    virtual Result<std::string> WriteParquet(const CheckpointRows &rows) = 0;
};

inline constexpr std::string_view kCheckpointColumns[] = {
    "txn", "add", "remove", "metaData", "protocol", "domainMetadata", "sidecar", "checkpointMetadata"};

// The columns of a classic checkpoint that this library writes, without files.
DataType CheckpointSchema();

struct CheckpointContents {
    FileRows adds, removes;
    std::vector<Action> others;  // Neither files nor sidecars.
};

// Reads every action of `checkpoint`, sidecars included.
// `io` may be nullptr when the checkpoint is JSON without sidecars.
// Errors: kUnsupported when a Parquet file must be read and io is nullptr; kNotFound, kIo, kCorrupt.
Result<CheckpointContents> ReadCheckpoint(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io);

// The paths of the sidecars that `checkpoint` names. Reads no sidecar.
Result<std::vector<std::string>> SidecarsOf(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io);

// Whether a checkpoint is due after a commit of `version` (delta.checkpointInterval, default 10).
bool CheckpointDue(const Metadata &metadata, int64_t version);

// Writes a checkpoint of `snapshot` and then the hint: N.checkpoint.parquet, or with the policy v2 (delta.checkpointPolicy)
// N.checkpoint.UUID.json with its files in a sidecar. Tombstones older than delta.deletedFileRetentionDuration
// (default 1 week) before `now_ms` are dropped.
// A failure leaves the table as it was; callers report it and go on. A checkpoint that exists already is success.
// Cost: all files of the snapshot. Errors: kIo.
Result<void> WriteCheckpoint(storage::ObjectStore &store, const Snapshot &snapshot, CheckpointIo &io, int64_t now_ms);

// Removes commits and checkpoints that delta.logRetentionDuration (default 30 days) has outlived, and their checksums and
// sidecars, unless delta.enableExpiredLogCleanup is false. Oldest first, so that a crash leaves no gap. What stays
// rebuilds every version since the newest checkpoint that is old enough. Call after WriteCheckpoint.
// Returns how many files went. Cost: one listing of the log, one of the sidecars when there are any to look at.
Result<int64_t> CleanUpLog(storage::ObjectStore &store, const Snapshot &snapshot, CheckpointIo &io, int64_t now_ms);

}  // namespace tarn::delta
