#include "engine/internal/write_rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "delta/schema.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

constexpr const char *kStart = "delta.identity.start";
constexpr const char *kStep = "delta.identity.step";
constexpr const char *kHighWaterMark = "delta.identity.highWaterMark";
constexpr const char *kExplicitInsert = "delta.identity.allowExplicitInsert";
constexpr const char *kConstraintPrefix = "delta.constraints.";

// TRUE, or the statement fails with the message, itself DuckDB text.
std::string Must(const std::string &condition, const std::string &message) {
    return "CASE WHEN " + condition + " THEN TRUE ELSE tarn_fail(" + message + ") END";
}

std::string ValueText(const std::string &value) { return "COALESCE(CAST(" + value + " AS VARCHAR), 'null')"; }

// The fields through structs only, with their DuckDB text.
void ForEachField(const DataType &type, const std::string &prefix, const std::string &path,
                  const std::function<void(const Field &, const std::string &text, const std::string &path)> &visit) {
    for (const Field &field : type.fields) {
        std::string text = prefix.empty() ? sql::QuoteIdentifier(field.name)
                                          : "struct_extract(" + prefix + ", " + sql::QuoteLiteral(field.name) + ")";
        std::string name = path.empty() ? field.name : path + "." + field.name;
        visit(field, text, name);
        if (field.type.kind == TypeKind::kStruct) ForEachField(field.type, text, name, visit);
    }
}

// TRUE where every text in `value` is as short as its type says; "" where nothing is bounded.
std::string LengthCheck(const DataType &type, const std::string &value, int depth) {
    std::vector<std::string> parts;
    auto each = [&](const DataType &inner, const std::string &list) {
        std::string name = "__tarn_x" + std::to_string(depth);
        std::string check = LengthCheck(inner, name, depth + 1);
        if (!check.empty()) parts.push_back("COALESCE(list_bool_and(list_transform(" + list + ", lambda " + name + ": " + check + ")), TRUE)");
    };
    switch (type.kind) {
        case TypeKind::kString:
            if (type.text_bound == 0) return "";
            return "COALESCE(length(" + value + ") <= " + std::to_string(std::abs(type.text_bound)) + ", TRUE)";
        case TypeKind::kArray: each(type.children[0], value); break;
        case TypeKind::kMap:
            each(type.children[0], "map_keys(" + value + ")");
            each(type.children[1], "map_values(" + value + ")");
            break;
        case TypeKind::kStruct:
            for (const Field &field : type.fields) {
                std::string check = LengthCheck(field.type, "struct_extract(" + value + ", " + sql::QuoteLiteral(field.name) + ")", depth);
                if (!check.empty()) parts.push_back(check);
            }
            break;
        default: break;
    }
    std::string all;
    for (const std::string &part : parts) all += (all.empty() ? "(" : " AND ") + part;
    return all.empty() ? "" : all + ")";
}

// {"expression": {"expression": "x > 3"}}, as text within the column's metadata.
Result<std::string> InvariantText(const Field &field, const std::string &path) {
    auto text = delta::MetadataText(field, "delta.invariants");
    auto parsed = nlohmann::json::parse(text.value_or(""), nullptr, false);
    if (parsed.is_object() && parsed.contains("expression") && parsed["expression"].contains("expression") &&
        parsed["expression"]["expression"].is_string()) {
        return parsed["expression"]["expression"].get<std::string>();
    }
    return Fail(ErrorKind::kUnsupported, "DELTA_UNRECOGNIZED_INVARIANT",
                "Unrecognized invariant of the column " + path + ". Please upgrade your build.");
}

}  // namespace

bool IsGenerated(const Field &field) { return field.metadata.contains("delta.generationExpression"); }
bool IsIdentity(const Field &field) { return field.metadata.contains(kStart) || field.metadata.contains(kStep); }
bool AllowsExplicitIdentity(const Field &field) {
    auto it = field.metadata.find(kExplicitInsert);
    return it != field.metadata.end() && it->second == "true";
}

Result<RenderedCheck> RenderCheck(StatementContext &context, const DataType &schema, const std::string &name, const std::string &text) {
    TARN_TRY(sql::ExprPtr expr, sql::ParseExpression(text));
    TARN_TRY(std::string condition, context.Expr(*expr));
    std::vector<std::string> lines;
    for (const sql::Name &column : sql::ColumnsOf(*expr)) {
        if (!schema.FindField(column.parts[0])) continue;
        sql::Expr reference;
        reference.node = sql::ColumnRef{column};
        TARN_TRY(std::string value, context.Expr(reference));
        lines.push_back(sql::QuoteLiteral("\n - " + column.ToString() + " : ") + " || " + ValueText(value));
    }
    std::ranges::sort(lines);
    std::string message = sql::QuoteLiteral("[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK constraint " + name + " (" + text +
                                            ") violated by row with values:");
    for (const std::string &line : lines) message += " || " + line;
    return RenderedCheck{"CAST((" + condition + ") AS BOOLEAN)", message};
}

