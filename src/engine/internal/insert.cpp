// INSERT: which value goes to which column, and what the new rows replace.
#include "engine/internal/insert.h"

#include <algorithm>

#include "base/nearest.h"
#include "delta/schema.h"
#include "engine/internal/column_values.h"
#include "engine/internal/kept_rows.h"
#include "engine/internal/settings.h"
#include "engine/internal/statements.h"
#include "engine/internal/store_value.h"
#include "engine/internal/table_change.h"

namespace tarn::engine {
namespace {

class InsertPlan {
public:
    // `given`: the rows' query, in place of the statement's own.
    InsertPlan(StatementContext &context, const sql::Insert &statement, TableChange &change, std::string table, std::string given = "")
        : context_(context), session_(context.session()), statement_(statement), change_(change), table_(std::move(table)),
          given_(!given.empty()), query_(std::move(given)) {}

    // Where each of the query's columns goes; the table's schema grows where it may.
    Result<void> Resolve();
    // The query's rows with the table's columns.
    Result<std::string> Rows();
    const WriteOptions &options() const { return options_; }
    // Takes away what the new rows replace. `rows` is what Rows() gave; the result is what to write.
    Result<std::string> Replace(std::string rows, OperationParameters &parameters, OperationMetrics &metrics);
    // After the rows are written: the partitions that they lie in lose what they had.
    bool ReplacesPartitions() const;

private:
    std::vector<const Field *> ColumnsByPosition() const;
    bool Evolves() const { return MayEvolve(session_, statement_.schema_evolution); }
    bool ByPosition() const { return statement_.columns.empty() && !statement_.by_name; }
    const sql::PartitionValue *StaticPartition(const std::string &column) const;
    std::vector<std::string> ColumnNames() const;
    Result<void> CheckColumns(const std::vector<std::string> &names) const;
    Result<std::string> StaticValue(const sql::PartitionValue &partition, const Field &field);
    Result<std::string> PartitionCondition();
    Result<std::string> RowsThatSatisfy(const std::string &rows);
    Result<std::string> ReplaceMatching(const std::string &rows, OperationMetrics &metrics);

