// INSERT, UPDATE, DELETE, MERGE.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

// INSERT INTO | OVERWRITE [TABLE] t [PARTITION (a = 'x')] [(a, b) | BY NAME] query
// INSERT INTO t REPLACE WHERE e query
Result<Statement::Node> Parser::ParseInsert() {
    Next();
    Insert insert;
    insert.overwrite = Accept("OVERWRITE");
    if (!insert.overwrite) TARN_CHECK(Expect("INTO"));
    if (insert.overwrite) Accept("INTO");
    if (Is("TABLE") && IsIdentifier(1)) Next();
    if (Is("DIRECTORY") || Is("LOCAL")) return Fail(UnsupportedHere("INSERT OVERWRITE DIRECTORY", "Write to a table."));
    TARN_TRY(insert.table, ParseTableName(&insert.is_path));
    if (Is("PARTITION") && Peek(1).Is("(")) {
        Next();
        TARN_TRY(insert.partition, ParseProperties());
    }
    if (AcceptWords({"REPLACE", "WHERE"})) {
        TARN_TRY(insert.replace_where, ParseExpr());
    }
    if (Is("(") && !StartsQuery()) {
        TARN_TRY(insert.columns, ParseNameList());
    }
    insert.by_name = AcceptWords({"BY", "NAME"});
    size_t begin = Offset();
    TARN_TRY(insert.query, ParseQuery());
    insert.query_text = TextFrom(begin);
    return insert;
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
