#include "engine/internal/ddl_columns.h"

#include <algorithm>

#include "delta/schema.h"
#include "engine/internal/table_change.h"
#include "engine/internal/write_rules.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

constexpr std::string_view kConstraintPrefix = "delta.constraints.";
// What gives another answer each time.
constexpr std::string_view kNondeterministic[] = {
    "current_date", "current_timestamp", "current_user", "localtimestamp", "monotonically_increasing_id", "now", "rand", "randn",
    "random", "secret", "session_user", "shuffle", "spark_partition_id", "try_secret", "unix_timestamp", "user", "uuid"};

std::unexpected<Error> Invalid(std::string_view condition, std::string message, SourcePosition position = {}) {
    Error error = MakeError(ErrorKind::kInvalidInput, condition, std::move(message));
    error.position = position;
    return Fail(std::move(error));
}

// Spark's catalog string with its lengths, "array<varchar(5)>"; `bounded` becomes true where there is one.
std::string BoundedText(const DataType &type, bool &bounded) {
    switch (type.kind) {
        case TypeKind::kString:
            if (type.text_bound == 0) return "string";
            bounded = true;
            return (type.text_bound > 0 ? "varchar(" : "char(") + std::to_string(std::abs(type.text_bound)) + ")";
        case TypeKind::kArray: return "array<" + BoundedText(type.children[0], bounded) + ">";
        case TypeKind::kMap: {
            std::string key = BoundedText(type.children[0], bounded);
            return "map<" + key + "," + BoundedText(type.children[1], bounded) + ">";
        }
        case TypeKind::kStruct: {
            std::string fields;
            for (const Field &field : type.fields) fields += (fields.empty() ? "" : ",") + field.name + ":" + BoundedText(field.type, bounded);
            return "struct<" + fields + ">";
        }
        default: return type.ToString();
    }
}

bool HidesNotNull(const DataType &type, bool within) {
    bool collection = type.kind == TypeKind::kArray || type.kind == TypeKind::kMap;
    for (const DataType &child : type.children) {
        if (HidesNotNull(child, within || collection)) return true;
    }
    return std::ranges::any_of(type.fields, [&](const Field &field) {
        return (within && !field.nullable) || HidesNotNull(field.type, within);
    });
}

Result<void> SetIdentity(Field &field, const sql::ColumnDef &column) {
    if (column.generated) return Invalid("DELTA_IDENTITY_COLUMNS_WITH_GENERATED_EXPRESSION", "IDENTITY column cannot be specified with a generated column expression.", column.position);
    if (column.type.kind != TypeKind::kLong) {
        return Invalid("DELTA_IDENTITY_COLUMNS_UNSUPPORTED_DATA_TYPE",
                       "DataType " + column.type.ToSql() + " is not supported for IDENTITY columns: they are BIGINT.", column.position);
    }
    if (column.identity_step == 0) return Invalid("DELTA_IDENTITY_COLUMNS_ILLEGAL_STEP", "IDENTITY column step cannot be 0.", column.position);
    field.metadata["delta.identity.start"] = std::to_string(column.identity_start);
    field.metadata["delta.identity.step"] = std::to_string(column.identity_step);
    field.metadata["delta.identity.allowExplicitInsert"] = column.identity_always ? "false" : "true";
    return {};
}

// SELECT over no rows of the table's columns.
std::string EmptyRows(const DataType &schema) {
    std::string list;
    for (const Field &field : schema.fields) {
        list += (list.empty() ? "" : ", ") + ("CAST(NULL AS " + sql::RenderType(field.type) + ") AS " + sql::QuoteIdentifier(field.name));
    }
    return "SELECT " + list;
}

// The expression's type over the table's columns.
Result<DataType> TypeOf(StatementContext &context, const delta::Metadata &metadata, const sql::Expr &expr) {
    TARN_TRY(std::string text, context.Expr(expr));
    TARN_TRY(DataType described, DescribeQuery(context.session(), "SELECT " + text + " AS x FROM (" + EmptyRows(metadata.schema) + ")"));
    return described.fields[0].type;
}

