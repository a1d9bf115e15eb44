// What is made of digits: addresses of machines, accounts, cards, telephones, dates, times, amounts.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "ai/local/internal/entities.h"
#include "ai/local/internal/tables.h"
#include "ai/local/internal/text.h"

namespace tarn::ai::local {

namespace {

bool WordBefore(std::string_view text, size_t at) { return at > 0 && IsAsciiWord(text[at - 1]); }
bool WordAt(std::string_view text, size_t at) { return at < text.size() && IsAsciiWord(text[at]); }

size_t DigitsEnd(std::string_view text, size_t at, size_t most) {
    size_t end = at;
    while (end < text.size() && end - at < most && IsAsciiDigit(text[end])) end++;
    return end;
}

// A number of `least` to `most` digits at `at`, which moves behind it; nothing when there are more or fewer.
std::optional<int> Digits(std::string_view text, size_t &at, size_t least, size_t most) {
    size_t end = DigitsEnd(text, at, most + 1);
    if (end - at < least || end - at > most) return std::nullopt;
    int value = 0;
    for (; at < end; at++) value = value * 10 + (text[at] - '0');
    return value;
}

// "1,234.50", "1.234,50", "1 234", "42": the end of the number at `at`.
size_t NumberEnd(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && end - at < 40) {
        if (IsAsciiDigit(text[end])) {
            end++;
        } else if (std::string_view(".,'").contains(text[end]) && end > at && end + 1 < text.size() && IsAsciiDigit(text[end + 1])) {
            end++;
        } else if (text[end] == ' ' && end - at <= 3 && DigitsEnd(text, end + 1, 4) == end + 4 && end > at) {
            end++;
        } else {
            break;
        }
    }
    return end;
}

// --- machines ---

std::optional<size_t> IpEnd(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && end - at < 46 && (IsAsciiDigit(text[end]) || text[end] == '.' || text[end] == ':' || ((text[end] | 0x20) >= 'a' && (text[end] | 0x20) <= 'f'))) end++;
    while (end > at && (text[end - 1] == '.' || (text[end - 1] == ':' && !text.substr(at, end - at).ends_with("::")))) end--;
    std::string candidate(text.substr(at, end - at));
    bool v4 = std::ranges::count(candidate, '.') == 3, v6 = std::ranges::count(candidate, ':') >= 2;
    if (WordAt(text, end) || (!v4 && !v6)) return std::nullopt;
    unsigned char bytes[16];
    bool valid = v6 ? candidate.size() >= 4 && inet_pton(AF_INET6, candidate.c_str(), bytes) == 1 : inet_pton(AF_INET, candidate.c_str(), bytes) == 1;
    // An IPv4 address with a port.
    if (!valid && v4 && candidate.contains(':')) {
        candidate.resize(candidate.find(':'));
        if (inet_pton(AF_INET, candidate.c_str(), bytes) == 1) return at + candidate.size();
    }
    return valid ? std::optional(end) : std::nullopt;
}

// --- accounts ---

std::optional<size_t> IbanEnd(std::string_view text, size_t at) {
    if (at + 4 > text.size() || !IsAsciiAlpha(text[at]) || !IsAsciiAlpha(text[at + 1]) || !IsAsciiDigit(text[at + 2]) || !IsAsciiDigit(text[at + 3])) return std::nullopt;
    std::string plain;
    std::optional<size_t> best;
    for (size_t i = at; i < text.size() && plain.size() < 34; i++) {
        if (text[i] == ' ' && i + 1 < text.size() && text[i + 1] != ' ') continue;
        if (!IsAsciiAlpha(text[i]) && !IsAsciiDigit(text[i])) break;
        plain += IsAsciiAlpha(text[i]) ? static_cast<char>(text[i] & ~0x20) : text[i];
        if (plain.size() < 15 || WordAt(text, i + 1)) continue;
        // ISO 13616: the number with its head moved to the end leaves 1 modulo 97.
        int rest = 0;
        for (char c : plain.substr(4) + plain.substr(0, 4)) rest = IsAsciiDigit(c) ? (rest * 10 + c - '0') % 97 : (rest * 100 + c - 'A' + 10) % 97;
        if (rest == 1) best = i + 1;
    }
    return best;
}

