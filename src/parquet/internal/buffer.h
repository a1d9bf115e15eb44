// parquet/internal/buffer.h: bytes that grow, without clearing what will be written over.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace tarn::parquet {

class Buffer {
public:
    size_t size() const { return size_; }
    const uint8_t *data() const { return bytes_.get(); }
    uint8_t *data() { return bytes_.get(); }
    void Clear() { size_ = 0; }
    // Clear, but for that many bytes of any content.
    void ClearTo(size_t count) {
        size_ = 0;
        Room(count);
        size_ = count;
    }

    // Room for `more` bytes behind the end, which Added() then takes in.
    uint8_t *Room(size_t more) {
        if (size_ + more > capacity_) Grow(size_ + more);
        return bytes_.get() + size_;
    }
    void Added(size_t count) { size_ += count; }
    void Append(const void *from, size_t count) {
        if (count == 0) return;
        std::memcpy(Room(count), from, count);
        size_ += count;
    }
    template <class T>
    void Put(T value) {
        Append(&value, sizeof(T));
    }

private:
    void Grow(size_t needed) {
        size_t capacity = std::max(needed, std::max<size_t>(256, capacity_ + capacity_ / 2));
        void *grown = std::realloc(bytes_.get(), capacity);
        if (!grown) throw std::bad_alloc();
        (void)bytes_.release();
        bytes_.reset(static_cast<uint8_t *>(grown));
        capacity_ = capacity;
    }

    struct Free {
        void operator()(uint8_t *bytes) const { std::free(bytes); }
    };
    std::unique_ptr<uint8_t[], Free> bytes_;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

}  // namespace tarn::parquet
