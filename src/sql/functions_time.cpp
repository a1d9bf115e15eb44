// Dates and times. The session's time zone is UTC, so that CAST(x AS TIMESTAMP) reads an instant's UTC clock; it also
// takes dates and strings, as Spark's functions do.
#include "sql/internal/datetime_pattern.h"
#include "sql/internal/function_tables.h"

namespace tarn::sql {
namespace {

using enum FunctionKind;

constexpr std::string_view kTimestampType = "TIMESTAMP WITH TIME ZONE";

std::string Clock(const std::string &value) { return "CAST(" + value + " AS TIMESTAMP)"; }
std::string Instant(const std::string &value) { return "CAST(" + value + " AS " + std::string(kTimestampType) + ")"; }

struct UnitName {
    std::string_view spark;
    std::string_view duckdb;
};

constexpr UnitName kUnits[] = {
    {"YEAR", "year"},     {"YEARS", "year"},     {"YYYY", "year"},     {"YY", "year"},         {"QUARTER", "quarter"},
    {"QUARTERS", "quarter"}, {"MONTH", "month"}, {"MONTHS", "month"},  {"MM", "month"},        {"MON", "month"},
    {"WEEK", "week"},     {"WEEKS", "week"},     {"DAY", "day"},       {"DAYS", "day"},        {"DD", "day"},
    {"DAYOFYEAR", "day"}, {"HOUR", "hour"},      {"HOURS", "hour"},    {"MINUTE", "minute"},   {"MINUTES", "minute"},
    {"SECOND", "second"}, {"SECONDS", "second"}, {"MILLISECOND", "millisecond"}, {"MICROSECOND", "microsecond"},
};

// The unit that an argument names: MONTH, 'month'; empty when it is none.
std::string_view UnitOf(const Expr &expr) {
    std::string word;
    if (const auto *column = expr.As<ColumnRef>(); column != nullptr && column->name.parts.size() == 1) word = column->name.parts[0];
    if (std::optional<std::string> literal = LiteralString(expr)) word = *literal;
    for (const UnitName &unit : kUnits) {
        if (EqualsIgnoreCase(unit.spark, word)) return unit.duckdb;
    }
    return {};
}

Error UnknownUnit(const CallContext &call) {
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
                            "The function `" + ToLower(call.call.name.Last()) + "` needs a date unit such as YEAR, MONTH, DAY or HOUR.");
    error.position = call.position;
    return error;
}

Result<std::string> DateTrunc(const CallContext &call) {
    std::string_view unit = UnitOf(*call.call.args[0].value);
    bool literal = LiteralString(*call.call.args[0].value).has_value();
    if (unit.empty() && literal) return Fail(UnknownUnit(call));
    std::string text = unit.empty() ? call.args[0] : QuoteLiteral(unit);
    return Instant("date_trunc(" + text + ", " + Clock(call.args[1]) + ")");
}

// trunc(date, 'MM') is a DATE
Result<std::string> Trunc(const CallContext &call) {
    std::string_view unit = UnitOf(*call.call.args[1].value);
    if (unit.empty()) return Fail(UnknownUnit(call));
    return "CAST(date_trunc('" + std::string(unit) + "', CAST(" + call.args[0] + " AS DATE)) AS DATE)";
}

// dateadd(MONTH, 3, ts), date_add(d, 3)
Result<std::string> DateAdd(const CallContext &call) {
    if (call.args.size() == 2) {
        std::string sign = EqualsIgnoreCase(call.call.name.Last(), "date_sub") ? " - " : " + ";
        return "(CAST(" + call.args[0] + " AS DATE)" + sign + "CAST(" + call.args[1] + " AS INTEGER))";
    }
    std::string_view unit = UnitOf(*call.call.args[0].value);
    if (unit.empty()) return Fail(UnknownUnit(call));
    std::string amount = call.args[1];
    bool by_calendar = unit == "year" || unit == "month" || unit == "week" || unit == "day";
    std::string type = by_calendar ? "INTEGER" : "BIGINT";
    std::string interval = "to_" + std::string(unit) + "s(CAST(" + amount + " AS " + type + "))";
    if (unit == "quarter") interval = "to_months(CAST(3 * " + amount + " AS INTEGER))";
    return "(" + Instant(call.args[2]) + " + " + interval + ")";
}

// datediff(end, start) counts midnights; datediff(unit, start, end) counts whole units.
Result<std::string> DateDiff(const CallContext &call) {
    if (call.args.size() == 2) {
        return "CAST(date_diff('day', CAST(" + call.args[1] + " AS DATE), CAST(" + call.args[0] + " AS DATE)) AS INTEGER)";
    }
    std::string_view unit = UnitOf(*call.call.args[0].value);
    if (unit.empty()) return Fail(UnknownUnit(call));
    return "date_sub('" + std::string(unit) + "', " + Clock(call.args[1]) + ", " + Clock(call.args[2]) + ")";
}

Result<std::vector<PatternPart>> PatternOf(const CallContext &call, size_t index) {
    std::optional<std::string> pattern = LiteralString(*call.call.args[index].value);
    if (!pattern) return Fail(UnsupportedError(call.position, "A date pattern that is not a string literal is not supported.", "Write the pattern as a literal, or choose among literals with CASE."));
    std::string unknown;
    std::optional<std::vector<PatternPart>> parts = TranslatePattern(*pattern, &unknown);
    if (parts) return std::move(*parts);
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER",
                            "Unrecognized datetime pattern: '" + *pattern + "': `" + unknown + "` is not known.");
    error.position = call.position;
    return Fail(std::move(error));
}

