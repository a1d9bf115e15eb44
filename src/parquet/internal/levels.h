// parquet/internal/levels.h: small numbers, packed: levels and positions in a dictionary.
//
// Specification: parquet-format's Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
#pragma once

#include <bit>
#include <cstdint>

#include "parquet/internal/buffer.h"

namespace tarn::parquet {

// Bits that hold the numbers 0 to `largest`.
inline int BitsFor(uint32_t largest) { return std::bit_width(largest); }

// `count` numbers of `bits` bits each. No length before them.
template <class T>
void AppendHybrid(Buffer &out, const T *numbers, size_t count, int bits);
// The same number `count` times.
void AppendRun(Buffer &out, uint32_t number, size_t count, int bits);

extern template void AppendHybrid<uint8_t>(Buffer &, const uint8_t *, size_t, int);
extern template void AppendHybrid<uint16_t>(Buffer &, const uint16_t *, size_t, int);

}  // namespace tarn::parquet