std::optional<size_t> CardEnd(std::string_view text, size_t at) {
    std::string digits;
    size_t end = at;
    for (size_t i = at; i < text.size() && i - at < 24; i++) {
        if (IsAsciiDigit(text[i])) {
            digits += text[i];
            end = i + 1;
        } else if ((text[i] != ' ' && text[i] != '-') || i + 1 >= text.size() || !IsAsciiDigit(text[i + 1])) {
            break;
        }
    }
    if (digits.size() < 13 || digits.size() > 19 || WordAt(text, end)) return std::nullopt;
    int sum = 0;  // Luhn.
    for (size_t i = 0; i < digits.size(); i++) {
        int digit = digits[digits.size() - 1 - i] - '0';
        if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    bool same = std::ranges::all_of(digits, [&](char c) { return c == digits[0]; });
    return sum % 10 == 0 && !same ? std::optional(end) : std::nullopt;
}

// --- dates and times ---

constexpr std::string_view kMonths =
    " jan january januar janvier enero gennaio janeiro januari feb february februar février febrero febbraio fevereiro februari mar march märz maerz "
    "mars marzo março maart apr april avril abril aprile may mai mayo maggio maio mei maj jun june juni juin junio giugno junho jul july juli juillet "
    "julio luglio julho aug august août agosto augustus augusti sep sept september septembre septiembre settembre setembro oct october oktober okt octobre "
    "octubre ottobre outubro nov november novembre noviembre novembro dec december dezember dez décembre diciembre dicembre dezembro ";

std::optional<size_t> MonthEnd(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && end - at < 12 && (IsAsciiAlpha(text[end]) || static_cast<unsigned char>(text[end]) >= 0x80)) end++;
    std::string word = Folded(text.substr(at, end - at));
    if (word.size() < 3 || !kMonths.contains(" " + word + " ")) return std::nullopt;
    return end;
}

void SkipBlanks(std::string_view text, size_t &at) {
    for (size_t begin = at; at < text.size() && at - begin < 3 && (text[at] == ' ' || text[at] == ',' || text[at] == '.');) at++;
}

bool Ordinal(std::string_view text, size_t at) {
    std::string_view end = text.substr(at, 2);
    return end == "st" || end == "nd" || end == "rd" || end == "th";
}

// A year, if there is one: "3 March 2024".
size_t MaybeYear(std::string_view text, size_t end) {
    size_t at = end;
    SkipBlanks(text, at);
    size_t year = at;
    auto value = Digits(text, year, 4, 4);
    return value && *value >= 1000 && *value < 2200 && !WordAt(text, year) ? year : end;
}

// 2024-03-01, 01.03.2024, 3/1/24, 2024/3/1, with a time of ISO 8601 behind it.
std::optional<size_t> NumericDateEnd(std::string_view text, size_t at) {
    size_t end = at;
    auto first = Digits(text, end, 1, 4);
    if (!first || end >= text.size() || !std::string_view("-./").contains(text[end])) return std::nullopt;
    bool year_first = end - at == 4;
    char separator = text[end++];
    auto second = Digits(text, end, 1, 2);
    if (!second || end >= text.size() || text[end] != separator) return std::nullopt;
    size_t third_begin = ++end;
    auto third = Digits(text, end, 1, 4);
    size_t third_length = end - third_begin;
    if (!third || WordAt(text, end)) {
        if (!third || end >= text.size() || text[end] != 'T') return std::nullopt;
    }
    auto day_and_month = [](int a, int b) { return a >= 1 && b >= 1 && ((a <= 31 && b <= 12) || (a <= 12 && b <= 31)); };
    if (year_first ? !day_and_month(*second, *third) || third_length > 2 : !day_and_month(*first, *second) || (third_length != 4 && third_length != 2)) return std::nullopt;
    if (!year_first && end - at <= 6 && separator == '.' && third_length == 2 && *second == 0) return std::nullopt;
    if (text.substr(end, 1) == "T") {
        while (end < text.size() && (IsAsciiDigit(text[end]) || std::string_view("T:.+-Z").contains(text[end]))) end++;
        while (text[end - 1] == '.' || text[end - 1] == ':' || text[end - 1] == '-') end--;
    }
    return end;
}

