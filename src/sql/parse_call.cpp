// Function calls with all that may follow them, and windows.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

// name => value, struct(value AS alias), value
Result<Argument> Parser::ParseArgument() {
    Argument argument;
    if (IsIdentifier() && Peek(1).Is("=>")) {
        argument.name = Next().text;
        Next();
    }
    // A column may be named table, too: f(table), table IS NULL.
    bool named = IsIdentifier(1) && (Peek(2).Is(",") || Peek(2).Is(")") || Peek(2).Is("."));
    if (Is("TABLE") && (Peek(1).Is("(") || named)) {
        TARN_TRY(argument.value, ParseTableArgument());
        return argument;
    }
    TARN_TRY(argument.value, ParseExpr());
    if (Accept("AS")) {
        TARN_TRY(argument.alias, ParseIdentifier("an alias"));
    }
    return argument;
}

// TABLE(query), TABLE(t), TABLE t: the rows that a table function works on, as a subquery.
Result<ExprPtr> Parser::ParseTableArgument() {
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    SourcePosition position = Next().position;
    bool closed = Accept("(");
    QueryPtr query;
    if (closed && StartsQuery()) {
        TARN_TRY(query, ParseQuery());
    } else {
        auto star = std::make_shared<Expr>();
        star->node = Star{};
        star->position = position;
        Select select;
        select.items.push_back({std::move(star), {}, position});
        TARN_TRY(RelationPtr relation, ParseTableOrFunction(false, false));
        select.from.push_back(std::move(relation));
        auto whole = std::make_shared<Query>();
        whole->position = position;
        TARN_TRY(whole->body, MakeBody(std::move(select), position));
        query = std::move(whole);
    }
    if (closed) TARN_CHECK(Expect(")"));
    return MakeExpr(ScalarSubquery{std::move(query)}, position);
}

Result<ExprPtr> Parser::ParseCall(Name name) {
    SourcePosition position = name.position;
    TARN_CHECK(Expect("("));
    FunctionCall call;
    call.name = std::move(name);
    if (Accept("DISTINCT")) {
        call.distinct = true;
    } else if (Is("ALL") && !Peek(1).Is(")") && !Peek(1).Is(",")) {
        Next();
    }
    if (!Is(")")) {
        do {
            TARN_TRY(Argument argument, ParseArgument());
            call.args.push_back(std::move(argument));
        } while (Accept(","));
    }
    if (AcceptWords({"IGNORE", "NULLS"})) call.nulls = NullTreatment::kIgnore;
    if (AcceptWords({"RESPECT", "NULLS"})) call.nulls = NullTreatment::kRespect;
    TARN_CHECK(Expect(")"));
    TARN_CHECK(ParseCallTail(call));
    return MakeExpr(std::move(call), position);
}

Result<void> Parser::ParseCallTail(FunctionCall &call) {
    if (IsWords({"WITHIN", "GROUP"})) {
        Next();
        Next();
        TARN_CHECK(Expect("("));
        TARN_CHECK(ExpectWords({"ORDER", "BY"}));
        TARN_TRY(call.within_group, ParseOrderItems());
        TARN_CHECK(Expect(")"));
    }
    if (Is("FILTER") && Peek(1).Is("(")) {
        Next();
        Next();
        TARN_CHECK(Expect("WHERE"));
        TARN_TRY(call.filter, ParseExpr());
        TARN_CHECK(Expect(")"));
    }
    if (AcceptWords({"IGNORE", "NULLS"})) call.nulls = NullTreatment::kIgnore;
    if (AcceptWords({"RESPECT", "NULLS"})) call.nulls = NullTreatment::kRespect;
    if (Is("OVER") && (Peek(1).Is("(") || IsIdentifier(1))) {
        Next();
        if (Is("(")) {
            TARN_TRY(call.over, ParseWindowSpec());
        } else {
            WindowSpec spec;
            spec.base = Next().text;
            call.over = std::move(spec);
        }
    }
    return {};
}

Result<WindowSpec> Parser::ParseWindowSpec() {
    TARN_CHECK(Expect("("));
    WindowSpec spec;
    bool clause = IsAny({"PARTITION", "ORDER", "DISTRIBUTE", "SORT", "CLUSTER"}) && Peek(1).Is("BY");
    bool frame = IsAny({"ROWS", "RANGE"}) && !Peek(1).Is(")");
    if (!clause && !frame && IsIdentifier()) spec.base = Next().text;
    if (AcceptWords({"PARTITION", "BY"}) || AcceptWords({"DISTRIBUTE", "BY"})) {
        TARN_TRY(spec.partition_by, ParseExprList());
    }
    if (AcceptWords({"ORDER", "BY"}) || AcceptWords({"SORT", "BY"})) {
        TARN_TRY(spec.order_by, ParseOrderItems());
    }
    if (IsAny({"ROWS", "RANGE"})) {
        WindowFrame bounds;
        bounds.unit = Next().Is("ROWS") ? FrameUnit::kRows : FrameUnit::kRange;
        bool between = Accept("BETWEEN");
        TARN_TRY(bounds.start, ParseFrameBound());
        if (between) {
            TARN_CHECK(Expect("AND"));
            TARN_TRY(bounds.end, ParseFrameBound());
        }
        spec.frame = std::move(bounds);
    }
    TARN_CHECK(Expect(")"));
    return spec;
}

Result<FrameBound> Parser::ParseFrameBound() {
    if (AcceptWords({"UNBOUNDED", "PRECEDING"})) return FrameBound{BoundKind::kUnboundedPreceding, nullptr};
    if (AcceptWords({"UNBOUNDED", "FOLLOWING"})) return FrameBound{BoundKind::kUnboundedFollowing, nullptr};
    if (AcceptWords({"CURRENT", "ROW"})) return FrameBound{BoundKind::kCurrentRow, nullptr};
    FrameBound bound;
    // Above AND, so that BETWEEN 1 PRECEDING AND … stops there.
    TARN_TRY(bound.offset, ParseBinary(5));
    if (Accept("PRECEDING")) {
        bound.kind = BoundKind::kPreceding;
    } else if (Accept("FOLLOWING")) {
        bound.kind = BoundKind::kFollowing;
    } else {
        return Fail(ErrorHere("PRECEDING or FOLLOWING"));
    }
    return bound;
}

}  // namespace tarn::sql
