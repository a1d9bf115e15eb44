#include "json.h"

#include <array>

namespace patreon {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void PutHex(char *to, uint64_t value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value >>= 4) to[i] = kHex[value & 15];
}

void PutDecimal(char *to, unsigned value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

constexpr std::array<bool, 256> kMustEscape = [] {
    std::array<bool, 256> table{};
    for (int c = 0; c < 32; ++c) table[c] = true;
    table['"'] = table['\\'] = true;
    return table;
}();

void AppendEscape(std::string &out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: {
            char text[] = "\\u0000";
            PutHex(text + 2, static_cast<uint8_t>(c), 4);
            out.append(text, 6);
        }
    }
}

}  // namespace

void AppendOid(std::string &out, const ObjectId &id) {
    char text[] = R"({"$oid":"000000000000000000000000"})";
    PutHex(text + 9, id.second, 8);
    PutHex(text + 17, id.machine, 10);
    PutHex(text + 27, id.counter, 6);
    out.append(text, sizeof text - 1);
}

void AppendDate(std::string &out, int64_t ms) {
    // Nearly every date is near the one before; days are still cheap enough to compute each time.
    const int64_t day = ms / 86400000;
    const auto of_day = static_cast<unsigned>(ms % 86400000);
    const int64_t shifted = day + 719468;
    const int64_t era = shifted / 146097;
    const auto day_of_era = static_cast<unsigned>(shifted - era * 146097);
    const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned month = (5 * day_of_year + 2) / 153;
    char text[] = R"({"$date":"0000-00-00T00:00:00)";
    PutDecimal(text + 10, static_cast<unsigned>(year_of_era + era * 400 + (month >= 10)), 4);
    PutDecimal(text + 15, month < 10 ? month + 3 : month - 9, 2);
    PutDecimal(text + 18, day_of_year - (153 * month + 2) / 5 + 1, 2);
    PutDecimal(text + 21, of_day / 3600000, 2);
    PutDecimal(text + 24, of_day / 60000 % 60, 2);
    PutDecimal(text + 27, of_day / 1000 % 60, 2);
    out.append(text, sizeof text - 1);
    if (const unsigned fraction = of_day % 1000; fraction != 0) {
        char digits[] = ".000";
        PutDecimal(digits + 1, fraction, 3);
        out.append(digits, fraction % 100 == 0 ? 2 : fraction % 10 == 0 ? 3 : 4);
    }
    out += "Z\"}";
}

void AppendString(std::string &out, std::string_view text) {
    out += '"';
    size_t from = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (!kMustEscape[static_cast<uint8_t>(text[i])]) continue;
        out.append(text, from, i - from);
        AppendEscape(out, text[i]);
        from = i + 1;
    }
    out.append(text, from, text.size() - from);
    out += '"';
}

}  // namespace patreon
