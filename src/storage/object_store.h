// storage/object_store.h: named bytes with the few guarantees that a Delta commit needs.
//
// A path is canonical (storage/path.h): absolute and local ("/lake/t/a.parquet"), or "s3://bucket/key".
// Directories are only name prefixes: they appear when an object is put and nobody creates them.
// Atomicity: a reader sees an object as one Put left it, whole, or not at all.
// Order: once Put or PutIfAbsent has answered, every later Read, Head and List sees the object.
// Threads: call any method from any thread; each store says so for itself where it matters.
// Errors: kNotFound [PATH_NOT_FOUND]; kIo [IO_ERROR], may be transient; kUnknownOutcome: a write whose answer was
// lost, it may or may not have happened. Nothing here throws.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn::storage {

struct ObjectInfo {
    std::string path;         // Canonical, as given to Read.
    int64_t size = 0;         // Bytes.
    int64_t modified_ms = 0;  // Milliseconds since 1970 UTC.
    std::string tag;          // Changes with the bytes where the store has such a thing (S3's ETag); else empty.
};

// Losing a race is an everyday outcome, so it is a value, not an error.
enum class PutOutcome : uint8_t { kWritten, kExists };

struct ListOptions {
    std::string start_after;  // Only names that sort after this one, relative to the directory. "" lists all.
    bool recursive = false;   // Also what lies in directories below.
    std::string prefix;       // Only names that begin with this, relative to the directory.
    size_t limit = 0;         // The first so many; 0: all.
};

// An object that is written piece by piece, for what is too large to hold in memory. Nobody sees it before Finish has
// answered; one that is destroyed before leaves nothing behind that a reader or a listing would meet.
// Threads: one at a time.
class ObjectWriter {
public:
    virtual ~ObjectWriter() = default;
    virtual Result<void> Append(std::string_view bytes) = 0;
    // Once. Errors: those of Put.
    virtual Result<void> Finish() = 0;
};

class ObjectStore {
public:
    virtual ~ObjectStore() = default;

    virtual Result<std::string> Read(const std::string &path) = 0;
    // Bytes [offset, offset + length). Errors: kCorrupt when the object ends before that.
    virtual Result<std::string> ReadRange(const std::string &path, uint64_t offset, uint64_t length) = 0;
    // The same bytes into memory of the caller's. Errors: as ReadRange; `buffer` may hold anything then.
    virtual Result<void> ReadInto(const std::string &path, uint64_t offset, char *buffer, size_t length);
    // Several whole objects, in the order of `paths`; side by side where each read is a wait for the network.
    virtual std::vector<Result<std::string>> ReadMany(const std::vector<std::string> &paths);
    // Creates or replaces the object atomically.
    virtual Result<void> Put(const std::string &path, std::string_view bytes) = 0;
    // Creates the object unless one of that name exists, in which case nothing changes. Of several racing callers
    // exactly one gets kWritten.
    virtual Result<PutOutcome> PutIfAbsent(const std::string &path, std::string_view bytes) = 0;
    // The objects in `directory`, sorted by path bytes. A directory that does not exist is empty.
    virtual Result<std::vector<ObjectInfo>> List(const std::string &directory, const ListOptions &options) = 0;
    Result<std::vector<ObjectInfo>> List(const std::string &directory) { return List(directory, ListOptions{}); }
    virtual Result<ObjectInfo> Head(const std::string &path) = 0;
    // Deleting what is not there succeeds.
    virtual Result<void> Delete(const std::string &path) = 0;
    // All of them, in any order; goes on after a failure and returns the first one.
    virtual Result<void> DeleteMany(const std::vector<std::string> &paths);
    // Everything below `directory`. Not atomic: a failure leaves a part of it.
    virtual Result<void> DeleteAll(const std::string &directory);
    // Creates or replaces the object when the writer finishes. A store without streams of its own collects the bytes.
    virtual Result<std::unique_ptr<ObjectWriter>> Create(const std::string &path);
    // Makes objects that somebody else wrote under these paths (a Parquet writer) as durable as Put would have. What lies above
    // `settled`, a directory that has been there before, needs no care; "": any directory may be new.
    // Errors: kNotFound when one isn't there.
    virtual Result<void> MakeDurable(const std::vector<std::string> &paths, const std::string &settled = "") = 0;
};

inline bool IsLocalPath(std::string_view path) { return path.starts_with('/'); }

// The store for a table root or any other path. The stores live as long as the process.
// Cost: nothing until a path of a store is first used.
// Errors: kUnsupported for a scheme this build has no store for.
Result<ObjectStore *> StoreFor(std::string_view path);

}  // namespace tarn::storage
