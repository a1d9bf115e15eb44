// sql/internal/datetime_pattern.h: Java's date patterns (yyyy-MM-dd HH:mm:ss) as DuckDB's formats (%Y-%m-%d %H:%M:%S).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::sql {

// A piece of a pattern: a strftime format, and after it that many digits of the second's fraction (strftime itself has
// only 3, 6 and 9).
struct PatternPart {
    std::string format;
    int fraction_digits = 0;
};

// nullopt: the pattern has letters without a counterpart; *unknown names them.
std::optional<std::vector<PatternPart>> TranslatePattern(std::string_view pattern, std::string *unknown);

}  // namespace tarn::sql
