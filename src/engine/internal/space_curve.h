// engine/internal/space_curve.h: points of several dimensions on one line.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <vector>

namespace tarn::engine {

// Where the point of `coordinates`, each below 2^bits, lies on the curve. REQUIRES: bits times coordinates at most 64.
// The interleaved bits, the first coordinate's first.
uint64_t ZOrderOf(const std::vector<uint32_t> &coordinates, uint32_t bits);
// On the Hilbert curve neighbours on the line are neighbours in space.
uint64_t HilbertOf(std::vector<uint32_t> coordinates, uint32_t bits);

}  // namespace tarn::engine
