// Arrays, maps, structs, and the functions that take a lambda.
#include "sql/internal/function_tables.h"

namespace tarn::sql {
namespace {

using enum FunctionKind;

std::string Join(const std::vector<std::string> &parts) {
    std::string text;
    for (size_t i = 0; i < parts.size(); i++) text += (i > 0 ? ", " : "") + parts[i];
    return text;
}

const Lambda *LambdaAt(const CallContext &call, size_t index) {
    return index < call.call.args.size() ? call.call.args[index].value->As<Lambda>() : nullptr;
}

Error NeedsLambda(const CallContext &call, std::string_view example) {
    Error error = MakeError(ErrorKind::kInvalidInput, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
                            "The function `" + ToLower(call.call.name.Last()) + "` needs a lambda such as " + std::string(example) + ".");
    error.position = call.position;
    return error;
}

Result<std::string> Size(const CallContext &call) {
    bool map = EvidentTypeOf(*call.call.args[0].value) == EvidentType::kMap;
    std::string length = map ? "cardinality(" + call.args[0] + ")" : call.renderer.Helper("spark_size") + "(" + call.args[0] + ")";
    return "CAST(" + length + " AS INTEGER)";
}

// map(k, v, k, v)
Result<std::string> Map(const CallContext &call) {
    if (call.args.size() % 2 != 0) {
        Error error = MakeError(ErrorKind::kInvalidInput, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
                                "The `map` requires 2n (n >= 0) parameters but the actual number is " + std::to_string(call.args.size()) + ".");
        error.position = call.position;
        return Fail(std::move(error));
    }
    std::vector<std::string> keys;
    std::vector<std::string> values;
    for (size_t i = 0; i < call.args.size(); i++) (i % 2 == 0 ? keys : values).push_back(call.args[i]);
    return "map([" + Join(keys) + "], [" + Join(values) + "])";
}

// struct(a, b + 1, c AS d): a field is named by its alias, its column, or col1, col2, …
Result<std::string> Struct(const CallContext &call) {
    bool whole_row = call.args.size() == 1 && call.call.args[0].value->As<Star>() != nullptr;
    if (whole_row) {
        const Star &star = *call.call.args[0].value->As<Star>();
        const Scope *scope = &call.scope;
        while (scope != nullptr && scope->relations.empty()) scope = scope->outer;
        bool single = scope != nullptr && scope->relations.size() == 1 && star.except.empty();
        if (single) return QuoteIdentifier(scope->relations[0].alias);
        return Fail(UnsupportedError(call.position, "struct(*) over several relations is not supported.", "Name the columns, or read from one subquery."));
    }
    std::string text = "{";
    for (size_t i = 0; i < call.args.size(); i++) {
        const Argument &argument = call.call.args[i];
        std::string name = argument.alias;
        if (name.empty()) {
            const auto *column = argument.value->As<ColumnRef>();
            const auto *field = argument.value->As<FieldAccess>();
            name = column != nullptr ? column->name.Last() : field != nullptr ? field->field : "col" + std::to_string(i + 1);
        }
        text += (i > 0 ? ", " : "") + QuoteLiteral(name) + ": " + call.args[i];
    }
    return text + "}";
}

// named_struct('a', 1, 'b', 2)
Result<std::string> NamedStruct(const CallContext &call) {
    std::string text = "{";
    for (size_t i = 0; i < call.args.size(); i += 2) {
        std::optional<std::string> name = LiteralString(*call.call.args[i].value);
        if (!name || i + 1 >= call.args.size()) {
            Error error = MakeError(ErrorKind::kInvalidInput, "DATATYPE_MISMATCH.CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING",
                                    "named_struct takes pairs of a string literal and a value.");
            error.position = call.position;
            return Fail(std::move(error));
        }
        text += (i > 0 ? ", " : "") + QuoteLiteral(*name) + ": " + call.args[i + 1];
    }
    return text + "}";
}

// The index of a two-parameter lambda counts from 0 in Spark, from 1 in DuckDB.
Result<std::string> ElementLambda(const CallContext &call, size_t index) {
    const Lambda *lambda = LambdaAt(call, index);
    if (lambda == nullptr || lambda->params.empty() || lambda->params.size() > 2) return Fail(NeedsLambda(call, "x -> x + 1"));
    std::string element = QuoteIdentifier(lambda->params[0]);
    if (lambda->params.size() == 1) return call.renderer.RenderLambda(*lambda, element, {element}, call.scope);
    std::string position = QuoteIdentifier(lambda->params[1]);
    return call.renderer.RenderLambda(*lambda, element + ", " + position, {element, "CAST(" + position + " - 1 AS INTEGER)"}, call.scope);
}

Result<std::string> Transform(const CallContext &call) {
    TARN_TRY(std::string lambda, ElementLambda(call, 1));
    return "list_transform(" + call.args[0] + ", " + lambda + ")";
}

Result<std::string> Filter(const CallContext &call) {
    TARN_TRY(std::string lambda, ElementLambda(call, 1));
    return "list_filter(" + call.args[0] + ", " + lambda + ")";
}

// exists(a, f) and forall(a, f): false and true for an empty array.
Result<std::string> Quantified(const CallContext &call) {
    TARN_TRY(std::string lambda, ElementLambda(call, 1));
    bool exists = !EqualsIgnoreCase(call.call.name.Last(), "forall");
    return call.renderer.Helper(exists ? "spark_any_true" : "spark_all_true") + "(list_transform(" + call.args[0] + ", " + lambda + "))";
}

// aggregate(array, start, merge [, finish]): the start goes in front, so that DuckDB finds a common type for both.
Result<std::string> Aggregate(const CallContext &call) {
    const Lambda *merge = LambdaAt(call, 2);
    if (merge == nullptr || merge->params.size() != 2) return Fail(NeedsLambda(call, "(acc, x) -> acc + x"));
    std::string text = "CASE WHEN " + call.args[0] + " IS NOT NULL THEN list_reduce(list_prepend(" + call.args[1] + ", " + call.args[0] + "), " + call.args[2] + ") END";
    if (call.args.size() == 3) return text;
    if (LambdaAt(call, 3) == nullptr) return Fail(NeedsLambda(call, "acc -> acc * 10"));
    return "list_extract(list_transform([" + text + "], " + call.args[3] + "), 1)";
}

// A lambda over the entries of a map, or over the pairs of two arrays: its parameters become fields of one element.
Result<std::string> FieldLambda(const CallContext &call, size_t index, const std::vector<std::string> &fields, std::string_view example,
                                const std::string &prefix = "", const std::string &suffix = "") {
    const Lambda *lambda = LambdaAt(call, index);
    if (lambda == nullptr || lambda->params.size() != fields.size()) return Fail(NeedsLambda(call, example));
    std::vector<std::string> texts;
    for (const std::string &field : fields) texts.push_back("\"__e\"" + field);
    TARN_TRY(std::string text, call.renderer.RenderLambda(*lambda, "\"__e\"", texts, call.scope));
    size_t body = text.find(": ") + 2;
    return text.substr(0, body) + prefix + text.substr(body) + suffix;
}

Result<std::string> ZipWith(const CallContext &call) {
    TARN_TRY(std::string lambda, FieldLambda(call, 2, {"[1]", "[2]"}, "(x, y) -> x + y"));
    return "list_transform(list_zip(" + call.args[0] + ", " + call.args[1] + "), " + lambda + ")";
}

Result<std::string> MapFilter(const CallContext &call) {
    TARN_TRY(std::string lambda, FieldLambda(call, 1, {".key", ".value"}, "(k, v) -> v > 1"));
    return "map_from_entries(list_filter(map_entries(" + call.args[0] + "), " + lambda + "))";
}

Result<std::string> TransformValues(const CallContext &call) {
    TARN_TRY(std::string lambda, FieldLambda(call, 1, {".key", ".value"}, "(k, v) -> v + 1", "{'key': \"__e\".key, 'value': ", "}"));
    return "map_from_entries(list_transform(map_entries(" + call.args[0] + "), " + lambda + "))";
}

Result<std::string> TransformKeys(const CallContext &call) {
    TARN_TRY(std::string lambda, FieldLambda(call, 1, {".key", ".value"}, "(k, v) -> k + 1", "{'key': ", ", 'value': \"__e\".value}"));
    return "map_from_entries(list_transform(map_entries(" + call.args[0] + "), " + lambda + "))";
}

Result<std::string> ArraysZip(const CallContext &call) {
    std::string fields;
    for (size_t i = 0; i < call.args.size(); i++) {
        const auto *column = call.call.args[i].value->As<ColumnRef>();
        std::string name = column != nullptr ? column->name.Last() : std::to_string(i);
        fields += (i > 0 ? ", " : "") + QuoteLiteral(name) + ": \"__e\"[" + std::to_string(i + 1) + "]";
    }
    return "list_transform(list_zip(" + Join(call.args) + "), lambda \"__e\": {" + fields + "})";
}

Result<std::string> ArraySort(const CallContext &call) {
    if (call.args.size() == 1) return "list_sort(" + call.args[0] + ", 'ASC', 'NULLS LAST')";
    return Fail(UnsupportedError(call.position, "array_sort with a comparator is not supported.", "Use sort_array(a, asc), or sort an array of structs whose first field is the key."));
}

Result<std::string> SortArray(const CallContext &call) {
    std::string ascending = "list_sort(" + call.args[0] + ", 'ASC', 'NULLS FIRST')";
    if (call.args.size() == 1) return ascending;
    std::string descending = "list_sort(" + call.args[0] + ", 'DESC', 'NULLS LAST')";
    const auto *literal = call.call.args[1].value->As<Literal>();
    if (literal != nullptr && literal->type.kind == TypeKind::kBoolean) return literal->text == "true" ? ascending : descending;
    return "CASE WHEN " + call.args[1] + " THEN " + ascending + " ELSE " + descending + " END";
}

// sequence(1, 5), sequence(5, 1), sequence(a, b, step), sequence(date, date [, interval])
Result<std::string> Sequence(const CallContext &call) {
    EvidentType start = EvidentTypeOf(*call.call.args[0].value);
    bool by_interval = call.args.size() == 3 && call.call.args[2].value->As<IntervalLiteral>() != nullptr;
    bool dates = start == EvidentType::kDate || EvidentTypeOf(*call.call.args[1].value) == EvidentType::kDate;
    bool times = start == EvidentType::kTimestamp || start == EvidentType::kTimestampNtz;
    if (!by_interval && !dates && !times) {
        std::string step = call.args.size() == 3 ? call.args[2] : "CASE WHEN " + call.args[0] + " <= " + call.args[1] + " THEN 1 ELSE -1 END";
        return call.renderer.Helper("spark_sequence") + "(" + call.args[0] + ", " + call.args[1] + ", " + step + ")";
    }
    std::string step = call.args.size() == 3 ? call.args[2] : "INTERVAL '1 days'";
    std::string series = "generate_series(" + call.args[0] + ", " + call.args[1] + ", " + step + ")";
    return dates ? "CAST(" + series + " AS DATE[])" : series;
}

constexpr FunctionSpec kFunctions[] = {
    {"aggregate", 3, 4, kScalar, "", "", Aggregate},
    {"array", 0, kAnyCount, kScalar, "[$*]"},
    {"array_append", 2, 2, kScalar, "list_append($1, $2)"},
    {"array_compact", 1, 1, kScalar, "list_filter($1, lambda \"__e\": \"__e\" IS NOT NULL)"},
    {"array_contains", 2, 2, kScalar, "#spark_array_contains($1, $2)"},
    {"array_distinct", 1, 1, kScalar, "#spark_array_distinct($1)"},
    {"array_except", 2, 2, kScalar, "#spark_array_except($1, $2)"},
    {"array_intersect", 2, 2, kScalar, "#spark_array_intersect($1, $2)"},
    {"array_join", 2, 2, kScalar, "array_to_string($1, $2)"},
    {"array_join", 3, 3, kScalar, "array_to_string(list_transform($1, lambda \"__e\": coalesce(\"__e\", $3)), $2)"},
    {"array_max", 1, 1, kScalar, "list_max($1)"},
    {"array_min", 1, 1, kScalar, "list_min($1)"},
    {"array_position", 2, 2, kScalar, "CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN CAST(coalesce(list_position($1, $2), 0) AS BIGINT) END"},
    {"array_prepend", 2, 2, kScalar, "list_prepend($2, $1)"},
    {"array_remove", 2, 2, kScalar, "list_filter($1, lambda \"__e\": \"__e\" IS DISTINCT FROM $2)"},
    {"array_repeat", 2, 2, kScalar, "list_transform(range(CAST($2 AS BIGINT)), lambda \"__e\": $1)"},
    {"array_size", 1, 1, kScalar, "CAST(len($1) AS INTEGER)"},
    {"array_sort", 1, 2, kScalar, "", "", ArraySort},
    {"array_union", 2, 2, kScalar, "#spark_array_distinct(list_concat($1, $2))"},
    {"arrays_overlap", 2, 2, kScalar, "list_has_any($1, $2)"},
    {"arrays_zip", 1, kAnyCount, kScalar, "", "", ArraysZip},
    {"cardinality", 1, 1, kScalar, "", "", Size},
    {"element_at", 2, 2, kScalar, "#spark_element_at($1, $2)"},
    {"exists", 2, 2, kScalar, "", "", Quantified},
    {"filter", 2, 2, kScalar, "", "", Filter},
    {"flatten", 1, 1, kScalar, "flatten($1)"},
    {"forall", 2, 2, kScalar, "", "", Quantified},
    {"get", 2, 2, kScalar, "CASE WHEN $2 >= 0 THEN list_extract($1, $2 + 1) END"},
    {"map", 0, kAnyCount, kScalar, "", "", Map},
    {"map_concat", 1, kAnyCount, kScalar, "map_concat($*)"},
    {"map_contains_key", 2, 2, kScalar, "map_contains($1, $2)"},
    {"map_entries", 1, 1, kScalar, "map_entries($1)"},
    {"map_filter", 2, 2, kScalar, "", "", MapFilter},
    {"map_from_arrays", 2, 2, kScalar, "map($1, $2)"},
    {"map_from_entries", 1, 1, kScalar, "map_from_entries($1)"},
    {"map_keys", 1, 1, kScalar, "map_keys($1)"},
    {"map_values", 1, 1, kScalar, "map_values($1)"},
    {"named_struct", 2, kAnyCount, kScalar, "", "", NamedStruct},
    {"reduce", 3, 4, kScalar, "", "", Aggregate},
    {"sequence", 2, 3, kScalar, "", "", Sequence},
    {"shuffle", 1, 2, kScalar, "list_transform(list_sort(list_transform($1, lambda \"__e\": {'r': random(), 'v': \"__e\"})), lambda \"__e\": \"__e\".v)"},
    {"size", 1, 1, kScalar, "", "", Size},
    {"slice", 3, 3, kScalar, "#spark_slice($1, $2, $3)"},
    {"sort_array", 1, 2, kScalar, "", "", SortArray},
    {"str_to_map", 1, 1, kScalar, "#spark_str_to_map($1, ',', ':')"},
    {"str_to_map", 2, 2, kScalar, "#spark_str_to_map($1, $2, ':')"},
    {"str_to_map", 3, 3, kScalar, "#spark_str_to_map($1, $2, $3)"},
    {"struct", 1, kAnyCount, kScalar, "", "", Struct},
    {"transform", 2, 2, kScalar, "", "", Transform},
    {"transform_keys", 2, 2, kScalar, "", "", TransformKeys},
    {"transform_values", 2, 2, kScalar, "", "", TransformValues},
    {"try_element_at", 2, 2, kScalar, "($1)[$2]"},
    {"zip_with", 3, 3, kScalar, "", "", ZipWith},
};

}  // namespace

std::span<const FunctionSpec> NestedFunctions() { return kFunctions; }

}  // namespace tarn::sql
