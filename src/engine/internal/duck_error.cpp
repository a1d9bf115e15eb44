#include "engine/internal/duck_error.h"

#include <algorithm>
#include <optional>
#include <regex>

#include "secrets/redaction.h"

namespace tarn::engine {
namespace {

constexpr const char *kConditionKey = "tarn_condition";
constexpr const char *kKindKey = "tarn_kind";
constexpr const char *kRemedyKey = "tarn_remedy";

// What DuckDB adds for its own users: the offending line with a caret, candidate lists, hints.
std::string FirstParagraph(const std::string &text) {
    std::string message = text.substr(0, text.find("\n\nLINE"));
    message = message.substr(0, message.find("\nLINE "));
    message = message.substr(0, message.find("\n\tCandidate"));
    message = message.substr(0, message.find("\n\n"));
    while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
    return message;
}

// "Candidate bindings: "a", "b"" -> "`a`, `b`".
std::string Candidates(const std::string &text) {
    size_t at = text.find("Candidate bindings:");
    if (at == std::string::npos) return "";
    std::string list = text.substr(at + 19, text.find('\n', at) - at - 19);
    std::ranges::replace(list, '"', '`');
    size_t start = list.find_first_not_of(' ');
    return start == std::string::npos ? "" : list.substr(start);
}

// DuckDB's names of types in messages, as Spark calls them.
std::string WithSparkTypes(std::string text) {
    static const std::pair<std::regex, const char *> kNames[] = {
        {std::regex(R"(\b(INT64|BIGINT)\b)"), "BIGINT"},   {std::regex(R"(\b(INT32|INTEGER)\b)"), "INT"},
        {std::regex(R"(\bINT16\b)"), "SMALLINT"},          {std::regex(R"(\bINT8\b)"), "TINYINT"},
        {std::regex(R"(\bVARCHAR\b)"), "STRING"},          {std::regex(R"(\bBLOB\b)"), "BINARY"},
        {std::regex(R"(\bTIMESTAMP WITH TIME ZONE\b)"), "TIMESTAMP"}};
    for (auto &[pattern, name] : kNames) text = std::regex_replace(text, pattern, name);
    return text;
}

struct Rule {
    const char *pattern;
    const char *condition;
    const char *message;  // $1: what the pattern's group caught
};

// In order; the first that matches wins.
const Rule kRules[] = {
    {R"re(Type INT128 with value (\S+) can't be cast .* type (?:INT64|BIGINT))re", "ARITHMETIC_OVERFLOW", "BIGINT overflow: $1."},
    {R"re(Cannot open file "([^"]*)": No such file)re", "FAILED_READ_FILE.FILE_NOT_EXIST",
     "Encountered error while reading file $1. File does not exist."},
    {R"re(Referenced column "([^"]*)" (?:was )?not found)re", "UNRESOLVED_COLUMN.WITH_SUGGESTION",
     "A column, variable, or function parameter with name `$1` cannot be resolved."},
    {R"re(Table "[^"]*" does not have a column named "([^"]*)")re", "UNRESOLVED_COLUMN.WITH_SUGGESTION",
     "A column, variable, or function parameter with name `$1` cannot be resolved."},
    {R"re(Values list "[^"]*" does not have a column named "([^"]*)")re", "UNRESOLVED_COLUMN.WITH_SUGGESTION",
     "A column, variable, or function parameter with name `$1` cannot be resolved."},
    {R"re(Referenced table "([^"]*)" not found)re", "UNRESOLVED_COLUMN.WITH_SUGGESTION",
     "The qualifier `$1` names no table or alias in the FROM clause."},
    {R"re(Ambiguous reference to column name "([^"]*)")re", "AMBIGUOUS_REFERENCE",
     "Reference `$1` is ambiguous; qualify it with its table."},
    {R"re(column "([^"]*)" must appear in the GROUP BY clause)re", "MISSING_AGGREGATION",
     "The non-aggregating expression `$1` is based on columns which are not participating in the GROUP BY clause."},
    {R"re((?:Scalar|Aggregate|Table|Macro)? ?[Ff]unction with name ([^ ]+) does not exist)re", "UNRESOLVED_ROUTINE",
     "Cannot resolve routine `$1`."},
    {R"re(No function matches the given name and argument types '([^']*)')re",
     "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "No function takes these arguments: $1."},
    {R"re(Cannot compare values of type ([^ ]+) and type)re", "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
     "The two sides have types that cannot be compared, one of them $1."},
    {R"re(Could not convert string ('?"?[^']*"?'?) to ([A-Z0-9]+))re", "CAST_INVALID_INPUT",
     "The value $1 cannot be cast to $2 because it is malformed. Use try_cast to get NULL instead."},
    {R"re(invalid (?:timestamp|date|time) field format: "([^"]*)")re", "CAST_INVALID_INPUT",
     "The value '$1' cannot be cast to a date or timestamp because it is malformed. Use try_cast to get NULL instead."},
    {R"re(set operations.*number of result columns)re", "NUM_COLUMNS_MISMATCH",
     "Set operations need the same number of columns on both sides."},
};

// DuckDB's CSV errors list its own options as ways out, which are not read_files'. What is wrong, and where, is kept.
std::optional<Error> OfCsv(const std::string &raw) {
    std::smatch match;
    static const std::regex kFile(R"(\n\s*file ?= ?([^\n]+))"), kLine(R"(^CSV Error on Line: (\d+)\n(?:Original Line:[^\n]*\n)?([^\n]*))");
    std::string file = std::regex_search(raw, match, kFile) ? match[1].str() : "The CSV file";
    Error error;
    if (std::regex_search(raw, match, kLine)) {
        error = MakeError(ErrorKind::kInvalidInput, "MALFORMED_RECORD_IN_PARSING", file + " in line " + match[1].str() + ": " + WithSparkTypes(match[2]));
    } else if (raw.starts_with("Error when sniffing file")) {
        error = MakeError(ErrorKind::kInvalidInput, "MALFORMED_RECORD_IN_PARSING", file + ": its lines do not have the same columns.");
    } else {
        return std::nullopt;
    }
    error.remedy = "Check sep, quote, escape, header, encoding and schema; mode => 'DROPMALFORMED' leaves out lines that cannot be read.";
    return error;
}

Error Translated(const duckdb::ErrorData &data) {
    auto &extra = data.ExtraInfo();
    if (auto it = extra.find(kConditionKey); it != extra.end()) {
        Error error = MakeError(ErrorKind::kInvalidInput, it->second, data.RawMessage());
        if (auto kind = extra.find(kKindKey); kind != extra.end()) {
            error.kind = static_cast<ErrorKind>(std::stoi(kind->second));
        }
        if (auto remedy = extra.find(kRemedyKey); remedy != extra.end()) error.remedy = remedy->second;
        return error;
    }
    const std::string &raw = data.RawMessage();
    // Functions written for Spark's semantics put the class in front of their message.
    std::smatch match;
    static const std::regex kClassed(R"(^\[([A-Z0-9_.]+)\] ([\s\S]*))");
    if (std::regex_search(raw, match, kClassed)) return MakeError(ErrorKind::kInvalidInput, match[1].str(), match[2]);
    if (std::optional<Error> csv = OfCsv(raw)) return *csv;
    for (const Rule &rule : kRules) {
        if (!std::regex_search(raw, match, std::regex(rule.pattern))) continue;
        Error error = MakeError(ErrorKind::kInvalidInput, rule.condition, WithSparkTypes(match.format(rule.message)));
        if (std::string names = Candidates(raw); !names.empty()) error.remedy = "Did you mean one of: " + names + "?";
        return error;
    }
    std::string message = WithSparkTypes(FirstParagraph(raw));
    switch (data.Type()) {
        case duckdb::ExceptionType::CONVERSION:
            return MakeError(ErrorKind::kInvalidInput, "CAST_INVALID_INPUT", message);
        case duckdb::ExceptionType::OUT_OF_RANGE:
            return MakeError(ErrorKind::kInvalidInput, "ARITHMETIC_OVERFLOW", message);
        case duckdb::ExceptionType::DIVIDE_BY_ZERO:
            return MakeError(ErrorKind::kInvalidInput, "DIVIDE_BY_ZERO", message);
        case duckdb::ExceptionType::OUT_OF_MEMORY: {
            Error error = MakeError(ErrorKind::kIo, "OUT_OF_MEMORY", "The statement needs more memory than allowed.");
            error.remedy = "Raise the limit (TARN_MEMORY_LIMIT, e.g. 4GB), or free disk space below the root for spilling.";
            return error;
        }
        case duckdb::ExceptionType::IO:
        case duckdb::ExceptionType::HTTP: return MakeError(ErrorKind::kIo, "FAILED_READ_FILE", message);
        case duckdb::ExceptionType::NOT_IMPLEMENTED:
            return MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", message);
        case duckdb::ExceptionType::PARSER:
        case duckdb::ExceptionType::SYNTAX:
            return MakeError(ErrorKind::kInvalidInput, "PARSE_SYNTAX_ERROR", message);
        case duckdb::ExceptionType::MISMATCH_TYPE:
        case duckdb::ExceptionType::BINDER:
            return MakeError(ErrorKind::kInvalidInput, "DATATYPE_MISMATCH", message);
        case duckdb::ExceptionType::INTERRUPT:
            return MakeError(ErrorKind::kIo, "OPERATION_CANCELED", "The statement was cancelled.");
        case duckdb::ExceptionType::INVALID_INPUT:
            return MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", message);
        default: return MakeError(ErrorKind::kInternal, "INTERNAL_ERROR", message);
    }
}

}  // namespace

// DuckDB quotes values in its messages; one of them may be a secret.
Error FromDuckError(const duckdb::ErrorData &data) { return secrets::Redacted(Translated(data)); }

void ThrowThroughDuckDB(const Error &error) {
    duckdb::unordered_map<std::string, std::string> extra;
    extra[kConditionKey] = error.condition;
    extra[kKindKey] = std::to_string(static_cast<int>(error.kind));
    if (!error.remedy.empty()) extra[kRemedyKey] = error.remedy;
    throw duckdb::Exception(extra, duckdb::ExceptionType::INVALID_INPUT, error.message);
}

}  // namespace tarn::engine
