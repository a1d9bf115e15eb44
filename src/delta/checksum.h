// delta/checksum.h: N.crc, what one version of a table adds up to.
//
// A file beside the commit that anybody may write afterwards and nobody needs: with it a reader can tell that its replay of
// the log came out as the writer's did. Ours are made from a whole Snapshot, so that they are right whatever happened
// between two of them; Spark's are read as well.
// Specification: PROTOCOL.md, "Version Checksum File". Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/log.h"
#include "delta/snapshot.h"

namespace tarn::delta {

struct VersionChecksum {
    std::optional<std::string> txn_id;
    int64_t table_bytes = 0;  // Sizes of the active files.
    int64_t files = 0;
    std::optional<int64_t> masked_rows;  // By deletion vectors,
    std::optional<int64_t> vectors;      // of which there are so many.
    std::optional<int64_t> in_commit_timestamp;
    std::optional<std::vector<SetTransaction>> transactions;
    std::optional<std::vector<DomainMetadata>> domains;
    Metadata metadata;
    Protocol protocol;
};

// What the snapshot adds up to. Cost: a look at each file's numbers, a few nanoseconds.
VersionChecksum ChecksumOf(const Snapshot &snapshot);
// One line of JSON.
std::string ToJson(const VersionChecksum &checksum);
// Untrusted input. Errors: kCorrupt [DELTA_CORRUPT_LOG] names `origin`.
Result<VersionChecksum> ParseChecksum(std::string_view text, std::string_view origin);

// Where the two differ, in words; "" where they agree. What `theirs` does not say agrees.
std::string Disagreement(const VersionChecksum &theirs, const VersionChecksum &ours);

// Writes the snapshot's, unless there is one. Best effort: a failure means nothing but that it is not there.
Result<void> WriteChecksum(storage::ObjectStore &store, const Snapshot &snapshot);
// nullopt: there is none, or none that can be read.
std::optional<VersionChecksum> ReadChecksum(const Log &log, int64_t version);

}  // namespace tarn::delta