    StatementContext &context_;
    SessionState &session_;
    const sql::Insert &statement_;
    TableChange &change_;
    std::string table_;
    bool given_;
    std::string query_;
    DataType source_;
    WriteOptions options_;
    std::vector<std::string> columns_;  // columns_[i]: the table's column for the query's i-th.
    std::unique_ptr<KeptRows> kept_;  // The query's rows, where they are needed twice.
};

const sql::PartitionValue *InsertPlan::StaticPartition(const std::string &column) const {
    for (const sql::PartitionValue &partition : statement_.partition) {
        if (partition.value && EqualsIgnoreCase(partition.column, column)) return &partition;
    }
    return nullptr;
}

// The columns that the statement gives values to, in the order of the values.
std::vector<std::string> InsertPlan::ColumnNames() const {
    std::vector<std::string> names = statement_.columns;
    if (statement_.by_name) {
        for (const Field &field : source_.fields) names.push_back(field.name);
    }
    if (!ByPosition()) return names;
    for (const Field &field : change_.schema().fields) {
        if (!StaticPartition(field.name)) names.push_back(field.name);
    }
    // What comes beyond the table's columns is new.
    for (size_t i = names.size(); Evolves() && i < source_.fields.size(); i++) names.push_back(source_.fields[i].name);
    return names;
}

Result<void> InsertPlan::CheckColumns(const std::vector<std::string> &names) const {
    for (size_t i = 0; i < names.size(); i++) {
        for (size_t j = 0; j < i; j++) {
            if (!EqualsIgnoreCase(names[i], names[j])) continue;
            return Fail(ErrorKind::kInvalidInput, "COLUMN_ALREADY_EXISTS", "The column `" + names[i] + "` is given twice.");
        }
        if (StaticPartition(names[i])) {
            return Fail(ErrorKind::kInvalidInput, "STATIC_PARTITION_COLUMN_IN_INSERT_COLUMN_LIST",
                        "The partition column `" + names[i] + "` has its value in the PARTITION clause already.");
        }
        if (change_.schema().FindField(names[i])) continue;
        Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                                "A column with name `" + names[i] + "` cannot be resolved in " + table_ + ".");
        std::vector<std::string> known;
        for (const Field &column : change_.schema().fields) known.push_back(column.name);
        auto near = NearestNames(names[i], known, 1);
        if (!near.empty()) error.remedy = "Did you mean `" + near[0] + "`?";
        else if (statement_.by_name) error.remedy = "WITH SCHEMA EVOLUTION adds it to the table.";
        return Fail(std::move(error));
    }
    if (names.size() == source_.fields.size()) return {};
    std::string reason = source_.fields.size() > names.size() ? "TOO_MANY_DATA_COLUMNS" : "NOT_ENOUGH_DATA_COLUMNS";
    return Fail(ErrorKind::kInvalidInput, "INSERT_COLUMN_ARITY_MISMATCH." + reason,
                "Cannot write to " + table_ + ": the table takes " + std::to_string(names.size()) + " columns, the data has " +
                    std::to_string(source_.fields.size()) + ".");
}

// Where the values go, as far as the statement alone tells: for the keyword DEFAULT in VALUES.
std::vector<const Field *> InsertPlan::ColumnsByPosition() const {
    std::vector<const Field *> columns;
    for (const std::string &name : statement_.columns) {
        const Field *field = change_.schema().FindField(name);
        if (!field) return {};
        columns.push_back(field);
    }
    for (const Field &field : change_.schema().fields) {
        if (statement_.columns.empty() && !StaticPartition(field.name)) columns.push_back(&field);
    }
    return columns;
}

Result<void> InsertPlan::Resolve() {
    TARN_CHECK(CheckPartitionColumns(statement_.partition, change_.metadata()));
    if (!given_) {
        TARN_TRY(sql::QueryPtr values, WithDefaults(statement_.query, ColumnsByPosition(), options_.missing));
        TARN_TRY(query_, context_.Query(*values));
    }
    TARN_TRY(source_, DescribeQuery(session_, query_));
    columns_ = ColumnNames();
    if (Evolves() && columns_.size() == source_.fields.size()) {
        std::vector<Field> incoming = source_.fields;
        for (size_t i = 0; i < incoming.size(); i++) {
            incoming[i].name = columns_[i];
            // What a file has as text becomes what the table has.
            const Field *known = change_.schema().FindField(columns_[i]);
            bool text = given_ && known && incoming[i].type.kind == TypeKind::kString && !known->type.IsNested();
            if (text) incoming[i].type = known->type;
        }
        TARN_CHECK(change_.EvolveSchema(DataType::Struct(std::move(incoming))));
    }
    TARN_CHECK(CheckColumns(columns_));
    if (!statement_.replace_using.empty() || statement_.replace_on) {
        // Under the query's own names, which REPLACE ON speaks of.
        TARN_TRY(kept_, KeptRows::Of(session_, query_));
        query_ = "SELECT * FROM " + kept_->Text();
    }
    return {};
}

Result<std::string> InsertPlan::StaticValue(const sql::PartitionValue &partition, const Field &field) {
    TARN_TRY(std::string text, context_.Expr(*partition.value));
    TARN_TRY(DataType type, DescribeQuery(session_, "SELECT " + text));
    return StoreValue(context_, {text, type.fields.at(0).type}, field.type, field.name, {});
}

Result<std::string> InsertPlan::Rows() {
    StoreRules rules;
    rules.by_position = ByPosition() && !Evolves();
    rules.fill_missing = Evolves() || given_;
    rules.is_insert = true;
    std::string aliases, list;
    for (size_t i = 0; i < columns_.size(); i++) aliases += (i > 0 ? ", " : "") + std::string("\"v") + std::to_string(i) + "\"";
    for (const Field &field : change_.schema().fields) {
        std::string value = "CAST(NULL AS " + sql::RenderType(field.type) + ")";
        auto at = std::ranges::find_if(columns_, [&](const std::string &name) { return EqualsIgnoreCase(name, field.name); });
        const sql::PartitionValue *partition = StaticPartition(field.name);
        bool given = partition || at != columns_.end();
        if (!given) options_.missing[ToLower(field.name)] = "TRUE";
        else if (!options_.missing.contains(ToLower(field.name))) TARN_CHECK(CheckMayInsert(field));
        if (partition) {
            TARN_TRY(value, StaticValue(*partition, field));
        } else if (at != columns_.end()) {
            size_t i = static_cast<size_t>(at - columns_.begin());
            TARN_TRY(value, StoreValue(context_, {"\"v" + std::to_string(i) + "\"", source_.fields[i].type}, field.type, field.name, rules));
        }
        list += (list.empty() ? "" : ", ") + value + " AS " + sql::QuoteIdentifier(field.name);
    }
    return "SELECT " + list + " FROM (" + query_ + ") AS source(" + aliases + ")";
}

bool InsertPlan::ReplacesPartitions() const {
    return statement_.overwrite && !change_.metadata().partition_columns.empty() &&
           EqualsIgnoreCase(SettingOr(session_, "spark.sql.sources.partitionOverwriteMode", ""), "dynamic");
}

// p IS NOT DISTINCT FROM 'x' AND …; "" without constants.
Result<std::string> InsertPlan::PartitionCondition() {
    std::string condition;
    for (const sql::PartitionValue &partition : statement_.partition) {
        if (!partition.value) continue;
        const Field *field = change_.schema().FindField(partition.column);
        TARN_TRY(std::string value, StaticValue(partition, *field));
        condition += (condition.empty() ? "" : " AND ") + sql::QuoteIdentifier(field->name) + " IS NOT DISTINCT FROM " + value;
    }
    return condition;
}

// `rows`, of which each must be one that REPLACE WHERE would replace.
Result<std::string> InsertPlan::RowsThatSatisfy(const std::string &rows) {
    TARN_TRY(std::string condition, context_.Expr(*statement_.replace_where));
    std::string message = "[DELTA_REPLACE_WHERE_MISMATCH] Written data does not conform to partial table overwrite condition or constraint '" +
                          sql::ColumnNameOf(*statement_.replace_where) + "'.";
    return "SELECT * FROM (" + rows + ") WHERE CASE WHEN " + condition + " THEN TRUE ELSE CAST(error(" + sql::QuoteLiteral(message) +
           ") AS BOOLEAN) END";
}

// REPLACE USING and REPLACE ON: rows for which the query has one that matches go.
Result<std::string> InsertPlan::ReplaceMatching(const std::string &rows, OperationMetrics &metrics) {
    sql::ScopeRelation target{statement_.alias.empty() ? statement_.table.Last() : statement_.alias, {}};
    sql::ScopeRelation source{statement_.source_alias.empty() ? "__source" : statement_.source_alias, {}};
    std::string condition, from = "(SELECT * FROM " + kept_->Text() + ")";
    if (statement_.replace_on) {
        TARN_TRY(condition, context_.Expr(*statement_.replace_on, {target, source}));
    } else {
        from = "(" + rows + ")";
        for (const std::string &name : statement_.replace_using) {
            const Field *field = change_.schema().FindField(name);
            bool given = std::ranges::any_of(columns_, [&](auto &column) { return EqualsIgnoreCase(column, name); });
            if (!field || !given) {
                return Fail(ErrorKind::kInvalidInput, "UNRESOLVED_INSERT_REPLACE_USING_COLUMN",
                            "The column `" + name + "` of REPLACE USING must be one of " + table_ + " and of the query.");
            }
            // Both sides as stored, or neither: CHAR is filled up when it is.
            bool text = field->type.kind == TypeKind::kString;
            auto side = [&](const std::string &alias) {
                std::string column = sql::QuoteIdentifier(alias) + "." + sql::QuoteIdentifier(field->name);
                return text && delta::MetadataText(*field, "__CHAR_VARCHAR_TYPE_STRING") ? "rtrim(" + column + ", ' ')" : column;
            };
            condition += (condition.empty() ? "" : " AND ") + side(target.alias) + " = " + side(source.alias);
        }
    }
    TARN_TRY(std::string scan, change_.Scan());
    TARN_TRY(metrics["numDeletedRows"],
             change_.DeleteRows("SELECT __tarn_file, __tarn_row FROM (SELECT *, __tarn_file, __tarn_row FROM " + scan + ") AS " +
                                sql::QuoteIdentifier(target.alias) + " WHERE EXISTS (SELECT 1 FROM " + from + " AS " +
                                sql::QuoteIdentifier(source.alias) + " WHERE " + condition + ")"));
    return rows;
}

Result<std::string> InsertPlan::Replace(std::string rows, OperationParameters &parameters, OperationMetrics &metrics) {
    if (statement_.replace_where) {
        TARN_TRY(std::string scan, change_.Scan());
        TARN_TRY(std::string condition, context_.Expr(*statement_.replace_where));
        change_.ReadsRows([condition](const std::string &added) { return "SELECT 1 FROM " + added + " WHERE " + condition; });
        TARN_TRY(metrics["numDeletedRows"], change_.DeleteRows("SELECT __tarn_file, __tarn_row FROM " + scan + " WHERE " + condition));
        parameters["predicate"] = sql::ColumnNameOf(*statement_.replace_where);
        return RowsThatSatisfy(rows);
    }
    if (kept_) {
        change_.ReadsTable();
        return ReplaceMatching(rows, metrics);
    }
    if (!statement_.overwrite) return rows;
    if (ReplacesPartitions()) {
        parameters["isDynamicPartitionOverwrite"] = "true";
        return rows;
    }
    TARN_TRY(std::string condition, PartitionCondition());
    if (condition.empty()) {
        TARN_CHECK(change_.DeleteAll());
        change_.ReadsTable();
        return rows;
    }
    TARN_TRY(std::string scan, change_.Scan());
    change_.ReadsRows([condition](const std::string &added) { return "SELECT 1 FROM " + added + " WHERE " + condition; });
    TARN_TRY(metrics["numDeletedRows"], change_.DeleteRows("SELECT __tarn_file, __tarn_row FROM " + scan + " WHERE " + condition));
    for (const sql::PartitionValue &partition : statement_.partition) {
        if (!partition.value) continue;
        std::string &predicate = parameters["predicate"];
        predicate += (predicate.empty() ? "(" : " AND (") + partition.column + " <=> " + sql::ColumnNameOf(*partition.value) + ")";
    }
    return rows;
}

// Whether the query names the table itself: what it inserts then depends on what is there.
bool ReadsItself(StatementContext &context, const sql::Insert &statement, const TargetTable &target) {
    for (const sql::TableUse &use : sql::CollectUses(*statement.query).tables) {
        if (use.is_path) {
            if (use.name.Last() == target.location) return true;
            continue;
        }
        auto name = context.FullName(use.name);
        if (name && !target.name.table.empty() && EqualsIgnoreCase(name->ToString(), target.name.ToString())) return true;
    }
    return false;
}

}  // namespace

