// base/utf8.h: code points as UTF-8.
#pragma once

#include <cstdint>
#include <string>

namespace tarn {

// Appends the one to four bytes of `code`. REQUIRES: code <= 0x10FFFF. Surrogates are encoded as they are.
inline void AppendUtf8(uint32_t code, std::string &out) {
    auto byte = [&out](uint32_t bits) { out += static_cast<char>(bits); };
    auto rest = [&](int shift) { byte(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
        byte(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12);
        rest(6);
    } else {
        byte(0xF0 | code >> 18);
        rest(12);
        rest(6);
    }
    rest(0);
}

}  // namespace tarn
