// The names that Spark gives to columns without alias: its "pretty SQL" of the expression.
#include "sql/render.h"

namespace tarn::sql {
namespace {

std::string NamesOf(const std::vector<ExprPtr> &exprs) {
    std::string text;
    for (size_t i = 0; i < exprs.size(); i++) text += (i > 0 ? ", " : "") + ColumnNameOf(*exprs[i]);
    return text;
}

std::string_view OperatorName(BinaryOp op) {
    switch (op) {
        case BinaryOp::kOr: return "OR";
        case BinaryOp::kAnd: return "AND";
        case BinaryOp::kEqual: return "=";
        case BinaryOp::kNotEqual: return "<>";
        case BinaryOp::kLess: return "<";
        case BinaryOp::kLessEqual: return "<=";
        case BinaryOp::kGreater: return ">";
        case BinaryOp::kGreaterEqual: return ">=";
        case BinaryOp::kNullSafeEqual: return "<=>";
        case BinaryOp::kIsDistinct: return "IS DISTINCT FROM";
        case BinaryOp::kBitOr: return "|";
        case BinaryOp::kBitXor: return "^";
        case BinaryOp::kBitAnd: return "&";
        case BinaryOp::kShiftLeft: return "<<";
        case BinaryOp::kShiftRight: return ">>";
        case BinaryOp::kShiftRightUnsigned: return ">>>";
        case BinaryOp::kAdd: return "+";
        case BinaryOp::kSubtract: return "-";
        case BinaryOp::kMultiply: return "*";
        case BinaryOp::kDivide: return "/";
        case BinaryOp::kModulo: return "%";
        case BinaryOp::kIntDivide: return "div";
        case BinaryOp::kConcat: return "||";
    }
    return "";
}

struct Namer {
    std::string operator()(const Literal &e) const {
        switch (e.type.kind) {
            case TypeKind::kNull: return "NULL";
            case TypeKind::kDate: return "DATE '" + e.text + "'";
            case TypeKind::kTimestamp: return "TIMESTAMP '" + e.text + "'";
            case TypeKind::kTimestampNtz: return "TIMESTAMP_NTZ '" + e.text + "'";
            case TypeKind::kBinary: {
                constexpr char kHex[] = "0123456789ABCDEF";
                std::string text = "X'";
                for (unsigned char byte : e.text) {
                    text += kHex[byte >> 4];
                    text += kHex[byte & 0xF];
                }
                return text + "'";
            }
            default: return e.text;
        }
    }
    std::string operator()(const IntervalLiteral &e) const {
        std::string text;
        auto add = [&](int64_t count, std::string_view unit) {
            if (count != 0) text += (text.empty() ? "" : " ") + std::to_string(count) + " " + std::string(unit);
        };
        add(e.months / 12, "years");
        add(e.months % 12, "months");
        add(e.days, "days");
        add(e.micros / 1'000'000, "seconds");
        return "INTERVAL '" + (text.empty() ? "0 days" : text) + "'";
    }
    std::string operator()(const ColumnRef &e) const { return e.name.Last(); }
    std::string operator()(const Star &) const { return "*"; }
    std::string operator()(const Parameter &e) const { return ":" + e.name; }
    std::string operator()(const Unary &e) const {
        std::string operand = ColumnNameOf(*e.operand);
        switch (e.op) {
            case UnaryOp::kMinus: return "(- " + operand + ")";
            case UnaryOp::kPlus: return "(+ " + operand + ")";
            case UnaryOp::kBitNot: return "~" + operand;
            case UnaryOp::kNot: return "(NOT " + operand + ")";
        }
        return operand;
    }
    std::string operator()(const Binary &e) const {
        std::string left = ColumnNameOf(*e.left);
        std::string right = ColumnNameOf(*e.right);
        if (e.op == BinaryOp::kConcat) {
            // a || b || c is one concat in Spark
            const auto *inner = e.left->As<Binary>();
            bool chain = inner != nullptr && inner->op == BinaryOp::kConcat;
            return chain ? left.substr(0, left.size() - 1) + ", " + right + ")" : "concat(" + left + ", " + right + ")";
        }
        if (e.op == BinaryOp::kNotEqual) return "(NOT (" + left + " = " + right + "))";
        if (e.op == BinaryOp::kIsDistinct) return "(NOT (" + left + " <=> " + right + "))";
        return "(" + left + " " + std::string(OperatorName(e.op)) + " " + right + ")";
    }
    std::string operator()(const IsTest &e) const {
        std::string operand = ColumnNameOf(*e.operand);
        std::string negation = e.negated ? "NOT " : "";
        switch (e.test) {
            case IsTestKind::kNull:
            case IsTestKind::kUnknown: return "(" + operand + " IS " + negation + "NULL)";
            case IsTestKind::kTrue: return e.negated ? "(NOT (" + operand + " <=> true))" : "(" + operand + " <=> true)";
            case IsTestKind::kFalse: return e.negated ? "(NOT (" + operand + " <=> false))" : "(" + operand + " <=> false)";
        }
        return operand;
    }
    std::string operator()(const Between &e) const {
        std::string text = "between(" + ColumnNameOf(*e.operand) + ", " + ColumnNameOf(*e.low) + ", " + ColumnNameOf(*e.high) + ")";
        return e.negated ? "(NOT " + text + ")" : text;
    }
    std::string operator()(const InList &e) const {
        std::string text = "(" + ColumnNameOf(*e.operand) + " IN (" + NamesOf(e.items) + "))";
        return e.negated ? "(NOT " + text + ")" : text;
    }
    std::string operator()(const InSubquery &e) const {
        std::string text = "(" + ColumnNameOf(*e.operand) + " IN (listquery()))";
        return e.negated ? "(NOT " + text + ")" : text;
    }
    std::string operator()(const Exists &) const { return "exists()"; }
    std::string operator()(const ScalarSubquery &) const { return "scalarsubquery()"; }
    std::string operator()(const Like &e) const {
        std::string operand = ColumnNameOf(*e.operand);
        std::string word = e.kind == LikeKind::kLike ? " LIKE " : " ";
        std::string text;
        if (e.quantifier != LikeQuantifier::kOne) {
            text = (e.quantifier == LikeQuantifier::kAny ? "likeany(" : "likeall(") + operand + ", " + NamesOf(e.patterns) + ")";
        } else if (e.kind == LikeKind::kLike) {
            text = operand + word + ColumnNameOf(*e.patterns[0]);
        } else {
            std::string function = e.kind == LikeKind::kILike ? "ilike" : "RLIKE";
            text = function + "(" + operand + ", " + ColumnNameOf(*e.patterns[0]) + ")";
        }
        return e.negated ? "(NOT " + text + ")" : text;
    }
    std::string operator()(const Case &e) const {
        std::string text = "CASE";
        for (const auto &[when, then] : e.branches) {
            std::string condition = ColumnNameOf(*when);
            if (e.operand) condition = "(" + ColumnNameOf(*e.operand) + " = " + condition + ")";
            text += " WHEN " + condition + " THEN " + ColumnNameOf(*then);
        }
        if (e.otherwise) text += " ELSE " + ColumnNameOf(*e.otherwise);
        return text + " END";
    }
    std::string operator()(const Cast &e) const {
        return (e.safe ? "TRY_CAST(" : "CAST(") + ColumnNameOf(*e.operand) + " AS " + e.type.ToSql() + ")";
    }
    std::string operator()(const Extract &e) const { return "extract(" + e.field + " FROM " + ColumnNameOf(*e.source) + ")"; }
    std::string operator()(const FunctionCall &e) const {
        std::string name = ToLower(e.name.Last());
        std::string args;
        for (const Argument &argument : e.args) {
            std::string arg = ColumnNameOf(*argument.value);
            if (!argument.alias.empty()) arg += " AS " + argument.alias;
            if (!argument.name.empty()) arg = argument.name + " => " + arg;
            args += (args.empty() ? "" : ", ") + arg;
        }
        if (name == "count" && args == "*") args = "1";
        if (name == "if" || name == "iff") return "(IF(" + args + "))";
        std::string text = name + "(" + (e.distinct ? "DISTINCT " : "") + args + ")";
        if (e.nulls == NullTreatment::kIgnore) text += " IGNORE NULLS";
        if (e.filter) text += " FILTER (WHERE " + ColumnNameOf(*e.filter) + ")";
        if (e.over) text += " OVER " + WindowName(*e.over);
        return text;
    }
    std::string operator()(const Lambda &e) const {
        std::string params;
        for (const std::string &param : e.params) params += (params.empty() ? "" : ", ") + ("namedlambdavariable() " + param);
        return "lambdafunction(" + ColumnNameOf(*e.body) + ", " + params + ")";
    }
    std::string operator()(const Subscript &e) const { return ColumnNameOf(*e.base) + "[" + ColumnNameOf(*e.index) + "]"; }
    std::string operator()(const FieldAccess &e) const { return ColumnNameOf(*e.base) + "." + e.field; }
    std::string operator()(const Row &e) const { return "struct(" + NamesOf(e.items) + ")"; }

