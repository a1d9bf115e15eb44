#include "sql/parameters.h"

#include <chrono>
#include <cstdio>

#include "sql/parser.h"

namespace tarn::sql {
namespace {

ExprPtr Node(Expr::Node node, int depth = 1) {
    auto expr = std::make_shared<Expr>();
    expr->node = std::move(node);
    expr->depth = depth;
    return expr;
}

ExprPtr Call(std::string name, std::vector<ExprPtr> args) {
    FunctionCall call;
    call.name = Name{{std::move(name)}, {}};
    int depth = 0;
    for (ExprPtr &arg : args) {
        depth = std::max(depth, arg->depth);
        call.args.push_back({"", std::move(arg), ""});
    }
    return Node(std::move(call), depth + 1);
}

std::unexpected<Error> NotA(std::string_view type, std::string_view text) {
    return Fail(ErrorKind::kInvalidInput, "CAST_INVALID_INPUT",
                "The parameter's value '" + std::string(text) + "' cannot be cast to " + std::string(type) + " because it is malformed.");
}

}  // namespace

ExprPtr NullValue() { return Node(Literal{DataType::Of(TypeKind::kNull), ""}); }
ExprPtr StringValue(std::string text) { return Node(Literal{DataType::Of(TypeKind::kString), std::move(text)}); }
ExprPtr BooleanValue(bool value) { return Node(Literal{DataType::Of(TypeKind::kBoolean), value ? "true" : "false"}); }

Result<ExprPtr> NumberValue(std::string_view text) {
    if (text.size() > 64) return NotA("a number", text.substr(0, 64));
    auto parsed = ParseExpression(text);
    if (!parsed) return NotA("a number", text);
    const Expr *inner = parsed->get();
    if (const auto *unary = inner->As<Unary>()) inner = unary->op == UnaryOp::kMinus ? unary->operand.get() : nullptr;
    const auto *literal = inner != nullptr ? inner->As<Literal>() : nullptr;
    if (literal == nullptr || !literal->type.IsNumeric()) return NotA("a number", text);
    return *parsed;
}

Result<ExprPtr> DateValue(std::string_view text) {
    int year = 0, month = 0, day = 0, used = 0;
    std::string copy(text);
    bool read = std::sscanf(copy.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 && static_cast<size_t>(used) == copy.size();
    std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
    if (!read || month < 0 || day < 0 || !date.ok()) return NotA("DATE", text);
    return Node(Literal{DataType::Of(TypeKind::kDate), std::move(copy)});
}

ExprPtr StringArrayValue(std::vector<std::string> items) {
    // An empty array has no element to take its type from.
    if (items.empty()) {
        return Node(Cast{Call("array", {}), DataType::Array(DataType::Of(TypeKind::kString)), false}, 3);
    }
    std::vector<ExprPtr> values;
    for (std::string &item : items) values.push_back(StringValue(std::move(item)));
    return Call("array", std::move(values));
}

ExprPtr StructValue(std::vector<std::pair<std::string, ExprPtr>> fields) {
    std::vector<ExprPtr> args;
    for (auto &[name, value] : fields) {
        args.push_back(StringValue(std::move(name)));
        args.push_back(std::move(value));
    }
    return Call("named_struct", std::move(args));
}

}  // namespace tarn::sql