Result<std::string> Format(const std::string &value, const std::vector<PatternPart> &parts) {
    std::string text;
    int pieces = 0;
    auto add = [&](const std::string &piece) {
        text += (pieces++ > 0 ? " || " : "") + piece;
    };
    for (const PatternPart &part : parts) {
        if (!part.format.empty()) add("strftime(" + value + ", " + QuoteLiteral(part.format) + ")");
        if (part.fraction_digits > 0) add("substr(strftime(" + value + ", '%f'), 1, " + std::to_string(part.fraction_digits) + ")");
    }
    if (pieces == 0) return std::string("''");
    return pieces > 1 ? "(" + text + ")" : text;
}

Result<std::string> DateFormat(const CallContext &call) {
    TARN_TRY(std::vector<PatternPart> parts, PatternOf(call, 1));
    return Format(Clock(call.args[0]), parts);
}

Result<std::string> FromUnixtime(const CallContext &call) {
    std::string value = Clock("to_timestamp(CAST(" + call.args[0] + " AS BIGINT))");
    if (call.args.size() == 1) return "strftime(" + value + ", '%Y-%m-%d %H:%M:%S')";
    TARN_TRY(std::vector<PatternPart> parts, PatternOf(call, 1));
    return Format(value, parts);
}

// The value of a string read by a pattern, as DuckDB's TIMESTAMP.
Result<std::string> Parse(const CallContext &call, bool safe) {
    TARN_TRY(std::vector<PatternPart> parts, PatternOf(call, 1));
    std::string format;
    for (const PatternPart &part : parts) format += part.format + (part.fraction_digits > 0 ? "%f" : "");
    return (safe ? "try_strptime(" : "strptime(") + call.args[0] + ", " + QuoteLiteral(format) + ")";
}

Result<std::string> ToDate(const CallContext &call) {
    bool safe = EqualsIgnoreCase(call.call.name.Last(), "try_to_date");
    if (call.args.size() == 1) return (safe ? "TRY_CAST(" : "CAST(") + call.args[0] + " AS DATE)";
    TARN_TRY(std::string parsed, Parse(call, safe));
    return "CAST(" + parsed + " AS DATE)";
}

Result<std::string> ToTimestamp(const CallContext &call) {
    std::string name = ToLower(call.call.name.Last());
    bool safe = name == "try_to_timestamp";
    bool ntz = name == "to_timestamp_ntz";
    if (call.args.size() == 1) {
        if (ntz) return Clock(call.args[0]);
        return call.renderer.Helper(safe ? "spark_try_cast_timestamp" : "spark_cast_timestamp") + "(" + call.args[0] + ")";
    }
    TARN_TRY(std::string parsed, Parse(call, safe));
    return ntz ? parsed : Instant(parsed);
}

Result<std::string> UnixTimestamp(const CallContext &call) {
    if (call.args.empty()) return std::string("CAST(floor(epoch(current_timestamp)) AS BIGINT)");
    std::string value = Clock(call.args[0]);
    if (call.args.size() == 2 && EvidentTypeOf(*call.call.args[0].value) != EvidentType::kTimestamp) {
        TARN_TRY(value, Parse(call, false));
    }
    return "CAST(floor(epoch(" + value + ")) AS BIGINT)";
}

