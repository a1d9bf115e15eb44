// engine/internal/key_check.h: whether a key comes twice among rows, found while they are written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace tarn::engine {

// Collects 64-bit hashes of keys. Threads: any may Add; Finish once they have ended.
// Cost: 8 bytes a row up to kMostKeys, then nothing more is kept and the answer is kUnknown.
class KeyCheck {
public:
    static constexpr size_t kMostKeys = size_t{4} << 20;

    enum class Answer : uint8_t { kDistinct, kMayRepeat, kUnknown };

    void Add(const uint64_t *hashes, size_t count);
    // kMayRepeat: two hashes are equal, by equal keys or by chance.
    Answer Finish();

private:
    static constexpr size_t kParts = 256;  // By the hash's highest bits: each part's set stays in the cache.

    std::mutex mutex_;
    size_t count_ = 0;
    std::array<std::vector<uint64_t>, kParts> parts_;
};

}  // namespace tarn::engine
