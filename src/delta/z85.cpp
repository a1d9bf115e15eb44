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
    std::string out;
    out.reserve((text.size() + 4) / 5 * 4);
    for (size_t i = 0; i < text.size(); i += 5) {
        uint64_t value = 0;
        for (size_t j = 0; j < 5; j++) {
            // A short last group is read as if it were padded with '#', the highest digit.
            char c = i + j < text.size() ? text[i + j] : '#';
            int digit = kDigits[static_cast<unsigned char>(c)];
            if (digit < 0) {
                return Fail(ErrorKind::kCorrupt, "DELTA_DELETION_VECTOR_CORRUPT",
                            "A deletion vector holds a character that is not Z85.");
            }
            value = value * 85 + static_cast<uint64_t>(digit);
        }
        if (value > UINT32_MAX) {
            return Fail(ErrorKind::kCorrupt, "DELTA_DELETION_VECTOR_CORRUPT",
                        "A deletion vector holds a group that is not Z85.");
        }
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
    }
    return out;
}

}  // namespace tarn::delta
