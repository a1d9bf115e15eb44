// The helpers that rendered texts call: contracts, and macros for where no native function is registered.
// A macro is untyped: it looks at typeof(a), which DuckDB folds when it plans, and TRY_CASTs in the branches that the
// type rules out, so that they bind.
#include <algorithm>

#include "sql/functions.h"

namespace tarn::sql {
namespace {

// Sorted by name.
constexpr HelperMacro kMacros[] = {
    {"spark_add_days",
     "(DATE, INTERVAL of months and days only) -> DATE; (TIMESTAMP or TIMESTAMP WITH TIME ZONE, INTERVAL) "
     "-> the same type; (VARCHAR, INTERVAL) -> TIMESTAMP WITH TIME ZONE; (INTERVAL, INTERVAL) -> INTERVAL.",
     "a DATE column gives TIMESTAMP",
     "CREATE OR REPLACE TEMP MACRO spark_add_days(a, i) AS a + i"},
    {"spark_add_time",
     "(DATE or VARCHAR, INTERVAL with a time) -> TIMESTAMP WITH TIME ZONE; (TIMESTAMP or TIMESTAMP WITH "
     "TIME ZONE, INTERVAL) -> the same type; (INTERVAL, INTERVAL) -> INTERVAL.",
     "a DATE column gives TIMESTAMP",
     "CREATE OR REPLACE TEMP MACRO spark_add_time(a, i) AS a + i"},
    {"spark_all_true",
     "(BOOLEAN[]) -> BOOLEAN: FALSE when one is FALSE, else NULL when one is NULL, else TRUE.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_all_true(a) AS CASE WHEN list_contains(a, FALSE) THEN FALSE WHEN "
     "list_count(a) < len(a) THEN NULL WHEN a IS NOT NULL THEN TRUE END"},
    {"spark_any_true",
     "(BOOLEAN[]) -> BOOLEAN: TRUE when one is TRUE, else NULL when one is NULL, else FALSE.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_any_true(a) AS CASE WHEN list_contains(a, TRUE) THEN TRUE WHEN "
     "list_count(a) < len(a) THEN NULL WHEN a IS NOT NULL THEN FALSE END"},
    {"spark_array_contains",
     "(T[] a, T x) -> BOOLEAN: NULL when a or x is, or when x is not found and a holds a NULL.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_array_contains(a, x) AS CASE WHEN a IS NULL OR x IS NULL THEN "
     "NULL WHEN list_contains(a, x) THEN TRUE WHEN list_count(a) < len(a) THEN NULL ELSE FALSE END"},
    {"spark_array_distinct",
     "(T[]) -> T[]: without repetitions (NULL counts as a value), first appearance first.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_array_distinct(a) AS list_filter(a, lambda x, i: "
     "list_position(a, x) = i)"},
    {"spark_array_except",
     "(T[] a, T[] b) -> T[]: what is in a and not in b, without repetitions, a's order.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_array_except(a, b) AS CASE WHEN b IS NOT NULL THEN "
     "list_filter(a, lambda x, i: list_position(a, x) = i AND list_position(b, x) IS NULL) END"},
    {"spark_array_get",
     "(T[] a, integer i) -> T: element i from 0. NULL when a or i is. Errors: INVALID_ARRAY_INDEX. For a "
     "MAP a: the value of key i.",
     "maps with integer keys",
     "CREATE OR REPLACE TEMP MACRO spark_array_get(a, i) AS CASE WHEN i < 0 OR i >= len(a) THEN "
     "spark_raise('[INVALID_ARRAY_INDEX] The index ' || i || ' is out of bounds. The array has ' || len(a) || ' "
     "elements. Use the SQL function `get()` to tolerate accessing element at invalid index and return "
     "NULL instead.') ELSE list_extract(a, i + 1) END"},
    {"spark_array_intersect",
     "(T[] a, T[] b) -> T[]: what is in both, without repetitions, a's order.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_array_intersect(a, b) AS CASE WHEN b IS NOT NULL THEN "
     "list_filter(a, lambda x, i: list_position(a, x) = i AND list_position(b, x) IS NOT NULL) END"},
    {"spark_cast_bigint",
     "(any) -> BIGINT: CAST to bigint as Spark's ANSI mode: strings trimmed and whole numbers only, "
     "fractions cut off, instants as seconds since 1970. Errors: CAST_INVALID_INPUT, CAST_OVERFLOW.",
     "decimals of more than 28 whole digits",
     "CREATE OR REPLACE TEMP MACRO spark_cast_bigint(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN CASE WHEN "
     "TRY_CAST(a AS VARCHAR) IS NULL THEN NULL WHEN regexp_full_match(trim(TRY_CAST(a AS VARCHAR)), "
     "'[+-]?[0-9]+') THEN CAST(trim(TRY_CAST(a AS VARCHAR)) AS BIGINT) ELSE spark_raise('[CAST_INVALID_INPUT] "
     "The value ''' || TRY_CAST(a AS VARCHAR) || ''' of the type \"STRING\" cannot be cast to \"BIGINT\" "
     "because it is malformed. Correct the value as per the syntax, or change its target type. Use "
     "`try_cast` to tolerate malformed input and return NULL instead.') END WHEN typeof(a) IN ('DOUBLE', "
     "'FLOAT') THEN CAST(trunc(TRY_CAST(a AS DOUBLE)) AS BIGINT) WHEN starts_with(typeof(a), 'DECIMAL') "
     "THEN CAST(trunc(TRY_CAST(a AS DECIMAL(38, 10))) AS BIGINT) WHEN starts_with(typeof(a), 'TIMESTAMP') "
     "THEN CAST(floor(epoch(TRY_CAST(a AS TIMESTAMP))) AS BIGINT) ELSE CAST(a AS BIGINT) END"},
    {"spark_cast_binary",
     "(VARCHAR) -> BLOB: its UTF-8 bytes; (BLOB) -> itself.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_cast_binary(a) AS CASE WHEN typeof(a) = 'BLOB' THEN TRY_CAST(a "
     "AS BLOB) ELSE encode(CAST(a AS VARCHAR)) END"},
    {"spark_cast_double",
     "(any) -> DOUBLE: CAST as Spark's: strings trimmed, instants as seconds since 1970. Errors: "
     "CAST_INVALID_INPUT.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_cast_double(a) AS CASE WHEN starts_with(typeof(a), 'TIMESTAMP') "
     "THEN epoch(TRY_CAST(a AS TIMESTAMP)) WHEN typeof(a) = 'VARCHAR' THEN CAST(trim(TRY_CAST(a AS "
     "VARCHAR)) AS DOUBLE) ELSE CAST(a AS DOUBLE) END"},
    {"spark_cast_int",
     "(any) -> INTEGER: CAST to int as Spark's ANSI mode: strings trimmed and whole numbers only, "
     "fractions cut off, instants as seconds since 1970. Errors: CAST_INVALID_INPUT, CAST_OVERFLOW.",
     "decimals of more than 28 whole digits",
     "CREATE OR REPLACE TEMP MACRO spark_cast_int(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN CASE WHEN "
     "TRY_CAST(a AS VARCHAR) IS NULL THEN NULL WHEN regexp_full_match(trim(TRY_CAST(a AS VARCHAR)), "
     "'[+-]?[0-9]+') THEN CAST(trim(TRY_CAST(a AS VARCHAR)) AS INTEGER) ELSE spark_raise('[CAST_INVALID_INPUT] "
     "The value ''' || TRY_CAST(a AS VARCHAR) || ''' of the type \"STRING\" cannot be cast to \"INT\" "
     "because it is malformed. Correct the value as per the syntax, or change its target type. Use "
     "`try_cast` to tolerate malformed input and return NULL instead.') END WHEN typeof(a) IN ('DOUBLE', "
     "'FLOAT') THEN CAST(trunc(TRY_CAST(a AS DOUBLE)) AS INTEGER) WHEN starts_with(typeof(a), 'DECIMAL') "
     "THEN CAST(trunc(TRY_CAST(a AS DECIMAL(38, 10))) AS INTEGER) WHEN starts_with(typeof(a), "
     "'TIMESTAMP') THEN CAST(floor(epoch(TRY_CAST(a AS TIMESTAMP))) AS INTEGER) ELSE CAST(a AS INTEGER) "
     "END"},
    {"spark_cast_smallint",
     "(any) -> SMALLINT: CAST to smallint as Spark's ANSI mode: strings trimmed and whole numbers only, "
     "fractions cut off, instants as seconds since 1970. Errors: CAST_INVALID_INPUT, CAST_OVERFLOW.",
     "decimals of more than 28 whole digits",
     "CREATE OR REPLACE TEMP MACRO spark_cast_smallint(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN CASE "
     "WHEN TRY_CAST(a AS VARCHAR) IS NULL THEN NULL WHEN regexp_full_match(trim(TRY_CAST(a AS VARCHAR)), "
     "'[+-]?[0-9]+') THEN CAST(trim(TRY_CAST(a AS VARCHAR)) AS SMALLINT) ELSE spark_raise('[CAST_INVALID_INPUT] "
     "The value ''' || TRY_CAST(a AS VARCHAR) || ''' of the type \"STRING\" cannot be cast to "
     "\"SMALLINT\" because it is malformed. Correct the value as per the syntax, or change its target "
     "type. Use `try_cast` to tolerate malformed input and return NULL instead.') END WHEN typeof(a) IN "
     "('DOUBLE', 'FLOAT') THEN CAST(trunc(TRY_CAST(a AS DOUBLE)) AS SMALLINT) WHEN starts_with(typeof(a), "
     "'DECIMAL') THEN CAST(trunc(TRY_CAST(a AS DECIMAL(38, 10))) AS SMALLINT) WHEN starts_with(typeof(a), "
     "'TIMESTAMP') THEN CAST(floor(epoch(TRY_CAST(a AS TIMESTAMP))) AS SMALLINT) ELSE CAST(a AS SMALLINT) "
     "END"},
    {"spark_cast_string",
     "(any) -> VARCHAR as Spark's CAST prints: instants without zone, 1.0E10, arrays [1, 2], structs {1, "
     "x}, maps {k -> v}, variants as JSON but for strings.",
     "large and small doubles; structs and maps",
     "CREATE OR REPLACE TEMP MACRO spark_cast_string(a) AS CASE WHEN starts_with(typeof(a), 'TIMESTAMP') "
     "THEN CASE WHEN epoch_us(TRY_CAST(a AS TIMESTAMP)) % 1000000 = 0 THEN strftime(TRY_CAST(a AS "
     "TIMESTAMP), '%Y-%m-%d %H:%M:%S') ELSE rtrim(strftime(TRY_CAST(a AS TIMESTAMP), '%Y-%m-%d "
     "%H:%M:%S.%f'), '0') END WHEN typeof(a) = 'VARIANT' THEN json_extract_string(TRY_CAST(a AS JSON), '$') "
     "ELSE CAST(a AS VARCHAR) END"},
    {"spark_cast_timestamp",
     "(any) -> TIMESTAMP WITH TIME ZONE: numbers are seconds since 1970; strings as Spark reads them "
     "(2024, 2024-01, 2024-01-02T03:04:05.678Z). Errors: CAST_INVALID_INPUT.",
     "strings of a year, a month, or without seconds",
     "CREATE OR REPLACE TEMP MACRO spark_cast_timestamp(a) AS CASE WHEN typeof(a) IN ('TINYINT', "
     "'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'DOUBLE', 'FLOAT') OR starts_with(typeof(a), 'DECIMAL') "
     "THEN to_timestamp(TRY_CAST(a AS DOUBLE)) WHEN typeof(a) = 'VARCHAR' THEN CAST(trim(TRY_CAST(a AS "
     "VARCHAR)) AS TIMESTAMP WITH TIME ZONE) ELSE CAST(a AS TIMESTAMP WITH TIME ZONE) END"},
    {"spark_cast_tinyint",
     "(any) -> TINYINT: CAST to tinyint as Spark's ANSI mode: strings trimmed and whole numbers only, "
     "fractions cut off, instants as seconds since 1970. Errors: CAST_INVALID_INPUT, CAST_OVERFLOW.",
     "decimals of more than 28 whole digits",
     "CREATE OR REPLACE TEMP MACRO spark_cast_tinyint(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN CASE "
     "WHEN TRY_CAST(a AS VARCHAR) IS NULL THEN NULL WHEN regexp_full_match(trim(TRY_CAST(a AS VARCHAR)), "
     "'[+-]?[0-9]+') THEN CAST(trim(TRY_CAST(a AS VARCHAR)) AS TINYINT) ELSE spark_raise('[CAST_INVALID_INPUT] "
     "The value ''' || TRY_CAST(a AS VARCHAR) || ''' of the type \"STRING\" cannot be cast to \"TINYINT\" "
     "because it is malformed. Correct the value as per the syntax, or change its target type. Use "
     "`try_cast` to tolerate malformed input and return NULL instead.') END WHEN typeof(a) IN ('DOUBLE', "
     "'FLOAT') THEN CAST(trunc(TRY_CAST(a AS DOUBLE)) AS TINYINT) WHEN starts_with(typeof(a), 'DECIMAL') "
     "THEN CAST(trunc(TRY_CAST(a AS DECIMAL(38, 10))) AS TINYINT) WHEN starts_with(typeof(a), "
     "'TIMESTAMP') THEN CAST(floor(epoch(TRY_CAST(a AS TIMESTAMP))) AS TINYINT) ELSE CAST(a AS TINYINT) "
     "END"},
    {"spark_divide",
     "(number a, number b) -> DOUBLE, or DECIMAL by Spark's rules when one is a DECIMAL and none a "
     "floating number. Errors: DIVIDE_BY_ZERO when b = 0.",
     "decimals give DOUBLE",
     "CREATE OR REPLACE TEMP MACRO spark_divide(a, b) AS CASE WHEN b = 0 THEN spark_raise('[DIVIDE_BY_ZERO] "
     "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead.') ELSE a / "
     "b END"},
    {"spark_element_at",
     "(T[] a, integer i) -> T: element i from 1, from the end when negative. Errors: "
     "INVALID_ARRAY_INDEX_IN_ELEMENT_AT, INVALID_INDEX_OF_ZERO. (MAP(K, V), K) -> V, NULL when there is "
     "none.",
     "NULL instead of the errors",
     "CREATE OR REPLACE TEMP MACRO spark_element_at(a, i) AS a[i]"},
    {"spark_format_number",
     "(number x, INT digits) -> VARCHAR: 1,234.50.",
     "doubles of more than 15 digits",
     "CREATE OR REPLACE TEMP MACRO spark_format_number(x, d) AS format('{:,.' || d || 'f}', CAST(x AS "
     "DOUBLE))"},
    {"spark_from_json",
     "(VARCHAR json, VARCHAR constant structure as DuckDB's from_json) -> that type; NULL for bad JSON.",
     "NULL instead of a struct of NULLs for bad JSON",
     "CREATE OR REPLACE TEMP MACRO spark_from_json(j, s) AS CASE WHEN json_valid(j) THEN from_json(CAST(j "
     "AS JSON), s) END"},
    {"spark_get_json_object",
     "(VARCHAR json, VARCHAR path) -> VARCHAR: strings unquoted, objects and arrays as JSON text. NULL "
     "for bad JSON or no such path.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_get_json_object(j, p) AS CASE WHEN json_valid(j) THEN "
     "json_extract_string(j, p) END"},
    {"spark_initcap",
     "(VARCHAR) -> VARCHAR: the first letter of each word, split at blanks, upper case, the others lower "
     "case.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_initcap(a) AS "
     "array_to_string(list_transform(string_split(lower(a), ' '), lambda w: upper(left(w, 1)) || "
     "substring(w, 2)), ' ')"},
    {"spark_int_divide",
     "(number a, number b) -> BIGINT: the quotient cut off. Errors: DIVIDE_BY_ZERO, ARITHMETIC_OVERFLOW.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_int_divide(a, b) AS CASE WHEN b = 0 THEN spark_raise('[DIVIDE_BY_ZERO] "
     "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead.') ELSE "
     "CAST(trunc(a // b) AS BIGINT) END"},
    {"spark_join",
     "(VARCHAR separator, any) -> VARCHAR: an array's elements joined, NULL when it is empty; anything "
     "else as a string.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_join(s, a) AS CASE WHEN ends_with(typeof(a), '[]') THEN "
     "nullif(array_to_string(TRY_CAST(a AS VARCHAR[]), s), '') ELSE CAST(a AS VARCHAR) END"},
    {"spark_length",
     "(VARCHAR) -> INTEGER: characters; (BLOB): bytes; (any other): characters of its CAST to VARCHAR.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_length(a) AS CAST(CASE WHEN typeof(a) = 'BLOB' THEN "
     "octet_length(TRY_CAST(a AS BLOB)) ELSE length(CAST(a AS VARCHAR)) END AS INTEGER)"},
    {"spark_ln",
     "(number) -> DOUBLE: NULL for zero and below.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_ln(a) AS ln(CASE WHEN a > 0 THEN a END)"},
    {"spark_locate",
     "(VARCHAR needle, VARCHAR text, INT from) -> INTEGER: position from 1 at or after `from`, 0 when "
     "there is none.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_locate(n, t, f) AS CAST(CASE WHEN n IS NULL OR t IS NULL THEN "
     "NULL WHEN f < 1 OR instr(substring(t, f), n) = 0 THEN 0 ELSE instr(substring(t, f), n) + f - 1 END "
     "AS INTEGER)"},
    {"spark_mod",
     "(number a, number b) -> their common type: the remainder with the sign of a. Errors: "
     "REMAINDER_BY_ZERO.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_mod(a, b) AS CASE WHEN b = 0 THEN spark_raise('[REMAINDER_BY_ZERO] "
     "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and return NULL instead.') ELSE a % b "
     "END"},
    {"spark_months_between",
     "(time a, time b) -> DOUBLE: months from b to a, whole when both are the same day or the last of "
     "their months, else by 31-day months, 8 digits.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_months_between(a, b) AS CASE WHEN day(CAST(a AS TIMESTAMP)) = "
     "day(CAST(b AS TIMESTAMP)) OR (last_day(CAST(a AS DATE)) = CAST(a AS DATE) AND last_day(CAST(b AS "
     "DATE)) = CAST(b AS DATE)) THEN CAST((year(CAST(a AS TIMESTAMP)) - year(CAST(b AS TIMESTAMP))) * 12 "
     "+ month(CAST(a AS TIMESTAMP)) - month(CAST(b AS TIMESTAMP)) AS DOUBLE) ELSE round((year(CAST(a AS "
     "TIMESTAMP)) - year(CAST(b AS TIMESTAMP))) * 12 + month(CAST(a AS TIMESTAMP)) - month(CAST(b AS "
     "TIMESTAMP)) + (day(CAST(a AS TIMESTAMP)) - day(CAST(b AS TIMESTAMP)) + (epoch(CAST(a AS TIMESTAMP)) "
     "% 86400 - epoch(CAST(b AS TIMESTAMP)) % 86400) / 86400) / 31, 8) END"},
    {"spark_next_day",
     "(time, VARCHAR weekday: Mo, Mon, Monday) -> DATE: the first such day after it. Errors: "
     "ILLEGAL_DAY_OF_WEEK.",
     "NULL instead of the error",
     "CREATE OR REPLACE TEMP MACRO spark_next_day(d, n) AS CAST(CAST(d AS DATE) + CAST((CASE "
     "lower(left(trim(n), 2)) WHEN 'mo' THEN 1 WHEN 'tu' THEN 2 WHEN 'we' THEN 3 WHEN 'th' THEN 4 WHEN "
     "'fr' THEN 5 WHEN 'sa' THEN 6 WHEN 'su' THEN 7 END - isodow(CAST(d AS DATE)) + 6) % 7 + 1 AS "
     "INTEGER) AS DATE)"},
    {"spark_pmod",
     "(number a, number b) -> their common type: the remainder, never negative for b > 0. Errors: "
     "REMAINDER_BY_ZERO.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_pmod(a, b) AS CASE WHEN b = 0 THEN spark_raise('[REMAINDER_BY_ZERO] "
     "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and return NULL instead.') ELSE ((a % "
     "b) + b) % b END"},
    {"spark_reverse",
     "(VARCHAR) -> VARCHAR: its characters backwards; (T[]) -> T[]: its elements backwards.",
     "strings only",
     "CREATE OR REPLACE TEMP MACRO spark_reverse(a) AS reverse(a)"},
    {"spark_round",
     "(number, INT digits) -> the same type (decimals: the smaller scale): half up on the number's "
     "decimal text.",
     "1.005 rounds to 1.0",
     "CREATE OR REPLACE TEMP MACRO spark_round(a, n) AS round(a, CAST(n AS INTEGER))"},
    {"spark_sequence",
     "(integer a, integer b, integer step) -> array of their common type, both ends included; (DATE or "
     "TIMESTAMP, the same, INTERVAL). Errors: INVALID_PARAMETER_VALUE for a step in the wrong direction.",
     "always BIGINT[]; an empty array instead of the error",
     "CREATE OR REPLACE TEMP MACRO spark_sequence(a, b, s) AS generate_series(a, b, s)"},
    {"spark_shiftrightunsigned",
     "(INT or BIGINT a, INT n) -> type of a: >>> of a's own width.",
     "INT is shifted as BIGINT",
     "CREATE OR REPLACE TEMP MACRO spark_shiftrightunsigned(a, n) AS CASE WHEN n = 0 OR a >= 0 THEN a >> "
     "n ELSE ((a >> 1) & 9223372036854775807) >> (n - 1) END"},
    {"spark_size",
     "(T[]) -> BIGINT: its length; (MAP): its entries. NULL for NULL.",
     "arrays only",
     "CREATE OR REPLACE TEMP MACRO spark_size(a) AS len(a)"},
    {"spark_slice",
     "(T[] a, INT start, INT length) -> T[]: from 1, from the end when negative. Errors: "
     "INVALID_PARAMETER_VALUE for start 0.",
     "no error for start 0",
     "CREATE OR REPLACE TEMP MACRO spark_slice(a, s, n) AS list_slice(a, CASE WHEN s < 0 THEN len(a) + s "
     "+ 1 ELSE s END, CASE WHEN s < 0 THEN len(a) + s ELSE s - 1 END + n)"},
    {"spark_sqrt",
     "(number) -> DOUBLE: NaN below zero.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_sqrt(a) AS CASE WHEN a < 0 THEN CAST('NaN' AS DOUBLE) ELSE "
     "sqrt(a) END"},
    {"spark_str_to_map",
     "(VARCHAR text, VARCHAR pair separator, VARCHAR key separator) -> MAP(VARCHAR, VARCHAR). The "
     "separators are regular expressions in Spark.",
     "separators are plain text",
     "CREATE OR REPLACE TEMP MACRO spark_str_to_map(t, p, k) AS "
     "map_from_entries(list_transform(string_split(t, p), lambda e: {'key': split_part(e, k, 1), 'value': "
     "CASE WHEN contains(e, k) THEN substring(e, instr(e, k) + length(k)) END}))"},
    {"spark_subscript",
     "(T[] a, integer i) -> T: as spark_array_get; (MAP(K, V), K) -> V: the value, NULL when there is "
     "none; (STRUCT, VARCHAR constant) -> the field.",
     "arrays only",
     "CREATE OR REPLACE TEMP MACRO spark_subscript(a, i) AS CASE WHEN i < 0 OR i >= len(a) THEN "
     "spark_raise('[INVALID_ARRAY_INDEX] The index ' || i || ' is out of bounds. The array has ' || len(a) || ' "
     "elements. Use the SQL function `get()` to tolerate accessing element at invalid index and return "
     "NULL instead.') ELSE list_extract(a, i + 1) END"},
    {"spark_substring",
     "(VARCHAR, INT position, INT length) -> VARCHAR: from 1, from the end when negative, 0 is 1; '' for "
     "a length below 1.",
     "positions before the start",
     "CREATE OR REPLACE TEMP MACRO spark_substring(a, p, n) AS substring(a, CASE WHEN p = 0 THEN 1 ELSE p "
     "END, greatest(n, 0))"},
    {"spark_substring_from",
     "(VARCHAR, INT position) -> VARCHAR: as spark_substring, to the end.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_substring_from(a, p) AS CASE WHEN p < - length(a) THEN a ELSE "
     "substring(a, CASE WHEN p = 0 THEN 1 ELSE p END) END"},
    {"spark_substring_index",
     "(VARCHAR text, VARCHAR delimiter, INT n) -> VARCHAR: what stands before the n-th delimiter, or "
     "after it when n < 0.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_substring_index(t, d, n) AS CASE WHEN d = '' OR n = 0 THEN CASE "
     "WHEN t IS NOT NULL THEN '' END WHEN n > 0 THEN array_to_string(list_slice(string_split(t, d), 1, "
     "n), d) ELSE array_to_string(list_slice(string_split(t, d), greatest(len(string_split(t, d)) + n + "
     "1, 1), len(string_split(t, d))), d) END"},
    {"spark_to_json",
     "(STRUCT, MAP or array) -> VARCHAR: JSON text; a struct's NULL fields are left out, instants as "
     "2024-01-02T03:04:05.000Z.",
     "NULL fields are written; instants as DuckDB prints them",
     "CREATE OR REPLACE TEMP MACRO spark_to_json(a) AS CASE WHEN typeof(a) = 'VARIANT' THEN "
     "CASE WHEN a IS NULL THEN NULL ELSE CAST(CAST(a AS JSON) AS VARCHAR) END ELSE CAST(to_json(a) AS VARCHAR) END"},
    {"spark_try_cast_bigint",
     "(any) -> BIGINT: CAST to bigint as Spark's ANSI mode: strings trimmed and whole numbers only, "
     "fractions cut off, instants as seconds since 1970. NULL where the CAST would fail.",
     "decimals of more than 28 whole digits",
     "CREATE OR REPLACE TEMP MACRO spark_try_cast_bigint(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN CASE "
     "WHEN TRY_CAST(a AS VARCHAR) IS NULL THEN NULL WHEN regexp_full_match(trim(TRY_CAST(a AS VARCHAR)), "
     "'[+-]?[0-9]+') THEN TRY_CAST(trim(TRY_CAST(a AS VARCHAR)) AS BIGINT) ELSE NULL END WHEN typeof(a) "
     "IN ('DOUBLE', 'FLOAT') THEN TRY_CAST(trunc(TRY_CAST(a AS DOUBLE)) AS BIGINT) WHEN "
     "starts_with(typeof(a), 'DECIMAL') THEN TRY_CAST(trunc(TRY_CAST(a AS DECIMAL(38, 10))) AS BIGINT) "
     "WHEN starts_with(typeof(a), 'TIMESTAMP') THEN TRY_CAST(floor(epoch(TRY_CAST(a AS TIMESTAMP))) AS "
     "BIGINT) ELSE TRY_CAST(a AS BIGINT) END"},
    {"spark_try_cast_double",
     "(any) -> DOUBLE: CAST as Spark's: strings trimmed, instants as seconds since 1970. NULL where the "
     "CAST would fail.",
     "",
     "CREATE OR REPLACE TEMP MACRO spark_try_cast_double(a) AS CASE WHEN starts_with(typeof(a), "
     "'TIMESTAMP') THEN epoch(TRY_CAST(a AS TIMESTAMP)) WHEN typeof(a) = 'VARCHAR' THEN "
     "TRY_CAST(trim(TRY_CAST(a AS VARCHAR)) AS DOUBLE) ELSE TRY_CAST(a AS DOUBLE) END"},
    {"spark_try_cast_int",
     "(any) -> INTEGER: CAST to int as Spark's ANSI mode: strings trimmed and whole numbers only, "
     "fractions cut off, instants as seconds since 1970. NULL where the CAST would fail.",
     "decimals of more than 28 whole digits",
     "CREATE OR REPLACE TEMP MACRO spark_try_cast_int(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN CASE "
     "WHEN TRY_CAST(a AS VARCHAR) IS NULL THEN NULL WHEN regexp_full_match(trim(TRY_CAST(a AS VARCHAR)), "
     "'[+-]?[0-9]+') THEN TRY_CAST(trim(TRY_CAST(a AS VARCHAR)) AS INTEGER) ELSE NULL END WHEN typeof(a) "
     "IN ('DOUBLE', 'FLOAT') THEN TRY_CAST(trunc(TRY_CAST(a AS DOUBLE)) AS INTEGER) WHEN "
     "starts_with(typeof(a), 'DECIMAL') THEN TRY_CAST(trunc(TRY_CAST(a AS DECIMAL(38, 10))) AS INTEGER) "
     "WHEN starts_with(typeof(a), 'TIMESTAMP') THEN TRY_CAST(floor(epoch(TRY_CAST(a AS TIMESTAMP))) AS "
     "INTEGER) ELSE TRY_CAST(a AS INTEGER) END"},
    {"spark_try_cast_smallint",
     "(any) -> SMALLINT: CAST to smallint as Spark's ANSI mode: strings trimmed and whole numbers only, "
     "fractions cut off, instants as seconds since 1970. NULL where the CAST would fail.",
     "decimals of more than 28 whole digits",
     "CREATE OR REPLACE TEMP MACRO spark_try_cast_smallint(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN "
     "CASE WHEN TRY_CAST(a AS VARCHAR) IS NULL THEN NULL WHEN regexp_full_match(trim(TRY_CAST(a AS "
     "VARCHAR)), '[+-]?[0-9]+') THEN TRY_CAST(trim(TRY_CAST(a AS VARCHAR)) AS SMALLINT) ELSE NULL END "
     "WHEN typeof(a) IN ('DOUBLE', 'FLOAT') THEN TRY_CAST(trunc(TRY_CAST(a AS DOUBLE)) AS SMALLINT) WHEN "
     "starts_with(typeof(a), 'DECIMAL') THEN TRY_CAST(trunc(TRY_CAST(a AS DECIMAL(38, 10))) AS SMALLINT) "
     "WHEN starts_with(typeof(a), 'TIMESTAMP') THEN TRY_CAST(floor(epoch(TRY_CAST(a AS TIMESTAMP))) AS "
     "SMALLINT) ELSE TRY_CAST(a AS SMALLINT) END"},
    {"spark_try_cast_timestamp",
     "(any) -> TIMESTAMP WITH TIME ZONE: numbers are seconds since 1970; strings as Spark reads them "
     "(2024, 2024-01, 2024-01-02T03:04:05.678Z). NULL where the CAST would fail.",
     "strings of a year, a month, or without seconds",
     "CREATE OR REPLACE TEMP MACRO spark_try_cast_timestamp(a) AS CASE WHEN typeof(a) IN ('TINYINT', "
     "'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'DOUBLE', 'FLOAT') OR starts_with(typeof(a), 'DECIMAL') "
     "THEN to_timestamp(TRY_CAST(a AS DOUBLE)) WHEN typeof(a) = 'VARCHAR' THEN TRY_CAST(trim(TRY_CAST(a "
     "AS VARCHAR)) AS TIMESTAMP WITH TIME ZONE) ELSE TRY_CAST(a AS TIMESTAMP WITH TIME ZONE) END"},
    {"spark_try_cast_tinyint",
     "(any) -> TINYINT: CAST to tinyint as Spark's ANSI mode: strings trimmed and whole numbers only, "
     "fractions cut off, instants as seconds since 1970. NULL where the CAST would fail.",
     "decimals of more than 28 whole digits",
     "CREATE OR REPLACE TEMP MACRO spark_try_cast_tinyint(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN CASE "
     "WHEN TRY_CAST(a AS VARCHAR) IS NULL THEN NULL WHEN regexp_full_match(trim(TRY_CAST(a AS VARCHAR)), "
     "'[+-]?[0-9]+') THEN TRY_CAST(trim(TRY_CAST(a AS VARCHAR)) AS TINYINT) ELSE NULL END WHEN typeof(a) "
     "IN ('DOUBLE', 'FLOAT') THEN TRY_CAST(trunc(TRY_CAST(a AS DOUBLE)) AS TINYINT) WHEN "
     "starts_with(typeof(a), 'DECIMAL') THEN TRY_CAST(trunc(TRY_CAST(a AS DECIMAL(38, 10))) AS TINYINT) "
     "WHEN starts_with(typeof(a), 'TIMESTAMP') THEN TRY_CAST(floor(epoch(TRY_CAST(a AS TIMESTAMP))) AS "
     "TINYINT) ELSE TRY_CAST(a AS TINYINT) END"},
};
static_assert(std::ranges::is_sorted(kMacros, {}, &HelperMacro::name));

}  // namespace

std::span<const HelperMacro> HelperMacros() { return kMacros; }

const HelperMacro *FindHelperMacro(std::string_view name) {
    auto found = std::ranges::lower_bound(kMacros, name, {}, &HelperMacro::name);
    return found != std::end(kMacros) && found->name == name ? found : nullptr;
}

std::vector<const HelperMacro *> HelpersInOrder(const std::vector<std::string> &helpers) {
    std::vector<const HelperMacro *> order;
    auto add = [&](auto &self, std::string_view name) -> void {
        const HelperMacro *macro = FindHelperMacro(name);
        if (macro == nullptr || std::ranges::find(order, macro) != order.end()) return;
        for (std::string_view needs = macro->needs; !needs.empty();) {
            size_t end = std::min(needs.find(' '), needs.size());
            self(self, needs.substr(0, end));
            needs.remove_prefix(std::min(end + 1, needs.size()));
        }
        order.push_back(macro);
    };
    for (const std::string &name : helpers) add(add, name);
    return order;
}

}  // namespace tarn::sql
