// Constants: numbers with suffixes, strings, DATE '…' and the like, intervals.
#include <charconv>

#include "sql/internal/parser_impl.h"

namespace tarn::sql {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int kMaxPrecision = 38;

std::string_view WithoutLeadingZeros(std::string_view digits) {
    size_t first = digits.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view("0") : digits.substr(first);
}

// Whether ±digits fits a signed integer of `bits` bits.
bool FitsBits(std::string_view digits, bool negative, int bits) {
    digits = WithoutLeadingZeros(digits);
    if (digits.size() > 19) return false;
    uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    uint64_t limit = (uint64_t{1} << (bits - 1)) - (negative ? 0 : 1);
    return value <= limit;
}

// "12.5E-1" as plain digits: "1.25".
std::string ExpandExponent(std::string_view text) {
    size_t e = text.find_first_of("eE");
    int exponent = 0;
    std::string_view tail = text.substr(e + 1);
    if (tail.starts_with('+')) tail.remove_prefix(1);
    std::from_chars(tail.data(), tail.data() + tail.size(), exponent);
    std::string digits(text.substr(0, e));
    size_t point = digits.find('.');
    int whole = static_cast<int>(point == std::string::npos ? digits.size() : point);
    if (point != std::string::npos) digits.erase(point, 1);
    int at = whole + exponent;
    if (at < -100 || at > 100) return std::string(text);
    if (at <= 0) return "0." + std::string(static_cast<size_t>(-at), '0') + digits;
    if (static_cast<size_t>(at) >= digits.size()) return digits + std::string(static_cast<size_t>(at) - digits.size(), '0');
    return digits.substr(0, static_cast<size_t>(at)) + "." + digits.substr(static_cast<size_t>(at));
}

// Spark's type of 12.50: DECIMAL(4,2). nullopt when it does not fit 38 digits.
std::optional<DataType> DecimalTypeOf(std::string_view text) {
    size_t point = text.find('.');
    std::string_view whole = text.substr(0, point);
    std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
    whole = WithoutLeadingZeros(whole.empty() ? std::string_view("0") : whole);
    size_t whole_digits = whole == "0" && !fraction.empty() ? 0 : whole.size();
    size_t precision = std::max<size_t>(1, whole_digits + fraction.size());
    if (precision > kMaxPrecision) return std::nullopt;
    return DataType::Decimal(static_cast<int>(precision), static_cast<int>(fraction.size()));
}

Error OutOfRange(SourcePosition position, const std::string &text, std::string_view type) {
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_NUMERIC_LITERAL_RANGE",
                            "Numeric literal " + text + " is outside the valid range for " + std::string(type) + ".");
    error.position = position;
    error.remedy = "Use a wider type: the suffix L is BIGINT, BD is DECIMAL.";
    return error;
}

// A unit of an interval, in the singular and upper case; 0 when it is none.
enum class Unit : uint8_t { kNone, kYear, kQuarter, kMonth, kWeek, kDay, kHour, kMinute, kSecond, kMilli, kMicro };
Unit UnitOf(std::string_view upper) {
    if (upper.ends_with('S')) upper.remove_suffix(1);
    if (upper == "YEAR") return Unit::kYear;
    if (upper == "QUARTER") return Unit::kQuarter;
    if (upper == "MONTH") return Unit::kMonth;
    if (upper == "WEEK") return Unit::kWeek;
    if (upper == "DAY") return Unit::kDay;
    if (upper == "HOUR") return Unit::kHour;
    if (upper == "MINUTE") return Unit::kMinute;
    if (upper == "SECOND") return Unit::kSecond;
    if (upper == "MILLISECOND") return Unit::kMilli;
    if (upper == "MICROSECOND") return Unit::kMicro;
    return Unit::kNone;
}

// "-12", "1.5" (seconds only, up to 6 digits of fraction) to a count of micros or of whole units.
bool AddUnit(IntervalLiteral &interval, std::string_view text, Unit unit) {
    bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    size_t point = text.find('.');
    std::string_view whole_text = text.substr(0, point);
    int64_t whole = 0;
    auto [end, error] = std::from_chars(whole_text.data(), whole_text.data() + whole_text.size(), whole);
    bool valid = error == std::errc() && end == whole_text.data() + whole_text.size();
    if (!valid) return false;
    int64_t fraction = 0;
    if (point != std::string_view::npos) {
        std::string digits(text.substr(point + 1, 6));
        if (unit != Unit::kSecond || digits.find_first_not_of("0123456789") != std::string::npos) return false;
        digits.resize(6, '0');
        fraction = std::stol(digits);
    }
    if (negative) {
        whole = -whole;
        fraction = -fraction;
    }
    auto add = [](int64_t &total, int64_t count, int64_t factor) {
        int64_t product = 0;
        return !__builtin_mul_overflow(count, factor, &product) && !__builtin_add_overflow(total, product, &total);
    };
    switch (unit) {
        case Unit::kYear: return add(interval.months, whole, 12);
        case Unit::kQuarter: return add(interval.months, whole, 3);
        case Unit::kMonth: return add(interval.months, whole, 1);
        case Unit::kWeek: return add(interval.days, whole, 7);
        case Unit::kDay: return add(interval.days, whole, 1);
        case Unit::kHour: return add(interval.micros, whole, 3600 * kMicrosPerSecond);
        case Unit::kMinute: return add(interval.micros, whole, 60 * kMicrosPerSecond);
        case Unit::kSecond: return add(interval.micros, whole, kMicrosPerSecond) && add(interval.micros, fraction, 1);
        case Unit::kMilli: return add(interval.micros, whole, 1000);
        case Unit::kMicro: return add(interval.micros, whole, 1);
        case Unit::kNone: return false;
    }
    return false;
}

