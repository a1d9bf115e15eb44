// What stands between operators: names, calls, parentheses, CASE, CAST, and the forms with a syntax of their own.
#include <algorithm>
#include <charconv>
#include <span>

#include "sql/internal/parser_impl.h"

namespace tarn::sql {
namespace {

// Words that cannot start an expression: a misplaced one is reported where it stands, not taken for a column.
constexpr std::string_view kNeverStarts[] = {"SELECT", "FROM",  "WHERE", "HAVING", "UNION", "INTERSECT", "EXCEPT", "JOIN",
                                             "ON",     "USING", "WHEN",  "THEN",   "ELSE",  "AND",       "OR",     "IN",
                                             "IS",     "AS",    "BETWEEN", "LIKE", "RLIKE", "ILIKE",     "QUALIFY"};

// Functions that may be written without parentheses.
constexpr std::string_view kBareCalls[] = {"CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_USER",   "SESSION_USER",
                                           "USER",         "CURRENT_TIME",      "LOCALTIMESTAMP", "CURRENT_TIMEZONE"};

bool Contains(std::span<const std::string_view> words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

}  // namespace

Result<ExprPtr> Parser::ParsePostfix() {
    TARN_TRY(ExprPtr base, ParsePrimary());
    return ParsePostfixOf(std::move(base));
}

Result<ExprPtr> Parser::ParsePostfixOf(ExprPtr base) {
    while (true) {
        SourcePosition position = Peek().position;
        if (Accept("[")) {
            TARN_TRY(ExprPtr index, ParseExpr());
            TARN_CHECK(Expect("]"));
            TARN_TRY(base, MakeExpr(Subscript{std::move(base), std::move(index)}, position));
        } else if (Is(".") && Peek(1).kind != TokenKind::kEnd && IsIdentifier(1)) {
            Next();
            TARN_TRY(base, MakeExpr(FieldAccess{std::move(base), Next().text}, position));
        } else if (Accept("::")) {
            TARN_TRY(DataType type, ParseType());
            TARN_TRY(base, MakeExpr(Cast{std::move(base), std::move(type), false}, position));
        } else if (Is(":") && (IsIdentifier(1) || Peek(1).Is("[")) && Peek().end == Peek(1).begin) {
            TARN_TRY(base, ParseJsonPath(std::move(base)));
        } else {
            return base;
        }
    }
}

// Databricks' path into JSON text or a VARIANT, column:field.sub[0], as a call that no text can spell: `:`(column, path).
Result<ExprPtr> Parser::ParseJsonPath(ExprPtr base) {
    SourcePosition position = Peek().position;
    Next();
    std::vector<PathStep> path;
    while (true) {
        if (IsIdentifier() && path.empty()) {
            path.push_back({PathStep::Kind::kAnyCase, Next().text});
        } else if (Is(".") && IsIdentifier(1)) {
            Next();
            path.push_back({PathStep::Kind::kAnyCase, Next().text});
        } else if (Is("[")) {
            TARN_TRY(PathStep step, ParseBracketStep());
            path.push_back(std::move(step));
        } else {
            break;
        }
    }
    TARN_TRY(ExprPtr path_expr, MakeExpr(Literal{DataType::Of(TypeKind::kString), PathText(path)}, position));
    FunctionCall call;
    call.name = Name{{":"}, position};
    call.args.push_back({"", std::move(base), ""});
    call.args.push_back({"", std::move(path_expr), ""});
    return MakeExpr(std::move(call), position);
}

// [2], ['name'] or [*].
Result<PathStep> Parser::ParseBracketStep() {
    Next();
    PathStep step{PathStep::Kind::kExact};
    const Token &token = Peek();
    if (token.kind == TokenKind::kString) {
        step.name = token.text;
    } else if (token.kind == TokenKind::kInteger) {
        step.kind = PathStep::Kind::kIndex;
        auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), step.index);
        if (error != std::errc() || step.index == UINT32_MAX) return Fail(ErrorHere("an index below 4294967295"));
    } else if (token.Is("*")) {
        step.kind = PathStep::Kind::kAll;
    } else {
        return Fail(ErrorHere("an index, a name in quotes or *"));
    }
    Next();
    TARN_CHECK(Expect("]"));
    return step;
}

