#include "engine/internal/key_check.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <thread>

namespace tarn::engine {
namespace {

constexpr size_t kKeysAThread = 100'000;

// Open addressing over a table twice as large; 0 marks a free slot and is counted apart.
bool Repeats(const std::vector<uint64_t> &hashes, std::vector<uint64_t> &table) {
    size_t size = std::bit_ceil(hashes.size() * 2 + 1);
    table.assign(size, 0);
    bool zero = false;
    for (uint64_t hash : hashes) {
        if (hash == 0) {
            if (zero) return true;
            zero = true;
            continue;
        }
        for (size_t at = hash & (size - 1);; at = (at + 1) & (size - 1)) {
            if (table[at] == hash) return true;
            if (table[at] != 0) continue;
            table[at] = hash;
            break;
        }
    }
    return false;
}

}  // namespace

void KeyCheck::Add(const uint64_t *hashes, size_t count) {
    std::lock_guard lock(mutex_);
    count_ += count;
    if (count_ > kMostKeys) {
        for (auto &part : parts_) std::vector<uint64_t>().swap(part);
        return;
    }
    for (size_t i = 0; i < count; i++) parts_[hashes[i] >> 56].push_back(hashes[i]);
}

KeyCheck::Answer KeyCheck::Finish() {
    std::lock_guard lock(mutex_);
    if (count_ > kMostKeys) return Answer::kUnknown;
    std::atomic<size_t> next = 0;
    std::atomic<bool> repeats = false;
    auto work = [&] {
        std::vector<uint64_t> table;
        for (size_t i = next++; i < parts_.size() && !repeats; i = next++) {
            if (Repeats(parts_[i], table)) repeats = true;
        }
    };
    {
        // The commit waits for this, with nothing else to do.
        std::vector<std::jthread> others;
        for (size_t i = 1; i < std::min<size_t>(std::thread::hardware_concurrency(), count_ / kKeysAThread); i++) others.emplace_back(work);
        work();
    }
    return repeats ? Answer::kMayRepeat : Answer::kDistinct;
}

}  // namespace tarn::engine
