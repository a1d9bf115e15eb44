// parquet/internal/numbering.h: which value of a dictionary is which.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tarn::parquet {

inline uint64_t Mix(uint64_t a, uint64_t b) {
    auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}
inline constexpr uint64_t kOdd1 = 0x9e3779b97f4a7c15u, kOdd2 = 0xc2b2ae3d27d4eb4fu;  // Any odd numbers with bits all over.

// A set of values with a number each, in the order of their coming. Keys of equal hashes are compared by `same(number)`.
class Numbering {
public:
    static constexpr uint32_t kLimit = 32768;
    static constexpr uint32_t kFull = kLimit;

    Numbering() : table_(kFewest, kFree) {}
    void Clear() {
        if (!hashes_.empty()) std::fill(table_.begin(), table_.end(), kFree);
        hashes_.clear();
    }
    uint32_t entries() const { return static_cast<uint32_t>(hashes_.size()); }

    // To be called some time before Find.
    void Prefetch(uint64_t hash) const { __builtin_prefetch(&table_[hash & (table_.size() - 1)]); }
    // The number of the key, which is entries() - 1 for a new one and kFull for one that has no place any more. `added` tells.
    template <class Same>
    uint32_t Find(uint64_t hash, bool &added, Same &&same) {
        added = false;
        for (size_t at = hash & (table_.size() - 1);; at = (at + 1) & (table_.size() - 1)) {
            uint16_t found = table_[at];
            if (found == kFree) {
                if (entries() == kLimit) return kFull;
                added = true;
                table_[at] = static_cast<uint16_t>(entries());
                hashes_.push_back(hash);
                if (hashes_.size() * 2 > table_.size()) Grow();
                return entries() - 1;
            }
            if (hashes_[found] == hash && same(found)) return found;
        }
    }

private:
    // Most columns have few values, and a table may have a thousand columns.
    static constexpr size_t kFewest = 256;
    static constexpr uint16_t kFree = 0xffff;

    void Grow() {
        table_.assign(table_.size() * 2, kFree);
        for (uint32_t number = 0; number < entries(); number++) {
            size_t at = hashes_[number] & (table_.size() - 1);
            while (table_[at] != kFree) at = (at + 1) & (table_.size() - 1);
            table_[at] = static_cast<uint16_t>(number);
        }
    }

    std::vector<uint16_t> table_;   // A power of two, at most half full.
    std::vector<uint64_t> hashes_;  // Of the entries.
};

}  // namespace tarn::parquet
