// extjson/extjson.h: MongoDB Extended JSON and plain JSON files to typed columns.
//
// Two steps: InferSchema looks at every byte of the input and names the columns; Reader then fills
// ColumnBatches for a schema (the inferred one, or a table's). Both run in parallel and hold no more
// than a few blocks of the input at a time, whatever its size.
//
// Input: UTF-8 (a byte order mark is skipped), one JSON array of documents a file, or documents one
// after the other, separated by any whitespace or by nothing; pretty-printed or not; plain, gzip or
// zstd, told apart by their first bytes.
//
// Mode::kMongo, the columns:
//   - Nested objects flatten: the path's names joined by `_`, `$` dropped, underscores stripped at
//     both ends. `_id.$oid` -> id_oid, `patreon_status.is_patron` -> patreon_status_is_patron.
//   - {"$date": ISO text | milliseconds | {"$numberLong": text}} -> TIMESTAMP `<name>_date`. Text that
//     is no date gives NULL and is rescued.
//   - {"$numberInt"|"$numberLong": text} -> BIGINT, {"$numberDouble": text} -> DOUBLE,
//     {"$numberDecimal": text} -> DECIMAL(p,s) as wide as the values need (DOUBLE when 38 digits do
//     not do, or with NaN or Infinity among them), all under the field's own name: canonical and
//     relaxed exports give the same columns.
//   - {"$binary": {"base64": …, "subType": …}} and {"$binary": base64, "$type": …} -> BINARY
//     `<name>_binary`; the sub-type is dropped. {"$undefined": true} -> NULL.
//   - Every other wrapper flattens by the same rule as any object: $oid, $uuid, $symbol, $code ->
//     STRING `<name>_oid` …; $timestamp -> BIGINT `<name>_timestamp_t` and `_i`; $regularExpression ->
//     `_regularExpression_pattern` and `_options`; $minKey, $maxKey -> BIGINT; $ref, $id, $db.
//   - Arrays stay arrays. Objects in them become structs whose members flatten by the same rule; an
//     element that is only {"$oid"}, {"$date"}, {"$uuid"}, {"$symbol"} or {"$binary"} is a scalar.
//   - Order: at every level fields sort by code point; then level by level each object makes way for
//     its members, which come at the right end.
//   - Two paths that give one name (also `A` and `a`) are an error that names both.
//   - An object where another document has a scalar or an array is an error that names both places.
// Mode::kJson, as Spark infers: structs stay structs, no wrappers, fields sorted by code point.
// Both modes: integer -> BIGINT, from 2^63 on DECIMAL(digits,0); integer and fraction -> DOUBLE; any
// other mix of scalars -> STRING holding the JSON text; only null -> STRING; only [] -> ARRAY<STRING>;
// only {} -> no column.
//
// Errors say `<path> at byte <n>: …`, n counted from 0 in the decompressed file:
//   PATH_NOT_FOUND               no such file
//   FAILED_READ_FILE             the store failed; compressed data is cut or damaged; encoding is not UTF-8
//   MALFORMED_RECORD_IN_PARSING  not JSON, cut, empty file, duplicate keys (names equal but for case
//                                count), an object where a scalar was
//   RESOURCE_LIMIT_EXCEEDED      a document larger than max_document_bytes, deeper than max_depth
//   COLUMN_ALREADY_EXISTS        two paths flatten to one name; for a reader: within one document
// Specification: MongoDB Extended JSON v2 (canonical, relaxed; v1 where noted), RFC 8259.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/data_type.h"
#include "base/error.h"
#include "extjson/column_batch.h"

