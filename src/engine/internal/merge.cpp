// MERGE: one join finds what to do with each row, and in the same pass the new rows are written and the old ones noted.
#include <algorithm>

#include "delta/schema.h"
#include "engine/internal/column_values.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/insert.h"
#include "engine/internal/statements.h"
#include "engine/internal/store_value.h"
#include "engine/internal/table_change.h"

namespace tarn::engine {
namespace {

using When = sql::MergeClause::When;
using Act = sql::MergeClause::Action;

std::string AliasOf(const sql::Relation &relation) {
    if (relation.alias && !relation.alias->name.empty()) return relation.alias->name;
    if (auto *table = relation.As<sql::TableRef>()) return table->name.Last();
    return "__source";
}

bool Inserts(const sql::MergeClause &clause) { return clause.action == Act::kInsert || clause.action == Act::kInsertAll; }
bool TakesAll(const sql::MergeClause &clause) { return clause.action == Act::kUpdateAll || clause.action == Act::kInsertAll; }

bool IsExcepted(const sql::MergeClause &clause, const std::string &column) {
    return std::ranges::any_of(clause.except, [&](const std::string &name) { return EqualsIgnoreCase(name, column); });
}

std::unexpected<Error> FailAt(SourcePosition position, const char *condition, std::string message) {
    Error error = MakeError(ErrorKind::kInvalidInput, condition, std::move(message));
    error.position = position;
    return Fail(std::move(error));
}

// What one clause gives: values by path, columns left to their DEFAULT.
struct ClauseValues {
    std::string condition;  // DuckDB text of AND …; "" without.
    std::vector<AssignedValue> assigned;
    std::vector<std::string> defaults;
};

// Whether `to` has fields within structs that `from` lacks.
bool HasMore(const DataType &to, const DataType &from) {
    if (to.kind != TypeKind::kStruct || from.kind != TypeKind::kStruct) return false;
    return std::ranges::any_of(to.fields, [&](const Field &field) {
        const Field *same = from.FindField(field.name);
        return !same || HasMore(field.type, same->type);
    });
}

// A struct of the source with those of the target's fields that it lacks, as they are. NULL only where both are.
TypedText WithKeptFields(const TypedText &from, const TypedText &current) {
    if (!HasMore(current.type, from.type)) return from;
    auto member = [](const TypedText &value, const Field &field) {
        return TypedText{"struct_extract(" + value.text + ", " + sql::QuoteLiteral(field.name) + ")", field.type};
    };
    std::string list;
    std::vector<Field> fields;
    auto add = [&](const Field &field, TypedText value) {
        list += (list.empty() ? "" : ", ") + sql::QuoteIdentifier(field.name) + " := " + value.text;
        fields.push_back({field.name, std::move(value.type)});
    };
    for (const Field &field : from.type.fields) {
        const Field *kept = current.type.FindField(field.name);
        add(field, kept ? WithKeptFields(member(from, field), member(current, *kept)) : member(from, field));
    }
    for (const Field &field : current.type.fields) {
        if (!from.type.FindField(field.name)) add(field, member(current, field));
    }
    return {"CASE WHEN " + from.text + " IS NULL AND " + current.text + " IS NULL THEN NULL ELSE struct_pack(" + list + ") END",
            DataType::Struct(std::move(fields))};
}

class MergePlan {
public:
    MergePlan(StatementContext &context, const sql::Merge &statement, TableChange &change)
        : context_(context), statement_(statement), change_(change), old_schema_(change.schema()), evolves_(MayEvolve(context.session(), statement.schema_evolution)) {}

