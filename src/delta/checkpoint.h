// delta/checkpoint.h: a whole table state in one Parquet file, so that readers need not replay every commit.
//
// This library knows no Parquet. The engine hands in a CheckpointIo; between the two, actions are the same
// newline-delimited JSON that commits hold, which DuckDB both reads and writes:
//   read   SELECT to_json({'add': add, …}) FROM read_parquet(path)
//   write  COPY (SELECT * FROM read_json(file, format='newline_delimited', columns={…})) TO … (FORMAT parquet)
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/data_type.h"
#include "base/error.h"
#include "delta/log.h"

namespace tarn::delta {

struct Snapshot;

// Implemented by the engine. Threads: this library calls one method at a time for each table load.
class CheckpointIo {
public:
    virtual ~CheckpointIo() = default;

    using LinesSink = std::function<Result<void>(std::string_view ndjson)>;

    // Calls `sink` with the rows of the Parquet file as action lines, as many a call as is convenient, in any order:
    // {"add":{"path":…,"partitionValues":{"p":"1"},…}}. JSON nulls and all-null columns are fine.
    // Of the top-level columns only those in kCheckpointColumns that the file has are wanted. A MAP must become a JSON
    // object. Inside `add`, "stats_parsed" may be given as an object when "stats" is null or absent;
    // "partitionValues_parsed" should be left out.
    // Errors: kNotFound, kIo, kCorrupt (not Parquet).
    virtual Result<void> ReadParquet(const std::string &path, const LinesSink &sink) = 0;

    // The bytes of a Parquet file with one row a line of `ndjson`; `schema` gives its columns, all nullable (a JSON
    // object becomes a MAP where `schema` says so). Lines hold a subset of the columns; what is absent is NULL.
    virtual Result<std::string> WriteParquet(const DataType &schema, std::string_view ndjson) = 0;
};

inline constexpr std::string_view kCheckpointColumns[] = {
    "txn", "add", "remove", "metaData", "protocol", "domainMetadata", "sidecar", "checkpointMetadata"};

// The columns of a classic checkpoint that this library writes.
DataType CheckpointSchema();

// Reads every action of `checkpoint`, sidecars included, and hands them to `sink` in no particular order.
// `io` may be nullptr when the checkpoint is JSON without sidecars.
// Errors: kUnsupported when a Parquet file must be read and io is nullptr; kNotFound, kIo, kCorrupt.
Result<void> ReadCheckpoint(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io,
                            const std::function<Result<void>(Action &&)> &sink);

// Whether a commit of `version` is one after which a checkpoint is due (delta.checkpointInterval, default 10).
bool CheckpointDue(const Snapshot &snapshot);

// Writes N.checkpoint.parquet for `snapshot` and then the hint. Tombstones older than
// delta.deletedFileRetentionDuration (default 1 week) before `now_ms` are dropped.
// A failure leaves the table as it was; callers report it and go on. A checkpoint that exists already is success.
// Errors: kIo, kUnsupported (a table whose features ask for another checkpoint form).
Result<void> WriteCheckpoint(storage::ObjectStore &store, const Snapshot &snapshot, CheckpointIo &io, int64_t now_ms);

}  // namespace tarn::delta