    static std::string BoundName(const FrameBound &bound) {
        switch (bound.kind) {
            case BoundKind::kUnboundedPreceding: return "UNBOUNDED PRECEDING";
            case BoundKind::kPreceding: return ColumnNameOf(*bound.offset) + " PRECEDING";
            case BoundKind::kCurrentRow: return "CURRENT ROW";
            case BoundKind::kFollowing: return ColumnNameOf(*bound.offset) + " FOLLOWING";
            case BoundKind::kUnboundedFollowing: return "UNBOUNDED FOLLOWING";
        }
        return "";
    }
    static std::string WindowName(const WindowSpec &window) {
        std::string text = window.base;
        auto add = [&](const std::string &part) { text += (text.empty() ? "" : " ") + part; };
        if (!window.partition_by.empty()) add("PARTITION BY " + NamesOf(window.partition_by));
        std::string order;
        for (const OrderItem &item : window.order_by) {
            bool first = item.nulls_first.value_or(!item.descending);
            order += (order.empty() ? "" : ", ") + ColumnNameOf(*item.expr) + (item.descending ? " DESC" : " ASC") +
                     (first ? " NULLS FIRST" : " NULLS LAST");
        }
        if (!order.empty()) add("ORDER BY " + order);
        if (window.frame) {
            add(std::string(window.frame->unit == FrameUnit::kRows ? "ROWS" : "RANGE") + " BETWEEN " +
                BoundName(window.frame->start) + " AND " + BoundName(window.frame->end));
        } else if (!window.order_by.empty()) {
            add("RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
        }
        return "(" + text + ")";
    }
};

}  // namespace

std::string ColumnNameOf(const Expr &expr) { return std::visit(Namer{}, expr.node); }

}  // namespace tarn::sql
