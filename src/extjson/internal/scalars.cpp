#include "extjson/internal/scalars.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <limits>

#include "extjson/internal/text.h"

namespace tarn::extjson {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

// `count` digits at `at`; -1 when they are not there.
int FixedDigits(std::string_view text, size_t at, size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (size_t i = at; i < at + count; ++i) {
        if (!IsDigit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

// Fewer checks than the type's own: callers have checked the month.
std::optional<int32_t> DaysOf(int year, int month, int day) {
    std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)),
                                     std::chrono::day(unsigned(day))};
    if (!date.ok()) return std::nullopt;
    return int32_t(std::chrono::sys_days(date).time_since_epoch().count());
}

std::optional<int32_t> LeadingDate(std::string_view text) {
    if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    int year = FixedDigits(text, 0, 4), month = FixedDigits(text, 5, 2), day = FixedDigits(text, 8, 2);
    if (year < 0 || month < 0 || day < 0) return std::nullopt;
    return DaysOf(year, month, day);
}

// The zone at the end of a timestamp: seconds east of UTC.
std::optional<int> ParseZone(std::string_view zone) {
    if (zone.empty() || zone == "Z" || zone == "z") return 0;
    if (zone[0] != '+' && zone[0] != '-') return std::nullopt;
    int hours = FixedDigits(zone, 1, 2);
    int minutes = 0;
    if (zone.size() == 5) {
        minutes = FixedDigits(zone, 3, 2);
    } else if (zone.size() == 6 && zone[3] == ':') {
        minutes = FixedDigits(zone, 4, 2);
    } else if (zone.size() != 3) {
        return std::nullopt;
    }
    if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) return std::nullopt;
    int seconds = (hours * 60 + minutes) * 60;
    return zone[0] == '-' ? -seconds : seconds;
}

// Two digits, known to be such.
inline int TwoDigits(const char *p) { return (p[0] - '0') * 10 + (p[1] - '0'); }

// The day on which a month begins, of the years that most dates are of: a lookup for what is a dozen multiplications.
constexpr int kFirstYear = 1970, kYears = 128;
constexpr auto kMonthBegins = [] {
    std::array<std::array<int32_t, 12>, kYears> begins{};
    for (int year = 0; year < kYears; ++year) {
        for (unsigned month = 0; month < 12; ++month) {
            std::chrono::year_month_day first{std::chrono::year(kFirstYear + year), std::chrono::month(month + 1), std::chrono::day(1)};
            begins[size_t(year)][month] = int32_t(std::chrono::sys_days(first).time_since_epoch().count());
        }
    }
    return begins;
}();

// The form that exports write, yyyy-MM-ddTHH:mm:ss[.f…]Z with up to six digits of fraction; whatever
// else it may be is left to the general way.
std::optional<int64_t> ParseUsualTimestamp(std::string_view text) {
    if (text.size() < 20 || text.size() > 27 || text.back() != 'Z') return std::nullopt;
    const char *p = text.data();
#if defined(__SSE2__)
    // Characters 0 to 15: `yyyy-MM-ddTHH:mm`. A digit less '0' is at most 9; marks must be themselves.
    const __m128i marks = _mm_setr_epi8(0, 0, 0, 0, '-', 0, 0, '-', 0, 0, 'T', 0, 0, ':', 0, 0);
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p));
    __m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    __m128i is_mark = _mm_cmpeq_epi8(bytes, marks);
    constexpr int kMarks = 1 << 4 | 1 << 7 | 1 << 10 | 1 << 13;
    if (((_mm_movemask_epi8(is_digit) & ~kMarks) | (_mm_movemask_epi8(is_mark) & kMarks)) != 0xffff)
        return std::nullopt;
#else
    for (int i = 0; i < 16; ++i) {
        char mark = i == 4 || i == 7 ? '-' : i == 10 ? 'T' : i == 13 ? ':' : '0';
        if (mark == '0' ? !IsDigit(p[i]) : p[i] != mark) return std::nullopt;
    }
#endif
    if (p[16] != ':' || !IsDigit(p[17]) || !IsDigit(p[18])) return std::nullopt;
    int year = TwoDigits(p) * 100 + TwoDigits(p + 2), month = TwoDigits(p + 5), day = TwoDigits(p + 8);
    int hour = TwoDigits(p + 11), minute = TwoDigits(p + 14), second = TwoDigits(p + 17);
    // From the 29th on, the month matters.
    if (month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    int64_t micros = 0;
    if (text.size() > 20) {
        if (p[19] != '.') return std::nullopt;
        constexpr int64_t kUnits[] = {1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
        for (const char *q = p + 20; q != p + text.size() - 1; ++q) {
            if (!IsDigit(*q)) return std::nullopt;
            micros = micros * 10 + (*q - '0');
        }
        micros *= kUnits[text.size() - 21];
    }
    bool known = year >= kFirstYear && year < kFirstYear + kYears;
    int64_t days = known ? kMonthBegins[size_t(year - kFirstYear)][size_t(month - 1)] + day - 1 : *DaysOf(year, month, day);
    int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    return seconds * kMicrosPerSecond + micros;
}

constexpr auto kBase64Values = [] {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < kAlphabet.size(); ++i) values[uint8_t(kAlphabet[i])] = int8_t(i);
    values['-'] = 62;
    values['_'] = 63;
    return values;
}();

}  // namespace

