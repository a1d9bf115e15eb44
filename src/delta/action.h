// delta/action.h: what one line of a Delta log says, as values.
//
// Specification: PROTOCOL.md, "Actions". Times are milliseconds since 1970 UTC. JSON that this library only carries
// (stats, metrics) is kept as text. Unknown actions and unknown fields are skipped, as the protocol asks of readers.
// Threads: values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/data_type.h"
#include "base/error.h"

namespace tarn::delta {

using StringMap = std::map<std::string, std::string>;
// A partition value is text as it stands in the log, or NULL. The empty text also means NULL for every type.
using PartitionValues = std::map<std::string, std::optional<std::string>>;

struct Protocol {
    int32_t min_reader_version = 1;
    int32_t min_writer_version = 2;
    // Present exactly when min_reader_version >= 3, and min_writer_version >= 7. Sorted, no duplicates.
    std::optional<std::vector<std::string>> reader_features;
    std::optional<std::vector<std::string>> writer_features;

    bool HasReaderFeature(std::string_view name) const;
    bool HasWriterFeature(std::string_view name) const;
    bool operator==(const Protocol &) const = default;
};

struct Metadata {
    std::string id;
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::string schema_string;  // As in the log; `schema` is its meaning.
    DataType schema;            // kStruct
    std::vector<std::string> partition_columns;
    StringMap configuration;    // Table properties, such as delta.appendOnly.
    std::optional<int64_t> created_time;

    // The value of a table property; names are case-insensitive as in Spark. nullptr when it isn't set.
    const std::string *Property(std::string_view name) const;
    bool BoolProperty(std::string_view name, bool fallback) const;
    int64_t IntProperty(std::string_view name, int64_t fallback) const;
    // "interval 1 week", "interval 30 days 12 hours": milliseconds. What cannot be read is the fallback.
    int64_t IntervalProperty(std::string_view name, int64_t fallback_ms) const;
    // "134217728", "128mb": bytes. What cannot be read is the fallback.
    int64_t ByteSizeProperty(std::string_view name, int64_t fallback) const;
};

// "134217728", "128 MB", "1g": bytes. nullopt for what is no positive size.
std::optional<int64_t> ParseByteSize(std::string_view text);

struct DeletionVectorDescriptor {
    char storage_type = 'u';           // 'u' relative file, 'i' inline, 'p' absolute path
    std::string path_or_inline;        // pathOrInlineDv
    std::optional<int32_t> offset;     // Of the size field in the file. Not for inline.
    int32_t size_in_bytes = 0;
    int64_t cardinality = 0;

    // PROTOCOL.md "Derived Fields": names the vector within its table.
    std::string UniqueId() const;
    bool operator==(const DeletionVectorDescriptor &) const = default;
};

struct AddFile {
    std::string path;  // As in the log: percent-encoded, relative or absolute. See storage::ResolveActionPath.
    PartitionValues partition_values;  // Keys are physical column names.
    int64_t size = 0;
    int64_t modification_time = 0;
    bool data_change = true;
    std::string stats;  // JSON text; "" when there is none. See delta/stats.h.
    StringMap tags;
    std::optional<DeletionVectorDescriptor> deletion_vector;
    std::optional<int64_t> base_row_id;
    std::optional<int64_t> default_row_commit_version;
    std::optional<std::string> clustering_provider;
};

struct RemoveFile {
    std::string path;
    std::optional<int64_t> deletion_timestamp;
    bool data_change = true;
    std::optional<bool> extended_file_metadata;
    PartitionValues partition_values;  // Meaningful with extended_file_metadata, as is size.
    std::optional<int64_t> size;
    StringMap tags;
    std::optional<DeletionVectorDescriptor> deletion_vector;
    std::optional<int64_t> base_row_id;
    std::optional<int64_t> default_row_commit_version;
    std::string stats;  // JSON text; "" when there is none.
};

struct CdcFile {
    std::string path;
    PartitionValues partition_values;
    int64_t size = 0;
    StringMap tags;
};

struct SetTransaction {
    std::string app_id;
    int64_t version = 0;
    std::optional<int64_t> last_updated;
    bool operator==(const SetTransaction &) const = default;
};

struct DomainMetadata {
    std::string domain;
    std::string configuration;
    bool removed = false;
    bool operator==(const DomainMetadata &) const = default;
};

struct CommitInfo {
    std::optional<int64_t> timestamp;
    std::optional<int64_t> in_commit_timestamp;
    std::string operation;                 // "WRITE", "MERGE", …
    std::string operation_parameters;      // JSON object text, "" when absent. Values are texts.
    std::string operation_metrics;         // JSON object text, "" when absent. Values are texts.
    std::string isolation_level;
    std::optional<bool> is_blind_append;
    std::optional<int64_t> read_version;
    std::string engine_info;
    std::string txn_id;                    // Names the commit attempt: how a lost answer is resolved.
    std::string user_name;
    std::string user_metadata;
    std::string raw;                       // The whole object as it stood in the log. Not written.
};

// Points at a Parquet file with the add and remove actions of a v2 checkpoint.
struct Sidecar {
    std::string path;
    int64_t size_in_bytes = 0;
    int64_t modification_time = 0;
};

struct CheckpointMetadata {
    int64_t version = 0;
};

using Action = std::variant<Protocol, Metadata, AddFile, RemoveFile, CdcFile, SetTransaction, DomainMetadata,
                            CommitInfo, Sidecar, CheckpointMetadata>;

// Parses newline-delimited JSON actions and hands each known one to `sink`, in order. Fields that are JSON null count
// as absent, so rows of a checkpoint may be given with all their columns.
// `origin` names the file in errors. Untrusted input: any bytes are allowed.
// Errors: kCorrupt [DELTA_CORRUPT_LOG] names origin and line; an error of `sink` is passed on.
// Cost: one pass; one parser and one buffer for all lines.
Result<void> ParseActions(std::string_view ndjson, std::string_view origin,
                          const std::function<Result<void>(Action &&)> &sink);

// One line without its newline: {"add":{…}}. Absent optional fields are left out.
std::string ToJson(const Action &action);
void AppendJson(const Action &action, std::string &out);

// The schema, protocol and so on of RemoveFile for an active file.
RemoveFile ToRemove(const AddFile &file, int64_t deletion_timestamp, bool data_change = true);

// The identity of a file in log replay: canonical path plus deletion vector.
std::string FileKey(std::string_view table_root, std::string_view path,
                    const std::optional<DeletionVectorDescriptor> &deletion_vector);

}  // namespace tarn::delta
