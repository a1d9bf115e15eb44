// The names that Spark gives to columns without alias: its "pretty SQL" of the expression.
#include "sql/internal/renderer.h"
#include "base/json_path.h"

namespace tarn::sql {
namespace {

// Some expressions print an upper-case name of their own, whatever the text said.
std::string Spelling(const std::string &name) {
    for (std::string_view upper :
         {"acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh", "cot", "csc", "degrees",
          "dense_rank", "e", "exp", "expm1", "floor", "hypot", "log", "log10", "log1p", "log2", "percent_rank", "pi", "power",
          "radians", "rank", "regexp_like", "rint", "sec", "signum", "sin", "sinh", "sqrt", "tan", "tanh"}) {
        if (name == upper) return ToUpper(name);
    }
    return name;
}

struct DefaultArgument {
    std::string_view name;
    size_t count;  // of arguments written
    std::string_view value;
};

// Arguments that Spark's expressions fill in, and print.
constexpr DefaultArgument kDefaultArguments[] = {
    {"substring", 2, "2147483647"}, {"substr", 2, "2147483647"},   {"split", 2, "-1"},
    {"regexp_replace", 3, "1"},     {"round", 1, "0"},             {"bround", 1, "0"},
    {"sort_array", 1, "true"},      {"percentile", 2, "1"},        {"months_between", 2, "true"},
    {"str_to_map", 1, ","},         {"str_to_map", 2, ":"},        {"unix_timestamp", 1, "yyyy-MM-dd HH:mm:ss"},
    {"from_unixtime", 1, "yyyy-MM-dd HH:mm:ss"}, {"to_unix_timestamp", 1, "yyyy-MM-dd HH:mm:ss"},
};

void AddDefaults(const std::string &name, std::vector<std::string> &args) {
    for (const DefaultArgument &entry : kDefaultArguments) {
        if (entry.name == name && entry.count == args.size()) args.emplace_back(entry.value);
    }
}

std::string DatePart(const std::string &text) {
    std::string whole = CompleteTimestamp(text);
    return whole.substr(0, whole.find(' '));
}

std::string WithTime(const std::string &text) {
    std::string whole = CompleteTimestamp(text);
    return whole.find(' ') == std::string::npos ? whole + " 00:00:00" : whole;
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

// column:field.sub[0] is called sub.
std::string PathName(const FunctionCall &call) {
    const Literal *text = call.args[1].value->As<Literal>();
    auto path = ParsePathText(text ? text->text : "");
    for (size_t i = path ? path->size() : 0; i > 0; i--) {
        if (!(*path)[i - 1].name.empty()) return (*path)[i - 1].name;
    }
    return "json_path";
}

class Namer {
public:
    std::string Of(const Expr &expr) { return std::visit(*this, expr.node); }

    std::string operator()(const Literal &e) {
        switch (e.type.kind) {
            case TypeKind::kNull: return "NULL";
            case TypeKind::kDate: return "DATE '" + DatePart(e.text) + "'";
            case TypeKind::kTimestamp: return "TIMESTAMP '" + WithTime(e.text) + "'";
            case TypeKind::kTimestampNtz: return "TIMESTAMP_NTZ '" + WithTime(e.text) + "'";
            case TypeKind::kDecimal:
            case TypeKind::kDouble: return e.text.starts_with('.') ? "0" + e.text : e.text;
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
    std::string operator()(const IntervalLiteral &e) {
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
    std::string operator()(const ColumnRef &e) {
        for (const std::string &param : lambda_params_) {
            if (EqualsIgnoreCase(param, e.name.parts[0])) return "namedlambdavariable()";
        }
        return e.name.Last();
    }
    std::string operator()(const Star &) { return "*"; }
    std::string operator()(const Parameter &e) { return ":" + e.name; }
    std::string operator()(const Unary &e) {
        std::string operand = Of(*e.operand);
        switch (e.op) {
            case UnaryOp::kMinus: return "(- " + operand + ")";
            case UnaryOp::kPlus: return "(+ " + operand + ")";
            case UnaryOp::kBitNot: return "~" + operand;
            case UnaryOp::kNot: return "(NOT " + operand + ")";
        }
        return operand;
    }
    std::string operator()(const Binary &e) {
        std::string left = Of(*e.left);
        std::string right = Of(*e.right);
        if (e.op == BinaryOp::kConcat) return "concat(" + left + ", " + right + ")";
        if (e.op == BinaryOp::kNotEqual) return "(NOT (" + left + " = " + right + "))";
        if (e.op == BinaryOp::kIsDistinct) return "(NOT (" + left + " <=> " + right + "))";
        return "(" + left + " " + std::string(OperatorName(e.op)) + " " + right + ")";
    }
    std::string operator()(const IsTest &e) {
        std::string operand = Of(*e.operand);
        std::string negation = e.negated ? "NOT " : "";
        switch (e.test) {
            case IsTestKind::kNull:
            case IsTestKind::kUnknown: return "(" + operand + " IS " + negation + "NULL)";
            case IsTestKind::kTrue: return e.negated ? "(NOT (" + operand + " <=> true))" : "(" + operand + " <=> true)";
            case IsTestKind::kFalse: return e.negated ? "(NOT (" + operand + " <=> false))" : "(" + operand + " <=> false)";
        }
        return operand;
    }
    std::string operator()(const Between &e) {
        std::string text = "between(" + Of(*e.operand) + ", " + Of(*e.low) + ", " + Of(*e.high) + ")";
        return e.negated ? "(NOT " + text + ")" : text;
    }
    std::string operator()(const InList &e) {
        std::string text = "(" + Of(*e.operand) + " IN (" + List(e.items) + "))";
        return e.negated ? "(NOT " + text + ")" : text;
    }
    std::string operator()(const InSubquery &e) {
        std::string text = "(" + Of(*e.operand) + " IN (listquery()))";
        return e.negated ? "(NOT " + text + ")" : text;
    }
    std::string operator()(const Exists &) { return "exists()"; }
    std::string operator()(const ScalarSubquery &) { return "scalarsubquery()"; }
    std::string operator()(const Like &e) {
        std::string operand = Of(*e.operand);
        std::string word = e.kind == LikeKind::kLike ? " LIKE " : " ";
        std::string text;
        if (e.quantifier != LikeQuantifier::kOne) {
            text = (e.quantifier == LikeQuantifier::kAny ? "likeany(" : "likeall(") + operand + ")";
        } else if (e.kind == LikeKind::kLike) {
            text = operand + word + Of(*e.patterns[0]);
            if (e.escape && *e.escape != '\\') text += " ESCAPE '" + std::string(1, *e.escape) + "'";
        } else {
            std::string function = e.kind == LikeKind::kILike ? "ilike" : "RLIKE";
            text = function + "(" + operand + ", " + Of(*e.patterns[0]) + ")";
        }
        return e.negated ? "(NOT " + text + ")" : text;
    }
    std::string operator()(const Case &e) {
        std::string text = "CASE";
        for (const auto &[when, then] : e.branches) {
            std::string condition = Of(*when);
            if (e.operand) condition = "(" + Of(*e.operand) + " = " + condition + ")";
            text += " WHEN " + condition + " THEN " + Of(*then);
        }
        if (e.otherwise) text += " ELSE " + Of(*e.otherwise);
        return text + " END";
    }
    std::string operator()(const Cast &e) {
        return (e.safe ? "TRY_CAST(" : "CAST(") + Of(*e.operand) + " AS " + e.type.ToSql() + ")";
    }
    std::string operator()(const Extract &e) { return "extract(" + e.field + " FROM " + Of(*e.source) + ")"; }
    std::string operator()(const FunctionCall &e) {
        std::string name = ToLower(e.name.Last());
        if (name == ":") return PathName(e);
        std::vector<std::string> args;
        for (const Argument &argument : e.args) {
            std::string arg = Of(*argument.value);
            if (!argument.alias.empty()) arg += " AS " + argument.alias;
            if (!argument.name.empty()) arg = argument.name + " => " + arg;
            args.push_back(std::move(arg));
        }
        if (name == "count" && args.size() == 1 && args[0] == "*") args[0] = "1";
        if (name == "btrim" && args.size() == 2) return "TRIM(BOTH " + args[1] + " FROM " + args[0] + ")";
        if (name == "ltrim" && args.size() == 2) return "TRIM(LEADING " + args[0] + " FROM " + args[1] + ")";
        if (name == "rtrim" && args.size() == 2) return "TRIM(TRAILING " + args[0] + " FROM " + args[1] + ")";
        if (name == "isnull" && args.size() == 1) return "(" + args[0] + " IS NULL)";
        if (name == "isnotnull" && args.size() == 1) return "(" + args[0] + " IS NOT NULL)";
        bool flagged = args.size() == 2 && (name == "first" || name == "last" || name == "any_value");
        if (flagged || (name == "from_json" && args.size() > 1)) args.resize(1);
        AddDefaults(name, args);
        std::string list;
        for (size_t i = 0; i < args.size(); i++) list += (i > 0 ? ", " : "") + args[i];
        if (name == "if" || name == "iff") return "(IF(" + list + "))";
        std::string text = Spelling(name) + "(" + (e.distinct ? "DISTINCT " : "") + list + ")";
        if (!e.within_group.empty()) text += " WITHIN GROUP (ORDER BY " + OrderName(e.within_group, name.starts_with("percentile")) + ")";
        if (e.filter) text += " FILTER (WHERE " + Of(*e.filter) + ")";
        if (e.over) text += " OVER " + WindowName(e);
        return text;
    }
    std::string operator()(const Lambda &e) {
        lambda_params_.insert(lambda_params_.end(), e.params.begin(), e.params.end());
        std::string text = "lambdafunction(" + Of(*e.body);
        for (size_t i = 0; i < e.params.size(); i++) text += ", namedlambdavariable()";
        lambda_params_.resize(lambda_params_.size() - e.params.size());
        return text + ")";
    }
    std::string operator()(const Subscript &e) { return Of(*e.base) + "[" + Of(*e.index) + "]"; }
    std::string operator()(const FieldAccess &e) { return Of(*e.base) + "." + e.field; }
    std::string operator()(const Row &e) { return "struct(" + List(e.items) + ")"; }

    std::string BoundName(const FrameBound &bound) {
        switch (bound.kind) {
            case BoundKind::kUnboundedPreceding: return "UNBOUNDED PRECEDING";
            case BoundKind::kPreceding: return Of(*bound.offset) + " PRECEDING";
            case BoundKind::kCurrentRow: return "CURRENT ROW";
            case BoundKind::kFollowing: return Of(*bound.offset) + " FOLLOWING";
            case BoundKind::kUnboundedFollowing: return "UNBOUNDED FOLLOWING";
        }
        return "";
    }
    std::string WindowName(const FunctionCall &call) {
        const WindowSpec &window = *call.over;
        std::string text = window.base;
        auto add = [&](const std::string &part) {
            if (!part.empty()) text += (text.empty() ? "" : " ") + part;
        };
        if (!window.partition_by.empty()) add("PARTITION BY " + List(window.partition_by));
        std::string order = OrderName(window.order_by, false);
        if (!order.empty()) add("ORDER BY " + order);
        if (window.frame) {
            add(std::string(window.frame->unit == FrameUnit::kRows ? "ROWS" : "RANGE") + " BETWEEN " +
                BoundName(window.frame->start) + " AND " + BoundName(window.frame->end));
        } else {
            add(DefaultFrame(call));
        }
        return "(" + text + ")";
    }

    std::string OrderName(const std::vector<OrderItem> &items, bool plain) {
        std::string order;
        for (const OrderItem &item : items) {
            bool first = item.nulls_first.value_or(!item.descending);
            order += (order.empty() ? "" : ", ") + Of(*item.expr);
            if (!plain) order += std::string(item.descending ? " DESC" : " ASC") + (first ? " NULLS FIRST" : " NULLS LAST");
        }
        return order;
    }

    // The frame that Spark's analyzer writes out where the text has none.
    std::string DefaultFrame(const FunctionCall &call) {
        std::string name = ToLower(call.name.Last());
        for (std::string_view ranking : {"row_number", "rank", "dense_rank", "percent_rank", "ntile"}) {
            if (name == ranking) return "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
        }
        if (name == "lead" || name == "lag") {
            std::string offset = call.args.size() > 1 ? Of(*call.args[1].value) : "1";
            if (name == "lag") offset = "-" + offset;
            return "ROWS BETWEEN " + offset + " FOLLOWING AND " + offset + " FOLLOWING";
        }
        if (!call.over->base.empty()) return "";
        return call.over->order_by.empty() ? "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
                                           : "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
    }

private:
    std::string List(const std::vector<ExprPtr> &exprs) {
        std::string text;
        for (size_t i = 0; i < exprs.size(); i++) text += (i > 0 ? ", " : "") + Of(*exprs[i]);
        return text;
    }

    std::vector<std::string> lambda_params_;
};

}  // namespace

std::string ColumnNameOf(const Expr &expr) { return Namer().Of(expr); }

}  // namespace tarn::sql
