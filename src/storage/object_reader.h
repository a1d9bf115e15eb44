// storage/object_reader.h: one object, read in pieces, with as few requests as pieces allow.
//
// A request to an object store costs tens of milliseconds whether it is for eight bytes or a megabyte. So a small read
// fetches what lies around it, what is near the end fetches the end (a Parquet footer), and who reads on and on is served
// from windows that grow and are fetched ahead.
// Memory: at most kSegments windows of kLargestWindow.
// Threads: any.
#pragma once

#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "storage/object_store.h"

namespace tarn::storage {

inline constexpr uint64_t kSmallestWindow = uint64_t{512} << 10;
inline constexpr uint64_t kLargestWindow = uint64_t{8} << 20;
inline constexpr size_t kSegments = 4;

struct FetchRange {
    uint64_t offset = 0;
    uint64_t length = 0;
    bool operator==(const FetchRange &) const = default;
};

// What to fetch so that [offset, offset + length) is there. REQUIRES: it lies within `size`, and length < window.
FetchRange PlanFetch(uint64_t offset, uint64_t length, uint64_t size, uint64_t window);

class ObjectReader {
public:
    // `store` is borrowed and must outlive this; `size` is the object's.
    ObjectReader(ObjectStore &store, std::string path, uint64_t size);
    ~ObjectReader();
    ObjectReader(const ObjectReader &) = delete;
    ObjectReader &operator=(const ObjectReader &) = delete;

    // Exactly these bytes. Errors: those of ObjectStore::ReadRange.
    Result<void> Read(uint64_t offset, char *buffer, size_t length);
    uint64_t size() const { return size_; }

private:
    using Bytes = Result<std::string>;
    struct Segment {
        FetchRange range;
        std::shared_future<Bytes> bytes;
    };
    // The segment that holds `offset`, moved to the front; or null. Under the lock.
    Segment *Find(uint64_t offset);
    std::shared_future<Bytes> Start(FetchRange range, bool ahead);
    void FetchAhead(uint64_t from, uint64_t window);

    ObjectStore &store_;
    std::string path_;
    uint64_t size_;
    std::mutex mutex_;
    std::list<Segment> segments_;  // The last used first.
    uint64_t next_ = UINT64_MAX;   // Where a reader that reads on would go on.
    uint64_t window_ = kSmallestWindow;
};

// Calls `work(i)` for every i below `count`, side by side on threads that may wait for the network. Returns when all are done.
void SideBySide(size_t count, const std::function<void(size_t)> &work);

}  // namespace tarn::storage
