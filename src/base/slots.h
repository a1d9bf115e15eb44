// base/slots.h: how one value of a column lies in memory, as the engine, the readers and the writers share it.
//
//   kBoolean uint8_t   kByte int8_t   kShort int16_t   kInt int32_t   kLong int64_t
//   kFloat float       kDouble double kDate int32_t (days since 1970)
//   kTimestamp, kTimestampNtz int64_t (microseconds since 1970 UTC)
//   kDecimal unscaled: int16_t up to precision 4, int32_t up to 9, int64_t up to 18, else Int128 (at any multiple of 8)
//   kString, kBinary StringSlot
//   kArray  ListSlot   kMap ListSlot over structs of key and value
//
// These are DuckDB's flat vectors (and Arrow's views, for strings): arrays are pointed at, never converted.
#pragma once

#include <cstdint>
#include <string_view>

namespace tarn {

// One STRING or BINARY value. Up to 12 bytes stand in the slot itself (prefix, then rest; zero
// padded), longer values behind `data`; `prefix` then repeats their first four bytes.
// The same 16 bytes as duckdb::string_t and Arrow's BinaryView.
struct StringSlot {
    static constexpr uint32_t kInlineLength = 12;
    uint32_t length;
    char prefix[4];
    union {
        char rest[8];
        const char *data;
    };

    // Valid as long as the slot (short values) and what it points to (long ones) are.
    std::string_view view() const {
        return length <= kInlineLength ? std::string_view(prefix, length) : std::string_view(data, length);
    }
};
static_assert(sizeof(StringSlot) == 16, "duckdb::string_t");

// One ARRAY or MAP value: `length` slots of the child column, from slot `offset` on. The same 16 bytes as duckdb::list_entry_t.
struct ListSlot {
    uint64_t offset;
    uint64_t length;
};
static_assert(sizeof(ListSlot) == 16, "duckdb::list_entry_t");

using Int128 = __int128;

}  // namespace tarn
