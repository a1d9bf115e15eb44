// What stands in FROM: tables, subqueries, table functions, joins.
#include <algorithm>
#include <charconv>

#include "sql/internal/parser_impl.h"

namespace tarn::sql {
namespace {

RelationPtr MakeRelation(Relation::Node node, SourcePosition position) {
    auto relation = std::make_shared<Relation>();
    relation->node = std::move(node);
    relation->position = position;
    return relation;
}

// The version in "v12"; nullopt when it is none.
std::optional<int64_t> VersionOf(std::string_view text) {
    if (text.size() < 2 || (text[0] != 'v' && text[0] != 'V')) return std::nullopt;
    int64_t version = 0;
    auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), version);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return version;
}

// The time in "20240229123456789", yyyyMMddHHmmssSSS; nullptr when it is none.
ExprPtr TimeOf(std::string_view text, SourcePosition position) {
    if (text.size() != 17 || text.find_first_not_of("0123456789") != std::string_view::npos) return nullptr;
    auto part = [&](size_t from, size_t count) { return std::string(text.substr(from, count)); };
    auto expr = std::make_shared<Expr>();
    expr->node = Literal{DataType::Of(TypeKind::kTimestamp), part(0, 4) + "-" + part(4, 2) + "-" + part(6, 2) + " " + part(8, 2) + ":" +
                                                                 part(10, 2) + ":" + part(12, 2) + "." + part(14, 3)};
    expr->position = position;
    return expr;
}

}  // namespace

Result<RelationPtr> Parser::ParseRelation() {
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    TARN_TRY(RelationPtr left, ParseRelationPrimary());
    int joins = 0;
    while (true) {
        SourcePosition position = Peek().position;
        bool natural = false;
        std::optional<JoinKind> kind = AcceptJoin(&natural);
        if (!kind) return left;
        if (++joins > kMaxDepth) return Fail(TooDeep(position));
        Join join;
        join.kind = *kind;
        join.natural = natural;
        join.left = std::move(left);
        TARN_TRY(join.right, ParseRelationPrimary());
        if (Accept("ON")) {
            TARN_TRY(join.condition, ParseExpr());
        } else if (Is("USING") && Peek(1).Is("(")) {
            Next();
            TARN_TRY(join.using_, ParseNameList());
        }
        left = MakeRelation(std::move(join), position);
    }
}

// The words up to and with JOIN; takes nothing when there is no join.
std::optional<JoinKind> Parser::AcceptJoin(bool *natural) {
    struct Form {
        std::initializer_list<std::string_view> words;
        JoinKind kind;
    };
    static constexpr std::string_view kJoin = "JOIN";
    const Form forms[] = {
        {{kJoin}, JoinKind::kInner},
        {{"INNER", kJoin}, JoinKind::kInner},
        {{"CROSS", kJoin}, JoinKind::kCross},
        {{"LEFT", kJoin}, JoinKind::kLeft},
        {{"LEFT", "OUTER", kJoin}, JoinKind::kLeft},
        {{"LEFT", "SEMI", kJoin}, JoinKind::kLeftSemi},
        {{"SEMI", kJoin}, JoinKind::kLeftSemi},
        {{"LEFT", "ANTI", kJoin}, JoinKind::kLeftAnti},
        {{"ANTI", kJoin}, JoinKind::kLeftAnti},
        {{"RIGHT", kJoin}, JoinKind::kRight},
        {{"RIGHT", "OUTER", kJoin}, JoinKind::kRight},
        {{"FULL", kJoin}, JoinKind::kFull},
        {{"FULL", "OUTER", kJoin}, JoinKind::kFull},
    };
    size_t first = Is("NATURAL") ? 1 : 0;
    for (const Form &form : forms) {
        if (!IsWords(form.words, first)) continue;
        *natural = first == 1;
        for (size_t i = 0; i < first + form.words.size(); i++) Next();
        return form.kind;
    }
    return std::nullopt;
}

