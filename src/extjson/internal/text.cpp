#include "extjson/internal/text.h"

namespace tarn::extjson {
namespace {

int HexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    char lower = char(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Of the four digits at `p`; negative when one is none.
int HexUnit(const char *p) { return HexDigit(p[0]) << 12 | HexDigit(p[1]) << 8 | HexDigit(p[2]) << 4 | HexDigit(p[3]); }

char *PutUtf8(uint32_t c, char *out) {
    if (c < 0x80) {
        *out++ = char(c);
        return out;
    }
    if (c < 0x800) {
        *out++ = char(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = char(0xe0 | c >> 12);
        } else {
            *out++ = char(0xf0 | c >> 18);
            *out++ = char(0x80 | (c >> 12 & 0x3f));
        }
        *out++ = char(0x80 | (c >> 6 & 0x3f));
    }
    *out++ = char(0x80 | (c & 0x3f));
    return out;
}

// The escape sequence at `p`. Moves `p` behind it; null when it is wrong.
char *UnescapeOne(const char *&p, const char *end, char *out) {
    if (end - p < 2) return nullptr;
    char c = p[1];
    if (c != 'u') {
        static constexpr std::string_view kNames = "\"\\/bfnrt";
        static constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
        size_t at = kNames.find(c);
        if (at == std::string_view::npos) return nullptr;
        *out++ = kValues[at];
        p += 2;
        return out;
    }
    if (end - p < 6) return nullptr;
    int unit = HexUnit(p + 2);
    if (unit < 0) return nullptr;
    p += 6;
    if (unit < 0xd800 || unit > 0xdfff) return PutUtf8(uint32_t(unit), out);
    if (unit > 0xdbff || end - p < 6 || p[0] != '\\' || p[1] != 'u') return nullptr;
    int low = HexUnit(p + 2);
    if (low < 0xdc00 || low > 0xdfff) return nullptr;
    p += 6;
    return PutUtf8(0x10000 + (uint32_t(unit - 0xd800) << 10) + uint32_t(low - 0xdc00), out);
}

}  // namespace

char *Unescape(const char *p, const char *end, char *out) {
    while (p < end) {
        const char *stop = FindBackslash(p, end);
        std::memcpy(out, p, size_t(stop - p));
        out += stop - p;
        p = stop;
        if (p == end) break;
        out = UnescapeOne(p, end, out);
        if (!out) return nullptr;
    }
    return out;
}

}  // namespace tarn::extjson