    Result<void> Resolve();
    // The changes for TableChange::Apply.
    Result<std::string> Changes();
    std::vector<RowEffect> Effects() const;
    // For each column, the clauses whose rows have no value for it.
    Result<MissingValues> Missing() const;
    // Of a scan of target rows: those that the source matches.
    Result<std::function<std::string(const std::string &scan)>> Matches();
    bool Has(When when) const;
    // How many rows the source had, after the changes were applied. nullopt: counting would mean to run the source again.
    Result<std::optional<int64_t>> SourceRows() const;
    // Whether several source rows may remove one target row: as Delta defines it, for a lone WHEN MATCHED THEN DELETE.
    bool MayRepeat() const;

private:
    Result<void> CheckClauses() const;
    Result<void> Evolve();
    std::vector<const sql::ScopeRelation *> Visible(const sql::MergeClause &clause) const;
    std::vector<sql::ScopeRelation> Scope(const sql::MergeClause &clause) const;
    std::string SourceItem(const std::string &in_source = "TRUE") const {
        return "(SELECT *, " + in_source + " AS __tarn_source FROM " + source_text_ + ") AS " + sql::QuoteIdentifier(source_.alias);
    }
    std::string TargetItem() const { return "(" + change_.RowsWithPlaces(scan_) + ") AS " + sql::QuoteIdentifier(target_.alias); }

    Result<ClauseValues> ValuesOf(const sql::MergeClause &clause);
    Result<void> AddAll(const sql::MergeClause &clause, ClauseValues &values) const;
    Result<std::vector<std::string>> PathOf(const sql::MergeClause &clause, const sql::Name &column) const;
    Result<std::string> ColumnValue(const Field &field);
    Result<std::string> ClauseValue(size_t clause, const Field &field);
    std::string ActionCase() const;

