// INSERT, UPDATE, DELETE, MERGE.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

// PARTITION (a = 'x', b)
Result<std::vector<PartitionValue>> Parser::ParsePartitionValues() {
    std::vector<PartitionValue> values;
    TARN_CHECK(Expect("("));
    do {
        PartitionValue value;
        value.position = Peek().position;
        TARN_TRY(value.column, ParseIdentifier("a partition column"));
        if (Accept("=") || Accept("==")) {
            TARN_TRY(value.value, ParseExpr());
        }
        values.push_back(std::move(value));
    } while (Accept(","));
    TARN_CHECK(Expect(")"));
    return values;
}

// INSERT [WITH SCHEMA EVOLUTION] INTO | OVERWRITE [TABLE] t [PARTITION (a = 'x')] [(a, b) | BY NAME] query
// INSERT INTO t [AS a] [BY NAME] REPLACE WHERE e | USING (a, b) | ON e query
Result<Statement::Node> Parser::ParseInsert() {
    Next();
    Insert insert;
    insert.schema_evolution = AcceptWords({"WITH", "SCHEMA", "EVOLUTION"});
    insert.overwrite = Accept("OVERWRITE");
    if (!insert.overwrite) TARN_CHECK(Expect("INTO"));
    if (insert.overwrite) Accept("INTO");
    if (Is("TABLE") && IsIdentifier(1)) Next();
    if (Is("DIRECTORY") || Is("LOCAL")) return Fail(UnsupportedHere("INSERT OVERWRITE DIRECTORY", "Write to a table."));
    TARN_TRY(insert.table, ParseTableName(&insert.is_path));
    bool alias = Is("AS") || (IsAliasHere(true) && Peek(1).Is("REPLACE"));
    if (alias && !StartsQuery()) {
        TARN_TRY(insert.alias, ParseTargetAlias());
    }
    if (Is("PARTITION") && Peek(1).Is("(")) {
        Next();
        TARN_TRY(insert.partition, ParsePartitionValues());
    }
    insert.by_name = AcceptWords({"BY", "NAME"});
    TARN_CHECK(ParseInsertReplace(insert));
    // Behind REPLACE ON stands the query in parentheses, and its alias.
    if (!insert.by_name && !insert.replace_on && Is("(") && !StartsQuery()) {
        TARN_TRY(insert.columns, ParseNameList());
    }
    insert.by_name = insert.by_name || AcceptWords({"BY", "NAME"});
    size_t begin = Offset();
    TARN_TRY(insert.query, ParseQuery());
    insert.query_text = TextFrom(begin);
    if (insert.replace_on) {
        TARN_TRY(insert.source_alias, ParseTargetAlias());
    }
    return insert;
}

Result<void> Parser::ParseInsertReplace(Insert &insert) {
    if (!Is("REPLACE")) return {};
    if (insert.overwrite) return Fail(ErrorHere("a query: OVERWRITE replaces everything already"));
    if (AcceptWords({"REPLACE", "WHERE"})) {
        TARN_TRY(insert.replace_where, ParseExpr());
    } else if (AcceptWords({"REPLACE", "USING"})) {
        TARN_TRY(insert.replace_using, ParseNameList());
    } else if (AcceptWords({"REPLACE", "ON"})) {
        TARN_TRY(insert.replace_on, ParseExpr());
    }
    return {};
}

// WITH c AS (…) before INSERT and MERGE: the tables are those of the source query.
Result<Statement::Node> Parser::ParseAfterWith() {
    size_t start = at_;
    Query with;
    with.position = Peek().position;
    TARN_CHECK(ParseWith(with));
    if (!IsAny({"INSERT", "MERGE"})) {
        at_ = start;
        TARN_TRY(QueryPtr query, ParseQuery());
        return QueryStatement{std::move(query)};
    }
    auto wrap = [&with](QueryBodyPtr body) {
        auto query = std::make_shared<Query>(with);
        query->body = std::move(body);
        return QueryPtr(std::move(query));
    };
    if (Is("INSERT")) {
        TARN_TRY(Statement::Node node, ParseInsert());
        auto &insert = std::get<Insert>(node);
        TARN_TRY(QueryBodyPtr body, MakeBody(insert.query, insert.query->position));
        insert.query = wrap(std::move(body));
        return node;
    }
    TARN_TRY(Statement::Node node, ParseMerge());
    auto &merge = std::get<Merge>(node);
    auto inner = std::make_shared<Relation>(*merge.source);
    auto outer = std::make_shared<Relation>();
    outer->position = inner->position;
    outer->alias = inner->alias;
    const auto *table = inner->As<TableRef>();
    if (!outer->alias && table != nullptr) outer->alias = TableAlias{table->name.Last(), {}};
    Select all;
    SelectItem item;
    auto star = std::make_shared<Expr>();
    star->node = Star{};
    star->position = inner->position;
    item.expr = std::move(star);
    item.position = inner->position;
    all.items.push_back(std::move(item));
    inner->alias.reset();
    all.from.push_back(std::move(inner));
    TARN_TRY(QueryBodyPtr body, MakeBody(std::move(all), outer->position));
    outer->node = SubqueryRef{wrap(std::move(body))};
    merge.source = std::move(outer);
    return node;
}

