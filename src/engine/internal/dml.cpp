// INSERT, UPDATE, DELETE, TRUNCATE.
#include <algorithm>

#include "delta/schema.h"
#include "engine/internal/column_values.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"

namespace tarn::engine {
namespace {

std::unexpected<Error> CannotStore(const std::string &table, const Field &column, const DataType &from) {
    return Fail(ErrorKind::kInvalidInput, "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
                "Cannot write incompatible data for the table " + table + ": Cannot safely cast `" + column.name + "` " +
                    from.ToSql() + " to " + column.type.ToSql() + ".");
}

// The table columns that the statement's values go to, in the order of the values.
Result<std::vector<const Field *>> InsertColumns(const sql::Insert &statement, const DataType &schema,
                                                 const DataType &source, const std::string &table) {
    std::vector<const Field *> columns;
    std::vector<std::string> names = statement.columns;
    if (statement.by_name) {
        for (const Field &field : source.fields) names.push_back(field.name);
    }
    if (names.empty()) {
        for (const Field &field : schema.fields) columns.push_back(&field);
    }
    for (const std::string &name : names) {
        const Field *field = schema.FindField(name);
        if (!field) {
            Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                                    "A column with name `" + name + "` cannot be resolved in " + table + ".");
            std::vector<std::string> known;
            for (const Field &column : schema.fields) known.push_back(column.name);
            auto near = catalog::NearestNames(name, known, 1);
            if (!near.empty()) error.remedy = "Did you mean `" + near[0] + "`?";
            return Fail(std::move(error));
        }
        if (std::ranges::find(columns, field) != columns.end()) {
            return Fail(ErrorKind::kInvalidInput, "COLUMN_ALREADY_EXISTS", "The column `" + name + "` is given twice.");
        }
        columns.push_back(field);
    }
    if (columns.size() != source.fields.size()) {
        std::string reason = source.fields.size() > columns.size() ? "TOO_MANY_DATA_COLUMNS" : "NOT_ENOUGH_DATA_COLUMNS";
        return Fail(ErrorKind::kInvalidInput, "INSERT_COLUMN_ARITY_MISMATCH." + reason,
                    "Cannot write to " + table + ": the table takes " + std::to_string(columns.size()) +
                        " columns, the data has " + std::to_string(source.fields.size()) + ".");
    }
    return columns;
}

// Where the values of an INSERT go, as far as the statement alone tells: for the keyword DEFAULT in VALUES.
std::vector<const Field *> ColumnsByPosition(const sql::Insert &statement, const DataType &schema) {
    std::vector<const Field *> columns;
    for (const std::string &name : statement.columns) {
        const Field *field = schema.FindField(name);
        if (!field) return {};
        columns.push_back(field);
    }
    for (const Field &field : schema.fields) {
        if (statement.columns.empty()) columns.push_back(&field);
    }
    return columns;
}

// The query's columns cast to the table's, by position; columns that get no value are NULL.
Result<std::string> InsertSelect(const sql::Insert &statement, const DataType &schema, const std::string &query,
                                 const DataType &source, const std::string &table, MissingValues &missing) {
    TARN_TRY(auto columns, InsertColumns(statement, schema, source, table));
    for (const Field &field : schema.fields) {
        bool given = std::ranges::find(columns, &field) != columns.end();
        if (!given) missing[ToLower(field.name)] = "TRUE";
        else if (!missing.contains(ToLower(field.name))) TARN_CHECK(CheckMayInsert(field));
    }
    std::string aliases;
    for (size_t i = 0; i < columns.size(); i++) {
        const DataType &from = source.fields[i].type;
        if (!delta::CanStoreAs(from, columns[i]->type)) return CannotStore(table, *columns[i], from);
        aliases += (aliases.empty() ? "" : ", ") + std::string("\"v") + std::to_string(i) + "\"";
    }
    std::string list;
    for (const Field &field : schema.fields) {
        auto at = std::ranges::find(columns, &field);
        std::string value = at == columns.end() ? "NULL" : "\"v" + std::to_string(at - columns.begin()) + "\"";
        list += (list.empty() ? "" : ", ") + std::string("CAST(") + value + " AS " + sql::RenderType(field.type) + ") AS " +
                sql::QuoteIdentifier(field.name);
    }
    return "SELECT " + list + " FROM (" + query + ") AS source(" + aliases + ")";
}

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

Result<ResultPtr> Execute(SessionState &session, const sql::Insert &statement) {
    if (!statement.partition.empty()) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                    "INSERT … PARTITION is not supported. List the partition columns with the others instead.");
    }
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
    std::string table = target.ToString();
    const DataType &schema = target.snapshot->metadata.schema;
    WriteOptions options;
    TARN_TRY(sql::QueryPtr values, WithDefaults(statement.query, ColumnsByPosition(statement, schema), options.missing));
    TARN_TRY(std::string query, context.Query(*values));
    TARN_TRY(DataType source, DescribeQuery(session, query));
    TARN_TRY(std::string select, InsertSelect(statement, schema, query, source, table, options.missing));

    TableChange change(context, target);
    OperationParameters parameters = {{"mode", "Append"}, {"partitionBy", "[]"}};
    OperationMetrics metrics;
    if (statement.replace_where || statement.overwrite) parameters["mode"] = "Overwrite";
    if (statement.replace_where) {
        TARN_TRY(std::string scan, change.Scan());
        TARN_TRY(std::string condition, context.Expr(*statement.replace_where));
        change.ReadsTable();
        TARN_TRY(metrics["numDeletedRows"], change.DeleteRows("SELECT __tarn_file, __tarn_row FROM " + scan + " WHERE " + condition));
        parameters["predicate"] = sql::ColumnNameOf(*statement.replace_where);
    } else if (statement.overwrite) {
        TARN_CHECK(change.DeleteAll());
    }
    TARN_TRY(int64_t rows, change.WriteRows(select, options));
    if (!change.IsEmpty()) {
        metrics["numOutputRows"] = rows;
        TARN_CHECK(change.Commit("WRITE", parameters, metrics));
    }
    return CountsResult({{"num_affected_rows", rows}, {"num_inserted_rows", rows}});
}

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
        parameters["predicate"] = PredicateParameter(statement.where.get());
        TARN_TRY(deleted, change.DeleteRows("SELECT __tarn_file, __tarn_row FROM " + scan + " AS " +
                                            sql::QuoteIdentifier(scope.alias) + " WHERE " + condition));
    } else {
        TARN_TRY(deleted, change.DeleteAll());
    }
    if (!change.IsEmpty()) {
        change.ReadsTable();
        TARN_CHECK(change.Commit("DELETE", parameters, {{"numDeletedRows", deleted}}));
    }
    return CountsResult({{"num_affected_rows", deleted}});
}