Result<ExprPtr> Parser::ParsePrimary() {
    const Token &token = Peek();
    switch (token.kind) {
        case TokenKind::kInteger:
        case TokenKind::kDecimal:
        case TokenKind::kExponent: return ParseNumber();
        case TokenKind::kString: return ParseStringLiteral();
        case TokenKind::kQuotedName: return ParseNameOrCall();
        case TokenKind::kEnd: return Fail(ErrorHere("an expression"));
        case TokenKind::kSymbol: break;
        case TokenKind::kName: return ParseNameOrCall();
    }
    SourcePosition position = token.position;
    if (Is("(")) return ParseParenthesised();
    if (Is("*")) return ParseStar({});
    if (Accept("?")) return MakeExpr(Parameter{std::to_string(++placeholders_)}, position);
    if (Is(":") && IsIdentifier(1)) {
        Next();
        return MakeExpr(Parameter{Next().text}, position);
    }
    Error error = ErrorHere("an expression");
    if (Is("$")) error.remedy = "A variable ${name} was not replaced: give its value in the pipeline's configuration.";
    return Fail(std::move(error));
}

Result<ExprPtr> Parser::ParseNameOrCall() {
    const Token &token = Peek();
    SourcePosition position = token.position;
    const Token &next = Peek(1);
    bool before_paren = next.Is("(");
    if (token.kind == TokenKind::kName) {
        const std::string &word = token.upper;
        if (Contains(kNeverStarts, word) || ((word == "GROUP" || word == "ORDER") && next.Is("BY"))) {
            return Fail(ErrorHere("an expression"));
        }
        if (word == "NULL") {
            Next();
            return MakeExpr(Literal{DataType::Of(TypeKind::kNull), ""}, position);
        }
        if (word == "TRUE" || word == "FALSE") {
            Next();
            return MakeExpr(Literal{DataType::Of(TypeKind::kBoolean), ToLower(word)}, position);
        }
        if (word == "CASE") return ParseCase();
        if (word == "INTERVAL" && IntervalAhead()) return ParseInterval();
        if (next.kind == TokenKind::kString) {
            if (word == "DATE") return ParseTypedLiteral(TypeKind::kDate);
            if (word == "TIMESTAMP" || word == "TIMESTAMP_LTZ") return ParseTypedLiteral(TypeKind::kTimestamp);
            if (word == "TIMESTAMP_NTZ") return ParseTypedLiteral(TypeKind::kTimestampNtz);
            if (word == "X") return ParseTypedLiteral(TypeKind::kBinary);
        }
        if (before_paren) {
            if (word == "CAST") return ParseCast(false);
            if (word == "TRY_CAST") return ParseCast(true);
            if (word == "EXTRACT") return ParseExtract();
            if (word == "TRIM") return ParseTrim();
            if (word == "SUBSTRING" || word == "SUBSTR") return ParseSubstring();
            if (word == "POSITION") return ParsePosition();
            if (word == "OVERLAY") return ParseOverlay();
            if (word == "EXISTS" && StartsQuery(2)) {
                Next();
                Next();
                TARN_TRY(QueryPtr query, ParseQuery());
                TARN_CHECK(Expect(")"));
                return MakeExpr(Exists{std::move(query)}, position);
            }
        } else if (Contains(kBareCalls, word) && !next.Is(".")) {
            Next();
            FunctionCall call;
            call.name = Name{{ToLower(word)}, position};
            return MakeExpr(std::move(call), position);
        }
        if (LambdaAhead()) return ParseLambda();
        if (IsIdentifierClause()) {
            TARN_TRY(Name named, ParseIdentifierClause());
            return MakeExpr(ColumnRef{std::move(named)}, position);
        }
    }
    Name name;
    name.position = position;
    name.parts.push_back(Next().text);
    while (Is(".")) {
        if (Peek(1).Is("*")) {
            Next();
            return ParseStar(std::move(name));
        }
        if (!IsIdentifier(1)) {
            Next();
            return Fail(ErrorHere("a name"));
        }
        Next();
        name.parts.push_back(Next().text);
    }
    // No function takes a query without parentheses of its own: REPLACE ON t.a = s.b (SELECT …) ends with the name.
    bool query_follows = Peek(1).Is("SELECT") || (Peek(1).Is("WITH") && Peek(3).Is("AS"));
    if (Is("(") && !query_follows) return ParseCall(std::move(name));
    return MakeExpr(ColumnRef{std::move(name)}, position);
}