// [AS] alias, where WHERE, SET, WHEN, … are none.
Result<std::string> Parser::ParseTargetAlias() {
    if (Accept("AS")) return ParseIdentifier("an alias");
    if (IsAliasHere(true)) return Next().text;
    return std::string();
}

Result<ExprPtr> Parser::ParseOptionalWhere() {
    if (!Accept("WHERE")) return ExprPtr();
    return ParseExpr();
}

// a = 1, b.c = DEFAULT
Result<std::vector<Assignment>> Parser::ParseAssignments() {
    std::vector<Assignment> assignments;
    do {
        Assignment assignment;
        TARN_TRY(assignment.column, ParseName());
        if (!Accept("==")) TARN_CHECK(Expect("="));
        TARN_TRY(assignment.value, ParseExpr());
        assignments.push_back(std::move(assignment));
    } while (Accept(","));
    return assignments;
}

Result<Statement::Node> Parser::ParseUpdate() {
    Next();
    Update update;
    TARN_TRY(update.table, ParseTableName(&update.is_path));
    TARN_TRY(update.alias, ParseTargetAlias());
    TARN_CHECK(Expect("SET"));
    TARN_TRY(update.assignments, ParseAssignments());
    TARN_TRY(update.where, ParseOptionalWhere());
    return update;
}

Result<Statement::Node> Parser::ParseDelete() {
    Next();
    TARN_CHECK(Expect("FROM"));
    Delete result;
    TARN_TRY(result.table, ParseTableName(&result.is_path));
    TARN_TRY(result.alias, ParseTargetAlias());
    TARN_TRY(result.where, ParseOptionalWhere());
    return result;
}

// MERGE [WITH SCHEMA EVOLUTION] INTO t [AS a] USING source [AS b] ON e WHEN …
Result<Statement::Node> Parser::ParseMerge() {
    Next();
    Merge merge;
    merge.schema_evolution = AcceptWords({"WITH", "SCHEMA", "EVOLUTION"});
    TARN_CHECK(Expect("INTO"));
    TARN_TRY(merge.target, ParseTableName(&merge.target_is_path));
    TARN_TRY(merge.target_alias, ParseTargetAlias());
    TARN_CHECK(Expect("USING"));
    TARN_TRY(merge.source, ParseRelationPrimary());
    TARN_CHECK(Expect("ON"));
    TARN_TRY(merge.condition, ParseExpr());
    while (Is("WHEN")) {
        TARN_TRY(MergeClause clause, ParseMergeClause());
        merge.clauses.push_back(std::move(clause));
    }
    if (merge.clauses.empty()) return Fail(ErrorHere("WHEN MATCHED or WHEN NOT MATCHED"));
    return merge;
}

Result<MergeClause> Parser::ParseMergeClause() {
    MergeClause clause;
    clause.position = Next().position;
    bool negated = Accept("NOT");
    TARN_CHECK(Expect("MATCHED"));
    clause.when = negated ? MergeClause::When::kNotMatched : MergeClause::When::kMatched;
    if (negated && Accept("BY")) {
        if (Accept("SOURCE")) {
            clause.when = MergeClause::When::kNotMatchedBySource;
        } else {
            TARN_CHECK(Expect("TARGET"));
        }
    }
    if (Accept("AND")) {
        TARN_TRY(clause.condition, ParseExpr());
    }
    TARN_CHECK(Expect("THEN"));
    bool insert = clause.when == MergeClause::When::kNotMatched;
    if (insert) {
        TARN_CHECK(Expect("INSERT"));
        TARN_CHECK(ParseMergeInsert(clause));
        return clause;
    }
    if (Accept("DELETE")) {
        clause.action = MergeClause::Action::kDelete;
        return clause;
    }
    if (!Accept("UPDATE")) return Fail(ErrorHere("UPDATE or DELETE"));
    TARN_CHECK(Expect("SET"));
    bool by_source = clause.when == MergeClause::When::kNotMatchedBySource;
    if (!by_source && Accept("*")) {
        clause.action = MergeClause::Action::kUpdateAll;
        if (Accept("EXCEPT")) {
            TARN_TRY(clause.except, ParseNameList());
        }
        return clause;
    }
    clause.action = MergeClause::Action::kUpdate;
    TARN_TRY(clause.assignments, ParseAssignments());
    return clause;
}

// INSERT * | INSERT (a, b) VALUES (x, y)
Result<void> Parser::ParseMergeInsert(MergeClause &clause) {
    if (Accept("*")) {
        clause.action = MergeClause::Action::kInsertAll;
        if (Accept("EXCEPT")) {
            TARN_TRY(clause.except, ParseNameList());
        }
        return {};
    }
    clause.action = MergeClause::Action::kInsert;
    TARN_TRY(std::vector<Name> columns, ParseDottedNameList());
    TARN_CHECK(Expect("VALUES"));
    SourcePosition position = Peek().position;
    TARN_CHECK(Expect("("));
    TARN_TRY(std::vector<ExprPtr> values, ParseExprList());
    TARN_CHECK(Expect(")"));
    if (columns.size() != values.size()) {
        return Fail(SyntaxError(position, "(", "INSERT names " + std::to_string(columns.size()) + " columns and gives " +
                                                   std::to_string(values.size()) + " values."));
    }
    for (size_t i = 0; i < columns.size(); i++) clause.assignments.push_back({std::move(columns[i]), std::move(values[i])});
    return {};
}

}  // namespace tarn::sql
