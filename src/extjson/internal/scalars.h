// extjson/internal/scalars.h: texts to values, exactly. Pure functions; nullopt when the text is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/data_type.h"
#include "extjson/column_batch.h"

namespace tarn::extjson {

// [-]digits within 64 bits, nothing else.
std::optional<int64_t> ParseInteger(std::string_view text);

// A JSON number, or "NaN", "Infinity", "-Infinity" and the spellings of Spark: "+Infinity", "INF", "+INF", "-INF".
std::optional<double> ParseDouble(std::string_view text);

// The digits of a decimal number, [-+]digits[.digits][e[-+]digits]: value = (negative ? -1 : 1) * digits * 10^-scale.
struct DecimalText {
    bool negative = false;
    std::string digits;  // No leading zeros; empty for 0.
    int scale = 0;       // May be negative.
    // What DECIMAL(precision, scale) holds it exactly (scale 0 when it has no fraction).
    int IntegerDigits() const { return scale >= int(digits.size()) ? 0 : int(digits.size()) - scale; }
    int FractionDigits() const { return scale > 0 ? scale : 0; }
};
std::optional<DecimalText> ParseDecimalText(std::string_view text);

// Unscaled, rounded half up to `scale`; nullopt also when it has more than `precision` digits.
std::optional<Int128> ParseDecimal(std::string_view text, int precision, int scale);

// yyyy-MM-dd{T| }HH:mm[:ss[.fraction]][Z|±HH[:]mm] or only yyyy-MM-dd. Fractions of 0 to 9 digits, cut
// to microseconds; without a zone: UTC. Microseconds since 1970.
std::optional<int64_t> ParseTimestamp(std::string_view text);

// yyyy-MM-dd, also with a time behind it, which is dropped. Days since 1970.
std::optional<int32_t> ParseDate(std::string_view text);

// Base64 with or without its padding; also the URL alphabet.
std::optional<std::string> ParseBase64(std::string_view text);

}  // namespace tarn::extjson