std::optional<size_t> DateEnd(std::string_view text, size_t at) {
    if (IsAsciiDigit(text[at])) {
        if (auto end = NumericDateEnd(text, at)) return end;
        size_t day_end = at;
        auto day = Digits(text, day_end, 1, 2);
        if (!day || *day < 1 || *day > 31) return std::nullopt;
        if (Ordinal(text, day_end)) day_end += 2;
        SkipBlanks(text, day_end);
        for (std::string_view of : {"of ", "de "}) {
            if (text.substr(day_end, 3) == of) day_end += 3;
        }
        auto month = MonthEnd(text, day_end);
        if (!month) return std::nullopt;
        size_t end = *month;
        if (text.substr(end, 4) == " de ") return MaybeYear(text, end + 3) == end + 3 ? end : MaybeYear(text, end + 3);
        return MaybeYear(text, end);
    }
    auto month = MonthEnd(text, at);
    if (!month || !IsUpper([&] { size_t first = at; return Next(text, first); }())) return std::nullopt;
    size_t end = *month;
    SkipBlanks(text, end);
    size_t day_end = end;
    auto day = Digits(text, day_end, 1, 2);
    if (day && *day >= 1 && *day <= 31) {
        if (Ordinal(text, day_end)) day_end += 2;
        return WordAt(text, day_end) ? std::nullopt : std::optional(MaybeYear(text, day_end));
    }
    size_t year = MaybeYear(text, *month);
    return year > *month ? std::optional(year) : std::nullopt;
}

std::optional<size_t> TimeEnd(std::string_view text, size_t at) {
    size_t end = at;
    auto hour = Digits(text, end, 1, 2);
    if (!hour || *hour > 24) return std::nullopt;
    bool minutes = end < text.size() && text[end] == ':' && DigitsEnd(text, end + 1, 3) == end + 3 && text[end + 1] < '6';
    if (minutes) {
        end += 3;
        if (end < text.size() && text[end] == ':' && DigitsEnd(text, end + 1, 3) == end + 3 && text[end + 1] < '6') end += 3;
    }
    size_t half = end;
    if (half < text.size() && text[half] == ' ') half++;
    std::string mark = Folded(text.substr(half, 2));
    if (mark == "am" || mark == "pm") {
        if (!WordAt(text, half + 2)) return half + 2;
    }
    if (!minutes || WordAt(text, end) || text.substr(end, 1) == ":") return std::nullopt;
    return end;
}

// --- amounts ---

constexpr auto kSigns = std::to_array<std::string_view>({"$", "€", "£", "¥", "₹", "₽", "₩", "₺", "zł", "US$", "A$", "C$"});
constexpr std::string_view kCurrencies =
    " usd eur gbp jpy chf cad aud nzd sek nok dkk pln czk huf ron bgn rub uah try inr cny krw brl mxn zar sgd hkd dollar dollars euro euros pound "
    "pounds yen franken francs rubel rubles cents bucks ";

std::optional<size_t> SignEnd(std::string_view text, size_t at) {
    for (std::string_view sign : kSigns) {
        if (text.substr(at, sign.size()) == sign) return at + sign.size();
    }
    return std::nullopt;
}

std::optional<size_t> CurrencyEnd(std::string_view text, size_t at) {
    if (auto sign = SignEnd(text, at)) return sign;
    size_t end = at;
    while (end < text.size() && end - at < 9 && IsAsciiAlpha(text[end])) end++;
    std::string word = Folded(text.substr(at, end - at));
    return word.size() >= 3 && !WordAt(text, end) && kCurrencies.contains(" " + word + " ") ? std::optional(end) : std::nullopt;
}

size_t AfterBlank(std::string_view text, size_t at) { return at < text.size() && text[at] == ' ' ? at + 1 : at; }

size_t ThousandEnd(std::string_view text, size_t end) {
    if (end < text.size() && std::string_view("kKmM").contains(text[end]) && !WordAt(text, end + 1)) return end + 1;
    size_t word = AfterBlank(text, end);
    for (std::string_view unit : {"million", "billion", "thousand", "Millionen", "Mio", "Mrd", "Tausend"}) {
        if (text.substr(word, unit.size()) == unit && !WordAt(text, word + unit.size())) return word + unit.size();
    }
    return end;
}