// '1-2' YEAR TO MONTH, '1 02:03:04.5' DAY TO SECOND, '02:03' HOUR TO MINUTE
bool AddRange(IntervalLiteral &interval, std::string text, Unit from, Unit to) {
    bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.erase(0, 1);
    std::vector<Unit> units;
    if (from == Unit::kYear && to == Unit::kMonth) {
        units = {Unit::kYear, Unit::kMonth};
    } else if (from >= Unit::kDay && from < to && to <= Unit::kSecond) {
        for (int u = static_cast<int>(from); u <= static_cast<int>(to); u++) units.push_back(static_cast<Unit>(u));
    } else {
        return false;
    }
    size_t at = 0;
    for (size_t i = 0; i < units.size(); i++) {
        bool last = i + 1 == units.size();
        char separator = units[i] == Unit::kYear ? '-' : units[i] == Unit::kDay ? ' ' : ':';
        size_t end = last ? text.size() : text.find(separator, at);
        if (end == std::string::npos || end == at) return false;
        if (!AddUnit(interval, (negative ? "-" : "") + text.substr(at, end - at), units[i])) return false;
        at = end + 1;
    }
    return true;
}

// '1 year 2 months', '3 days 4 hours'
bool AddWords(IntervalLiteral &interval, std::string_view text) {
    size_t at = 0;
    bool any = false;
    auto word = [&] {
        while (at < text.size() && text[at] == ' ') at++;
        size_t begin = at;
        while (at < text.size() && text[at] != ' ') at++;
        return text.substr(begin, at - begin);
    };
    while (true) {
        std::string_view number = word();
        if (number.empty()) return any;
        if (EqualsIgnoreCase(number, "interval") && !any) continue;
        std::string_view unit = word();
        if (!AddUnit(interval, number, UnitOf(ToUpper(unit)))) return false;
        any = true;
    }
}

// A loose shape check, so that DATE 'tomorrow' is an error where it stands; what the calendar says is the engine's.
bool LooksLikeDate(std::string_view text, bool time_allowed) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') digits++;
    if (digits < 1 || digits > 7) return false;
    if (time_allowed && digits <= 2 && digits < text.size() && text[digits] == ':') return true;
    std::string_view rest = text.substr(digits);
    size_t allowed = rest.find_first_not_of(time_allowed ? "0123456789-+:. TZUtCabcdefghijklmnopqrsuvwxyzABDEFGHIJKLMNOPQRSVWXY/_"
                                                         : "0123456789-");
    return digits >= 4 && allowed == std::string_view::npos && (rest.empty() || rest[0] == '-');
}

}  // namespace

Result<ExprPtr> Parser::ParseNegativeNumber(SourcePosition position) {
    TARN_TRY(ExprPtr number, ParseNumber(true));
    auto moved = std::make_shared<Expr>(*number);
    moved->position = position;
    return ParsePostfixOf(std::move(moved));
}

Result<ExprPtr> Parser::ParseNumber(bool negative) {
    const Token &token = Next();
    SourcePosition position = token.position;
    std::string sign = negative ? "-" : "";
    const std::string &digits = token.text;
    auto literal = [&](DataType type, const std::string &text) { return MakeExpr(Literal{std::move(type), sign + text}, position); };
    auto decimal = [&](const std::string &text) -> Result<ExprPtr> {
        std::optional<DataType> type = DecimalTypeOf(text);
        if (!type) return Fail(OutOfRange(position, sign + text, "DECIMAL(38, 38)"));
        return literal(*type, text);
    };
    if (token.suffix == "D") return literal(DataType::Of(TypeKind::kDouble), digits);
    if (token.suffix == "F") return literal(DataType::Of(TypeKind::kFloat), digits);
    if (token.suffix == "BD") return decimal(token.kind == TokenKind::kExponent ? ExpandExponent(digits) : digits);
    if (token.kind == TokenKind::kExponent) return literal(DataType::Of(TypeKind::kDouble), digits);
    if (token.kind == TokenKind::kDecimal) {
        if (!token.suffix.empty()) return Fail(SyntaxError(position, digits + token.suffix));
        return decimal(digits);
    }
    struct Sized {
        std::string_view suffix;
        TypeKind kind;
        int bits;
        std::string_view name;
    };
    for (Sized sized : {Sized{"L", TypeKind::kLong, 64, "BIGINT"}, Sized{"S", TypeKind::kShort, 16, "SMALLINT"},
                        Sized{"Y", TypeKind::kByte, 8, "TINYINT"}}) {
        if (token.suffix != sized.suffix) continue;
        if (!FitsBits(digits, negative, sized.bits)) return Fail(OutOfRange(position, sign + digits, sized.name));
        return literal(DataType::Of(sized.kind), digits);
    }
    if (FitsBits(digits, negative, 32)) return literal(DataType::Of(TypeKind::kInt), digits);
    if (FitsBits(digits, negative, 64)) return literal(DataType::Of(TypeKind::kLong), digits);
    return decimal(digits);
}

