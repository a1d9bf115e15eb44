// Z85 (ZeroMQ RFC 32), as Delta uses it for inline deletion vectors and for UUIDs.
#include <array>

#include "delta/deletion_vector.h"

namespace tarn::delta {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
static_assert(kAlphabet.size() == 85);

constexpr std::array<int8_t, 256> MakeDigits() {
    std::array<int8_t, 256> digits{};
    digits.fill(-1);
    for (size_t i = 0; i < kAlphabet.size(); i++) {
        digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
    }
    return digits;
}
constexpr std::array<int8_t, 256> kDigits = MakeDigits();

}  // namespace

std::string Z85Encode(std::string_view bytes) {
    std::string out;
    for (size_t i = 0; i < bytes.size(); i += 4) {
        uint32_t value = 0;
        for (size_t j = 0; j < 4; j++) {
            value = value << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
        }
        char group[5];
        for (int j = 4; j >= 0; j--) {
            group[j] = kAlphabet[value % 85];
            value /= 85;
        }
        out.append(group, 5);
    }
    return out;
}

Result<std::string> Z85Decode(std::string_view text) {
    auto corrupt = [](const char *what) {
        return Fail(ErrorKind::kCorrupt, "DELTA_DELETION_VECTOR_CORRUPT",
                    std::string("A deletion vector holds a ") + what + " that is not Z85.");
    };
    std::string out;
    out.reserve((text.size() + 4) / 5 * 4);
    for (size_t i = 0; i < text.size(); i += 5) {
        // No group begins with '#', the highest digit. delta-kernel-rs marks the bytes that its last group lacks with it.
        size_t lacking = 0;
        while (i + 5 == text.size() && lacking < 3 && text[i + lacking] == '#') lacking++;
        uint64_t value = 0;
        for (size_t j = lacking; j < 5; j++) {
            // A short last group is read as if it were padded with '#'.
            char c = i + j < text.size() ? text[i + j] : '#';
            int digit = kDigits[static_cast<unsigned char>(c)];
            if (digit < 0) return corrupt("character");
            value = value * 85 + static_cast<uint64_t>(digit);
        }
        size_t bits = 32 - 8 * lacking;
        if (value >> bits != 0) return corrupt("group");
        for (size_t shift = bits; shift > 0; shift -= 8) out += static_cast<char>(value >> (shift - 8) & 0xff);
    }
    return out;
}

}  // namespace tarn::delta