std::optional<size_t> MoneyEnd(std::string_view text, size_t at) {
    if (!IsAsciiDigit(text[at])) {
        auto sign = CurrencyEnd(text, at);
        if (!sign) return std::nullopt;
        size_t number = AfterBlank(text, *sign);
        size_t end = number < text.size() && IsAsciiDigit(text[number]) ? NumberEnd(text, number) : number;
        return end > number ? std::optional(ThousandEnd(text, end)) : std::nullopt;
    }
    size_t end = ThousandEnd(text, NumberEnd(text, at));
    return CurrencyEnd(text, AfterBlank(text, end));
}

// --- telephones ---

// "+49 (0)30 123-4567", "(555) 123-4567", "030/1234567": 7 to 15 digits that are no date, no number with decimals, no card.
std::optional<size_t> PhoneEnd(std::string_view text, size_t at) {
    size_t digits = 0, separators = 0, end = at;
    bool plus = text[at] == '+', bracket = text[at] == '(';
    for (size_t i = at; i < text.size() && i - at < 30; i++) {
        char c = text[i];
        if (IsAsciiDigit(c)) {
            digits++;
            end = i + 1;
        } else if (i > at || c == '(' || c == '+') {
            bool two = i > at && !IsAsciiDigit(text[i - 1]) && !std::string_view("()").contains(text[i - 1]);
            if (!std::string_view(" -./()").contains(c) && i > at) break;
            if (two && c != '(') break;
            separators += i > at;
        }
    }
    if (digits < 7 || digits > 15 || WordAt(text, end)) return std::nullopt;
    if (NumericDateEnd(text, at) || IpEnd(text, at)) return std::nullopt;
    bool zero = text[at] == '0';
    std::string_view found = text.substr(at, end - at);
    bool decimal = NumberEnd(text, at) == end && found.find_first_of(".,") != std::string_view::npos;
    if (decimal && !plus && !zero) return std::nullopt;
    return plus || bracket || zero || (separators >= 2 && digits >= 9) || (separators == 1 && digits == 7) ? std::optional(end) : std::nullopt;
}

std::optional<size_t> PercentEnd(std::string_view text, size_t at) {
    size_t end = NumberEnd(text, at);
    size_t sign = AfterBlank(text, end);
    if (text.substr(sign, 1) == "%") return sign + 1;
    for (std::string_view word : {"percent", "Prozent", "per cent"}) {
        if (text.substr(sign, word.size()) == word) return sign + word.size();
    }
    return std::nullopt;
}

std::optional<size_t> End(std::string_view text, size_t at, Entity kind) {
    bool digit = IsAsciiDigit(text[at]);
    switch (kind) {
        case Entity::kIp: return digit || text[at] == ':' || IsAsciiAlpha(text[at]) ? IpEnd(text, at) : std::nullopt;
        case Entity::kIban: return IbanEnd(text, at);
        case Entity::kCreditCard: return digit ? CardEnd(text, at) : std::nullopt;
        case Entity::kPhone: return digit || text[at] == '+' || text[at] == '(' ? PhoneEnd(text, at) : std::nullopt;
        case Entity::kDate: return digit || IsAsciiAlpha(text[at]) ? DateEnd(text, at) : std::nullopt;
        case Entity::kTime: return digit ? TimeEnd(text, at) : std::nullopt;
        case Entity::kMoney: return MoneyEnd(text, at);
        case Entity::kPercent: return digit ? PercentEnd(text, at) : std::nullopt;
        default: return digit ? std::optional(NumberEnd(text, at)) : std::nullopt;
    }
}

}  // namespace

void FindNumbers(std::string_view text, Entity kind, std::vector<Found> &out) {
    for (size_t at = 0; at < text.size();) {
        // Only at the beginning of a word: what a word goes on with is none of these.
        bool inside = WordBefore(text, at) && static_cast<unsigned char>(text[at]) < 0x80 && IsAsciiWord(text[at]);
        bool decimals = at >= 2 && (text[at - 1] == '.' || text[at - 1] == ',') && IsAsciiDigit(text[at - 2]) && IsAsciiDigit(text[at]);
        auto end = inside || decimals ? std::nullopt : End(text, at, kind);
        if (end && *end > at) {
            size_t begin = at;
            bool minus = (kind == Entity::kNumber || kind == Entity::kPercent) && at > 0 && text[at - 1] == '-' && !WordBefore(text, at - 1);
            out.push_back({minus ? begin - 1 : begin, *end});
            at = *end;
        } else {
            at++;
        }
    }
}

}  // namespace tarn::ai::local