Result<void> CheckPartitionColumns(const std::vector<sql::PartitionValue> &partition, const delta::Metadata &metadata) {
    for (const sql::PartitionValue &value : partition) {
        auto same = [&](const std::string &name) { return EqualsIgnoreCase(name, value.column); };
        if (std::ranges::any_of(metadata.partition_columns, same)) continue;
        Error error = MakeError(ErrorKind::kInvalidInput, "NON_PARTITION_COLUMN",
                                "PARTITION clause cannot contain the non-partition column: `" + value.column + "`.");
        error.position = value.position;
        return Fail(std::move(error));
    }
    return {};
}

bool MayEvolve(const SessionState &session, bool said) {
    return said || BoolSetting(session, "spark.databricks.delta.schema.autoMerge.enabled", false);
}

Result<std::string> InsertRows(StatementContext &context, const sql::Insert &statement, std::string query, TableChange &change,
                               const std::string &table, WriteOptions &options) {
    InsertPlan plan(context, statement, change, table, std::move(query));
    TARN_CHECK(plan.Resolve());
    TARN_TRY(std::string rows, plan.Rows());
    options = plan.options();
    return rows;
}

Result<ResultPtr> Execute(SessionState &session, const sql::Insert &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, statement.is_path));
    TableChange change(context, target);
    InsertPlan plan(context, statement, change, target.ToString());
    TARN_CHECK(plan.Resolve());
    TARN_TRY(std::string rows, plan.Rows());

    bool replaces = statement.overwrite || statement.replace_where || statement.replace_on || !statement.replace_using.empty();
    OperationParameters parameters = {{"mode", replaces ? "Overwrite" : "Append"}, {"partitionBy", "[]"}};
    OperationMetrics metrics;
    if (ReadsItself(context, statement, target)) change.ReadsTable();
    TARN_TRY(rows, plan.Replace(std::move(rows), parameters, metrics));
    TARN_TRY(int64_t written, change.WriteRows(rows, plan.options()));
    if (plan.ReplacesPartitions()) change.ReplaceWrittenPartitions();
    if (!change.IsEmpty()) {
        metrics["numOutputRows"] = written;
        TARN_CHECK(change.Commit("WRITE", parameters, metrics));
    }
    return CountsResult({{"num_affected_rows", written}, {"num_inserted_rows", written}});
}

}  // namespace tarn::engine
