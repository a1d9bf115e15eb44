// json.h: appends mongoexport's relaxed Extended JSON v2 to a string. Owns nothing, never fails.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace patreon {

// A MongoDB identifier: creation second, five bytes of its collection, three bytes of counter.
struct ObjectId {
    uint32_t second;
    uint64_t machine;  // 40 bits
    uint32_t counter;  // 24 bits
};

inline void AppendInt(std::string &out, int64_t value) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// {"$oid":"..."}
void AppendOid(std::string &out, const ObjectId &id);

// {"$date":"2010-08-25T18:10:17.4Z"}: milliseconds without trailing zeros, as mongoexport prints them.
void AppendDate(std::string &out, int64_t ms);

// "text" with quotes, backslashes and control characters escaped; UTF-8 stays as it is.
void AppendString(std::string &out, std::string_view text);

// Code points, as SQL's LENGTH counts. REQUIRES: valid UTF-8.
inline uint64_t CodePoints(std::string_view text) {
    uint64_t count = 0;
    for (const char c : text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
    return count;
}

}  // namespace patreon