    StatementContext &context_;
    const sql::Merge &statement_;
    TableChange &change_;
    DataType old_schema_;     // What the scan has; change_.schema() is the table's after evolution.
    bool evolves_;
    sql::ScopeRelation target_, source_;
    std::string source_text_, scan_;
    std::shared_ptr<std::atomic<int64_t>> counter_ = std::make_shared<std::atomic<int64_t>>(0);
    RowCounters::Lease counted_{context_.session().engine.counters, counter_};
    DataType source_schema_;
    std::vector<ClauseValues> clauses_;
    std::string action_;  // DuckDB text: the number of the clause that takes a row, or NULL.
};

Result<void> MergePlan::Resolve() {
    TARN_CHECK(CheckClauses());
    target_.alias = statement_.target_alias.empty() ? statement_.target.Last() : statement_.target_alias;
    if (statement_.target_alias.empty() && !statement_.target_is_path) target_.name = context_.Qualify(statement_.target);
    source_.alias = AliasOf(*statement_.source);
    if (EqualsIgnoreCase(source_.alias, target_.alias)) {
        return Fail(ErrorKind::kInvalidInput, "AMBIGUOUS_REFERENCE",
                    "The target and the source of MERGE are both called `" + target_.alias + "`: give one an alias.");
    }
    TARN_TRY(source_text_, context_.From(*statement_.source));
    TARN_TRY(source_schema_, DescribeQuery(context_.session(), "SELECT * FROM " + source_text_));
    TARN_TRY(scan_, change_.Scan());
    if (evolves_) TARN_CHECK(Evolve());
    for (const sql::MergeClause &clause : statement_.clauses) {
        TARN_TRY(ClauseValues values, ValuesOf(clause));
        clauses_.push_back(std::move(values));
    }
    return {};
}

Result<void> MergePlan::CheckClauses() const {
    auto &clauses = statement_.clauses;
    auto refuse_random = [](const sql::Expr &expr) -> Result<void> {
        auto random = sql::RandomFunctionIn(expr);
        if (!random) return {};
        return FailAt(expr.position, "DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED",
                      "Non-deterministic functions are not supported in the conditions of MERGE: " + *random + ".");
    };
    TARN_CHECK(refuse_random(*statement_.condition));
    for (const sql::MergeClause &clause : clauses) {
        if (clause.condition) TARN_CHECK(refuse_random(*clause.condition));
    }
    for (size_t i = 0; i < clauses.size(); i++) {
        auto same = [&](const sql::MergeClause &later) { return later.when == clauses[i].when; };
        if (clauses[i].condition || std::none_of(clauses.begin() + static_cast<std::ptrdiff_t>(i) + 1, clauses.end(), same)) continue;
        const char *kinds[] = {"MATCHED", "NOT_MATCHED_BY_TARGET", "NOT_MATCHED_BY_SOURCE"};
        std::string kind = kinds[static_cast<size_t>(clauses[i].when)];
        std::string spoken = kind;
        std::ranges::replace(spoken, '_', ' ');
        Error error = MakeError(ErrorKind::kInvalidInput, "NON_LAST_" + kind + "_CLAUSE_OMIT_CONDITION",
                                "When there are more than one " + spoken + " clauses in a MERGE statement, only the last " + spoken +
                                    " clause can omit the condition.");
        error.position = clauses[i].position;
        return Fail(std::move(error));
    }
    return {};
}

// The columns that UPDATE SET * and INSERT * take, and those that a clause assigns under the name they have in the source.
Result<void> MergePlan::Evolve() {
    std::vector<Field> incoming;
    auto wanted = [&](const Field &field) {
        return std::ranges::any_of(statement_.clauses, [&](const sql::MergeClause &clause) {
            if (TakesAll(clause)) return !IsExcepted(clause, field.name);
            return std::ranges::any_of(clause.assignments, [&](const sql::Assignment &assignment) {
                auto &parts = assignment.column.parts;
                bool qualified = parts.size() > 1 && EqualsIgnoreCase(parts[0], target_.alias);
                return EqualsIgnoreCase(parts[qualified ? 1 : 0], field.name);
            });
        });
    };
    std::ranges::copy_if(source_schema_.fields, std::back_inserter(incoming), wanted);
    if (incoming.empty()) return {};
    TARN_CHECK(change_.EvolveSchema(DataType::Struct(std::move(incoming))));
    return {};
}

std::vector<const sql::ScopeRelation *> MergePlan::Visible(const sql::MergeClause &clause) const {
    if (clause.when == When::kNotMatched) return {&source_};
    if (clause.when == When::kNotMatchedBySource) return {&target_};
    return {&target_, &source_};
}

// A clause that sees one side alone may leave its columns unqualified, although the join has the other side's, too.
std::vector<sql::ScopeRelation> MergePlan::Scope(const sql::MergeClause &clause) const {
    std::vector<sql::ScopeRelation> scope;
    for (const sql::ScopeRelation *relation : Visible(clause)) {
        scope.push_back(*relation);
        if (clause.when == When::kMatched) continue;
        for (const Field &field : (relation == &source_ ? source_schema_ : old_schema_).fields) scope.back().columns.push_back(field.name);
    }
    return scope;
}

Result<std::vector<std::string>> MergePlan::PathOf(const sql::MergeClause &clause, const sql::Name &column) const {
    TARN_TRY(auto path, ResolveAssigned(column, change_.schema(), target_));
    if (Inserts(clause) && path.size() > 1) {
        return FailAt(column.position, "DELTA_UNSUPPORTED_NESTED_FIELD_IN_OPERATION",
                      "Nested field is not supported in the INSERT clause of MERGE operation (field = `" + column.ToString() + "`).");
    }
    return path;
}

Result<ClauseValues> MergePlan::ValuesOf(const sql::MergeClause &clause) {
    ClauseValues values;
    std::string list;
    if (clause.condition) {
        TARN_TRY(values.condition, context_.Expr(*clause.condition, Scope(clause)));
        list = values.condition;
    }
    if (TakesAll(clause)) TARN_CHECK(AddAll(clause, values));
    std::vector<std::vector<std::string>> paths;
    std::vector<size_t> listed;  // The assigned values that the list has, behind the condition.
    for (const sql::Assignment &assignment : clause.assignments) {
        TARN_TRY(auto path, PathOf(clause, assignment.column));
        paths.push_back(path);
        if (IsDefault(*assignment.value)) {
            values.defaults.push_back(path[0]);
            values.assigned.push_back({path, {"NULL", DataType()}});
            continue;
        }
        TARN_TRY(std::string text, context_.Expr(*assignment.value, Scope(clause)));
        list += (list.empty() ? "" : ", ") + text;
        listed.push_back(values.assigned.size());
        values.assigned.push_back({path, {text, DataType()}});
    }
    auto conflict = CheckConflicts(paths);
    if (!conflict && Inserts(clause)) {
        return FailAt(clause.position, "DELTA_DUPLICATE_COLUMNS_ON_INSERT", "Duplicate column names in INSERT clause.");
    }
    TARN_CHECK(conflict);
    if (list.empty()) return values;
    // Binding the texts over what the clause sees alone gives their types, and refuses what it does not see.
    std::string from;
    for (const sql::ScopeRelation *relation : Visible(clause)) from += (from.empty() ? "" : ", ") + (relation == &source_ ? SourceItem() : TargetItem());
    TARN_TRY(DataType types, DescribeQuery(context_.session(), "SELECT " + list + " FROM " + from));
    size_t first = values.condition.empty() ? 0 : 1;
    for (size_t i = 0; i < listed.size(); i++) values.assigned[listed[i]].value.type = types.fields.at(first + i).type;
    return values;
}

// UPDATE SET *, INSERT *: each of the table's columns from the source's of that name.
Result<void> MergePlan::AddAll(const sql::MergeClause &clause, ClauseValues &values) const {
    for (const Field &field : change_.schema().fields) {
        if (IsExcepted(clause, field.name)) {
            if (Inserts(clause)) values.defaults.push_back(field.name);
            continue;
        }
        const Field *from = source_schema_.FindField(field.name);
        if (from) {
            TypedText value{sql::QuoteIdentifier(source_.alias) + "." + sql::QuoteIdentifier(from->name), from->type};
            // With schema evolution fields that only the table has stay as they are.
            const Field *old = evolves_ && !Inserts(clause) ? old_schema_.FindField(field.name) : nullptr;
            if (old) value = WithKeptFields(value, {sql::QuoteIdentifier(target_.alias) + "." + sql::QuoteIdentifier(old->name), old->type});
            values.assigned.push_back({{field.name}, std::move(value)});
        } else if (evolves_) {
            if (Inserts(clause)) values.defaults.push_back(field.name);
        } else {
            std::string columns;
            for (const Field &known : source_schema_.fields) columns += (columns.empty() ? "" : ", ") + known.name;
            Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_MERGE_UNRESOLVED_EXPRESSION",
                                    "Cannot resolve " + field.name + " in " + (Inserts(clause) ? "INSERT" : "UPDATE") +
                                        " clause given columns " + columns + ".");
            error.position = clause.position;
            error.remedy = "Give the source that column, name the columns to set, or write MERGE WITH SCHEMA EVOLUTION.";
            return Fail(std::move(error));
        }
    }
    return {};
}

// The text of what clause number `clause` leaves in the column.
Result<std::string> MergePlan::ClauseValue(size_t clause, const Field &field) {
    StoreRules rules;
    rules.fill_missing = evolves_;
    TypedText current{"NULL", DataType()};
    const Field *old = old_schema_.FindField(field.name);
    if (old && !Inserts(statement_.clauses[clause])) {
        current = {sql::QuoteIdentifier(target_.alias) + "." + sql::QuoteIdentifier(old->name), old->type};
    }
    StoreRules widen;
    widen.fill_missing = true;
    TARN_TRY(std::string kept, StoreValue(context_, current, field.type, field.name, widen));
    return StoreAssigned(context_, field, kept, clauses_[clause].assigned, rules);
}

Result<std::string> MergePlan::ColumnValue(const Field &field) {
    std::vector<std::pair<std::string, std::string>> branches;  // Text, the actions that give it.
    for (size_t i = 0; i < clauses_.size(); i++) {
        if (statement_.clauses[i].action == Act::kDelete) continue;
        TARN_TRY(std::string text, ClauseValue(i, field));
        auto known = std::ranges::find(branches, text, &std::pair<std::string, std::string>::first);
        if (known == branches.end()) branches.emplace_back(text, std::to_string(i));
        else known->second += ", " + std::to_string(i);
    }
    if (branches.empty()) return "CAST(NULL AS " + sql::RenderType(field.type) + ")";
    // Not by the alias __tarn_action: DuckDB takes none whose expression may fail (spark_mod may).
    std::string value = "CASE";
    for (auto &[text, actions] : branches) value += " WHEN (" + action_ + ") IN (" + actions + ") THEN " + text;
    return value + " END";
}

std::string MergePlan::ActionCase() const {
    std::string in_source = sql::QuoteIdentifier(source_.alias) + ".__tarn_source IS NOT NULL";
    std::string in_target = sql::QuoteIdentifier(target_.alias) + ".__tarn_row IS NOT NULL";
    std::string action = "CASE";
    for (size_t i = 0; i < clauses_.size(); i++) {
        switch (statement_.clauses[i].when) {
            case When::kMatched: action += " WHEN " + in_source + " AND " + in_target; break;
            case When::kNotMatched: action += " WHEN NOT (" + in_target + ")"; break;
            case When::kNotMatchedBySource: action += " WHEN NOT (" + in_source + ")"; break;
        }
        if (!clauses_[i].condition.empty()) action += " AND (" + clauses_[i].condition + ")";
        action += " THEN " + std::to_string(i);
    }
    return action + " END";
}

bool MergePlan::Has(When when) const {
    return std::ranges::any_of(statement_.clauses, [&](const sql::MergeClause &clause) { return clause.when == when; });
}

Result<std::string> MergePlan::Changes() {
    action_ = ActionCase();
    std::string select = "SELECT " + action_ + " AS __tarn_action, " + change_.RowColumns(target_.alias);
    for (const Field &field : change_.schema().fields) {
        TARN_TRY(std::string value, ColumnValue(field));
        select += ", " + value + " AS " + sql::QuoteIdentifier(field.name);
    }
    TARN_TRY(std::string on, context_.Expr(*statement_.condition, {target_, source_}));
    bool keeps_source = Has(When::kNotMatched), keeps_target = Has(When::kNotMatchedBySource);
    const char *join = keeps_source ? (keeps_target ? " FULL JOIN " : " LEFT JOIN ") : (keeps_target ? " RIGHT JOIN " : " JOIN ");
    // Said once more where nothing but matched rows matters: a condition on one side alone then thins out that side.
    std::string where;
    for (size_t i = 0; i < clauses_.size() && !keeps_source && !keeps_target; i++) {
        where += (where.empty() ? " WHERE (" : " OR (") + (clauses_[i].condition.empty() ? "TRUE" : clauses_[i].condition) + ")";
    }
    // Where every row of the source is in the result, none is left out before it is counted.
    std::string in_source = keeps_source ? "tarn_count(" + std::to_string(counted_.handle()) + "::UBIGINT)" : "TRUE";
    return select + " FROM " + SourceItem(in_source) + join + TargetItem() + " ON " + on + where;
}

std::vector<RowEffect> MergePlan::Effects() const {
    std::vector<RowEffect> effects;
    for (const sql::MergeClause &clause : statement_.clauses) {
        bool deletes = clause.action == Act::kDelete;
        effects.push_back(deletes ? RowEffect::kDelete : Inserts(clause) ? RowEffect::kInsert : RowEffect::kUpdate);
    }
    return effects;
}

Result<MissingValues> MergePlan::Missing() const {
    MissingValues missing;
    for (const Field &field : change_.schema().fields) {
        std::string actions;
        for (size_t i = 0; i < clauses_.size(); i++) {
            if (statement_.clauses[i].action == Act::kDelete) continue;
            auto names = [&](const std::string &name) { return EqualsIgnoreCase(name, field.name); };
            bool to_default = std::ranges::any_of(clauses_[i].defaults, names);
            bool given = !to_default && std::ranges::any_of(clauses_[i].assigned, [&](const AssignedValue &value) { return names(value.path[0]); });
            if (given) TARN_CHECK(Inserts(statement_.clauses[i]) ? CheckMayInsert(field) : CheckMayUpdate(field));
            if (given || !(to_default || Inserts(statement_.clauses[i]) || IsGenerated(field))) continue;
            actions += (actions.empty() ? "" : ", ") + std::to_string(i);
        }
        if (!actions.empty()) missing[ToLower(field.name)] = "__tarn_action IN (" + actions + ")";
    }
    return missing;
}

Result<std::function<std::string(const std::string &scan)>> MergePlan::Matches() {
    TARN_TRY(std::string on, context_.Expr(*statement_.condition, {target_, source_}));
    std::string source = "SELECT 1 FROM " + SourceItem() + " JOIN (SELECT *, __tarn_file, __tarn_row FROM ";
    return [source, target = ") AS " + sql::QuoteIdentifier(target_.alias) + " ON " + on](const std::string &scan) { return source + scan + target; };
}

Result<std::optional<int64_t>> MergePlan::SourceRows() const {
    if (Has(When::kNotMatched)) return counter_->load();
    // Counting a query means running it a second time; a table's rows stand in its log.
    bool cheap = source_text_.starts_with("tarn_scan(") || sql::CollectUses(*statement_.source).tables.empty();
    if (!cheap || !context_.Sources().stable) return std::nullopt;
    TARN_TRY(auto rows, RunToEnd(context_.session().connection, "SELECT count(*) FROM " + source_text_));
    return Guard([&]() -> Result<std::optional<int64_t>> { return rows->GetValue(0, 0).GetValue<int64_t>(); });
}

bool MergePlan::MayRepeat() const {
    const sql::MergeClause *only = nullptr;
    for (const sql::MergeClause &clause : statement_.clauses) {
        if (clause.when != When::kMatched) continue;
        if (only) return false;
        only = &clause;
    }
    return only && only->action == Act::kDelete && !only->condition;
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::Merge &statement) {
    StatementContext context(session);
    TARN_TRY(TargetTable found, context.FindTarget(statement.target, statement.target_is_path));
    TableChange change(context, found);
    MergePlan plan(context, statement, change);
    TARN_CHECK(plan.Resolve());
    TARN_TRY(std::string changes, plan.Changes());
    TARN_TRY(MissingValues missing, plan.Missing());
    TARN_TRY(auto marks, change.Apply(changes, plan.Effects(), plan.MayRepeat(), missing, plan.Has(When::kNotMatched)));

    int64_t inserted = marks->Count(RowEffect::kInsert), updated = marks->Count(RowEffect::kUpdate);
    int64_t deleted = marks->DistinctRows() - updated;
    int64_t by_source[2] = {0, 0};  // Updated, deleted.
    for (size_t i = 0; i < statement.clauses.size(); i++) {
        if (statement.clauses[i].when == When::kNotMatchedBySource) by_source[statement.clauses[i].action == Act::kDelete] += marks->counts()[i];
    }
    if (!change.IsEmpty()) {
        if (plan.Has(When::kNotMatchedBySource)) change.ReadsTable();
        TARN_TRY(auto matches, plan.Matches());
        change.ReadsRows(std::move(matches));
        OperationMetrics metrics = {{"numTargetRowsInserted", inserted}, {"numTargetRowsUpdated", updated},
                                    {"numTargetRowsDeleted", deleted}, {"numOutputRows", updated + inserted},
                                    {"numTargetRowsMatchedUpdated", updated - by_source[0]},
                                    {"numTargetRowsMatchedDeleted", deleted - by_source[1]},
                                    {"numTargetRowsNotMatchedBySourceUpdated", by_source[0]},
                                    {"numTargetRowsNotMatchedBySourceDeleted", by_source[1]}};
        TARN_TRY(std::optional<int64_t> source_rows, plan.SourceRows());
        if (source_rows) metrics["numSourceRows"] = *source_rows;
        TARN_CHECK(change.Commit("MERGE", MergeParameters(statement), metrics));
    }
    return CountsResult({{"num_affected_rows", updated + inserted + deleted}, {"num_updated_rows", updated},
                         {"num_deleted_rows", deleted}, {"num_inserted_rows", inserted}});
}

}  // namespace tarn::engine
