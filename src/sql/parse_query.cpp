// Queries: WITH, SELECT and its clauses, set operations, VALUES.
#include <algorithm>

#include "sql/internal/parser_impl.h"

namespace tarn::sql {
namespace {

ExprPtr StarExpr(SourcePosition position) {
    auto star = std::make_shared<Expr>();
    star->node = Star{};
    star->position = position;
    return star;
}

}  // namespace

Result<QueryBodyPtr> Parser::MakeBody(QueryBody::Node node, SourcePosition position) const {
    int depth = 1;
    if (const auto *operation = std::get_if<SetOperation>(&node)) {
        depth += std::max(operation->left->depth, operation->right->depth);
    }
    if (depth > kMaxDepth) return Fail(TooDeep(position));
    auto body = std::make_shared<QueryBody>();
    body->node = std::move(node);
    body->position = position;
    body->depth = depth;
    return QueryBodyPtr(std::move(body));
}

Result<QueryPtr> Parser::ParseQuery() {
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    auto query = std::make_shared<Query>();
    query->position = Peek().position;
    TARN_CHECK(ParseWith(*query));
    TARN_TRY(query->body, ParseBody(0));
    TARN_CHECK(ParseQueryTail(*query));
    return QueryPtr(std::move(query));
}

// WITH [RECURSIVE] name [(columns)] [AS] (query), …
Result<void> Parser::ParseWith(Query &query) {
    if (!Accept("WITH")) return {};
    query.recursive = Is("RECURSIVE") && IsIdentifier(1) && Accept("RECURSIVE");
    do {
        CommonTable table;
        table.position = Peek().position;
        TARN_TRY(table.name, ParseIdentifier("a name for the common table expression"));
        if (Is("(") && !StartsQuery(1)) {
            TARN_TRY(table.columns, ParseNameList());
        }
        if (AcceptWords({"MAX", "RECURSION", "LEVEL"})) {
            TARN_TRY(int64_t levels, ParseInteger("a number of levels"));
            (void)levels;
        }
        Accept("AS");
        TARN_CHECK(Expect("("));
        TARN_TRY(table.query, ParseQuery());
        TARN_CHECK(Expect(")"));
        query.with.push_back(std::move(table));
    } while (Accept(","));
    return {};
}

// ORDER BY, SORT BY, CLUSTER BY, DISTRIBUTE BY, LIMIT, OFFSET. On one machine SORT BY is ORDER BY and DISTRIBUTE BY
// changes nothing that a query can see.
Result<void> Parser::ParseQueryTail(Query &query) {
    bool distributed = AcceptWords({"DISTRIBUTE", "BY"});
    if (distributed) {
        TARN_TRY(std::vector<ExprPtr> ignored, ParseExprList());
        (void)ignored;
    }
    if (AcceptWords({"ORDER", "BY"}) || AcceptWords({"SORT", "BY"}) || AcceptWords({"CLUSTER", "BY"})) {
        bool all = Is("ALL") && !Peek(1).Is("(") && !Peek(1).Is(",") && !Peek(1).Is(".");
        if (all) {
            Next();
            query.order_by_all = true;
            OrderItem item;
            item.expr = StarExpr(Peek().position);
            item.descending = Accept("DESC");
            if (!item.descending) Accept("ASC");
            if (AcceptWords({"NULLS", "FIRST"})) item.nulls_first = true;
            if (AcceptWords({"NULLS", "LAST"})) item.nulls_first = false;
            query.order_by.push_back(std::move(item));
        } else {
            TARN_TRY(query.order_by, ParseOrderItems());
        }
    }
    while (Is("LIMIT") || Is("OFFSET")) {
        bool limit = Next().Is("LIMIT");
        if ((limit ? query.limit : query.offset) != nullptr) return Fail(ErrorHere());
        if (limit && Accept("ALL")) continue;
        TARN_TRY((limit ? query.limit : query.offset), ParseExpr());
    }
    return {};
}

// INTERSECT binds tighter than UNION, EXCEPT and MINUS; chains are left to right.
Result<QueryBodyPtr> Parser::ParseBody(int min_power) {
    TARN_TRY(QueryBodyPtr left, ParseBodyTerm());
    while (true) {
        bool intersect = Is("INTERSECT");
        bool other = IsAny({"UNION", "EXCEPT", "MINUS"});
        int power = intersect ? 2 : 1;
        if ((!intersect && !other) || power < min_power) return left;
        const Token &token = Next();
        SetOperation operation;
        operation.op = intersect ? SetOp::kIntersect : token.Is("UNION") ? SetOp::kUnion : SetOp::kExcept;
        operation.all = Accept("ALL");
        if (!operation.all) Accept("DISTINCT");
        operation.by_name = AcceptWords({"BY", "NAME"});
        if (operation.by_name && AcceptWords({"ALLOW", "MISSING", "COLUMNS"})) {
            return Fail(UnsupportedHere("ALLOW MISSING COLUMNS", "List the columns that are missing as NULL."));
        }
        operation.left = std::move(left);
        TARN_TRY(operation.right, ParseBody(power + 1));
        TARN_TRY(left, MakeBody(std::move(operation), token.position));
    }
}

Result<QueryBodyPtr> Parser::ParseBodyTerm() {
    SourcePosition position = Peek().position;
    if (Accept("(")) {
        TARN_TRY(QueryPtr query, ParseQuery());
        TARN_CHECK(Expect(")"));
        return MakeBody(std::move(query), position);
    }
    if (Is("SELECT")) return ParseSelect();
    if (Is("FROM")) return ParseFromFirst();
    if (Is("VALUES")) {
        Next();
        TARN_TRY(Values values, ParseValues());
        return MakeBody(std::move(values), position);
    }
    if (Accept("TABLE")) {
        Select select;
        select.items.push_back({StarExpr(position), {}, position});
        TARN_TRY(RelationPtr table, ParseTableOrFunction(false, false));
        select.from.push_back(std::move(table));
        return MakeBody(std::move(select), position);
    }
    return Fail(ErrorHere("a query: SELECT, VALUES, TABLE, FROM or WITH"));
}

Result<QueryBodyPtr> Parser::ParseSelect() {
    SourcePosition position = Peek().position;
    Select select;
    TARN_CHECK(ParseSelectList(select));
    if (Accept("FROM")) TARN_CHECK(ParseFrom(select));
    TARN_CHECK(ParseSelectTail(select));
    return MakeBody(std::move(select), position);
}

// FROM t [SELECT …]
Result<QueryBodyPtr> Parser::ParseFromFirst() {
    SourcePosition position = Peek().position;
    Select select;
    TARN_CHECK(Expect("FROM"));
    TARN_CHECK(ParseFrom(select));
    if (Is("SELECT")) {
        TARN_CHECK(ParseSelectList(select));
    } else {
        select.items.push_back({StarExpr(position), {}, position});
    }
    TARN_CHECK(ParseSelectTail(select));
    return MakeBody(std::move(select), position);
}

Result<void> Parser::ParseSelectList(Select &select) {
    TARN_CHECK(Expect("SELECT"));
    bool script = Is("TRANSFORM") && Peek(1).Is("(") && closing_[at_ + 1] != 0 && tokens_[closing_[at_ + 1] + 1].Is("USING");
    if (script) {
        return Fail(UnsupportedHere("SELECT TRANSFORM … USING a script", "Use SQL functions."));
    }
    if (Accept("DISTINCT")) {
        select.distinct = true;
    } else if (Is("ALL") && !Peek(1).Is(",") && !Peek(1).Is("FROM")) {
        Next();
    }
    do {
        TARN_TRY(SelectItem item, ParseSelectItem());
        select.items.push_back(std::move(item));
    } while (Accept(","));
    return {};
}

Result<SelectItem> Parser::ParseSelectItem() {
    SelectItem item;
    item.position = Peek().position;
    TARN_TRY(item.expr, ParseExpr());
    if (Accept("AS")) {
        if (Is("(")) {
            TARN_TRY(item.aliases, ParseNameList());
            return item;
        }
        // An alias in quotes is a mistake that Spark forgives in no mode; say so.
        TARN_TRY(std::string alias, ParseIdentifier("an alias; a name with blanks stands in back quotes: it"));
        item.aliases.push_back(std::move(alias));
    } else if (IsAliasHere(false)) {
        item.aliases.push_back(Next().text);
    } else if (Is("(") && IsIdentifier(1) && item.expr->As<FunctionCall>() != nullptr) {
        TARN_TRY(item.aliases, ParseNameList());
    }
    return item;
}

Result<void> Parser::ParseFrom(Select &select) {
    do {
        TARN_TRY(RelationPtr relation, ParseRelation());
        select.from.push_back(std::move(relation));
    } while (Accept(","));
    while (Is("LATERAL") && Peek(1).Is("VIEW")) {
        TARN_TRY(LateralView view, ParseLateralView());
        select.lateral_views.push_back(std::move(view));
    }
    return {};
}

// LATERAL VIEW [OUTER] explode(x) [t] [AS a, b]
Result<LateralView> Parser::ParseLateralView() {
    LateralView view;
    view.position = Peek().position;
    TARN_CHECK(ExpectWords({"LATERAL", "VIEW"}));
    view.outer = Accept("OUTER");
    TARN_TRY(Name name, ParseName());
    TARN_TRY(view.generator, ParseCall(std::move(name)));
    if (!Is("AS") && IsAliasHere(true)) view.alias = Next().text;
    if (Accept("AS")) {
        bool parenthesised = Accept("(");
        do {
            TARN_TRY(std::string column, ParseIdentifier("a column's name"));
            view.columns.push_back(std::move(column));
        } while (Accept(","));
        if (parenthesised) TARN_CHECK(Expect(")"));
    }
    return view;
}

Result<void> Parser::ParseSelectTail(Select &select) {
    if (Accept("WHERE")) {
        TARN_TRY(select.where, ParseExpr());
    }
    if (AcceptWords({"GROUP", "BY"})) {
        TARN_TRY(select.group_by, ParseGroupBy());
    }
    if (Accept("HAVING")) {
        TARN_TRY(select.having, ParseExpr());
    }
    while (Is("QUALIFY") || (Is("WINDOW") && Peek(2).Is("AS"))) {
        if (Accept("QUALIFY")) {
            TARN_TRY(select.qualify, ParseExpr());
            continue;
        }
        Next();
        do {
            TARN_TRY(std::string name, ParseIdentifier("a window's name"));
            TARN_CHECK(Expect("AS"));
            WindowSpec spec;
            if (Is("(")) {
                TARN_TRY(spec, ParseWindowSpec());
            } else {
                TARN_TRY(spec.base, ParseIdentifier("a window"));
            }
            select.windows.emplace_back(std::move(name), std::move(spec));
        } while (Accept(","));
    }
    return {};
}

Result<GroupBy> Parser::ParseGroupBy() {
    GroupBy group;
    bool all = Is("ALL") && !Peek(1).Is("(") && !Peek(1).Is(",") && !Peek(1).Is(".");
    if (all) {
        Next();
        group.all = true;
        return group;
    }
    do {
        TARN_TRY(GroupBy::Element element, ParseGroupElement());
        group.elements.push_back(std::move(element));
    } while (Accept(","));
    // GROUP BY a, b WITH ROLLUP and GROUP BY a, b GROUPING SETS (…): Hive's forms.
    bool rollup = IsWords({"WITH", "ROLLUP"});
    if (rollup || IsWords({"WITH", "CUBE"})) {
        Next();
        Next();
        GroupBy::Element whole;
        whole.kind = rollup ? GroupBy::Kind::kRollup : GroupBy::Kind::kCube;
        for (GroupBy::Element &element : group.elements) {
            for (auto &set : element.sets) whole.sets.push_back(std::move(set));
        }
        group.elements.clear();
        group.elements.push_back(std::move(whole));
    } else if (AcceptWords({"GROUPING", "SETS"})) {
        GroupBy::Element whole;
        whole.kind = GroupBy::Kind::kGroupingSets;
        TARN_TRY(whole.sets, ParseGroupSets());
        group.elements.clear();
        group.elements.push_back(std::move(whole));
    }
    return group;
}

Result<GroupBy::Element> Parser::ParseGroupElement() {
    GroupBy::Element element;
    if (IsWords({"GROUPING", "SETS"})) {
        Next();
        Next();
        element.kind = GroupBy::Kind::kGroupingSets;
        TARN_TRY(element.sets, ParseGroupSets());
    } else if ((Is("ROLLUP") || Is("CUBE")) && Peek(1).Is("(")) {
        element.kind = Next().Is("ROLLUP") ? GroupBy::Kind::kRollup : GroupBy::Kind::kCube;
        TARN_TRY(element.sets, ParseGroupSets());
    } else {
        TARN_TRY(ExprPtr expr, ParseExpr());
        element.sets.push_back({std::move(expr)});
    }
    return element;
}

// ((a, b), a, ())
Result<std::vector<std::vector<ExprPtr>>> Parser::ParseGroupSets() {
    TARN_CHECK(Expect("("));
    std::vector<std::vector<ExprPtr>> sets;
    do {
        std::vector<ExprPtr> set;
        if (Is("(") && Peek(1).Is(")")) {
            Next();
            Next();
        } else {
            TARN_TRY(ExprPtr item, ParseExpr());
            if (const Row *row = item->As<Row>()) {
                set = row->items;
            } else {
                set.push_back(std::move(item));
            }
        }
        sets.push_back(std::move(set));
    } while (Accept(","));
    TARN_CHECK(Expect(")"));
    return sets;
}

Result<Values> Parser::ParseValues() {
    Values values;
    do {
        SourcePosition position = Peek().position;
        TARN_TRY(ExprPtr item, ParseExpr());
        std::vector<ExprPtr> row;
        if (const Row *several = item->As<Row>()) {
            row = several->items;
        } else {
            row.push_back(std::move(item));
        }
        if (!values.rows.empty() && row.size() != values.rows[0].size()) {
            Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
                                    "Invalid inline table. Inline table expected " + std::to_string(values.rows[0].size()) +
                                        " columns but found " + std::to_string(row.size()) + " columns in row " +
                                        std::to_string(values.rows.size()) + ".");
            error.position = position;
            return Fail(std::move(error));
        }
        values.rows.push_back(std::move(row));
    } while (Accept(","));
    return values;
}

}  // namespace tarn::sql
