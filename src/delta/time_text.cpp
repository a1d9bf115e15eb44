#include "delta/internal/time_text.h"

#include <chrono>
#include <cstdio>

namespace tarn::delta {
namespace {

// Reads exactly `width` digits at `at`.
std::optional<int> Digits(std::string_view text, size_t at, size_t width) {
    if (at + width > text.size()) return std::nullopt;
    int value = 0;
    for (size_t i = at; i < at + width; i++) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

std::optional<std::chrono::sys_days> ParseDate(std::string_view text) {
    std::optional<int> year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
    if (text.size() < 10 || text[4] != '-' || text[7] != '-' || !year || !month || !day) return std::nullopt;
    std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

}  // namespace

bool IsDate(std::string_view text) { return text.size() == 10 && ParseDate(text); }

std::optional<int64_t> ParseTimestamp(std::string_view text) {
    std::optional<std::chrono::sys_days> date = ParseDate(text);
    if (!date || text.size() < 19 || (text[10] != ' ' && text[10] != 'T')) return std::nullopt;
    std::optional<int> hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
    if (text[13] != ':' || text[16] != ':' || !hour || !minute || !second) return std::nullopt;
    int64_t micros = 0;
    size_t at = 19;
    if (at < text.size() && text[at] == '.') {
        int64_t unit = 100'000;
        for (at++; at < text.size() && text[at] >= '0' && text[at] <= '9'; at++, unit /= 10) {
            micros += (text[at] - '0') * unit;
        }
    }
    int64_t offset_minutes = 0;
    std::string_view zone = text.substr(at);
    if (!zone.empty() && zone != "Z") {
        std::optional<int> zone_hour = Digits(zone, 1, 2);
        std::optional<int> zone_minute = zone.size() == 6 && zone[3] == ':' ? Digits(zone, 4, 2) : 0;
        bool has_sign = zone[0] == '+' || zone[0] == '-';
        bool known_length = zone.size() == 3 || zone.size() == 6;
        if (!has_sign || !known_length || !zone_hour || !zone_minute) return std::nullopt;
        offset_minutes = (*zone_hour * 60 + *zone_minute) * (zone[0] == '-' ? -1 : 1);
    }
    int64_t seconds = int64_t{date->time_since_epoch().count()} * 86400 + *hour * 3600 + *minute * 60 + *second;
    return (seconds - offset_minutes * 60) * 1'000'000 + micros;
}

std::string FormatMillis(int64_t millis, bool utc_mark) {
    std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(millis)};
    auto days = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day date(days);
    int64_t rest = (time - days).count();
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03d%s", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(rest / 3'600'000), static_cast<int>(rest / 60'000 % 60),
                  static_cast<int>(rest / 1000 % 60), static_cast<int>(rest % 1000), utc_mark ? "Z" : "");
    return text;
}

}  // namespace tarn::delta