Result<std::unique_ptr<WriteRules>> WriteRules::Of(StatementContext &context, const delta::Metadata &metadata) {
    std::unique_ptr<WriteRules> rules(new WriteRules(context.session()));
    TARN_CHECK(rules->AddFills(context, metadata));
    TARN_CHECK(rules->AddChecks(context, metadata));
    return rules;
}

Result<void> WriteRules::AddFills(StatementContext &context, const delta::Metadata &metadata) {
    for (const Field &field : metadata.schema.fields) {
        std::string as_type = " AS " + sql::RenderType(field.type) + ")";
        if (auto text = delta::MetadataText(field, "CURRENT_DEFAULT")) {
            TARN_TRY(sql::ExprPtr expr, sql::ParseExpression(*text));
            TARN_TRY(std::string value, context.Expr(*expr));
            fills_.push_back({field.name, "CAST((" + value + ")" + as_type});
        }
        if (auto text = delta::MetadataText(field, "delta.generationExpression")) {
            TARN_TRY(sql::ExprPtr expr, sql::ParseExpression(*text));
            TARN_TRY(std::string value, context.Expr(*expr));
            TARN_TRY(RenderedCheck check, RenderCheck(context, metadata.schema, "Generated Column", field.name + " <=> " + *text));
            generated_.push_back({field.name, "CAST((" + value + ")" + as_type, check.message});
        }
        if (!IsIdentity(field)) continue;
        auto start = delta::MetadataInt(field, kStart), step = delta::MetadataInt(field, kStep), mark = delta::MetadataInt(field, kHighWaterMark);
        if (!start || !step || *step == 0) {
            return Fail(ErrorKind::kCorrupt, "DELTA_IDENTITY_COLUMN_INCONSISTENT_METADATA",
                        "Inconsistent IDENTITY metadata for column " + field.name + ": delta.identity.start or delta.identity.step is missing.");
        }
        int64_t next = *start;
        if (mark && __builtin_add_overflow(*mark, *step, &next)) {
            return Fail(ErrorKind::kInvalidInput, "ARITHMETIC_OVERFLOW", "The identity column " + field.name + " has no values left.");
        }
        auto counter = std::make_shared<IdentityCounter>(next, *step);
        auto lease = std::make_unique<IdentityCounters::Lease>(session_.engine.identities, counter);
        fills_.push_back({field.name, "tarn_identity(" + std::to_string(lease->handle()) + "::UBIGINT)"});
        identities_.push_back({field.name, std::move(counter), std::move(lease)});
    }
    return {};
}

// The log cannot tell '' from NULL in a partition column: it is NULL before anything is checked, as in Spark.
static std::string StoredText(const delta::Metadata &metadata, const Field &field) {
    std::string column = sql::QuoteIdentifier(field.name);
    bool partition = std::ranges::any_of(metadata.partition_columns, [&](const std::string &name) { return EqualsIgnoreCase(name, field.name); });
    return partition ? "nullif(" + column + ", '')" : column;
}

