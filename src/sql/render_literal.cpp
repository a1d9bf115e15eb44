// Constants, casts and types.
#include <algorithm>

#include "sql/internal/renderer.h"

namespace tarn::sql {
namespace {

std::string CastText(const std::string &value, const DataType &type) { return "CAST(" + value + " AS " + RenderType(type) + ")"; }

// 1.50 is DECIMAL(3,2) for both; 0.05, 5. and long integers need to be told.
std::string DecimalText(const Literal &literal) {
    std::string_view digits = literal.text;
    if (digits.starts_with('-')) digits.remove_prefix(1);
    size_t point = digits.find('.');
    bool plain = point != std::string_view::npos && point > 0 && digits[0] != '0' && point + 1 < digits.size();
    return plain ? literal.text : CastText("'" + literal.text + "'", literal.type);
}

std::string IntegerText(const Literal &literal) {
    bool fits_int = literal.text.size() <= 9;  // then DuckDB takes it for an INTEGER
    bool natural = literal.type.kind == TypeKind::kInt ? fits_int || literal.text[0] != '-' : false;
    bool wide = literal.type.kind == TypeKind::kLong && literal.text.size() >= 11 && literal.text[0] != '-';
    return natural || wide ? literal.text : CastText(literal.text, literal.type);
}

std::string BinaryText(std::string_view bytes) {
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string text = "'";
    for (unsigned char byte : bytes) {
        text += "\\x";
        text += kHex[byte >> 4];
        text += kHex[byte & 0xF];
    }
    return "CAST(" + text + "' AS BLOB)";
}

std::string_view CastHelper(TypeKind kind) {
    switch (kind) {
        case TypeKind::kByte: return "tinyint";
        case TypeKind::kShort: return "smallint";
        case TypeKind::kInt: return "int";
        case TypeKind::kLong: return "bigint";
        case TypeKind::kDouble: return "double";
        case TypeKind::kString: return "string";
        case TypeKind::kBinary: return "binary";
        case TypeKind::kTimestamp: return "timestamp";
        default: return "";
    }
}

// 2024-1-5 as 2024-01-05, 3:4:5 as 03:04:05
std::string PadNumbers(std::string_view text, char separator) {
    std::string out;
    for (size_t at = 0; at <= text.size();) {
        size_t end = std::min(text.find(separator, at), text.size());
        std::string_view part = text.substr(at, end - at);
        if (part.size() == 1 || (part.size() > 1 && part[1] == '.')) out += '0';
        out += part;
        if (end < text.size()) out += separator;
        at = end + 1;
    }
    return out;
}

}  // namespace

std::string CompleteTimestamp(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    size_t end_of_date = text.find_first_of(" T");
    std::string date(text.substr(0, end_of_date));
    std::string time(end_of_date == std::string_view::npos ? std::string_view() : text.substr(end_of_date + 1));
    std::ptrdiff_t dashes = std::count(date.begin() + (date.starts_with('-') ? 1 : 0), date.end(), '-');
    for (; dashes < 2; dashes++) date += "-01";
    date = PadNumbers(date, '-');
    if (time.empty()) return date;
    size_t zone = time.find_first_not_of("0123456789:.");
    std::string clock = time.substr(0, zone);
    std::string tail = zone == std::string::npos ? "" : time.substr(zone);
    for (std::ptrdiff_t colons = std::count(clock.begin(), clock.end(), ':'); colons < 2; colons++) clock += ":00";
    return date + " " + PadNumbers(clock, ':') + tail;
}

std::string QuoteIdentifier(std::string_view name) {
    std::string text = "\"";
    for (char c : name) {
        if (c == '"') text += '"';
        text += c;
    }
    return text + "\"";
}

std::string QuoteLiteral(std::string_view value) {
    // A zero byte would end DuckDB's statement.
    size_t zero = value.find('\0');
    if (zero != std::string_view::npos) {
        return "(" + QuoteLiteral(value.substr(0, zero)) + " || chr(0) || " + QuoteLiteral(value.substr(zero + 1)) + ")";
    }
    std::string text = "'";
    for (char c : value) {
        if (c == '\'') text += '\'';
        text += c;
    }
    return text + "'";
}

std::string RenderType(const DataType &type) {
    switch (type.kind) {
        case TypeKind::kNull: return "INTEGER";  // DuckDB has no column type of only NULLs
        case TypeKind::kBoolean: return "BOOLEAN";
        case TypeKind::kByte: return "TINYINT";
        case TypeKind::kShort: return "SMALLINT";
        case TypeKind::kInt: return "INTEGER";
        case TypeKind::kLong: return "BIGINT";
        case TypeKind::kFloat: return "FLOAT";
        case TypeKind::kDouble: return "DOUBLE";
        case TypeKind::kDecimal: return "DECIMAL(" + std::to_string(type.precision) + ", " + std::to_string(type.scale) + ")";
        case TypeKind::kString: return "VARCHAR";
        case TypeKind::kBinary: return "BLOB";
        case TypeKind::kDate: return "DATE";
        case TypeKind::kTimestamp: return "TIMESTAMP WITH TIME ZONE";
        case TypeKind::kTimestampNtz: return "TIMESTAMP";
        case TypeKind::kVariant: return "VARIANT";
        case TypeKind::kInterval: return "INTERVAL";
        case TypeKind::kArray: return RenderType(type.children[0]) + "[]";
        case TypeKind::kMap: return "MAP(" + RenderType(type.children[0]) + ", " + RenderType(type.children[1]) + ")";
        case TypeKind::kStruct: {
            std::string text = "STRUCT(";
            for (size_t i = 0; i < type.fields.size(); i++) {
                text += (i > 0 ? ", " : "") + QuoteIdentifier(type.fields[i].name) + " " + RenderType(type.fields[i].type);
            }
            return text + ")";
        }
    }
    TARN_ASSERT(false);
}

Result<std::string> Renderer::RenderNode(const Literal &literal, const Expr &, const Scope &) {
    switch (literal.type.kind) {
        case TypeKind::kNull: return std::string("NULL");
        case TypeKind::kBoolean: return literal.text == "true" ? std::string("TRUE") : std::string("FALSE");
        case TypeKind::kByte:
        case TypeKind::kShort:
        case TypeKind::kInt:
        case TypeKind::kLong: return IntegerText(literal);
        case TypeKind::kDecimal: return DecimalText(literal);
        case TypeKind::kFloat:
        case TypeKind::kDouble: return CastText(literal.text, literal.type);
        case TypeKind::kString: return QuoteLiteral(literal.text);
        case TypeKind::kBinary: return BinaryText(literal.text);
        case TypeKind::kDate: {
            std::string whole = CompleteTimestamp(literal.text);
            return "DATE " + QuoteLiteral(whole.substr(0, whole.find(' ')));
        }
        case TypeKind::kTimestamp: return "TIMESTAMPTZ " + QuoteLiteral(CompleteTimestamp(literal.text));
        case TypeKind::kTimestampNtz: return "TIMESTAMP " + QuoteLiteral(CompleteTimestamp(literal.text));
        default: TARN_ASSERT(false);
    }
}

Result<std::string> Renderer::RenderNode(const IntervalLiteral &interval, const Expr &, const Scope &) {
    std::string text;
    auto add = [&](int64_t count, std::string_view unit) {
        if (count == 0) return;
        text += (text.empty() ? "" : " ") + std::to_string(count) + " " + std::string(unit);
    };
    add(interval.months, "months");
    add(interval.days, "days");
    add(interval.micros, "microseconds");
    return "INTERVAL '" + (text.empty() ? "0 days" : text) + "'";
}

// A CAST whose answer is the same in both is DuckDB's; else a helper with a variant for each source type.
Result<std::string> Renderer::RenderNode(const Cast &cast, const Expr &, const Scope &scope) {
    TARN_TRY(std::string operand, RenderExpr(*cast.operand, scope));
    std::string plain = (cast.safe ? "TRY_CAST(" : "CAST(") + operand + " AS " + RenderType(cast.type) + ")";
    std::string_view helper = CastHelper(cast.type.kind);
    const auto *literal = cast.operand->As<Literal>();
    bool integer = literal != nullptr && literal->type.kind >= TypeKind::kByte && literal->type.kind <= TypeKind::kLong &&
                   cast.type.kind != TypeKind::kTimestamp && cast.type.kind != TypeKind::kBinary;
    bool same = literal != nullptr && (literal->type.kind == cast.type.kind || literal->type.kind == TypeKind::kNull);
    if (helper.empty() || integer || same) return plain;
    // TRY_CAST of what a CAST never refuses is that CAST.
    bool total = cast.type.kind == TypeKind::kString || cast.type.kind == TypeKind::kBinary;
    std::string prefix = cast.safe && !total ? "spark_try_cast_" : "spark_cast_";
    return Helper(prefix + std::string(helper)) + "(" + operand + ")";
}

Result<std::string> Renderer::RenderNode(const Extract &extract, const Expr &expr, const Scope &scope) {
    FunctionCall call;
    call.name = Name{{"date_part"}, expr.position};
    auto field = std::make_shared<Expr>();
    field->node = Literal{DataType::Of(TypeKind::kString), extract.field};
    field->position = expr.position;
    call.args.push_back({"", std::move(field), ""});
    call.args.push_back({"", extract.source, ""});
    return RenderNode(call, expr, scope);
}

std::optional<std::string> LiteralString(const Expr &expr) {
    const auto *literal = expr.As<Literal>();
    if (literal == nullptr || literal->type.kind != TypeKind::kString) return std::nullopt;
    return literal->text;
}

std::optional<int64_t> LiteralInteger(const Expr &expr) {
    const auto *literal = expr.As<Literal>();
    bool integer = literal != nullptr && literal->type.kind >= TypeKind::kByte && literal->type.kind <= TypeKind::kLong;
    if (!integer) return std::nullopt;
    return std::stoll(literal->text);
}

Error UnsupportedError(SourcePosition position, std::string message, std::string_view remedy) {
    Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", std::move(message));
    error.position = position;
    error.remedy = remedy;
    return error;
}

}  // namespace tarn::sql
