// Java's DateTimeFormatter patterns as DuckDB's strftime formats.
#include "sql/internal/datetime_pattern.h"

namespace tarn::sql {
namespace {

struct Letters {
    char letter;
    size_t count;  // 0: any other count
    std::string_view format;
};

constexpr Letters kLetters[] = {
    {'y', 2, "%y"},  {'y', 0, "%Y"},  {'u', 2, "%y"},  {'u', 0, "%Y"},  {'M', 1, "%-m"}, {'M', 2, "%m"},  {'M', 3, "%b"},
    {'M', 4, "%B"},  {'L', 1, "%-m"}, {'L', 2, "%m"},  {'L', 3, "%b"},  {'L', 4, "%B"},  {'d', 1, "%-d"}, {'d', 2, "%d"},
    {'D', 3, "%j"},  {'D', 0, "%-j"}, {'H', 1, "%-H"}, {'H', 2, "%H"},  {'h', 1, "%-I"}, {'h', 2, "%I"},  {'m', 1, "%-M"},
    {'m', 2, "%M"},  {'s', 1, "%-S"}, {'s', 2, "%S"},  {'S', 3, "%g"},  {'S', 6, "%f"},  {'S', 9, "%n"},  {'a', 1, "%p"},
    {'E', 4, "%A"},  {'E', 0, "%a"},  {'z', 0, "%Z"},  {'X', 0, "%z"},  {'x', 0, "%z"},  {'Z', 0, "%z"},  {'V', 2, "%Z"},
};

std::optional<std::string_view> FormatOf(char letter, size_t count) {
    for (const Letters &entry : kLetters) {
        if (entry.letter == letter && (entry.count == count || entry.count == 0)) return entry.format;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::vector<PatternPart>> TranslatePattern(std::string_view pattern, std::string *unknown) {
    std::vector<PatternPart> parts(1);
    auto literal = [&](char c) {
        parts.back().format += c;
        if (c == '%') parts.back().format += '%';
    };
    for (size_t i = 0; i < pattern.size();) {
        char c = pattern[i];
        if (c == '\'') {
            if (i + 1 < pattern.size() && pattern[i + 1] == '\'') {  // '' is a quote
                literal('\'');
                i += 2;
                continue;
            }
            size_t end = pattern.find('\'', i + 1);
            if (end == std::string_view::npos) end = pattern.size();
            for (size_t j = i + 1; j < end; j++) literal(pattern[j]);
            i = end + 1;
            continue;
        }
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter) {
            if (c != '[' && c != ']') literal(c);  // optional sections are written out
            i++;
            continue;
        }
        size_t end = pattern.find_first_not_of(c, i);
        if (end == std::string_view::npos) end = pattern.size();
        size_t count = end - i;
        if (std::optional<std::string_view> format = FormatOf(c, count)) {
            parts.back().format += *format;
        } else if (c == 'S' && count < 6) {
            parts.back().fraction_digits = static_cast<int>(count);
            parts.emplace_back();
        } else {
            *unknown = std::string(pattern.substr(i, count));
            return std::nullopt;
        }
        i = end;
    }
    return parts;
}

}  // namespace tarn::sql
