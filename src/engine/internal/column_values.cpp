#include "engine/internal/column_values.h"

#include "delta/schema.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

sql::ExprPtr NullExpr() {
    auto null = std::make_shared<sql::Expr>();
    null->node = sql::Literal{DataType::Of(TypeKind::kNull), ""};
    return null;
}

bool HasDefault(const sql::Values &values) {
    for (auto &row : values.rows) {
        for (auto &value : row) {
            if (IsDefault(*value)) return true;
        }
    }
    return false;
}

}  // namespace

MissingValues MissingFrom(const DataType &table, const DataType &source) {
    MissingValues missing;
    for (const Field &field : table.fields) {
        if (!source.FindField(field.name)) missing[ToLower(field.name)] = "TRUE";
    }
    return missing;
}

bool IsDefault(const sql::Expr &expr) {
    auto *column = expr.As<sql::ColumnRef>();
    return column && column->name.parts.size() == 1 && EqualsIgnoreCase(column->name.parts[0], "DEFAULT");
}

Result<sql::ExprPtr> DefaultOf(const Field &column) {
    if (IsGenerated(column) || IsIdentity(column)) return sql::ExprPtr();
    auto text = delta::MetadataText(column, "CURRENT_DEFAULT");
    if (!text) return NullExpr();
    return sql::ParseExpression(*text);
}

Result<sql::QueryPtr> WithDefaults(const sql::QueryPtr &query, const std::vector<const Field *> &columns, MissingValues &missing) {
    if (auto *inner = query->body->As<sql::QueryPtr>()) {
        if (query->with.empty() && query->order_by.empty() && !query->limit && !query->offset) return WithDefaults(*inner, columns, missing);
    }
    auto *values = query->body->As<sql::Values>();
    if (!values || !HasDefault(*values)) return query;
    sql::Values replaced = *values;
    std::vector<size_t> self_made(columns.size(), 0);
    for (auto &row : replaced.rows) {
        for (size_t i = 0; i < row.size() && i < columns.size(); i++) {
            if (!IsDefault(*row[i])) continue;
            TARN_TRY(sql::ExprPtr value, DefaultOf(*columns[i]));
            if (!value) self_made[i]++;
            row[i] = value ? value : NullExpr();
        }
    }
    for (size_t i = 0; i < columns.size(); i++) {
        if (self_made[i] == 0) continue;
        if (self_made[i] != replaced.rows.size()) {
            return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                        "Some rows of VALUES say DEFAULT for the column `" + columns[i]->name + "`, which the table makes itself, and others give a value. "
                        "Write them in two statements.");
        }
        missing[ToLower(columns[i]->name)] = "TRUE";
    }
    auto body = std::make_shared<sql::QueryBody>(*query->body);
    body->node = std::move(replaced);
    auto copy = std::make_shared<sql::Query>(*query);
    copy->body = std::move(body);
    return copy;
}

Result<void> CheckMayInsert(const Field &column) {
    if (!IsIdentity(column) || AllowsExplicitIdentity(column)) return {};
    Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED",
                            "Providing values for GENERATED ALWAYS AS IDENTITY column " + column.name + " is not supported.");
    error.remedy = "Name the other columns: INSERT INTO t (a, b) …";
    return Fail(std::move(error));
}

Result<void> CheckMayUpdate(const Field &column) {
    if (!IsIdentity(column)) return {};
    return Fail(ErrorKind::kInvalidInput, "DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED", "UPDATE on IDENTITY column " + column.name + " is not supported.");
}

}  // namespace tarn::engine