Result<ExprPtr> Parser::ParseStar(Name qualifier) {
    SourcePosition position = qualifier.empty() ? Peek().position : qualifier.position;
    TARN_CHECK(Expect("*"));
    Star star;
    star.qualifier = std::move(qualifier);
    if ((Is("EXCEPT") || Is("EXCLUDE")) && Peek(1).Is("(") && !StartsQuery(2)) {
        Next();
        TARN_TRY(star.except, ParseDottedNameList());
    }
    return MakeExpr(std::move(star), position);
}

bool Parser::LambdaAhead() const { return IsIdentifier() && Peek(1).Is("->"); }

Result<ExprPtr> Parser::ParseLambda() {
    SourcePosition position = Peek().position;
    Lambda lambda;
    if (Is("(")) {
        TARN_TRY(lambda.params, ParseNameList());
    } else {
        lambda.params.push_back(Next().text);
    }
    TARN_CHECK(Expect("->"));
    TARN_TRY(lambda.body, ParseExpr());
    return MakeExpr(std::move(lambda), position);
}

// (expr), (a, b), (SELECT …), (x, y) -> …
Result<ExprPtr> Parser::ParseParenthesised() {
    SourcePosition position = Peek().position;
    size_t close = 1;  // of (x, y) ->
    while (IsIdentifier(close) && Peek(close + 1).Is(",")) close += 2;
    if (IsIdentifier(close) && Peek(close + 1).Is(")") && Peek(close + 2).Is("->")) return ParseLambda();
    bool query_inside = StartsQuery(1);
    TARN_CHECK(Expect("("));
    if (query_inside) {
        TARN_TRY(QueryPtr query, ParseQuery());
        TARN_CHECK(Expect(")"));
        return MakeExpr(ScalarSubquery{std::move(query)}, position);
    }
    TARN_TRY(std::vector<ExprPtr> items, ParseExprList());
    TARN_CHECK(Expect(")"));
    if (items.size() == 1) return std::move(items[0]);
    return MakeExpr(Row{std::move(items)}, position);
}

Result<ExprPtr> Parser::ParseCase() {
    SourcePosition position = Peek().position;
    Next();
    Case result;
    if (!Is("WHEN")) {
        TARN_TRY(result.operand, ParseExpr());
    }
    if (!Is("WHEN")) return Fail(ErrorHere("WHEN"));
    while (Accept("WHEN")) {
        TARN_TRY(ExprPtr when, ParseExpr());
        TARN_CHECK(Expect("THEN"));
        TARN_TRY(ExprPtr then, ParseExpr());
        result.branches.emplace_back(std::move(when), std::move(then));
    }
    if (Accept("ELSE")) {
        TARN_TRY(result.otherwise, ParseExpr());
    }
    TARN_CHECK(Expect("END"));
    return MakeExpr(std::move(result), position);
}

Result<ExprPtr> Parser::ParseCast(bool safe) {
    SourcePosition position = Next().position;
    TARN_CHECK(Expect("("));
    TARN_TRY(ExprPtr operand, ParseExpr());
    TARN_CHECK(Expect("AS"));
    TARN_TRY(DataType type, ParseType());
    TARN_CHECK(Expect(")"));
    return MakeExpr(Cast{std::move(operand), std::move(type), safe}, position);
}

