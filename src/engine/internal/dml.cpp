// UPDATE, DELETE, TRUNCATE.
#include <algorithm>

#include "engine/internal/column_values.h"
#include "engine/internal/insert.h"
#include "engine/internal/statements.h"
#include "engine/internal/store_value.h"
#include "engine/internal/table_change.h"

namespace tarn::engine {
namespace {

// The statement's own name for the table: its alias, else the last part.
sql::ScopeRelation ScopeOf(const TargetTable &target, const sql::Name &name, const std::string &alias) {
    sql::ScopeRelation scope;
    scope.alias = alias.empty() ? name.Last() : alias;
    if (alias.empty() && !target.name.table.empty()) {
        scope.name = {{target.name.catalog, target.name.schema, target.name.table}, {}};
    }
    return scope;
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::Delete &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
    sql::ScopeRelation scope = ScopeOf(target, statement.table, statement.alias);
    TableChange change(context, target);
    int64_t deleted = 0;
    OperationParameters parameters = {{"predicate", "[\"true\"]"}};
    if (statement.where) {
        TARN_TRY(std::string scan, change.Scan());
        TARN_TRY(std::string condition, context.Expr(*statement.where, {scope}));
        change.ReadsRows([=](const std::string &added) {
            return "SELECT 1 FROM " + added + " AS " + sql::QuoteIdentifier(scope.alias) + " WHERE " + condition;
        });
        parameters["predicate"] = PredicateParameter(statement.where.get());
        TARN_TRY(deleted, change.DeleteRows("SELECT __tarn_file, __tarn_row FROM " + scan + " AS " +
                                            sql::QuoteIdentifier(scope.alias) + " WHERE " + condition));
    } else {
        TARN_TRY(deleted, change.DeleteAll());
        change.ReadsTable();
    }
    if (!change.IsEmpty()) {
        TARN_CHECK(change.Commit("DELETE", parameters, {{"numDeletedRows", deleted}}));
    }
    return CountsResult({{"num_affected_rows", deleted}});
}

// A DELETE of everything, or of the partitions that the clause names.
Result<ResultPtr> Execute(SessionState &session, const sql::Truncate &statement) {
    sql::Delete all;
    all.table = statement.table;
    all.is_path = statement.is_path;
    if (!statement.partition.empty()) {
        StatementContext context(session);
        TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
        TARN_CHECK(CheckPartitionColumns(statement.partition, target.snapshot->metadata));
        for (const sql::PartitionValue &partition : statement.partition) {
            if (!partition.value) continue;
            auto column = std::make_shared<sql::Expr>(), equal = std::make_shared<sql::Expr>(), both = std::make_shared<sql::Expr>();
            column->node = sql::ColumnRef{{{partition.column}, partition.position}};
            equal->node = sql::Binary{sql::BinaryOp::kNullSafeEqual, column, partition.value};
            both->node = sql::Binary{sql::BinaryOp::kAnd, all.where, equal};
            all.where = all.where ? sql::ExprPtr(both) : sql::ExprPtr(equal);
        }
    }
    TARN_CHECK(Execute(session, all));
    return NoRows();
}

Result<ResultPtr> Execute(SessionState &session, const sql::Update &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
    const DataType &schema = target.snapshot->metadata.schema;
    sql::ScopeRelation scope = ScopeOf(target, statement.table, statement.alias);
    TableChange change(context, target);
    TARN_TRY(std::string scan, change.Scan());
    std::string from = " FROM (" + change.RowsWithPlaces(scan) + ") AS " + sql::QuoteIdentifier(scope.alias);

    std::vector<AssignedValue> assigned;
    std::vector<std::vector<std::string>> paths;
    std::string texts;
    for (const sql::Assignment &assignment : statement.assignments) {
        TARN_TRY(auto path, ResolveAssigned(assignment.column, schema, scope));
        TARN_CHECK(CheckMayUpdate(*schema.FindField(path[0])));
        sql::ExprPtr given = assignment.value;
        if (IsDefault(*given)) { TARN_TRY(given, DefaultOf(*schema.FindField(path[0]))); }
        if (!given) continue;  // The table makes it.
        TARN_TRY(std::string text, context.Expr(*given, {scope}));
        texts += (texts.empty() ? "" : ", ") + text;
        paths.push_back(path);
        assigned.push_back({std::move(path), {std::move(text), DataType()}});
    }
    TARN_CHECK(CheckConflicts(paths));
    TARN_TRY(DataType types, DescribeQuery(session, "SELECT " + (texts.empty() ? "NULL" : texts) + from));
    for (size_t i = 0; i < assigned.size(); i++) assigned[i].value.type = types.fields.at(i).type;

    std::string query = "SELECT 0 AS __tarn_action, " + change.RowColumns(scope.alias);
    MissingValues missing;
    for (const Field &field : schema.fields) {
        bool set = std::ranges::any_of(assigned, [&](const AssignedValue &one) { return EqualsIgnoreCase(one.path[0], field.name); });
        if (!set && IsGenerated(field)) missing[ToLower(field.name)] = "TRUE";
        std::string current = sql::QuoteIdentifier(scope.alias) + "." + sql::QuoteIdentifier(field.name);
        TARN_TRY(std::string value, StoreAssigned(context, field, current, assigned, {}));
        query += ", " + value + " AS " + sql::QuoteIdentifier(field.name);
    }
    query += from;
    if (statement.where) {
        TARN_TRY(std::string condition, context.Expr(*statement.where, {scope}));
        query += " WHERE " + condition;
        change.ReadsRows([=](const std::string &added) {
            return "SELECT 1 FROM " + added + " AS " + sql::QuoteIdentifier(scope.alias) + " WHERE " + condition;
        });
    } else {
        change.ReadsTable();
    }
    TARN_TRY(auto marks, change.Apply(query, {RowEffect::kUpdate}, false, missing));
    int64_t updated = marks->Count(RowEffect::kUpdate);
    if (!change.IsEmpty()) {
        TARN_CHECK(change.Commit("UPDATE", {{"predicate", PredicateParameter(statement.where.get())}}, {{"numUpdatedRows", updated}}));
    }
    return CountsResult({{"num_affected_rows", updated}});
}

}  // namespace tarn::engine
