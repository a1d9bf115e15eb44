// delta/internal/time_text.h: dates and times as Delta's JSON spells them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::delta {

// "2024-02-29" and nothing else; years 0000 to 9999.
bool IsDate(std::string_view text);
// Microseconds since 1970 of "2024-02-29 12:00:00.123456+05:30" and its shorter forms; UTC without an offset.
std::optional<int64_t> ParseTimestamp(std::string_view text);
// "2024-02-29T12:00:00.123", and a "Z" behind it if asked for.
std::string FormatMillis(int64_t millis, bool utc_mark);

}  // namespace tarn::delta
