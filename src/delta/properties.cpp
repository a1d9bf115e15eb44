// Table properties and what their texts mean.
#include <charconv>
#include <cstdlib>

#include "delta/action.h"

namespace tarn::delta {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kDay = 24 * 3600 * kSecond;

std::optional<int64_t> UnitMilliseconds(std::string unit) {
    if (unit.size() > 1 && unit.ends_with('s')) unit.pop_back();
    if (unit == "week") return 7 * kDay;
    if (unit == "day") return kDay;
    if (unit == "hour") return 3600 * kSecond;
    if (unit == "minute") return 60 * kSecond;
    if (unit == "second") return kSecond;
    if (unit == "millisecond") return 1;
    if (unit == "microsecond" || unit == "nanosecond") return 0;
    return std::nullopt;
}

std::vector<std::string> Words(const std::string &text) {
    std::vector<std::string> words;
    size_t begin = 0;
    while ((begin = text.find_first_not_of(" \t", begin)) != std::string::npos) {
        size_t end = text.find_first_of(" \t", begin);
        words.push_back(ToLower(text.substr(begin, end - begin)));
        begin = end;
        if (end == std::string::npos) break;
    }
    return words;
}

}  // namespace

const std::string *Metadata::Property(std::string_view name) const {
    for (const auto &[key, value] : configuration) {
        if (EqualsIgnoreCase(key, name)) return &value;
    }
    return nullptr;
}

bool Metadata::BoolProperty(std::string_view name, bool fallback) const {
    const std::string *text = Property(name);
    if (text == nullptr) return fallback;
    if (EqualsIgnoreCase(*text, "true")) return true;
    if (EqualsIgnoreCase(*text, "false")) return false;
    return fallback;
}

int64_t Metadata::IntProperty(std::string_view name, int64_t fallback) const {
    const std::string *text = Property(name);
    if (text == nullptr) return fallback;
    int64_t value = 0;
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    return error == std::errc() && end == text->data() + text->size() ? value : fallback;
}

int64_t Metadata::IntervalProperty(std::string_view name, int64_t fallback_ms) const {
    const std::string *text = Property(name);
    if (text == nullptr) return fallback_ms;
    std::vector<std::string> words = Words(*text);
    size_t first = !words.empty() && words[0] == "interval" ? 1 : 0;
    if (words.size() == first || (words.size() - first) % 2 != 0) return fallback_ms;
    int64_t total = 0;
    for (size_t i = first; i < words.size(); i += 2) {
        int32_t count = 0;
        const std::string &digits = words[i];
        auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
        std::optional<int64_t> unit = UnitMilliseconds(words[i + 1]);
        if (error != std::errc() || end != digits.data() + digits.size() || !unit) return fallback_ms;
        if (__builtin_add_overflow(total, count * *unit, &total)) return fallback_ms;
    }
    return total;
}

int64_t Metadata::ByteSizeProperty(std::string_view name, int64_t fallback) const {
    const std::string *text = Property(name);
    return text == nullptr ? fallback : ParseByteSize(*text).value_or(fallback);
}

std::optional<int64_t> ParseByteSize(std::string_view text) {
    std::string lower = ToLower(text);
    std::erase(lower, ' ');
    int64_t number = 0;
    auto [end, error] = std::from_chars(lower.data(), lower.data() + lower.size(), number);
    if (error != std::errc() || number <= 0) return std::nullopt;
    std::string unit(end, static_cast<const char *>(lower.data() + lower.size()));
    if (unit.ends_with('b')) unit.pop_back();
    int shift = unit.empty() ? 0 : unit == "k" ? 10 : unit == "m" ? 20 : unit == "g" ? 30 : unit == "t" ? 40 : -1;
    if (shift < 0 || number > INT64_MAX >> shift) return std::nullopt;
    return number << shift;
}

}  // namespace tarn::delta
