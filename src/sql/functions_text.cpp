// Strings, regular expressions and bytes.
#include "sql/internal/function_tables.h"

namespace tarn::sql {
namespace {

using enum FunctionKind;

// Spark: NULL when any part is NULL; DuckDB's concat() skips them, its || does not. Also joins arrays.
Result<std::string> Concat(const CallContext &call) {
    if (call.args.empty()) return std::string("''");
    if (call.args.size() == 1) return call.args[0];
    std::string text = "(";
    for (size_t i = 0; i < call.args.size(); i++) text += (i > 0 ? " || " : "") + call.args[i];
    return text + ")";
}

// Arrays among the parts are joined with the same separator; NULLs are skipped.
Result<std::string> ConcatWs(const CallContext &call) {
    if (call.args.size() == 1) return "CASE WHEN " + call.args[0] + " IS NOT NULL THEN '' END";
    std::string text = "concat_ws(" + call.args[0];
    for (size_t i = 1; i < call.args.size(); i++) {
        bool string = EvidentTypeOf(*call.call.args[i].value) == EvidentType::kString;
        text += ", " + (string ? call.args[i] : call.renderer.Helper("spark_join") + "(" + call.args[0] + ", " + call.args[i] + ")");
    }
    return text + ")";
}

// decode(bytes, charset); decode(value, search, result, …, default)
Result<std::string> Decode(const CallContext &call) {
    if (call.args.size() == 2) return "decode(" + call.renderer.Helper("spark_cast_binary") + "(" + call.args[0] + "))";
    std::string text = "(CASE";
    size_t i = 1;
    for (; i + 1 < call.args.size(); i += 2) {
        text += " WHEN " + call.args[0] + " IS NOT DISTINCT FROM " + call.args[i] + " THEN " + call.args[i + 1];
    }
    if (i < call.args.size()) text += " ELSE " + call.args[i];
    return text + " END)";
}

Result<std::string> Elt(const CallContext &call) {
    std::string text = "(CASE " + call.args[0];
    for (size_t i = 1; i < call.args.size(); i++) text += " WHEN " + std::to_string(i) + " THEN " + call.args[i];
    return text + " END)";
}

// Java's $1 is RE2's \1, Java's \$ a plain dollar.
std::string ReplacementOf(std::string_view java) {
    std::string text;
    for (size_t i = 0; i < java.size(); i++) {
        bool digit_next = i + 1 < java.size() && java[i + 1] >= '0' && java[i + 1] <= '9';
        if (java[i] == '$' && digit_next) {
            text += '\\';
        } else if (java[i] == '\\' && i + 1 < java.size()) {
            i++;
            if (java[i] == '\\') text += '\\';
            text += java[i];
        } else {
            text += java[i];
        }
    }
    return text;
}

Result<std::string> RegexpReplace(const CallContext &call) {
    std::string replacement = call.args[2];
    if (std::optional<std::string> literal = LiteralString(*call.call.args[2].value)) replacement = QuoteLiteral(ReplacementOf(*literal));
    std::string text = "regexp_replace(" + call.args[0] + ", " + call.args[1] + ", " + replacement + ", 'g')";
    if (call.args.size() == 3) return text;
    std::optional<int64_t> position = LiteralInteger(*call.call.args[3].value);
    if (position != 1) return Fail(UnsupportedError(call.position, "regexp_replace from a position other than 1 is not supported.", "Cut the string with substring first."));
    return text;
}

// A pattern of plain characters needs no regular expression.
Result<std::string> Split(const CallContext &call) {
    if (call.args.size() == 3) {
        std::optional<int64_t> limit = LiteralInteger(*call.call.args[2].value);
        if (!limit || *limit > 0) return Fail(UnsupportedError(call.position, "split with a limit is not supported.", "Leave the limit out and slice the array."));
    }
    std::optional<std::string> pattern = LiteralString(*call.call.args[1].value);
    bool plain = pattern && pattern->find_first_of("\\^$.|?*+()[]{}") == std::string::npos;
    if (plain) return "string_split(" + call.args[0] + ", " + call.args[1] + ")";
    bool escaped = pattern && pattern->size() == 2 && (*pattern)[0] == '\\' && std::string_view("^$.|?*+()[]{}\\").find((*pattern)[1]) != std::string_view::npos;
    if (escaped) return "string_split(" + call.args[0] + ", " + QuoteLiteral(pattern->substr(1)) + ")";
    return "string_split_regex(" + call.args[0] + ", " + call.args[1] + ")";
}

// Position 0 means 1 in Spark; a length below 0 gives ''.
Result<std::string> Substring(const CallContext &call) {
    std::string position = call.args[1];
    std::optional<int64_t> literal = LiteralInteger(*call.call.args[1].value);
    if (!literal || *literal < 0) {
        std::string rest = call.args.size() == 3 ? ", " + call.args[2] : "";
        return call.renderer.Helper(call.args.size() == 3 ? "spark_substring" : "spark_substring_from") + "(" + call.args[0] + ", " + position + rest + ")";
    }
    if (*literal == 0) position = "1";
    std::string text = "substring(" + call.args[0] + ", " + position;
    if (call.args.size() == 2) return text + ")";
    std::optional<int64_t> length = LiteralInteger(*call.call.args[2].value);
    return text + ", " + (length && *length >= 0 ? call.args[2] : "greatest(" + call.args[2] + ", 0)") + ")";
}

// Java's %s takes any value, C's only a string.
Result<std::string> FormatString(const CallContext &call) {
    std::optional<std::string> format = LiteralString(*call.call.args[0].value);
    if (!format) return Fail(UnsupportedError(call.position, "A format that is not a string literal is not supported."));
    std::string text = "printf(" + call.args[0];
    size_t arg = 1;
    for (size_t i = 0; i + 1 < format->size(); i++) {
        if ((*format)[i] != '%') continue;
        if ((*format)[i + 1] == '%') {
            i++;
            continue;
        }
        size_t end = format->find_first_not_of("0123456789.-+ #,", i + 1);
        if (end == std::string::npos || arg >= call.args.size()) break;
        bool string = (*format)[end] == 's';
        text += ", " + (string ? call.renderer.Helper("spark_cast_string") + "(" + call.args[arg] + ")" : call.args[arg]);
        arg++;
        i = end;
    }
    return text + ")";
}

Result<std::string> Sha2(const CallContext &call) {
    std::optional<int64_t> bits = LiteralInteger(*call.call.args[1].value);
    if (bits != 0 && bits != 256) return Fail(UnsupportedError(call.position, "sha2 gives 256 bits only.", "Use sha2(x, 256)."));
    return "sha256(" + call.args[0] + ")";
}

Result<std::string> Reverse(const CallContext &call) {
    bool array = EvidentTypeOf(*call.call.args[0].value) == EvidentType::kArray;
    return (array ? "list_reverse(" : call.renderer.Helper("spark_reverse") + "(") + call.args[0] + ")";
}

constexpr FunctionSpec kFunctions[] = {
    {"ascii", 1, 1, kScalar, "ascii($1)"},
    {"base64", 1, 1, kScalar, "to_base64(#spark_cast_binary($1))"},
    {"bit_length", 1, 1, kScalar, "CAST(8 * octet_length(#spark_cast_binary($1)) AS INTEGER)"},
    {"btrim", 1, 1, kScalar, "trim($1)"},
    {"btrim", 2, 2, kScalar, "trim($1, $2)"},
    {"char", 1, 1, kScalar, "chr(CAST($1 AS INTEGER))"},
    {"char_length", 1, 1, kScalar, "#spark_length($1)"},
    {"character_length", 1, 1, kScalar, "#spark_length($1)"},
    {"charindex", 2, 2, kScalar, "CAST(instr($2, $1) AS INTEGER)"},
    {"charindex", 3, 3, kScalar, "#spark_locate($1, $2, $3)"},
    {"chr", 1, 1, kScalar, "chr(CAST($1 AS INTEGER))"},
    {"concat", 0, kAnyCount, kScalar, "", "", Concat},
    {"concat_ws", 1, kAnyCount, kScalar, "", "", ConcatWs},
    {"contains", 2, 2, kScalar, "contains($1, $2)"},
    {"decode", 2, kAnyCount, kScalar, "", "", Decode},
    {"elt", 2, kAnyCount, kScalar, "", "", Elt},
    {"encode", 2, 2, kScalar, "encode($1)"},
    {"endswith", 2, 2, kScalar, "ends_with($1, $2)"},
    {"find_in_set", 2, 2, kScalar, "CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN CAST(coalesce(list_position(string_split($2, ','), $1), 0) AS INTEGER) END"},
    {"format_number", 2, 2, kScalar, "#spark_format_number($1, $2)"},
    {"format_string", 1, kAnyCount, kScalar, "", "", FormatString},
    {"hex", 1, 1, kScalar, "hex($1)"},
    {"initcap", 1, 1, kScalar, "#spark_initcap($1)"},
    {"instr", 2, 2, kScalar, "CAST(instr($1, $2) AS INTEGER)"},
    {"lcase", 1, 1, kScalar, "lower($1)"},
    {"left", 2, 2, kScalar, "left($1, greatest(CAST($2 AS BIGINT), 0))"},
    {"len", 1, 1, kScalar, "#spark_length($1)"},
    {"length", 1, 1, kScalar, "#spark_length($1)"},
    {"levenshtein", 2, 2, kScalar, "CAST(levenshtein($1, $2) AS INTEGER)"},
    {"locate", 2, 2, kScalar, "CAST(instr($2, $1) AS INTEGER)"},
    {"locate", 3, 3, kScalar, "#spark_locate($1, $2, $3)"},
    {"lower", 1, 1, kScalar, "lower($1)"},
    {"lpad", 2, 2, kScalar, "lpad($1, CAST($2 AS INTEGER), ' ')"},
    {"lpad", 3, 3, kScalar, "lpad($1, CAST($2 AS INTEGER), $3)"},
    {"ltrim", 1, 1, kScalar, "ltrim($1)"},
    {"ltrim", 2, 2, kScalar, "ltrim($2, $1)"},
    {"mask", 1, 1, kScalar, "regexp_replace(regexp_replace(regexp_replace($1, '[A-Z]', 'X', 'g'), '[a-z]', 'x', 'g'), '[0-9]', 'n', 'g')"},
    {"md5", 1, 1, kScalar, "md5($1)"},
    {"octet_length", 1, 1, kScalar, "CAST(octet_length(#spark_cast_binary($1)) AS INTEGER)"},
    {"overlay", 3, 3, kScalar, "(substr($1, 1, $3 - 1) || $2 || substr($1, $3 + length($2)))"},
    {"overlay", 4, 4, kScalar, "(substr($1, 1, $3 - 1) || $2 || substr($1, $3 + $4))"},
    {"position", 2, 2, kScalar, "CAST(instr($2, $1) AS INTEGER)"},
    {"position", 3, 3, kScalar, "#spark_locate($1, $2, $3)"},
    {"printf", 1, kAnyCount, kScalar, "", "", FormatString},
    {"regexp", 2, 2, kScalar, "regexp_matches($1, $2)"},
    {"regexp_count", 2, 2, kScalar, "CAST(len(regexp_extract_all($1, $2)) AS INTEGER)"},
    {"regexp_extract", 2, 2, kScalar, "regexp_extract($1, $2, 1)"},
    {"regexp_extract", 3, 3, kScalar, "regexp_extract($1, $2, $3)"},
    {"regexp_extract_all", 2, 2, kScalar, "regexp_extract_all($1, $2, 1)"},
    {"regexp_extract_all", 3, 3, kScalar, "regexp_extract_all($1, $2, $3)"},
    {"regexp_instr", 2, 2, kScalar, "CAST(CASE WHEN regexp_matches($1, $2) THEN instr($1, regexp_extract($1, $2)) ELSE 0 END AS INTEGER)"},
    {"regexp_like", 2, 2, kScalar, "regexp_matches($1, $2)"},
    {"regexp_replace", 3, 4, kScalar, "", "", RegexpReplace},
    {"regexp_substr", 2, 2, kScalar, "nullif(regexp_extract($1, $2), '')"},
    {"repeat", 2, 2, kScalar, "repeat($1, CAST($2 AS BIGINT))"},
    {"replace", 2, 2, kScalar, "replace($1, $2, '')"},
    {"replace", 3, 3, kScalar, "replace($1, $2, $3)"},
    {"reverse", 1, 1, kScalar, "", "", Reverse},
    {"right", 2, 2, kScalar, "right($1, greatest(CAST($2 AS BIGINT), 0))"},
    {"rlike", 2, 2, kScalar, "regexp_matches($1, $2)"},
    {"rpad", 2, 2, kScalar, "rpad($1, CAST($2 AS INTEGER), ' ')"},
    {"rpad", 3, 3, kScalar, "rpad($1, CAST($2 AS INTEGER), $3)"},
    {"rtrim", 1, 1, kScalar, "rtrim($1)"},
    {"rtrim", 2, 2, kScalar, "rtrim($2, $1)"},
    {"sha", 1, 1, kScalar, "sha1($1)"},
    {"sha1", 1, 1, kScalar, "sha1($1)"},
    {"sha2", 2, 2, kScalar, "", "", Sha2},
    {"space", 1, 1, kScalar, "repeat(' ', CAST($1 AS BIGINT))"},
    {"split", 2, 3, kScalar, "", "", Split},
    {"split_part", 3, 3, kScalar, "split_part($1, $2, CAST($3 AS BIGINT))"},
    {"startswith", 2, 2, kScalar, "starts_with($1, $2)"},
    {"substr", 2, 3, kScalar, "", "", Substring},
    {"substring", 2, 3, kScalar, "", "", Substring},
    {"substring_index", 3, 3, kScalar, "#spark_substring_index($1, $2, $3)"},
    {"translate", 3, 3, kScalar, "translate($1, $2, $3)"},
    {"trim", 1, 1, kScalar, "trim($1)"},
    {"trim", 2, 2, kScalar, "trim($2, $1)"},
    {"ucase", 1, 1, kScalar, "upper($1)"},
    {"unbase64", 1, 1, kScalar, "from_base64($1)"},
    {"unhex", 1, 1, kScalar, "unhex($1)"},
    {"upper", 1, 1, kScalar, "upper($1)"},
    {"url_decode", 1, 1, kScalar, "url_decode($1)"},
    {"url_encode", 1, 1, kScalar, "replace(url_encode($1), '%20', '+')"},
    {"uuid", 0, 0, kScalar, "CAST(uuid() AS VARCHAR)"},
};

}  // namespace

std::span<const FunctionSpec> TextFunctions() { return kFunctions; }

}  // namespace tarn::sql
