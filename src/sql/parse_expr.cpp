// Operators, in Spark's order of precedence, and the parser's own small tools.
#include <algorithm>

#include "sql/internal/parser_impl.h"

namespace tarn::sql {
namespace {

// Higher binds tighter. Predicates (IS, IN, LIKE, BETWEEN) stand between AND and the comparisons, as in Spark's grammar.
enum Power : int {
    kOrPower = 1, kAndPower, kNotPower, kPredicatePower, kComparePower, kBitOrPower, kBitXorPower, kBitAndPower,
    kShiftPower, kAddPower, kMultiplyPower, kUnaryPower,
};

struct Operator {
    std::string_view spelling;
    BinaryOp op;
    int power;
};

constexpr Operator kOperators[] = {
    {"=", BinaryOp::kEqual, kComparePower},          {"==", BinaryOp::kEqual, kComparePower},
    {"<>", BinaryOp::kNotEqual, kComparePower},      {"!=", BinaryOp::kNotEqual, kComparePower},
    {"<", BinaryOp::kLess, kComparePower},           {"<=", BinaryOp::kLessEqual, kComparePower},
    {">", BinaryOp::kGreater, kComparePower},        {">=", BinaryOp::kGreaterEqual, kComparePower},
    {"<=>", BinaryOp::kNullSafeEqual, kComparePower}, {"|", BinaryOp::kBitOr, kBitOrPower},
    {"^", BinaryOp::kBitXor, kBitXorPower},          {"&", BinaryOp::kBitAnd, kBitAndPower},
    {"<<", BinaryOp::kShiftLeft, kShiftPower},       {"||", BinaryOp::kConcat, kAddPower},
    {"+", BinaryOp::kAdd, kAddPower},                {"-", BinaryOp::kSubtract, kAddPower},
    {"*", BinaryOp::kMultiply, kMultiplyPower},      {"/", BinaryOp::kDivide, kMultiplyPower},
    {"%", BinaryOp::kModulo, kMultiplyPower},        {"DIV", BinaryOp::kIntDivide, kMultiplyPower},
};

struct FoundOperator {
    BinaryOp op;
    int power;
    size_t tokens;
};

// The operator at the tokens; `>>` and `>>>` are made of adjacent `>`.
std::optional<FoundOperator> OperatorAt(const Token &first, const Token &second, const Token &third) {
    if (first.Is(">") && second.Is(">") && first.end == second.begin) {
        bool unsigned_shift = third.Is(">") && second.end == third.begin;
        return FoundOperator{unsigned_shift ? BinaryOp::kShiftRightUnsigned : BinaryOp::kShiftRight, kShiftPower,
                             static_cast<size_t>(unsigned_shift ? 3 : 2)};
    }
    if (first.kind != TokenKind::kSymbol && !first.Is("DIV")) return std::nullopt;
    for (const Operator &candidate : kOperators) {
        if (first.Is(candidate.spelling)) return FoundOperator{candidate.op, candidate.power, 1};
    }
    return std::nullopt;
}

int DepthOf(const ExprPtr &expr) { return expr ? expr->depth : 0; }
int DepthOf(const std::vector<ExprPtr> &exprs) {
    int depth = 0;
    for (const ExprPtr &expr : exprs) depth = std::max(depth, expr->depth);
    return depth;
}
int DepthOf(const std::vector<OrderItem> &items) {
    int depth = 0;
    for (const OrderItem &item : items) depth = std::max(depth, item.expr->depth);
    return depth;
}

// Subqueries count by the parser's nesting, so their depth stands for one level only.
struct DepthBelow {
    int operator()(const Literal &) const { return 0; }
    int operator()(const IntervalLiteral &) const { return 0; }
    int operator()(const ColumnRef &) const { return 0; }
    int operator()(const Star &) const { return 0; }
    int operator()(const Parameter &) const { return 0; }
    int operator()(const Unary &e) const { return DepthOf(e.operand); }
    int operator()(const Binary &e) const { return std::max(DepthOf(e.left), DepthOf(e.right)); }
    int operator()(const IsTest &e) const { return DepthOf(e.operand); }
    int operator()(const Between &e) const { return std::max({DepthOf(e.operand), DepthOf(e.low), DepthOf(e.high)}); }
    int operator()(const InList &e) const { return std::max(DepthOf(e.operand), DepthOf(e.items)); }
    int operator()(const InSubquery &e) const { return DepthOf(e.operand); }
    int operator()(const Exists &) const { return 0; }
    int operator()(const ScalarSubquery &) const { return 0; }
    int operator()(const Like &e) const { return std::max(DepthOf(e.operand), DepthOf(e.patterns)); }
    int operator()(const Case &e) const {
        int depth = std::max(DepthOf(e.operand), DepthOf(e.otherwise));
        for (const auto &[when, then] : e.branches) depth = std::max({depth, DepthOf(when), DepthOf(then)});
        return depth;
    }
    int operator()(const Cast &e) const { return DepthOf(e.operand); }
    int operator()(const Extract &e) const { return DepthOf(e.source); }
    int operator()(const FunctionCall &e) const {
        int depth = std::max(DepthOf(e.filter), DepthOf(e.within_group));
        for (const Argument &arg : e.args) depth = std::max(depth, DepthOf(arg.value));
        if (e.over) depth = std::max({depth, DepthOf(e.over->partition_by), DepthOf(e.over->order_by)});
        return depth;
    }
    int operator()(const Lambda &e) const { return DepthOf(e.body); }
    int operator()(const Subscript &e) const { return std::max(DepthOf(e.base), DepthOf(e.index)); }
    int operator()(const FieldAccess &e) const { return DepthOf(e.base); }
    int operator()(const Row &e) const { return DepthOf(e.items); }
};

}  // namespace

Error Parser::TooDeep(SourcePosition position) const {
    Error error = MakeError(ErrorKind::kInvalidInput, "RESOURCE_LIMIT_EXCEEDED",
                            "The statement is nested too deeply: at most " + std::to_string(kMaxNesting) +
                                " levels of parentheses and subqueries, and chains of " + std::to_string(kMaxDepth) +
                                " operators, are taken.");
    error.position = position;
    error.remedy = "Split it up with common table expressions or views; write long chains of OR as IN (…).";
    return error;
}

Result<void> Parser::CheckNesting() const {
    constexpr std::ptrdiff_t kMaxStack = std::ptrdiff_t{4} << 20;
    std::ptrdiff_t used = stack_start_ - static_cast<const char *>(__builtin_frame_address(0));
    if (nesting_ > kMaxNesting || used > kMaxStack) return Fail(TooDeep(Peek().position));
    return {};
}

Result<ExprPtr> Parser::MakeExpr(Expr::Node node, SourcePosition position) const {
    int depth = 1 + std::visit(DepthBelow{}, node);
    if (depth > kMaxDepth) return Fail(TooDeep(position));
    auto expr = std::make_shared<Expr>();
    expr->node = std::move(node);
    expr->position = position;
    expr->depth = depth;
    return ExprPtr(std::move(expr));
}

Result<ExprPtr> Parser::ParseExpr() {
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    return ParseLogical(kOrPower);
}

// a AND b AND c…: a balanced tree, so that thousands of terms stay shallow; the order is kept.
Result<ExprPtr> Parser::ParseLogical(int power) {
    if (power == kNotPower) {
        SourcePosition position = Peek().position;
        bool negation = Is("NOT") || (Is("!") && !Peek(1).Is("="));
        if (!negation) return ParseBinary(kPredicatePower);
        Next();
        Nested nested(*this);
        TARN_CHECK(CheckNesting());
        TARN_TRY(ExprPtr operand, ParseLogical(kNotPower));
        return MakeExpr(Unary{UnaryOp::kNot, std::move(operand)}, position);
    }
    std::string_view word = power == kOrPower ? "OR" : "AND";
    BinaryOp op = power == kOrPower ? BinaryOp::kOr : BinaryOp::kAnd;
    std::vector<ExprPtr> terms;
    std::vector<SourcePosition> positions;
    do {
        TARN_TRY(ExprPtr term, ParseLogical(power + 1));
        terms.push_back(std::move(term));
        positions.push_back(Peek().position);
    } while (Accept(word));
    while (terms.size() > 1) {
        std::vector<ExprPtr> joined;
        std::vector<SourcePosition> joined_positions;
        for (size_t i = 0; i < terms.size(); i += 2) {
            joined_positions.push_back(positions[std::min(i + 1, terms.size() - 1)]);
            if (i + 1 == terms.size()) {
                joined.push_back(std::move(terms[i]));
                continue;
            }
            TARN_TRY(ExprPtr pair, MakeExpr(Binary{op, std::move(terms[i]), std::move(terms[i + 1])}, positions[i]));
            joined.push_back(std::move(pair));
        }
        terms = std::move(joined);
        positions = std::move(joined_positions);
    }
    return std::move(terms[0]);
}

Result<ExprPtr> Parser::ParseBinary(int min_power) {
    TARN_TRY(ExprPtr left, ParsePrefix());
    while (true) {
        if (min_power <= kPredicatePower && PredicateAhead()) {
            TARN_TRY(left, ParsePredicate(std::move(left)));
            continue;
        }
        std::optional<FoundOperator> found = OperatorAt(Peek(), Peek(1), Peek(2));
        if (!found || found->power < min_power) return left;
        SourcePosition position = Peek().position;
        for (size_t i = 0; i < found->tokens; i++) Next();
        Nested nested(*this);
        TARN_CHECK(CheckNesting());
        TARN_TRY(ExprPtr right, ParseBinary(found->power + 1));
        TARN_TRY(left, MakeExpr(Binary{found->op, std::move(left), std::move(right)}, position));
    }
}

Result<ExprPtr> Parser::ParsePrefix() {
    SourcePosition position = Peek().position;
    std::optional<UnaryOp> op;
    if (Is("-")) op = UnaryOp::kMinus;
    if (Is("+")) op = UnaryOp::kPlus;
    if (Is("~")) op = UnaryOp::kBitNot;
    if (!op) return ParsePostfix();
    Next();
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    bool number = Peek().kind == TokenKind::kInteger || Peek().kind == TokenKind::kDecimal ||
                  Peek().kind == TokenKind::kExponent;
    if (*op == UnaryOp::kMinus && number) return ParseNegativeNumber(position);
    TARN_TRY(ExprPtr operand, ParsePrefix());
    return MakeExpr(Unary{*op, std::move(operand)}, position);
}

bool Parser::PredicateAhead() const {
    if (IsAny({"IS", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN"})) return true;
    if (!Is("NOT") && !Is("!")) return false;
    const Token &next = Peek(1);
    for (std::string_view word : {"IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN"}) {
        if (next.Is(word)) return true;
    }
    return false;
}

Result<ExprPtr> Parser::ParsePredicate(ExprPtr left) {
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    SourcePosition position = Peek().position;
    if (Accept("IS")) return ParseIs(std::move(left), position);
    bool negated = Accept("NOT") || Accept("!");
    if (Accept("IN")) return ParseIn(std::move(left), negated, position);
    if (!Accept("BETWEEN")) return ParseLike(std::move(left), negated, position);
    TARN_TRY(ExprPtr low, ParseBinary(kComparePower));
    TARN_CHECK(Expect("AND"));
    TARN_TRY(ExprPtr high, ParseBinary(kComparePower));
    return MakeExpr(Between{std::move(left), std::move(low), std::move(high), negated}, position);
}

Result<ExprPtr> Parser::ParseIs(ExprPtr left, SourcePosition position) {
    bool negated = Accept("NOT");
    if (Accept("NULL")) return MakeExpr(IsTest{IsTestKind::kNull, negated, std::move(left)}, position);
    if (Accept("TRUE")) return MakeExpr(IsTest{IsTestKind::kTrue, negated, std::move(left)}, position);
    if (Accept("FALSE")) return MakeExpr(IsTest{IsTestKind::kFalse, negated, std::move(left)}, position);
    if (Accept("UNKNOWN")) return MakeExpr(IsTest{IsTestKind::kUnknown, negated, std::move(left)}, position);
    if (!AcceptWords({"DISTINCT", "FROM"})) return Fail(ErrorHere("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM"));
    TARN_TRY(ExprPtr right, ParseBinary(kComparePower));
    BinaryOp op = negated ? BinaryOp::kNullSafeEqual : BinaryOp::kIsDistinct;
    return MakeExpr(Binary{op, std::move(left), std::move(right)}, position);
}

Result<ExprPtr> Parser::ParseIn(ExprPtr left, bool negated, SourcePosition position) {
    TARN_CHECK(Expect("("));
    if (StartsQuery()) {
        TARN_TRY(QueryPtr query, ParseQuery());
        TARN_CHECK(Expect(")"));
        return MakeExpr(InSubquery{std::move(left), std::move(query), negated}, position);
    }
    TARN_TRY(std::vector<ExprPtr> items, ParseExprList());
    TARN_CHECK(Expect(")"));
    return MakeExpr(InList{std::move(left), std::move(items), negated}, position);
}

Result<ExprPtr> Parser::ParseLike(ExprPtr left, bool negated, SourcePosition position) {
    Like like;
    like.operand = std::move(left);
    like.negated = negated;
    if (Is("ILIKE")) like.kind = LikeKind::kILike;
    if (Is("RLIKE") || Is("REGEXP")) like.kind = LikeKind::kRLike;
    Next();
    bool quantified = like.kind != LikeKind::kRLike && IsAny({"ANY", "SOME", "ALL"}) && Peek(1).Is("(");
    if (quantified) {
        like.quantifier = Is("ALL") ? LikeQuantifier::kAll : LikeQuantifier::kAny;
        Next();
        TARN_CHECK(Expect("("));
        TARN_TRY(like.patterns, ParseExprList());
        TARN_CHECK(Expect(")"));
        return MakeExpr(std::move(like), position);
    }
    TARN_TRY(ExprPtr pattern, ParseBinary(kComparePower));
    like.patterns.push_back(std::move(pattern));
    if (like.kind != LikeKind::kRLike && Accept("ESCAPE")) {
        SourcePosition escape_position = Peek().position;
        TARN_TRY(std::string escape, ParseString("the escape character"));
        if (escape.size() != 1) {
            return Fail(SyntaxError(escape_position, escape, "The escape must be exactly one character."));
        }
        like.escape = escape[0];
    }
    return MakeExpr(std::move(like), position);
}

Result<std::vector<ExprPtr>> Parser::ParseExprList() {
    std::vector<ExprPtr> exprs;
    do {
        TARN_TRY(ExprPtr expr, ParseExpr());
        exprs.push_back(std::move(expr));
    } while (Accept(","));
    return exprs;
}

Result<std::vector<OrderItem>> Parser::ParseOrderItems() {
    std::vector<OrderItem> items;
    do {
        OrderItem item;
        TARN_TRY(item.expr, ParseExpr());
        item.descending = Accept("DESC");
        if (!item.descending) Accept("ASC");
        if (AcceptWords({"NULLS", "FIRST"})) {
            item.nulls_first = true;
        } else if (AcceptWords({"NULLS", "LAST"})) {
            item.nulls_first = false;
        }
        items.push_back(std::move(item));
    } while (Accept(","));
    return items;
}

}  // namespace tarn::sql
