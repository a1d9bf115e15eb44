// engine/internal/handles.h: things of ours that generated DuckDB text refers to by number.
//
// A function in the text gets the number as an argument and finds the thing by it. Pointer is what is kept: a shared_ptr, or
// a raw pointer whose owner outlives its Lease.
// Threads: any.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace tarn::engine {

template <class Pointer>
class Handles {
public:
    // Something can be found as long as its Lease lives. `handles` is borrowed.
    class Lease {
    public:
        Lease(Handles &handles, Pointer pointer) : handles_(handles), handle_(handles.Insert(std::move(pointer))) {}
        ~Lease() { handles_.Remove(handle_); }
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;

        uint64_t handle() const { return handle_; }

    private:
        Handles &handles_;
        uint64_t handle_;
    };

    // nullptr: nothing of that number.
    Pointer Find(uint64_t handle) const {
        std::lock_guard lock(mutex_);
        auto it = pointers_.find(handle);
        return it == pointers_.end() ? Pointer() : it->second;
    }

private:
    uint64_t Insert(Pointer pointer) {
        std::lock_guard lock(mutex_);
        pointers_.emplace(next_, std::move(pointer));
        return next_++;
    }
    void Remove(uint64_t handle) {
        std::lock_guard lock(mutex_);
        pointers_.erase(handle);
    }

    mutable std::mutex mutex_;
    uint64_t next_ = 1;
    std::map<uint64_t, Pointer> pointers_;
};

}  // namespace tarn::engine
