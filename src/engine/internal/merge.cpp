// MERGE: one join finds what to do with each row; the changed rows alone are kept, then written and masked.
#include <algorithm>

#include "delta/schema.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"
#include "engine/internal/temporary_table.h"

namespace tarn::engine {
namespace {

using When = sql::MergeClause::When;
using Act = sql::MergeClause::Action;

struct MergePlan {
    const sql::Merge &statement;
    StatementContext &context;
    sql::ScopeRelation target, source;
    std::string source_text;  // A FROM item with its alias.
    DataType source_schema;
    DataType schema;          // The target's after evolution.
    DataType old_schema;      // Before: what the scan has.
    bool matched = false, not_matched = false, not_matched_by_source = false;

    std::string TargetColumn(const Field &field) const {
        if (!old_schema.FindField(field.name)) return "NULL";
        return sql::QuoteIdentifier(target.alias) + "." + sql::QuoteIdentifier(field.name);
    }
    std::string SourceColumn(const Field &field) const {
        const Field *from = source_schema.FindField(field.name);
        return from ? sql::QuoteIdentifier(source.alias) + "." + sql::QuoteIdentifier(from->name) : "";
    }
};

std::string AliasOf(const sql::Relation &relation) {
    if (relation.alias && !relation.alias->name.empty()) return relation.alias->name;
    if (auto *table = relation.As<sql::TableRef>()) return table->name.Last();
    return "source";
}

Result<std::string> ClauseCondition(MergePlan &plan, const sql::MergeClause &clause) {
    std::string in_source = sql::QuoteIdentifier(plan.source.alias) + ".__tarn_source";
    std::string in_target = sql::QuoteIdentifier(plan.target.alias) + ".__tarn_row";
    std::string text;
    switch (clause.when) {
        case When::kMatched: text = in_source + " IS NOT NULL AND " + in_target + " IS NOT NULL"; break;
        case When::kNotMatched: text = in_target + " IS NULL"; break;
        case When::kNotMatchedBySource: text = in_source + " IS NULL"; break;
    }
    if (clause.condition) {
        TARN_TRY(std::string condition, plan.context.Expr(*clause.condition, {plan.target, plan.source}));
        text += " AND (" + condition + ")";
    }
    return text;
}

// The value that `clause` gives a column; "" when the column keeps what it has (NULL in a new row).
Result<std::string> ClauseValue(MergePlan &plan, const sql::MergeClause &clause, const Field &field) {
    if (clause.action == Act::kUpdateAll || clause.action == Act::kInsertAll) return plan.SourceColumn(field);
    for (const sql::Assignment &assignment : clause.assignments) {
        if (!EqualsIgnoreCase(assignment.column.Last(), field.name)) continue;
        return plan.context.Expr(*assignment.value, {plan.target, plan.source});
    }
    return std::string();
}

Result<void> CheckAssignments(const MergePlan &plan) {
    for (const sql::MergeClause &clause : plan.statement.clauses) {
        for (const sql::Assignment &assignment : clause.assignments) {
            if (plan.schema.FindField(assignment.column.Last())) continue;
            Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                                    "A column with name `" + assignment.column.ToString() + "` cannot be resolved in the target.");
            error.position = assignment.column.position;
            return Fail(std::move(error));
        }
    }
    return {};
}

// One row for each change: __tarn_action (the clause's number), the target row's identity, the new values.
Result<std::string> ChangesQuery(MergePlan &plan, const std::string &scan) {
    auto &clauses = plan.statement.clauses;
    std::string action = "CASE";
    for (size_t i = 0; i < clauses.size(); i++) {
        TARN_TRY(std::string condition, ClauseCondition(plan, clauses[i]));
        action += " WHEN " + condition + " THEN " + std::to_string(i);
    }
    action += " END";

    std::string target = sql::QuoteIdentifier(plan.target.alias);
    std::string select = "SELECT " + action + " AS __tarn_action, " + target + ".__tarn_file AS __tarn_file, " + target +
                         ".__tarn_row AS __tarn_row";
    for (const Field &field : plan.schema.fields) {
        std::string value = "CASE __tarn_action";
        for (size_t i = 0; i < clauses.size(); i++) {
            if (clauses[i].action == Act::kDelete) continue;
            TARN_TRY(std::string given, ClauseValue(plan, clauses[i], field));
            bool inserts = clauses[i].action == Act::kInsert || clauses[i].action == Act::kInsertAll;
            if (given.empty()) given = inserts ? "NULL" : plan.TargetColumn(field);
            value += " WHEN " + std::to_string(i) + " THEN CAST(" + given + " AS " + sql::RenderType(field.type) + ")";
        }
        if (value == "CASE __tarn_action") value = "CAST(NULL AS " + sql::RenderType(field.type) + ")";
        else value += " END";
        select += ", " + value + " AS " + sql::QuoteIdentifier(field.name);
    }

    TARN_TRY(std::string on, plan.context.Expr(*plan.statement.condition, {plan.target, plan.source}));
    std::string left = "(SELECT *, TRUE AS __tarn_source FROM " + plan.source_text + ") AS " +
                       sql::QuoteIdentifier(plan.source.alias);
    // The target's virtual columns must be named where the scan stands alone.
    std::string right = "(SELECT *, __tarn_file, __tarn_row FROM " + scan + ") AS " + target;
    std::string join = plan.not_matched ? (plan.not_matched_by_source ? " FULL JOIN " : " LEFT JOIN ")
                                        : (plan.not_matched_by_source ? " RIGHT JOIN " : " JOIN ");
    return "SELECT * FROM (" + select + " FROM " + left + join + right + " ON " + on + ") WHERE __tarn_action IS NOT NULL";
}

std::string ActionsIn(const sql::Merge &statement, auto &&wanted) {
    std::string list;
    for (size_t i = 0; i < statement.clauses.size(); i++) {
        if (wanted(statement.clauses[i].action)) list += (list.empty() ? "" : ", ") + std::to_string(i);
    }
    return list.empty() ? "FALSE" : "__tarn_action IN (" + list + ")";
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::Merge &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable found, context.FindTarget(statement.target, statement.target_is_path));
    MergePlan plan{statement, context};
    plan.target.alias = statement.target_alias.empty() ? statement.target.Last() : statement.target_alias;
    if (statement.target_alias.empty()) plan.target.name = context.Qualify(statement.target);
    plan.source.alias = AliasOf(*statement.source);
    if (EqualsIgnoreCase(plan.source.alias, plan.target.alias)) {
        return Fail(ErrorKind::kInvalidInput, "AMBIGUOUS_REFERENCE",
                    "The target and the source of MERGE are both called `" + plan.target.alias + "`: give one an alias.");
    }
    TARN_TRY(plan.source_text, context.From(*statement.source));
    TARN_TRY(plan.source_schema, DescribeQuery(session, "SELECT * FROM " + plan.source_text));

