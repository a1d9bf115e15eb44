#include "storage/object_reader.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "storage/internal/io_pool.h"

namespace tarn::storage {

FetchRange PlanFetch(uint64_t offset, uint64_t length, uint64_t size, uint64_t window) {
    if (offset + window >= size) {
        // The end: what stands before it is likely to be asked for next.
        uint64_t begin = std::min(offset, size > window ? size - window : 0);
        return {begin, size - begin};
    }
    return {offset, std::max(length, window)};
}

ObjectReader::ObjectReader(ObjectStore &store, std::string path, uint64_t size) : store_(store), path_(std::move(path)), size_(size) {}

ObjectReader::~ObjectReader() {
    for (Segment &segment : segments_) segment.bytes.wait();
}

ObjectReader::Segment *ObjectReader::Find(uint64_t offset) {
    for (auto it = segments_.begin(); it != segments_.end(); ++it) {
        if (offset < it->range.offset || offset - it->range.offset >= it->range.length) continue;
        segments_.splice(segments_.begin(), segments_, it);
        return &segments_.front();
    }
    return nullptr;
}

std::shared_future<ObjectReader::Bytes> ObjectReader::Start(FetchRange range, bool ahead) {
    auto fetch = [&store = store_, path = path_, range]() -> Bytes {
        std::string bytes(range.length, '\0');
        Result<void> read = store.ReadInto(path, range.offset, bytes.data(), bytes.size());
        if (!read) return std::unexpected(std::move(read).error());
        return bytes;
    };
    auto future = ahead ? OnIoThread(std::move(fetch)).share() : std::async(std::launch::deferred, std::move(fetch)).share();
    segments_.push_front({range, future});
    // Only what has arrived goes: the process must not end while a window is under way that nobody waits for.
    for (auto it = segments_.end(); segments_.size() > kSegments && it != segments_.begin();) {
        --it;
        if (it->bytes.wait_for(std::chrono::seconds(0)) == std::future_status::ready) it = segments_.erase(it);
    }
    return future;
}

void ObjectReader::FetchAhead(uint64_t from, uint64_t window) {
    if (from >= size_ || Find(from) != nullptr) return;
    Start({from, std::min(window, size_ - from)}, true);
}

Result<void> ObjectReader::Read(uint64_t offset, char *buffer, size_t length) {
    if (offset > size_ || length > size_ - offset) {
        return Fail(ErrorKind::kCorrupt, "FAILED_READ_FILE",
                    path_ + " ends before byte " + std::to_string(offset) + " + " + std::to_string(length) + ".");
    }
    while (length > 0) {
        std::unique_lock lock(mutex_);
        bool reads_on = offset == next_;
        Segment *segment = Find(offset);
        if (segment == nullptr) {
            window_ = reads_on ? std::min(window_ * 2, kLargestWindow) : kSmallestWindow;
            if (length >= window_) {
                next_ = offset + length;
                lock.unlock();
                return store_.ReadInto(path_, offset, buffer, length);
            }
            Start(PlanFetch(offset, length, size_, window_), false);
            segment = &segments_.front();
        }
        FetchRange range = segment->range;
        std::shared_future<Bytes> bytes = segment->bytes;
        if (reads_on && window_ == kLargestWindow) FetchAhead(range.offset + range.length, window_);
        size_t count = static_cast<size_t>(std::min<uint64_t>(length, range.offset + range.length - offset));
        next_ = offset + count;
        lock.unlock();

        const Bytes &fetched = bytes.get();
        if (!fetched) {
            // Not for ever: the next read tries again.
            lock.lock();
            segments_.remove_if([&](const Segment &one) { return one.range == range; });
            return std::unexpected(fetched.error());
        }
        std::memcpy(buffer, fetched->data() + (offset - range.offset), count);
        offset += count;
        buffer += count;
        length -= count;
    }
    return {};
}

void SideBySide(size_t count, const std::function<void(size_t)> &work) {
    std::vector<std::future<void>> calls;
    calls.reserve(count);
    for (size_t i = 1; i < count; i++) calls.push_back(OnIoThread([&work, i] { work(i); }));
    if (count > 0) work(0);
    for (auto &call : calls) call.get();
}

}  // namespace tarn::storage