namespace tarn::extjson {

enum class Mode : uint8_t { kMongo, kJson };

// Where each column stands in the documents: "votes[].index", "['a name.with a dot'].x".
using SchemaPaths = std::set<std::string>;

struct ReadOptions {
    Mode mode = Mode::kMongo;
    // What InferSchema or a Reader may hold at a time: blocks of text, their indexes and columns.
    // One large document may exceed it, up to about six times max_document_bytes a thread.
    size_t memory_limit_bytes = size_t{64} << 20;
    size_t max_document_bytes = size_t{32} << 20;  // MongoDB's own limit is 16 MiB of BSON.
    int max_depth = 100;                           // Objects and arrays within each other, as MongoDB allows.
    int threads = 0;                               // InferSchema's; 0: as many as there are cores.

    // Reader only.
    size_t batch_rows = 2048;  // Rows in a batch, at most. A multiple of 64.
    bool rescue = true;        // Fill ColumnBatch::rescued.
    // Fail with UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE where InferSchema would find a column that the schema lacks:
    // a schema from earlier files is enough as long as this does not happen.
    bool known_fields_only = false;
    // With known_fields_only, for a schema that InferSchema made of a part of the input, and the paths it told: fail with the same
    // error where the rest might change the schema, which is at any value that is not in the usual form of its column's type. What
    // is read to its end has the schema that InferSchema would find in all of it. Wants every column.
    std::shared_ptr<const SchemaPaths> guessed_paths;
    // Fields of the schema to put into batches, in this order; nullopt: all.
    std::optional<std::vector<size_t>> projection;

    // Bytes of text in a block; 0: chosen from memory_limit_bytes. Results do not depend on it (tests set it).
    size_t chunk_bytes = 0;
};

// A stream of bytes: a file, an object in a store, memory. Used by one thread at a time.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    // Fills up to `size` bytes and says how many; 0 means the end, and only then.
    virtual Result<size_t> Read(char *buffer, size_t size) = 0;
};

struct InputFile {
    std::string path;  // For messages and _file_path; opened as a local file unless `open` is set.
    // Opens another kind of source (compressed bytes are fine). Called once for each pass.
    std::function<Result<std::unique_ptr<ByteSource>>()> open;
};

// The columns of all `files` together, as a kStruct; no field when there are only empty arrays or `{}`.
// Deterministic: of several errors the first in file order is returned. What stands in texts is not
// looked at: a wrong escape sequence is the reader's to find.
// Cost: one pass over the input on `threads` threads.
// `paths`, if asked for, become those of the columns.
Result<DataType> InferSchema(const std::vector<InputFile> &files, const ReadOptions &options = {}, SchemaPaths *paths = nullptr);

// Turns documents into batches. Documents need not match the schema: a field that the schema lacks,
// or whose value does not fit the column's type, is rescued (unless it is null or only empty brackets);
// a field that the document lacks is NULL. A value that does not fit within an array or map is NULL
// there, and the whole array is rescued. Two fields of one document that become one column are an error.
// Names are matched exactly (case counts). Column types may be any but VARIANT, VOID and INTERVAL.
class Reader {
public:
    // What one thread needs to parse: buffers, indexes and a map of the documents' shape.
    class Worker;
    struct WorkerDeleter {
        void operator()(Worker *worker) const;
    };
    using WorkerPtr = std::unique_ptr<Worker, WorkerDeleter>;

    // Opens no file yet. Errors: FEATURE_NOT_SUPPORTED (a column's type), INVALID_PARAMETER_VALUE.
    static Result<std::unique_ptr<Reader>> Open(std::vector<InputFile> files, DataType schema,
                                                ReadOptions options = {});
    ~Reader();

    // Any thread. The reader must outlive its workers; batches may outlive both.
    WorkerPtr NewWorker();

    // The next rows, from whichever part of the input is next; null at the end of the input.
    // Any number of threads, each with its own worker. After an error every call returns that error.
    // Batches are reused: releasing one before the next call saves allocations, holding it is fine.
    Result<std::shared_ptr<const ColumnBatch>> Next(Worker &worker);

    const DataType &schema() const;
    const std::vector<InputFile> &files() const;
    // Bytes taken from the input so far (decompressed): for progress.
    uint64_t bytes_read() const;

private:
    class Impl;
    explicit Reader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::extjson