// EXTRACT(f FROM x), date_part('f', x)
Result<std::string> DatePart(const CallContext &call) {
    std::optional<std::string> field = LiteralString(*call.call.args[0].value);
    if (!field) return Fail(UnsupportedError(call.position, "date_part needs its field as a string literal."));
    struct Part {
        std::string_view names;  // between bars
        std::string_view text;
    };
    static constexpr Part kParts[] = {
        {"|YEAR|Y|YEARS|YR|YRS|", "CAST(year($1) AS INTEGER)"},
        {"|YEAROFWEEK|", "CAST(isoyear($1) AS INTEGER)"},
        {"|QUARTER|QTR|", "CAST(quarter($1) AS INTEGER)"},
        {"|MONTH|MON|MONS|MONTHS|", "CAST(month($1) AS INTEGER)"},
        {"|WEEK|W|WEEKS|", "CAST(weekofyear($1) AS INTEGER)"},
        {"|DAY|D|DAYS|", "CAST(day($1) AS INTEGER)"},
        {"|DAYOFWEEK|DOW|", "CAST(dayofweek($1) + 1 AS INTEGER)"},
        {"|DAYOFWEEK_ISO|DOW_ISO|", "CAST(isodow($1) AS INTEGER)"},
        {"|DOY|", "CAST(dayofyear($1) AS INTEGER)"},
        {"|HOUR|H|HOURS|HR|HRS|", "CAST(hour($1) AS INTEGER)"},
        {"|MINUTE|M|MIN|MINS|MINUTES|", "CAST(minute($1) AS INTEGER)"},
        {"|SECOND|S|SEC|SECONDS|SECS|", "CAST(microsecond($1) / 1000000 AS DECIMAL(8, 6))"},
    };
    bool interval = call.call.args[1].value->As<IntervalLiteral>() != nullptr;
    std::string wanted = "|" + ToUpper(*field) + "|";
    for (const Part &part : kParts) {
        if (part.names.find(wanted) == std::string_view::npos) continue;
        return FillTemplate(call.renderer, part.text, {interval ? call.args[1] : Clock(call.args[1])});
    }
    return Fail(UnknownUnit(call));
}

Result<std::string> MakeInterval(const CallContext &call) {
    static constexpr std::string_view kUnitNames[] = {"years", "months", "weeks", "days", "hours", "minutes", "seconds"};
    std::string text = "(INTERVAL '0 days'";
    size_t first = EqualsIgnoreCase(call.call.name.Last(), "make_dt_interval") ? 3 : 0;
    for (size_t i = first; i < first + call.args.size(); i++) {
        std::string_view type = i < 4 ? "INTEGER" : i < 6 ? "BIGINT" : "DOUBLE";
        text += " + to_" + std::string(kUnitNames[i]) + "(CAST(" + call.args[i - first] + " AS " + std::string(type) + "))";
    }
    return text + ")";
}

