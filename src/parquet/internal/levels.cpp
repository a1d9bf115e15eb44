#include "parquet/internal/levels.h"

namespace tarn::parquet {
namespace {

constexpr size_t kGroup = 8;  // Numbers that are packed come in eights.

void AppendVarint(Buffer &out, uint64_t value) {
    uint8_t *to = out.Room(10);
    size_t count = 0;
    for (; value >= 0x80; value >>= 7) to[count++] = static_cast<uint8_t>(value | 0x80);
    to[count++] = static_cast<uint8_t>(value);
    out.Added(count);
}

template <class T>
void AppendPacked(Buffer &out, const T *numbers, size_t count, int bits) {
    if (count == 0) return;
    size_t groups = (count + kGroup - 1) / kGroup;
    AppendVarint(out, groups << 1 | 1);
    uint8_t *to = out.Room(groups * static_cast<size_t>(bits) + sizeof(uint64_t));
    uint64_t pending = 0;
    int filled = 0;
    for (size_t i = 0; i < count; i++) {
        pending |= static_cast<uint64_t>(numbers[i]) << filled;
        filled += bits;
        if (filled >= 32) {
            std::memcpy(to, &pending, 4);
            to += 4;
            pending >>= 32;
            filled -= 32;
        }
    }
    std::memcpy(to, &pending, 8);  // The rest of the last number, and the zeros that fill up the last group.
    uint8_t *begin = out.data() + out.size();
    size_t bytes = groups * static_cast<size_t>(bits);
    size_t written = static_cast<size_t>(to - begin) + 8;
    if (written < bytes) std::memset(begin + written, 0, bytes - written);
    out.Added(bytes);
}

}  // namespace

void AppendRun(Buffer &out, uint32_t number, size_t count, int bits) {
    if (count == 0) return;
    AppendVarint(out, static_cast<uint64_t>(count) << 1);
    out.Append(&number, static_cast<size_t>((bits + 7) / 8));
}

template <class T>
void AppendHybrid(Buffer &out, const T *numbers, size_t count, int bits) {
    size_t packed = 0;  // From here on numbers wait to be packed: whole groups.
    for (size_t at = 0; at < count;) {
        size_t end = at + 1;
        while (end < count && numbers[end] == numbers[at]) end++;
        if (end - at >= kGroup) {
            AppendPacked(out, numbers + packed, at - packed, bits);
            AppendRun(out, numbers[at], end - at, bits);
            packed = at = end;
        } else {
            at += kGroup;
        }
    }
    AppendPacked(out, numbers + packed, count - packed, bits);
}

template void AppendHybrid<uint8_t>(Buffer &, const uint8_t *, size_t, int);
template void AppendHybrid<uint16_t>(Buffer &, const uint16_t *, size_t, int);

}  // namespace tarn::parquet
