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

    // The bytes of a Parquet file with one row a line of `ndjson`; `schema` gives its columns, all nullable (a JSON
    // object becomes a MAP where `schema` says so). Lines hold a subset of the columns; what is absent is NULL.
    virtual Result<std::string> WriteParquet(const DataType &schema, std::string_view ndjson) = 0;
};

inline constexpr std::string_view kCheckpointColumns[] = {
    "txn", "add", "remove", "metaData", "protocol", "domainMetadata", "sidecar", "checkpointMetadata"};

// The columns of a classic checkpoint that this library writes.
DataType CheckpointSchema();

struct CheckpointContents {
    FileRows adds, removes;
    std::vector<Action> others;  // Neither files nor sidecars.
};

// Reads every action of `checkpoint`, sidecars included.
// `io` may be nullptr when the checkpoint is JSON without sidecars.
// Errors: kUnsupported when a Parquet file must be read and io is nullptr; kNotFound, kIo, kCorrupt.
Result<CheckpointContents> ReadCheckpoint(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io);

// Whether a commit of `version` is one after which a checkpoint is due (delta.checkpointInterval, default 10).
bool CheckpointDue(const Snapshot &snapshot);

// Writes N.checkpoint.parquet for `snapshot` and then the hint. Tombstones older than
// delta.deletedFileRetentionDuration (default 1 week) before `now_ms` are dropped.
// A failure leaves the table as it was; callers report it and go on. A checkpoint that exists already is success.
// Errors: kIo, kUnsupported (a table whose features ask for another checkpoint form).
Result<void> WriteCheckpoint(storage::ObjectStore &store, const Snapshot &snapshot, CheckpointIo &io, int64_t now_ms);

}  // namespace tarn::delta