Result<RelationPtr> Parser::ParseRelationPrimary() {
    SourcePosition position = Peek().position;
    bool lateral = Is("LATERAL") && !Peek(1).Is("VIEW") && Accept("LATERAL");
    RelationPtr parsed;
    bool stream = Is("STREAM") && (Peek(1).Is("(") || (IsIdentifier(1) && !Peek(1).Is("AS")));
    if (Is("(")) {
        TARN_TRY(parsed, ParseParenthesisedRelation(lateral));
    } else if (Is("VALUES")) {
        TARN_TRY(QueryBodyPtr body, ParseBodyTerm());
        auto query = std::make_shared<Query>();
        query->body = std::move(body);
        query->position = position;
        parsed = MakeRelation(SubqueryRef{std::move(query), lateral, false}, position);
    } else if (copy_ != nullptr && Peek().kind == TokenKind::kString) {
        copy_->source_position = position;
        TARN_TRY(copy_->source, ParseString("a path"));
        parsed = MakeRelation(TableFunction{{{std::string(kCopySource)}, position}, {}, false, false}, position);
    } else if (stream) {
        TARN_TRY(parsed, ParseStream());
    } else if (Is("TABLE") && Peek(1).Is("(")) {
        Next();
        Next();
        TARN_TRY(parsed, ParseTableOrFunction(false, lateral));
        TARN_CHECK(Expect(")"));
    } else {
        TARN_TRY(parsed, ParseTableOrFunction(false, lateral));
    }
    auto relation = std::make_shared<Relation>(*parsed);
    bool nested_alias = relation->alias.has_value();
    if (nested_alias && (Is("AS") || IsAliasHere(true))) {
        // (a AS x) AS y: the outer alias wins.
        relation->alias.reset();
    }
    TARN_CHECK(ParseRelationTail(*relation));
    RelationPtr result = std::move(relation);
    while (Is("PIVOT") || Is("UNPIVOT")) {
        if (Is("PIVOT")) {
            TARN_TRY(result, ParsePivot(std::move(result)));
        } else {
            TARN_TRY(result, ParseUnpivot(std::move(result)));
        }
        auto pivoted = std::make_shared<Relation>(*result);
        TARN_CHECK(ParseRelationTail(*pivoted));
        result = std::move(pivoted);
    }
    return result;
}

// (query), (a JOIN b …)
Result<RelationPtr> Parser::ParseParenthesisedRelation(bool lateral) {
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    SourcePosition position = Peek().position;
    bool query_inside = StartsQuery(1);
    TARN_CHECK(Expect("("));
    if (!query_inside) {
        TARN_TRY(RelationPtr inner, ParseRelation());
        TARN_CHECK(Expect(")"));
        return inner;
    }
    TARN_TRY(QueryPtr query, ParseQuery());
    TARN_CHECK(Expect(")"));
    return MakeRelation(SubqueryRef{std::move(query), lateral, false}, position);
}

// STREAM t, STREAM(t), STREAM read_files(…), STREAM (read_files(…))
Result<RelationPtr> Parser::ParseStream() {
    TARN_CHECK(Expect("STREAM"));
    if (!Accept("(")) return ParseTableOrFunction(true, false);
    TARN_TRY(RelationPtr inner, ParseTableOrFunction(true, false));
    TARN_CHECK(Expect(")"));
    return inner;
}

Result<RelationPtr> Parser::ParseTableOrFunction(bool stream, bool lateral) {
    SourcePosition position = Peek().position;
    if (!IsIdentifier()) return Fail(ErrorHere("a table, a subquery or a table function"));
    TARN_TRY(Name name, ParseName());
    if (Accept("(")) {
        TableFunction function;
        function.name = std::move(name);
        function.stream = stream;
        function.lateral = lateral;
        if (!Is(")")) {
            do {
                TARN_TRY(Argument argument, ParseArgument());
                function.args.push_back(std::move(argument));
            } while (Accept(","));
        }
        TARN_CHECK(Expect(")"));
        return MakeRelation(std::move(function), position);
    }
    TableRef table;
    table.is_path = SplitPathName(name);
    table.name = std::move(name);
    table.stream = stream;
    TARN_CHECK(ParseTimeTravel(table));
    return MakeRelation(std::move(table), position);
}

// t@v3, delta.`/path@v3`, t@20240229123456789, VERSION AS OF 3, TIMESTAMP AS OF '2024-01-01', each also with FOR SYSTEM_…
Result<void> Parser::ParseTimeTravel(TableRef &table) {
    std::string &last = table.name.parts.back();
    size_t at = last.rfind('@');
    if (table.is_path && at != std::string::npos) {
        table.version = VersionOf(std::string_view(last).substr(at + 1));
        if (!table.version) table.timestamp = TimeOf(std::string_view(last).substr(at + 1), Peek().position);
        if (table.version || table.timestamp) last.resize(at);
    }
    if (Is("@") && Peek(1).begin == Peek().end) {
        Next();
        table.version = VersionOf(Peek().text);
        if (!table.version) table.timestamp = TimeOf(Peek().text, Peek().position);
        if (!table.version && !table.timestamp) return Fail(ErrorHere("a version such as v3, or a time as yyyyMMddHHmmssSSS"));
        Next();
    }
    if (Is("FOR") && (Peek(2).Is("AS"))) Next();
    if (IsAny({"VERSION", "SYSTEM_VERSION"}) && Peek(1).Is("AS") && Peek(2).Is("OF")) {
        Next();
        TARN_CHECK(ExpectWords({"AS", "OF"}));
        if (Peek().kind == TokenKind::kString) {  // VERSION AS OF '3'
            std::string text = Peek().text;
            table.version = VersionOf("v" + text);
            if (!table.version) return Fail(ErrorHere("a version number"));
            Next();
        } else {
            TARN_TRY(table.version, ParseInteger("a version number"));
        }
    } else if (IsAny({"TIMESTAMP", "SYSTEM_TIME"}) && Peek(1).Is("AS") && Peek(2).Is("OF")) {
        Next();
        TARN_CHECK(ExpectWords({"AS", "OF"}));
        TARN_TRY(table.timestamp, ParseBinary(10));
    }
    return {};
}