// What may stand in a CHECK ("CHECK_CONSTRAINT") or a generated column ("GENERATED_COLUMN").
Result<void> CheckAllowed(const sql::Expr &expr, const std::string &text, const std::string &kind, const std::string &what) {
    if (sql::HasAggregate(expr)) return Invalid("DELTA_AGGREGATE_IN_" + kind, "Found " + text + ". " + what + " cannot use an aggregate expression.");
    for (const std::string &function : sql::FunctionsOf(expr)) {
        if (std::ranges::find(kNondeterministic, function) != std::end(kNondeterministic) || function.starts_with("ai_")) {
            return Invalid("DELTA_NON_DETERMINISTIC_EXPRESSION_IN_" + kind, "Found " + function + "(). " + what + " cannot use a nondeterministic expression.");
        }
    }
    if (!sql::CollectUses(expr).tables.empty()) {
        return Invalid(kind == "CHECK_CONSTRAINT" ? "DELTA_UNSUPPORTED_EXPRESSION_CHECK_CONSTRAINT" : "DELTA_UNSUPPORTED_EXPRESSION_GENERATED_COLUMN",
                       "A subquery cannot be used in " + text + ".");
    }
    return {};
}

Result<void> CheckConstraintText(StatementContext &context, const delta::Metadata &metadata, const std::string &name, const std::string &text) {
    TARN_TRY(sql::ExprPtr expr, sql::ParseExpression(text));
    TARN_CHECK(CheckAllowed(*expr, text, "CHECK_CONSTRAINT", "A CHECK constraint"));
    auto type = TypeOf(context, metadata, *expr);
    if (!type && type.error().condition.starts_with("UNRESOLVED_COLUMN")) {
        std::string column = text;
        for (const sql::Name &used : sql::ColumnsOf(*expr)) {
            if (!metadata.schema.FindField(used.parts[0])) column = used.ToString();
        }
        return Invalid("DELTA_INVALID_CHECK_CONSTRAINT_REFERENCES", "Found " + column + " in CHECK constraint. A check constraint cannot use a non-existent column.");
    }
    if (!type) return Fail(std::move(type).error());
    if (type->kind == TypeKind::kBoolean || type->kind == TypeKind::kNull) return {};
    return Invalid("DELTA_NON_BOOLEAN_CHECK_CONSTRAINT", "CHECK constraint '" + name + "' (" + text + ") should be a boolean expression.");
}

Result<void> CheckGenerated(StatementContext &context, const delta::Metadata &metadata, const Field &field, const std::string &text) {
    TARN_TRY(sql::ExprPtr expr, sql::ParseExpression(text));
    TARN_CHECK(CheckAllowed(*expr, text, "GENERATED_COLUMN", "A generated column"));
    for (const sql::Name &used : sql::ColumnsOf(*expr)) {
        const Field *source = metadata.schema.FindField(used.parts[0]);
        if (source && !IsGenerated(*source)) continue;
        return Invalid("DELTA_INVALID_GENERATED_COLUMN_REFERENCES",
                       "A generated column cannot use a non-existent column or another generated column: " + field.name + " uses " + used.ToString() + ".");
    }
    TARN_TRY(DataType type, TypeOf(context, metadata, *expr));
    if (delta::CanStoreAs(type, field.type)) return {};
    return Invalid("DELTA_GENERATED_COLUMNS_EXPR_TYPE_MISMATCH", "The expression type of the generated column " + field.name + " is " +
                                                                     type.ToSql() + ", but the column type is " + field.type.ToSql() + ".");
}

bool Names(const std::string &text, const std::string &column) {
    auto expr = sql::ParseExpression(text);
    return expr && std::ranges::any_of(sql::ColumnsOf(**expr), [&](const sql::Name &name) { return EqualsIgnoreCase(name.parts[0], column); });
}

}  // namespace

Result<Field> FieldOf(const sql::ColumnDef &column) {
    Field field{column.name, column.type, column.nullable};
    if (HidesNotNull(column.type, false)) {
        return Invalid("DELTA_NESTED_NOT_NULL_CONSTRAINT", "The type of the field " + column.name + " contains a NOT NULL constraint. Delta does not support NOT NULL "
                                                           "constraints nested within arrays or maps.", column.position);
    }
    if (!column.comment.empty()) delta::SetMetadataText(field, "comment", column.comment);
    if (column.default_value) {
        if (column.generated || column.identity) {
            return Invalid("GENERATED_COLUMN_WITH_DEFAULT_VALUE", "A column cannot have both a default value and a generation expression: " + column.name + ".", column.position);
        }
        delta::SetMetadataText(field, "CURRENT_DEFAULT", column.default_text);
    }
    if (column.generated) delta::SetMetadataText(field, "delta.generationExpression", column.generated_text);
    if (column.identity) TARN_CHECK(SetIdentity(field, column));
    bool bounded = false;
    std::string spelled = BoundedText(column.type, bounded);
    if (bounded) delta::SetMetadataText(field, "__CHAR_VARCHAR_TYPE_STRING", spelled);
    return field;
}