Result<ExprPtr> Parser::ParseStringLiteral() {
    SourcePosition position = Peek().position;
    TARN_TRY(std::string text, ParseString("a string"));
    return MakeExpr(Literal{DataType::Of(TypeKind::kString), std::move(text)}, position);
}

Result<ExprPtr> Parser::ParseTypedLiteral(TypeKind kind) {
    SourcePosition position = Peek().position;
    std::string type = Next().upper;
    TARN_TRY(std::string text, ParseString("a string"));
    bool valid = kind == TypeKind::kBinary || LooksLikeDate(text, kind != TypeKind::kDate);
    if (kind == TypeKind::kBinary) {
        std::string hex = text.size() % 2 == 0 ? text : "0" + text;
        valid = hex.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
        text.clear();
        for (size_t i = 0; valid && i < hex.size(); i += 2) {
            text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
        }
    }
    if (!valid) {
        Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_TYPED_LITERAL",
                                "The value of the typed literal \"" + type + "\" is invalid: '" + text + "'.");
        error.position = position;
        return Fail(std::move(error));
    }
    return MakeExpr(Literal{DataType::Of(kind), std::move(text)}, position);
}

bool Parser::IntervalAhead() const {
    bool sign = Peek(1).Is("-") || Peek(1).Is("+");
    size_t at = sign ? 2 : 1;
    TokenKind kind = Peek(at).kind;
    if (kind == TokenKind::kString && !sign) return true;
    bool value = kind == TokenKind::kString || kind == TokenKind::kInteger || kind == TokenKind::kDecimal;
    // `interval + 1` and `interval -1` compute with a column of that name.
    return value && (!sign || UnitOf(Peek(at + 1).upper) != Unit::kNone);
}

Result<ExprPtr> Parser::ParseInterval() {
    SourcePosition position = Next().position;
    IntervalLiteral interval;
    bool lone_string = Peek().kind == TokenKind::kString && (!IsIdentifier(1) || UnitOf(Peek(1).upper) == Unit::kNone);
    if (!lone_string) {
        TARN_CHECK(ParseIntervalUnits(interval));
        return MakeExpr(interval, position);
    }
    std::string text = Next().text;
    if (!AddWords(interval, text)) {
        return Fail(SyntaxError(position, text, "An interval is written INTERVAL '1 day 2 hours' or INTERVAL 1 DAY."));
    }
    return MakeExpr(interval, position);
}

// 1 DAY 2 HOURS, '1' DAY, '1-2' YEAR TO MONTH
Result<void> Parser::ParseIntervalUnits(IntervalLiteral &interval) {
    auto value_ahead = [&] {
        size_t at = Is("-") || Is("+") ? 1 : 0;
        TokenKind kind = Peek(at).kind;
        bool value = kind == TokenKind::kString || kind == TokenKind::kInteger || kind == TokenKind::kDecimal;
        return value && Peek(at + 1).kind == TokenKind::kName && UnitOf(Peek(at + 1).upper) != Unit::kNone;
    };
    if (!value_ahead()) {
        Next();
        return Fail(ErrorHere("a unit such as DAY"));
    }
    while (value_ahead()) {
        std::string sign = Is("-") ? "-" : "";
        if (Is("-") || Is("+")) Next();
        std::string text = Next().text;
        if (sign == "-" && text.starts_with('-')) {
            text.erase(0, 1);
            sign.clear();
        }
        const Token &token = Next();
        Unit unit = UnitOf(token.upper);
        Unit to = Is("TO") ? UnitOf(Peek(1).upper) : Unit::kNone;
        bool valid = to == Unit::kNone ? AddUnit(interval, sign + text, unit) : AddRange(interval, sign + text, unit, to);
        if (!valid) {
            return Fail(SyntaxError(token.position, text, "This is not a value of an interval of " + token.upper + "."));
        }
        if (to != Unit::kNone) {
            Next();
            Next();
        }
    }
    return {};
}

}  // namespace tarn::sql