    TableChange change(context, found);
    plan.old_schema = change.schema();
    if (statement.schema_evolution) TARN_CHECK(change.EvolveSchema(plan.source_schema));
    plan.schema = change.schema();
    TARN_CHECK(CheckAssignments(plan));
    for (const sql::MergeClause &clause : statement.clauses) {
        plan.matched |= clause.when == When::kMatched;
        plan.not_matched |= clause.when == When::kNotMatched;
        plan.not_matched_by_source |= clause.when == When::kNotMatchedBySource;
    }
    TARN_TRY(std::string scan, change.Scan());
    TARN_TRY(std::string query, ChangesQuery(plan, scan));
    TARN_TRY(auto changes, TemporaryTable::Create(session, query));

    TARN_TRY(int64_t ambiguous, changes->Count("count(*)", "WHERE __tarn_row IS NOT NULL GROUP BY __tarn_file, __tarn_row "
                                                          "HAVING count(*) > 1 LIMIT 1"));
    if (ambiguous > 0) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
                    "Cannot perform Merge as multiple source rows matched and attempted to modify the same target row in the "
                    "Delta table in possibly conflicting ways. Keep one source row for each key before merging.");
    }
    std::string updates = ActionsIn(statement, [](Act act) { return act == Act::kUpdate || act == Act::kUpdateAll; });
    std::string inserts = ActionsIn(statement, [](Act act) { return act == Act::kInsert || act == Act::kInsertAll; });
    TARN_TRY(int64_t updated, changes->Count("count(*)", "WHERE " + updates));
    TARN_TRY(int64_t inserted, changes->Count("count(*)", "WHERE " + inserts));
    TARN_TRY(int64_t masked, change.DeleteRows("SELECT __tarn_file, __tarn_row FROM " + changes->name() +
                                               " WHERE __tarn_row IS NOT NULL AND NOT (" + inserts + ")"));
    if (updated + inserted > 0) {
        TARN_CHECK(change.WriteRows("SELECT * EXCLUDE (__tarn_action, __tarn_file, __tarn_row) FROM " + changes->name() +
                                    " WHERE " + updates + " OR " + inserts));
    }
    int64_t deleted = masked - updated;
    if (!change.IsEmpty()) {
        change.ReadsTable();
        OperationMetrics metrics = {{"numTargetRowsInserted", inserted}, {"numTargetRowsUpdated", updated},
                                    {"numTargetRowsDeleted", deleted}, {"numOutputRows", updated + inserted}};
        auto count = [&](const char *name, When when, bool deletes) -> Result<void> {
            std::string list;
            for (size_t i = 0; i < statement.clauses.size(); i++) {
                auto &clause = statement.clauses[i];
                if (clause.when == when && (clause.action == Act::kDelete) == deletes) list += (list.empty() ? "" : ", ") + std::to_string(i);
            }
            if (list.empty()) metrics[name] = 0;
            else { TARN_TRY(metrics[name], changes->Count("count(*)", "WHERE __tarn_action IN (" + list + ")")); }
            return {};
        };
        TARN_CHECK(count("numTargetRowsMatchedUpdated", When::kMatched, false));
        TARN_CHECK(count("numTargetRowsMatchedDeleted", When::kMatched, true));
        TARN_CHECK(count("numTargetRowsNotMatchedBySourceUpdated", When::kNotMatchedBySource, false));
        TARN_CHECK(count("numTargetRowsNotMatchedBySourceDeleted", When::kNotMatchedBySource, true));
        TARN_CHECK(change.Commit("MERGE", MergeParameters(statement), metrics));
    }
    return CountsResult({{"num_affected_rows", updated + inserted + deleted}, {"num_updated_rows", updated},
                         {"num_deleted_rows", deleted}, {"num_inserted_rows", inserted}});
}

}  // namespace tarn::engine