Result<DataType> SchemaOf(const std::vector<sql::ColumnDef> &columns) {
    std::vector<Field> fields;
    for (const sql::ColumnDef &column : columns) {
        TARN_TRY(Field field, FieldOf(column));
        fields.push_back(std::move(field));
    }
    return DataType::Struct(std::move(fields));
}

Error DefaultsNotEnabled(const std::string &command) {
    Error error = MakeError(ErrorKind::kInvalidInput, "WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED",
                            "Failed to execute " + command + " because it assigned a column DEFAULT value, but the corresponding table feature was not enabled.");
    error.remedy = "Give the table the property 'delta.feature.allowColumnDefaults' = 'supported': in CREATE TABLE, or with ALTER TABLE … SET TBLPROPERTIES.";
    return error;
}

std::string ConstraintKey(std::string_view name) { return std::string(kConstraintPrefix) + ToLower(name); }

Result<void> AddConstraint(delta::StringMap &configuration, const sql::TableConstraint &constraint) {
    if (constraint.kind != sql::TableConstraint::Kind::kCheck) return {};
    std::string name = constraint.name;
    if (name.empty()) {  // CHECK (e) without a name
        int number = 1;
        while (configuration.contains(ConstraintKey("check_" + std::to_string(number)))) number++;
        name = "check_" + std::to_string(number);
    }
    if (name == "__CHAR_VARCHAR_STRING_LENGTH_CHECK__") {
        return Invalid("DELTA_INVALID_CONSTRAINT_NAME", "Cannot use " + name + " as the name of a CHECK constraint. This name is reserved.");
    }
    auto [at, added] = configuration.emplace(ConstraintKey(name), constraint.text);
    if (added) return {};
    return Invalid("DELTA_CONSTRAINT_ALREADY_EXISTS", "Constraint '" + name + "' already exists. Please delete the old constraint first.\nOld constraint:\n" + at->second);
}

Result<void> CheckRules(StatementContext &context, const delta::Metadata &metadata) {
    for (auto &[key, text] : metadata.configuration) {
        if (ToLower(key).starts_with(kConstraintPrefix)) TARN_CHECK(CheckConstraintText(context, metadata, key.substr(kConstraintPrefix.size()), text));
    }
    for (const Field &field : metadata.schema.fields) {
        if (auto text = delta::MetadataText(field, "delta.generationExpression")) TARN_CHECK(CheckGenerated(context, metadata, field, *text));
        auto text = delta::MetadataText(field, "CURRENT_DEFAULT");
        if (!text) continue;
        TARN_TRY(sql::ExprPtr expr, sql::ParseExpression(*text));
        if (!sql::ColumnsOf(*expr).empty() || !sql::CollectUses(*expr).tables.empty()) {
            return Invalid("INVALID_DEFAULT_VALUE.UNRESOLVED_EXPRESSION", "The column `" + field.name + "` has a DEFAULT value " + *text +
                                                                              " which fails to resolve to a constant expression.");
        }
        TARN_TRY(DataType type, TypeOf(context, metadata, *expr));
        if (delta::CanStoreAs(type, field.type)) continue;
        return Invalid("INVALID_DEFAULT_VALUE.DATA_TYPE", "The column `" + field.name + "` requires the type " + field.type.ToSql() + ", but its DEFAULT value " +
                                                              *text + " has the type " + type.ToSql() + ".");
    }
    return {};
}

std::vector<std::string> ConstraintsOn(const delta::Metadata &metadata, const std::string &column) {
    std::vector<std::string> found;
    for (auto &[key, text] : metadata.configuration) {
        if (!ToLower(key).starts_with(kConstraintPrefix) || !Names(text, column)) continue;
        found.push_back(key.substr(kConstraintPrefix.size()) + " -> " + text);
    }
    return found;
}

std::vector<std::string> GeneratedFrom(const delta::Metadata &metadata, const std::string &column) {
    std::vector<std::string> found;
    for (const Field &field : metadata.schema.fields) {
        auto text = delta::MetadataText(field, "delta.generationExpression");
        if (text && Names(*text, column)) found.push_back(field.name + " -> " + *text);
    }
    return found;
}

}  // namespace tarn::engine