Result<void> Parser::ParseRelationTail(Relation &relation) {
    if (Is("TABLESAMPLE") && Peek(1).Is("(")) {
        TARN_TRY(relation.sample, ParseSample());
    }
    if (relation.alias) return {};
    TARN_TRY(relation.alias, ParseTableAlias());
    return {};
}

// [AS] name [(a, b)]
Result<std::optional<TableAlias>> Parser::ParseTableAlias() {
    TableAlias alias;
    if (Accept("AS")) {
        if (!Is("(")) {
            TARN_TRY(alias.name, ParseIdentifier("an alias"));
        }
    } else if (IsAliasHere(true)) {
        alias.name = Next().text;
    } else {
        return std::nullopt;
    }
    if (Is("(")) {
        TARN_TRY(alias.columns, ParseNameList());
    }
    return alias;
}

// TABLESAMPLE (10 PERCENT | 5 ROWS) [REPEATABLE (seed)]
Result<TableSample> Parser::ParseSample() {
    Next();
    TARN_CHECK(Expect("("));
    TableSample sample;
    const Token &token = Peek();
    bool number = token.kind == TokenKind::kInteger || token.kind == TokenKind::kDecimal;
    auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), sample.amount);
    if (!number || error != std::errc()) return Fail(ErrorHere("a number of PERCENT or ROWS"));
    Next();
    if (Accept("ROWS")) {
        sample.unit = TableSample::Unit::kRows;
    } else {
        TARN_CHECK(Expect("PERCENT"));
    }
    TARN_CHECK(Expect(")"));
    if (Accept("REPEATABLE")) {
        TARN_CHECK(Expect("("));
        TARN_TRY(sample.seed, ParseInteger("a seed"));
        TARN_CHECK(Expect(")"));
    }
    return sample;
}

// PIVOT (sum(x) AS s, … FOR c IN ('a' AS x, …)); FOR (c, d) IN ((1, 2), …)
Result<RelationPtr> Parser::ParsePivot(RelationPtr input) {
    SourcePosition position = Next().position;
    TARN_CHECK(Expect("("));
    Pivot pivot;
    pivot.input = std::move(input);
    auto named = [&](std::vector<std::pair<ExprPtr, std::string>> &out) -> Result<void> {
        do {
            TARN_TRY(ExprPtr expr, ParseExpr());
            std::string alias;
            if (Accept("AS")) {
                TARN_TRY(alias, ParseIdentifier("an alias"));
            } else if (IsIdentifier() && !Is("FOR")) {
                alias = Next().text;
            }
            out.emplace_back(std::move(expr), std::move(alias));
        } while (Accept(","));
        return {};
    };
    TARN_CHECK(named(pivot.aggregates));
    TARN_CHECK(Expect("FOR"));
    if (Is("(")) {
        TARN_TRY(pivot.columns, ParseNameList());
    } else {
        TARN_TRY(std::string column, ParseIdentifier("a column"));
        pivot.columns.push_back(std::move(column));
    }
    TARN_CHECK(Expect("IN"));
    TARN_CHECK(Expect("("));
    TARN_CHECK(named(pivot.values));
    TARN_CHECK(Expect(")"));
    TARN_CHECK(Expect(")"));
    return MakeRelation(std::move(pivot), position);
}

// UNPIVOT [INCLUDE | EXCLUDE NULLS] (value FOR name IN (a [AS x], b))
Result<RelationPtr> Parser::ParseUnpivot(RelationPtr input) {
    SourcePosition position = Next().position;
    Unpivot unpivot;
    unpivot.input = std::move(input);
    unpivot.include_nulls = AcceptWords({"INCLUDE", "NULLS"});
    if (!unpivot.include_nulls) AcceptWords({"EXCLUDE", "NULLS"});
    TARN_CHECK(Expect("("));
    if (Is("(")) return Fail(UnsupportedHere("UNPIVOT of several value columns", "Use UNION ALL."));
    TARN_TRY(unpivot.value_column, ParseIdentifier("the value column's name"));
    TARN_CHECK(Expect("FOR"));
    TARN_TRY(unpivot.name_column, ParseIdentifier("the name column's name"));
    TARN_CHECK(Expect("IN"));
    TARN_CHECK(Expect("("));
    do {
        TARN_TRY(Name column, ParseName());
        std::string alias;
        if (Accept("AS")) {
            TARN_TRY(alias, ParseIdentifier("an alias"));
        }
        unpivot.columns.emplace_back(std::move(column), std::move(alias));
    } while (Accept(","));
    TARN_CHECK(Expect(")"));
    TARN_CHECK(Expect(")"));
    return MakeRelation(std::move(unpivot), position);
}

}  // namespace tarn::sql
