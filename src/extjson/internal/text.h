// extjson/internal/text.h: small operations on token text. All loads may touch kPadding bytes past it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "extjson/column_batch.h"

namespace tarn::extjson {

inline uint64_t Load8(const char *p) {
    uint64_t value;
    std::memcpy(&value, p, sizeof(value));
    return value;
}

inline bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
inline bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

// What may stand directly behind a number or literal in an object. Not the zeros behind a block: a zero
// may also stand in a broken text, and what comes after it would be no token.
inline bool EndsToken(char c) { return c == ',' || c == '}' || c == ']' || IsBlank(c); }

// First backslash in [p, end), or end.
inline const char *FindBackslash(const char *p, const char *end) {
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi8('\\');
    for (; p < end; p += 16) {
        __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p));
        unsigned hits = unsigned(_mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted)));
        if (hits != 0) {
            const char *hit = p + std::countr_zero(hits);
            return hit < end ? hit : end;
        }
    }
    return end;
#else
    const void *hit = p < end ? std::memchr(p, '\\', size_t(end - p)) : nullptr;
    return hit ? static_cast<const char *>(hit) : end;
#endif
}

// Writes [p, end), the inside of a JSON string, without its escapes to `out`, and returns the end of
// what was written; null when an escape sequence is wrong or makes no character (a lone surrogate).
// `out` needs end - p bytes and 16 more.
char *Unescape(const char *p, const char *end, char *out);

// A slot for text that stays where it is (it is copied when it is short).
inline StringSlot MakeSlot(const char *data, size_t length) {
    StringSlot slot;
    if (length <= StringSlot::kInlineLength) {
        char bytes[16] = {};
        std::memcpy(bytes, data, length);
        slot.length = uint32_t(length);
        std::memcpy(slot.prefix, bytes, 12);
    } else {
        slot.length = uint32_t(length);
        std::memcpy(slot.prefix, data, 4);
        slot.data = data;
    }
    return slot;
}

}  // namespace tarn::extjson