Result<void> WriteRules::AddChecks(StatementContext &context, const delta::Metadata &metadata) {
    std::vector<std::pair<std::string, std::string>> invariants;  // Path, text.
    Result<void> outcome;
    ForEachField(metadata.schema, "", "", [&](const Field &field, const std::string &text, const std::string &path) {
        if (!field.nullable) {
            checks_.push_back(Must(text + " IS NOT NULL", sql::QuoteLiteral("[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] NOT NULL constraint "
                                                                            "violated for column: " + path + ".")));
        } else if (field.metadata.contains("delta.invariants")) {
            auto invariant = InvariantText(field, path);
            if (invariant) invariants.emplace_back(path, *invariant);
            else outcome = Fail(std::move(invariant).error());
        }
    });
    TARN_CHECK(outcome);
    for (auto &[path, text] : invariants) {
        TARN_TRY(RenderedCheck check, RenderCheck(context, metadata.schema, "EXPRESSION(" + text + ")", text));
        checks_.push_back(Must(check.condition, check.message));
    }
    for (auto &[key, text] : metadata.configuration) {
        if (!ToLower(key).starts_with(kConstraintPrefix)) continue;
        TARN_TRY(RenderedCheck check, RenderCheck(context, metadata.schema, key.substr(std::string_view(kConstraintPrefix).size()), text));
        checks_.push_back(Must(check.condition, check.message));
    }
    for (const Field &field : metadata.schema.fields) {
        auto spelled = delta::MetadataText(field, "__CHAR_VARCHAR_TYPE_STRING");
        if (!spelled) continue;
        TARN_TRY(DataType bounded, sql::ParseDataType(*spelled));
        std::string column = sql::QuoteIdentifier(field.name), value = StoredText(metadata, field);
        std::string length = std::to_string(std::abs(bounded.text_bound));
        // As Spark does, blanks that are too many go. CHAR is filled up with them here already, not only by readers.
        if (bounded.text_bound != 0) {
            std::string shortest = "rtrim(" + value + ", ' ')";
            std::string text = "CASE WHEN length(" + value + ") > " + length + " THEN rpad(" + shortest + ", greatest(length(" + shortest + "), " + length +
                               ")::INTEGER, ' ') ELSE " + value + " END";
            if (bounded.text_bound < 0) text = "tarn_char(" + text + ", " + sql::QuoteLiteral("char(" + length + ")") + ")";
            adjusted_.push_back({field.name, text});
        }
        std::string check = LengthCheck(bounded, column, 0);
        if (check.empty()) continue;
        checks_.push_back(Must(check, "'[DELTA_EXCEED_CHAR_VARCHAR_LIMIT] Value \"' || " + ValueText(column) + " || " +
                                          sql::QuoteLiteral("\" exceeds char/varchar type length limitation. Failed check: " + field.name +
                                                            " is " + *spelled + ".")));
    }
    for (const std::string &name : metadata.partition_columns) {
        const Field *field = metadata.schema.FindField(name);
        if (!field || field->type.kind != TypeKind::kString || std::ranges::find(adjusted_, field->name, &Fill::column) != adjusted_.end()) continue;
        adjusted_.push_back({field->name, StoredText(metadata, *field)});
    }
    return {};
}

std::string WriteRules::Apply(const std::string &select_sql, const MissingValues &missing) const {
    std::string text = select_sql;
    auto replace = [&text](const std::string &list) {
        if (!list.empty()) text = "SELECT * REPLACE (" + list + ") FROM (" + text + ")";
    };
    auto filled = [](const std::string &column, const std::string &when, const std::string &value) {
        std::string name = sql::QuoteIdentifier(column);
        if (when == "TRUE") return value + " AS " + name;
        return "CASE WHEN " + when + " THEN " + value + " ELSE " + name + " END AS " + name;
    };
    auto add = [](std::string &list, const std::string &item) { list += (list.empty() ? "" : ", ") + item; };
    std::string fills, generated, adjusted, checks;
    for (const Fill &fill : fills_) {
        auto when = missing.find(ToLower(fill.column));
        if (when != missing.end()) add(fills, filled(fill.column, when->second, fill.text));
    }
    for (const Generated &column : generated_) {
        auto when = missing.find(ToLower(column.column));
        if (when != missing.end()) add(generated, filled(column.column, when->second, column.text));
        if (when != missing.end() && when->second == "TRUE") continue;
        std::string same = sql::QuoteIdentifier(column.column) + " IS NOT DISTINCT FROM " + column.text;
        checks += (checks.empty() ? "" : " AND ") + Must(same, column.broken);
    }
    for (const Fill &fill : adjusted_) add(adjusted, filled(fill.column, "TRUE", fill.text));
    replace(fills);
    replace(generated);
    replace(adjusted);
    for (const std::string &check : checks_) checks += (checks.empty() ? "" : " AND ") + check;
    if (!checks.empty()) text = "SELECT * FROM (" + text + ") WHERE " + checks;
    return text;
}

bool WriteRules::RaiseHighWaterMarks(delta::Metadata &metadata) const {
    bool changed = false;
    for (const Identity &identity : identities_) {
        std::optional<int64_t> last = identity.counter->Last();
        if (!last) continue;
        for (Field &field : metadata.schema.fields) {
            if (field.name == identity.column) field.metadata[kHighWaterMark] = std::to_string(*last);
        }
        changed = true;
    }
    if (changed) metadata.schema_string = delta::SchemaToJson(metadata.schema);
    return changed;
}

}  // namespace tarn::engine