std::optional<int64_t> ParseInteger(std::string_view text) {
    int64_t value = 0;
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> ParseDouble(std::string_view text) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity" || text == "+Infinity" || text == "INF" || text == "+INF") return kInfinity;
    if (text == "-Infinity" || text == "-INF") return -kInfinity;
    // from_chars also knows "inf" and "nan".
    size_t digit = text.starts_with('-') ? 1 : 0;
    if (digit >= text.size() || !IsDigit(text[digit])) return std::nullopt;
    double value = 0;
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return std::nullopt;
    if (code == std::errc::result_out_of_range) {
        // Too large is infinite and too small is zero, as for every reader of IEEE numbers.
        auto decimal = ParseDecimalText(text);
        bool large = decimal ? int64_t(decimal->digits.size()) - decimal->scale > 0
                             : text.find("e-") == std::string_view::npos && text.find("E-") == std::string_view::npos;
        value = large ? kInfinity : 0.0;
        return digit == 1 ? -value : value;
    }
    if (code != std::errc()) return std::nullopt;
    return value;
}

std::optional<DecimalText> ParseDecimalText(std::string_view text) {
    DecimalText result;
    size_t at = 0;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) result.negative = text[at++] == '-';
    bool any = false;
    bool point = false;
    for (; at < text.size(); ++at) {
        if (text[at] == '.' && !point) {
            point = true;
        } else if (IsDigit(text[at])) {
            any = true;
            if (point) ++result.scale;
            if (text[at] != '0' || !result.digits.empty()) result.digits += text[at];
        } else {
            break;
        }
    }
    if (!any) return std::nullopt;
    if (at < text.size()) {
        if ((text[at] | 0x20) != 'e') return std::nullopt;
        std::string_view exponent = text.substr(at + 1);
        if (exponent.starts_with('+')) exponent.remove_prefix(1);
        int value = 0;
        auto [end, code] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
        if (code != std::errc() || end != exponent.data() + exponent.size() || std::abs(value) > 100'000)
            return std::nullopt;
        result.scale -= value;
    }
    return result;
}

std::optional<Int128> ParseDecimal(std::string_view text, int precision, int scale) {
    auto decimal = ParseDecimalText(text);
    if (!decimal) return std::nullopt;
    std::string digits = decimal->digits;
    bool round_up = false;
    if (decimal->scale > scale) {
        size_t drop = size_t(decimal->scale - scale);
        round_up = drop <= digits.size() && digits[digits.size() - drop] >= '5';
        digits.resize(drop < digits.size() ? digits.size() - drop : 0);
    } else if (!digits.empty()) {
        if (scale - decimal->scale > precision) return std::nullopt;
        digits.append(size_t(scale - decimal->scale), '0');
    }
    if (int(digits.size()) > precision) return std::nullopt;
    Int128 value = 0;
    for (char c : digits) value = value * 10 + (c - '0');
    if (round_up) {
        Int128 limit = 1;
        for (int i = 0; i < precision; ++i) limit *= 10;
        if (++value == limit) return std::nullopt;
    }
    return decimal->negative ? -value : value;
}

std::optional<int64_t> ParseTimestamp(std::string_view text) {
    if (auto usual = ParseUsualTimestamp(text)) return usual;
    auto days = LeadingDate(text);
    if (!days) return std::nullopt;
    int64_t seconds = int64_t(*days) * 86'400;
    if (text.size() == 10) return seconds * kMicrosPerSecond;
    if ((text[10] != 'T' && text[10] != ' ') || text.size() < 16 || text[13] != ':') return std::nullopt;
    int hour = FixedDigits(text, 11, 2), minute = FixedDigits(text, 14, 2), second = 0;
    int64_t micros = 0;
    size_t at = 16;
    if (at < text.size() && text[at] == ':') {
        second = FixedDigits(text, 17, 2);
        at = 19;
        if (second >= 0 && at < text.size() && text[at] == '.') {
            size_t begin = ++at;
            int64_t unit = kMicrosPerSecond / 10;
            for (; at < text.size() && IsDigit(text[at]); ++at, unit /= 10) micros += (text[at] - '0') * unit;
            if (at - begin > 9) return std::nullopt;
        }
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
    auto zone = ParseZone(text.substr(std::min(at, text.size())));
    if (!zone) return std::nullopt;
    seconds += hour * 3600 + minute * 60 + second - *zone;
    return seconds * kMicrosPerSecond + micros;
}

std::optional<int32_t> ParseDate(std::string_view text) {
    if (text.size() == 10) return LeadingDate(text);
    if (!ParseTimestamp(text)) return std::nullopt;
    return LeadingDate(text);
}

std::optional<std::string> ParseBase64(std::string_view text) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    uint32_t bits = 0;
    int held = 0;
    for (char c : text) {
        int value = kBase64Values[uint8_t(c)];
        if (value < 0) return std::nullopt;
        bits = bits << 6 | uint32_t(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += char(bits >> held);
        }
    }
    return bytes;
}

}  // namespace tarn::extjson