Result<ResultPtr> Execute(SessionState &session, const sql::Truncate &statement) {
    sql::Delete all;
    all.table = statement.table;
    TARN_CHECK(Execute(session, all));
    return NoRows();
}

Result<ResultPtr> Execute(SessionState &session, const sql::Update &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
    const DataType &schema = target.snapshot->metadata.schema;
    sql::ScopeRelation scope = ScopeOf(target, statement.table, statement.alias);
    std::map<std::string, std::string> values;  // Column in lower case -> DuckDB text.
    for (const sql::Assignment &assignment : statement.assignments) {
        const Field *field = schema.FindField(assignment.column.Last());
        if (!field) {
            Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                                    "A column with name `" + assignment.column.ToString() + "` cannot be resolved.");
            error.position = assignment.column.position;
            return Fail(std::move(error));
        }
        TARN_CHECK(CheckMayUpdate(*field));
        sql::ExprPtr value = assignment.value;
        if (IsDefault(*value)) { TARN_TRY(value, DefaultOf(*field)); }
        if (value) { TARN_TRY(values[ToLower(field->name)], context.Expr(*value, {scope})); }
    }
    MissingValues missing;
    std::string list;
    for (const Field &field : schema.fields) {
        auto it = values.find(ToLower(field.name));
        if (it == values.end() && IsGenerated(field)) missing[ToLower(field.name)] = "TRUE";
        std::string value = it == values.end() ? sql::QuoteIdentifier(scope.alias) + "." + sql::QuoteIdentifier(field.name)
                                               : "CAST(" + it->second + " AS " + sql::RenderType(field.type) + ")";
        list += value + " AS " + sql::QuoteIdentifier(field.name) + ", ";
    }
    TableChange change(context, target);
    TARN_TRY(std::string scan, change.Scan());
    std::string query = "SELECT " + list + change.RowColumns(scope.alias) + ", 0 AS __tarn_action FROM " + scan + " AS " + sql::QuoteIdentifier(scope.alias);
    if (statement.where) {
        TARN_TRY(std::string condition, context.Expr(*statement.where, {scope}));
        query += " WHERE " + condition;
    }
    TARN_TRY(auto marks, change.Apply(query, {RowEffect::kUpdate}, false, missing));
    int64_t updated = marks->Count(RowEffect::kUpdate);
    if (updated > 0) {
        change.ReadsTable();
        TARN_CHECK(change.Commit("UPDATE", {{"predicate", PredicateParameter(statement.where.get())}}, {{"numUpdatedRows", updated}}));
    }
    return CountsResult({{"num_affected_rows", updated}});
}

}  // namespace tarn::engine
