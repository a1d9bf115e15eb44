// Conditions, casts as calls, JSON, the session; and the functions that are known but not done.
#include "sql/internal/function_tables.h"
#include "sql/parser.h"

namespace tarn::sql {
namespace {

using enum FunctionKind;

// int(x), string(x), …: CAST(x AS INT)
Result<std::string> CastCall(const CallContext &call) {
    TARN_TRY(DataType type, ParseDataType(call.call.name.Last()));
    Expr cast;
    cast.node = Cast{call.call.args[0].value, std::move(type), false};
    cast.position = call.position;
    return call.renderer.RenderExpr(cast, call.scope);
}

Result<std::string> CurrentCatalog(const CallContext &call) { return QuoteLiteral(call.renderer.context().CurrentCatalog()); }
Result<std::string> CurrentSchema(const CallContext &call) { return QuoteLiteral(call.renderer.context().CurrentSchema()); }
Result<std::string> CurrentUser(const CallContext &call) { return QuoteLiteral(call.renderer.context().CurrentUser()); }

Result<std::string> NotDone(const CallContext &call) {
    return Fail(UnsupportedError(call.position, "The function `" + ToLower(call.call.name.Last()) + "` is not supported yet."));
}

// $['a b'] is $."a b" in DuckDB; a path must start with $.
std::string JsonPath(std::string_view spark) {
    std::string path;
    for (size_t i = 0; i < spark.size(); i++) {
        bool quoted = spark.substr(i).starts_with("['");
        size_t end = quoted ? spark.find("']", i) : std::string_view::npos;
        if (quoted && end != std::string_view::npos) {
            path += ".\"" + std::string(spark.substr(i + 2, end - i - 2)) + "\"";
            i = end + 1;
        } else {
            path += spark[i];
        }
    }
    return path;
}

Result<std::string> GetJsonObject(const CallContext &call) {
    std::string path = call.args[1];
    if (std::optional<std::string> literal = LiteralString(*call.call.args[1].value)) path = QuoteLiteral(JsonPath(*literal));
    return call.renderer.Helper("spark_get_json_object") + "(" + call.args[0] + ", " + path + ")";
}

// DuckDB's JSON description of a type: {"a": "INTEGER", "b": ["VARCHAR"]}.
std::string JsonStructure(const DataType &type) {
    if (type.kind == TypeKind::kArray) return "[" + JsonStructure(type.children[0]) + "]";
    if (type.kind != TypeKind::kStruct) return "\"" + RenderType(type) + "\"";
    std::string text = "{";
    for (size_t i = 0; i < type.fields.size(); i++) {
        std::string name;
        for (char c : type.fields[i].name) {
            if (c == '"' || c == '\\') name += '\\';
            name += c;
        }
        text += (i > 0 ? ", " : "") + ("\"" + name + "\": ") + JsonStructure(type.fields[i].type);
    }
    return text + "}";
}

// from_json(text, 'a INT, b ARRAY<STRING>'): the schema must be a literal.
Result<std::string> FromJson(const CallContext &call) {
    std::optional<std::string> schema = LiteralString(*call.call.args[1].value);
    if (!schema) return Fail(UnsupportedError(call.position, "from_json needs its schema as a string literal.", "Write from_json(x, 'a INT, b STRING')."));
    Result<DataType> type = ParseDataType(*schema);
    if (!type) {
        TARN_TRY(std::vector<Field> fields, ParseSchema(*schema));
        type = DataType::Struct(std::move(fields));
    }
    return call.renderer.Helper("spark_from_json") + "(" + call.args[0] + ", " + QuoteLiteral(JsonStructure(*type)) + ")";
}

// variant_get(v, '$.a[0]', 'int'): by way of JSON, in which every variant can be said.
Result<std::string> VariantGet(const CallContext &call) {
    bool lenient = ToLower(call.call.name.Last()) == "try_variant_get";
    std::string path = call.args[1];
    if (std::optional<std::string> literal = LiteralString(*call.call.args[1].value)) path = QuoteLiteral(JsonPath(*literal));
    DataType type = DataType::Of(TypeKind::kVariant);
    if (call.args.size() > 2) {
        std::optional<std::string> wanted = LiteralString(*call.call.args[2].value);
        if (!wanted) return Fail(UnsupportedError(call.position, "variant_get needs its type as a string literal.", "Write variant_get(v, '$.a', 'int')."));
        TARN_TRY(type, ParseDataType(*wanted));
    }
    bool whole = type.IsNested() || type.kind == TypeKind::kVariant;
    return std::string(lenient ? "TRY_CAST(" : "CAST(") + (whole ? "json_extract" : "json_extract_string") + "(CAST(" + call.args[0] + " AS JSON), " + path + ") AS " +
           RenderType(type) + ")";
}

constexpr FunctionSpec kFunctions[] = {
    {":", 2, 2, kScalar, "tarn_json_path($1, $2)"},  // The path of column:field, see ParseJsonPath.
    {"assert_true", 1, 1, kScalar, "CASE WHEN $1 THEN NULL ELSE error('[USER_RAISED_EXCEPTION] The condition of assert_true does not hold.') END"},
    {"assert_true", 2, 2, kScalar, "CASE WHEN $1 THEN NULL ELSE error('[USER_RAISED_EXCEPTION] ' || $2) END"},
    {"bigint", 1, 1, kScalar, "", "", CastCall},
    {"binary", 1, 1, kScalar, "", "", CastCall},
    {"boolean", 1, 1, kScalar, "", "", CastCall},
    {"coalesce", 1, kAnyCount, kScalar, "coalesce($*)"},
    {"crc32", 1, 1, kScalar, "", "", NotDone},
    {"current_catalog", 0, 0, kScalar, "", "", CurrentCatalog},
    {"current_database", 0, 0, kScalar, "", "", CurrentSchema},
    {"current_schema", 0, 0, kScalar, "", "", CurrentSchema},
    {"current_user", 0, 0, kScalar, "", "", CurrentUser},
    {"date", 1, 1, kScalar, "", "", CastCall},
    {"decimal", 1, 1, kScalar, "", "", CastCall},
    {"double", 1, 1, kScalar, "", "", CastCall},
    {"equal_null", 2, 2, kScalar, "($1 IS NOT DISTINCT FROM $2)"},
    {"float", 1, 1, kScalar, "", "", CastCall},
    {"from_csv", 2, 3, kScalar, "", "", NotDone},
    {"from_json", 2, 3, kScalar, "", "", FromJson},
    {"get_json_object", 2, 2, kScalar, "", "", GetJsonObject},
    {"hash", 1, kAnyCount, kScalar, "", "", NotDone},
    {"if", 3, 3, kScalar, "CASE WHEN $1 THEN $2 ELSE $3 END"},
    {"iff", 3, 3, kScalar, "CASE WHEN $1 THEN $2 ELSE $3 END"},
    {"ifnull", 2, 2, kScalar, "coalesce($1, $2)"},
    {"ilike", 2, 2, kScalar, "($1 ILIKE $2)"},
    {"input_file_name", 0, 0, kScalar, "", "", NotDone},
    {"int", 1, 1, kScalar, "", "", CastCall},
    {"isnotnull", 1, 1, kScalar, "($1 IS NOT NULL)"},
    {"isnull", 1, 1, kScalar, "($1 IS NULL)"},
    {"json_array_length", 1, 1, kScalar, "CAST(json_array_length($1) AS INTEGER)"},
    {"json_object_keys", 1, 1, kScalar, "json_keys($1)"},
    {"like", 2, 2, kScalar, "($1 LIKE $2)"},
    {"monotonically_increasing_id", 0, 0, kScalar, "(row_number() OVER () - 1)"},
    {"nullif", 2, 2, kScalar, "nullif($1, $2)"},
    {"nullifzero", 1, 1, kScalar, "nullif($1, 0)"},
    {"nvl", 2, 2, kScalar, "coalesce($1, $2)"},
    {"nvl2", 3, 3, kScalar, "CASE WHEN $1 IS NOT NULL THEN $2 ELSE $3 END"},
    {"parse_json", 1, 1, kScalar, "CAST(CAST($1 AS JSON) AS VARIANT)"},
    {"parse_url", 2, 3, kScalar, "", "", NotDone},
    {"raise_error", 1, 1, kScalar, "error('[USER_RAISED_EXCEPTION] ' || $1)"},
    {"schema_of_json", 1, 2, kScalar, "", "", NotDone},
    {"secret", 2, 2, kScalar, "tarn_secret($1, $2)"},
    {"session_user", 0, 0, kScalar, "", "", CurrentUser},
    {"skewness", 1, 1, kScalar, "", "", NotDone},
    {"smallint", 1, 1, kScalar, "", "", CastCall},
    {"soundex", 1, 1, kScalar, "", "", NotDone},
    {"spark_partition_id", 0, 0, kScalar, "0"},
    {"string", 1, 1, kScalar, "", "", CastCall},
    {"timestamp", 1, 1, kScalar, "", "", CastCall},
    {"tinyint", 1, 1, kScalar, "", "", CastCall},
    {"to_csv", 1, 2, kScalar, "", "", NotDone},
    {"to_json", 1, 2, kScalar, "#spark_to_json($1)"},
    {"to_variant_object", 1, 1, kScalar, "CAST($1 AS VARIANT)"},
    {"try_parse_json", 1, 1, kScalar, "CAST(TRY_CAST($1 AS JSON) AS VARIANT)"},
    {"try_secret", 2, 2, kScalar, "tarn_try_secret($1, $2)"},
    {"try_variant_get", 2, 3, kScalar, "", "", VariantGet},
    {"typeof", 1, 1, kScalar, "tarn_typeof($1)"},
    {"user", 0, 0, kScalar, "", "", CurrentUser},
    {"variant_get", 2, 3, kScalar, "", "", VariantGet},
    {"version", 0, 0, kScalar, "'4.1.0'"},
    {"window", 2, 4, kScalar, "", "", NotDone},
    {"xxhash64", 1, kAnyCount, kScalar, "", "", NotDone},
    {"zeroifnull", 1, 1, kScalar, "coalesce($1, 0)"},
};

}  // namespace

std::span<const FunctionSpec> OtherFunctions() { return kFunctions; }

}  // namespace tarn::sql