constexpr FunctionSpec kFunctions[] = {
    {"add_months", 2, 2, kScalar, "CAST(CAST($1 AS DATE) + to_months(CAST($2 AS INTEGER)) AS DATE)"},
    {"convert_timezone", 2, 2, kScalar, "timezone($1, CAST(CAST($2 AS TIMESTAMP) AS TIMESTAMP WITH TIME ZONE))"},
    {"convert_timezone", 3, 3, kScalar, "timezone($2, timezone($1, CAST($3 AS TIMESTAMP)))"},
    {"curdate", 0, 0, kScalar, "current_date"},
    {"current_date", 0, 0, kScalar, "current_date"},
    {"current_timestamp", 0, 0, kScalar, "current_timestamp"},
    {"current_timezone", 0, 0, kScalar, "'UTC'"},
    {"date_add", 2, 3, kScalar, "", "", DateAdd},
    {"date_diff", 2, 3, kScalar, "", "", DateDiff},
    {"date_format", 2, 2, kScalar, "", "", DateFormat},
    {"date_from_unix_date", 1, 1, kScalar, "(DATE '1970-01-01' + CAST($1 AS INTEGER))"},
    {"date_part", 2, 2, kScalar, "", "", DatePart},
    {"date_sub", 2, 2, kScalar, "", "", DateAdd},
    {"date_trunc", 2, 2, kScalar, "", "", DateTrunc},
    {"dateadd", 2, 3, kScalar, "", "", DateAdd},
    {"datediff", 2, 3, kScalar, "", "", DateDiff},
    {"datepart", 2, 2, kScalar, "", "", DatePart},
    {"day", 1, 1, kScalar, "CAST(day(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"dayname", 1, 1, kScalar, "strftime(CAST($1 AS TIMESTAMP), '%a')"},
    {"dayofmonth", 1, 1, kScalar, "CAST(day(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"dayofweek", 1, 1, kScalar, "CAST(dayofweek(CAST($1 AS TIMESTAMP)) + 1 AS INTEGER)"},
    {"dayofyear", 1, 1, kScalar, "CAST(dayofyear(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"from_unixtime", 1, 2, kScalar, "", "", FromUnixtime},
    {"from_utc_timestamp", 2, 2, kScalar, "CAST(timezone($2, CAST($1 AS TIMESTAMP WITH TIME ZONE)) AS TIMESTAMP WITH TIME ZONE)"},
    {"hour", 1, 1, kScalar, "CAST(hour(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"last_day", 1, 1, kScalar, "last_day(CAST($1 AS DATE))"},
    {"localtimestamp", 0, 0, kScalar, "localtimestamp"},
    {"make_date", 3, 3, kScalar, "make_date(CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))"},
    {"make_dt_interval", 0, 4, kScalar, "", "", MakeInterval},
    {"make_ym_interval", 0, 2, kScalar, "", "", MakeInterval},
    {"make_interval", 0, 7, kScalar, "", "", MakeInterval},
    {"make_timestamp", 6, 6, kScalar, "make_timestamptz(CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS DOUBLE))"},
    {"make_timestamp", 7, 7, kScalar, "make_timestamptz(CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS DOUBLE), $7)"},
    {"make_timestamp_ntz", 6, 6, kScalar, "make_timestamp(CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS DOUBLE))"},
    {"minute", 1, 1, kScalar, "CAST(minute(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"month", 1, 1, kScalar, "CAST(month(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"monthname", 1, 1, kScalar, "strftime(CAST($1 AS TIMESTAMP), '%b')"},
    {"months_between", 2, 3, kScalar, "#spark_months_between($1, $2)"},
    {"next_day", 2, 2, kScalar, "#spark_next_day($1, $2)"},
    {"now", 0, 0, kScalar, "current_timestamp"},
    {"quarter", 1, 1, kScalar, "CAST(quarter(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"second", 1, 1, kScalar, "CAST(second(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"timestamp_micros", 1, 1, kScalar, "CAST(make_timestamp(CAST($1 AS BIGINT)) AS TIMESTAMP WITH TIME ZONE)"},
    {"timestamp_millis", 1, 1, kScalar, "CAST(make_timestamp(1000 * CAST($1 AS BIGINT)) AS TIMESTAMP WITH TIME ZONE)"},
    {"timestamp_seconds", 1, 1, kScalar, "to_timestamp($1)"},
    {"timestampadd", 3, 3, kScalar, "", "", DateAdd},
    {"timestampdiff", 3, 3, kScalar, "", "", DateDiff},
    {"to_date", 1, 2, kScalar, "", "", ToDate},
    {"to_timestamp", 1, 2, kScalar, "", "", ToTimestamp},
    {"to_timestamp_ltz", 1, 2, kScalar, "", "", ToTimestamp},
    {"to_timestamp_ntz", 1, 2, kScalar, "", "", ToTimestamp},
    {"to_unix_timestamp", 1, 2, kScalar, "", "", UnixTimestamp},
    {"to_utc_timestamp", 2, 2, kScalar, "timezone($2, CAST($1 AS TIMESTAMP))"},
    {"trunc", 2, 2, kScalar, "", "", Trunc},
    {"try_to_date", 1, 2, kScalar, "", "", ToDate},
    {"try_to_timestamp", 1, 2, kScalar, "", "", ToTimestamp},
    {"unix_date", 1, 1, kScalar, "CAST(date_diff('day', DATE '1970-01-01', CAST($1 AS DATE)) AS INTEGER)"},
    {"unix_micros", 1, 1, kScalar, "epoch_us(CAST($1 AS TIMESTAMP))"},
    {"unix_millis", 1, 1, kScalar, "epoch_ms(CAST($1 AS TIMESTAMP))"},
    {"unix_seconds", 1, 1, kScalar, "CAST(floor(epoch(CAST($1 AS TIMESTAMP))) AS BIGINT)"},
    {"unix_timestamp", 0, 2, kScalar, "", "", UnixTimestamp},
    {"weekday", 1, 1, kScalar, "CAST(isodow(CAST($1 AS TIMESTAMP)) - 1 AS INTEGER)"},
    {"weekofyear", 1, 1, kScalar, "CAST(weekofyear(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
    {"year", 1, 1, kScalar, "CAST(year(CAST($1 AS TIMESTAMP)) AS INTEGER)"},
};

}  // namespace

std::span<const FunctionSpec> TimeFunctions() { return kFunctions; }

}  // namespace tarn::sql
