#include "engine/internal/space_curve.h"

#include <cstddef>

namespace tarn::engine {

uint64_t ZOrderOf(const std::vector<uint32_t> &coordinates, uint32_t bits) {
    uint64_t place = 0;
    for (uint32_t bit = bits; bit-- > 0;) {
        for (uint32_t coordinate : coordinates) place = place << 1 | (coordinate >> bit & 1);
    }
    return place;
}

// J. Skilling, "Programming the Hilbert curve" (2004): coordinates to their transposed index, in place.
uint64_t HilbertOf(std::vector<uint32_t> coordinates, uint32_t bits) {
    size_t n = coordinates.size();
    if (n == 0 || bits == 0) return 0;
    uint32_t most = 1u << (bits - 1);
    for (uint32_t q = most; q > 1; q >>= 1) {
        uint32_t p = q - 1;
        for (size_t i = 0; i < n; i++) {
            if (coordinates[i] & q) {
                coordinates[0] ^= p;
            } else {
                uint32_t t = (coordinates[0] ^ coordinates[i]) & p;
                coordinates[0] ^= t;
                coordinates[i] ^= t;
            }
        }
    }
    for (size_t i = 1; i < n; i++) coordinates[i] ^= coordinates[i - 1];
    uint32_t t = 0;
    for (uint32_t q = most; q > 1; q >>= 1) {
        if (coordinates[n - 1] & q) t ^= q - 1;
    }
    for (uint32_t &coordinate : coordinates) coordinate ^= t;
    return ZOrderOf(coordinates, bits);
}

}  // namespace tarn::engine