Result<ExprPtr> Parser::ParseExtract() {
    SourcePosition position = Next().position;
    TARN_CHECK(Expect("("));
    Extract extract;
    TARN_TRY(std::string field, ParseIdentifier("a date part such as YEAR"));
    extract.field = ToUpper(field);
    TARN_CHECK(Expect("FROM"));
    TARN_TRY(extract.source, ParseExpr());
    TARN_CHECK(Expect(")"));
    return MakeExpr(std::move(extract), position);
}

// trim(x), TRIM([BOTH | LEADING | TRAILING] [y] FROM x): the latter becomes btrim(x, y), ltrim(y, x) or rtrim(y, x).
Result<ExprPtr> Parser::ParseTrim() {
    SourcePosition position = Next().position;
    TARN_CHECK(Expect("("));
    bool sided = IsAny({"BOTH", "LEADING", "TRAILING"}) && !Peek(1).Is(")") && !Peek(1).Is(",") && !Peek(1).Is(".");
    std::string side = sided ? Next().upper : "BOTH";
    FunctionCall call;
    call.name = Name{{side == "BOTH" ? "btrim" : side == "LEADING" ? "ltrim" : "rtrim"}, position};
    ExprPtr first;
    if (!(sided && Is("FROM"))) {
        TARN_TRY(first, ParseExpr());
    }
    if (sided && !Is("FROM")) return Fail(ErrorHere("FROM"));
    if (Accept("FROM")) {
        TARN_TRY(ExprPtr source, ParseExpr());
        call.args.push_back({"", std::move(source), ""});
    } else {
        call.name.parts[0] = "trim";
        while (Accept(",")) {
            TARN_TRY(ExprPtr more, ParseExpr());
            call.args.push_back({"", std::move(more), ""});
        }
    }
    // Only btrim takes the characters second.
    bool last = call.name.parts[0] == "btrim";
    if (first) call.args.insert(last ? call.args.end() : call.args.begin(), Argument{"", first, ""});
    TARN_CHECK(Expect(")"));
    return MakeExpr(std::move(call), position);
}

// substring(a, b, c), SUBSTRING(a FROM b FOR c)
Result<ExprPtr> Parser::ParseSubstring() {
    SourcePosition position = Next().position;
    TARN_CHECK(Expect("("));
    FunctionCall call;
    call.name = Name{{"substring"}, position};
    TARN_TRY(ExprPtr source, ParseExpr());
    call.args.push_back({"", std::move(source), ""});
    bool keywords = Is("FROM");
    while (keywords ? (Accept("FROM") || Accept("FOR")) : Accept(",")) {
        TARN_TRY(ExprPtr arg, ParseExpr());
        call.args.push_back({"", std::move(arg), ""});
    }
    TARN_CHECK(Expect(")"));
    return MakeExpr(std::move(call), position);
}

// position(a, b), POSITION(a IN b)
Result<ExprPtr> Parser::ParsePosition() {
    SourcePosition position = Next().position;
    TARN_CHECK(Expect("("));
    FunctionCall call;
    call.name = Name{{"position"}, position};
    TARN_TRY(ExprPtr needle, ParsePostfix());
    call.args.push_back({"", std::move(needle), ""});
    while (Accept("IN") || Accept(",")) {
        TARN_TRY(ExprPtr arg, ParseExpr());
        call.args.push_back({"", std::move(arg), ""});
    }
    TARN_CHECK(Expect(")"));
    return MakeExpr(std::move(call), position);
}

// OVERLAY(a PLACING b FROM c FOR d), overlay(a, b, c, d)
Result<ExprPtr> Parser::ParseOverlay() {
    SourcePosition position = Next().position;
    TARN_CHECK(Expect("("));
    FunctionCall call;
    call.name = Name{{"overlay"}, position};
    do {
        TARN_TRY(ExprPtr arg, ParseExpr());
        call.args.push_back({"", std::move(arg), ""});
    } while (Accept("PLACING") || Accept("FROM") || Accept("FOR") || Accept(","));
    TARN_CHECK(Expect(")"));
    return MakeExpr(std::move(call), position);
}

}  // namespace tarn::sql
