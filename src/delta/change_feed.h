// delta/change_feed.h: which rows each commit of a range inserted, updated or deleted, as files to read.
//
// Specification: PROTOCOL.md, "Change Data Files" and "Reading Change Data Files": a commit with change files says all in
// them; of another, the rows of added files were inserted, those of removed files deleted, and for a file whose deletion
// vector changed, the difference of the two.
// Threads: pure functions over a store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace tarn::delta {

struct ChangeFile {
    enum class Kind : uint8_t {
        kInserted,   // All rows that the vector leaves.
        kDeleted,    // The same, of a removed file.
        kMasked,     // The rows that `vector` masks and `other` does not: they were deleted.
        kUnmasked,   // The rows that `other` masks and `vector` does not: they were inserted again.
        kChangeData, // The rows have a column _change_type.
    };
    Kind kind = Kind::kInserted;
    int64_t version = 0;
    int64_t timestamp_ms = 0;
    AddFile file;  // Path, partition values, size, statistics. Its vector is that after the commit (before, for kDeleted).
    std::optional<DeletionVectorDescriptor> other;
};

// The changes of the versions [start, end], oldest first. `at_start` is version `start`; `read` is the metadata that the rows
// are to be read with.
// Errors: kInvalidInput [DELTA_MISSING_CHANGE_DATA] where the table kept no change data feed;
//         [DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE] or, without column mapping, [DELTA_CHANGE_DATA_FEED_
//         INCOMPATIBLE_DATA_SCHEMA] when the columns of a version cannot be read as `read` has them;
//         kNotFound when clean-up removed a commit.
// Cost: reads every commit of the range; memory is that of its file actions.
Result<std::vector<ChangeFile>> ReadChangeFeed(storage::ObjectStore &store, const Snapshot &at_start, int64_t end, const Metadata &read);

// The files whose rows the commits of (after, end] appended, oldest first: what a stream takes in, each row once. What rearranges rows
// without changing any (compaction; dataChange is false) appends and removes none. nullopt: a commit changed or removed rows.
// Errors: kNotFound [DELTA_VERSION_NOT_FOUND] when clean-up removed a commit. Cost: reads every commit of the range.
Result<std::optional<std::vector<AddFile>>> AppendedFiles(storage::ObjectStore &store, const std::string &table_root, int64_t after, int64_t end);

// The first version committed at or after `timestamp_ms`.
// Errors: kInvalidInput [DELTA_TIMESTAMP_GREATER_THAN_COMMIT] after the newest.
Result<int64_t> VersionFrom(storage::ObjectStore &store, const std::string &table_root, int64_t timestamp_ms);

}  // namespace tarn::delta
