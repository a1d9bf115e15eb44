// Calls: finding the function, filling its template, and DISTINCT, FILTER, ORDER BY and OVER around aggregates.
#include <algorithm>

#include "sql/functions.h"
#include "base/nearest.h"
#include "sql/internal/renderer.h"

namespace tarn::sql {
namespace {

// A text that doubles its argument doubles it again at each level of nesting; nobody writes this much by hand.
constexpr size_t kMaxText = size_t{16} << 20;

Error TooLong(SourcePosition position) {
    Error error = MakeError(ErrorKind::kInvalidInput, "RESOURCE_LIMIT_EXCEEDED",
                            "The expression grows beyond " + std::to_string(kMaxText >> 20) + " MB when it is translated.");
    error.position = position;
    error.remedy = "Compute inner parts in a subquery or a common table expression.";
    return error;
}

std::string JoinArgs(const std::vector<std::string> &args, size_t from = 0) {
    std::string text;
    for (size_t i = from; i < args.size(); i++) text += (i > from ? ", " : "") + args[i];
    return text;
}

const FunctionSpec *ByCount(const std::vector<const FunctionSpec *> &specs, size_t count) {
    for (const FunctionSpec *spec : specs) {
        if (static_cast<int>(count) >= spec->min_args && static_cast<int>(count) <= spec->max_args) return spec;
    }
    return nullptr;
}

Error PlainFunctionOnly(const FunctionCall &call, std::string_view clause, SourcePosition position) {
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
                            "The function `" + ToLower(call.name.Last()) + "` does not support " + std::string(clause) + ".");
    error.position = position;
    return error;
}

}  // namespace

bool IsUnstableFunction(std::string_view name) {
    constexpr std::string_view kClocks[] = {"now", "current_timestamp", "current_date", "curdate", "current_time", "localtimestamp", "unix_timestamp"};
    return IsRandomFunction(name) || std::ranges::find(kClocks, name) != std::end(kClocks);
}

std::string Renderer::Helper(std::string_view name) {
    context_.helpers.emplace(name);
    return std::string(name);
}

std::string FillTemplate(Renderer &renderer, std::string_view text, const std::vector<std::string> &args,
                         std::string_view wrapped) {
    std::string out;
    for (size_t i = 0; i < text.size(); i++) {
        char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (text[i] == '$' && next == '*') {
            out += JoinArgs(args);
            i++;
        } else if (text[i] == '$' && next == '0') {
            out += wrapped;
            i++;
        } else if (text[i] == '$' && next >= '1' && next <= '9') {
            size_t index = static_cast<size_t>(next - '1');
            if (index < args.size()) out += args[index];
            i++;
        } else if (text[i] == '#') {
            size_t end = i + 1;
            while (end < text.size() && (text[end] == '_' || (text[end] >= 'a' && text[end] <= 'z') || (text[end] >= '0' && text[end] <= '9'))) end++;
            out += renderer.Helper(text.substr(i + 1, end - i - 1));
            i = end - 1;
        } else {
            out += text[i];
        }
    }
    return out;
}

Error WrongArgumentCount(const FunctionCall &call, const std::vector<const FunctionSpec *> &specs, SourcePosition position) {
    int low = kAnyCount;
    int high = 0;
    for (const FunctionSpec *spec : specs) {
        low = std::min(low, spec->min_args);
        high = std::max(high, spec->max_args);
    }
    std::string wanted = low == high ? std::to_string(low)
                         : high == kAnyCount ? "at least " + std::to_string(low)
                                             : "[" + std::to_string(low) + " to " + std::to_string(high) + "]";
    Error error = MakeError(ErrorKind::kInvalidInput, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
                            "The `" + ToLower(call.name.Last()) + "` requires " + wanted +
                                " parameters but the actual number is " + std::to_string(call.args.size()) + ".");
    error.position = position;
    return error;
}

// FILTER and OVER, in this order; `condition` is the call's own filter, or "".
Result<std::string> Renderer::RenderCallSuffix(const FunctionCall &call, std::string condition, const Scope &scope) {
    if (call.filter) {
        TARN_TRY(std::string filter, RenderExpr(*call.filter, scope));
        condition = condition.empty() ? filter : filter + " AND " + condition;
    }
    std::string text = condition.empty() ? "" : " FILTER (WHERE " + condition + ")";
    if (!call.over) return text;
    const WindowSpec &over = *call.over;
    bool named = !over.base.empty() && over.partition_by.empty() && over.order_by.empty() && !over.frame;
    if (named) return text + " OVER " + QuoteIdentifier(over.base);
    TARN_TRY(std::string window, RenderWindow(over, scope));
    return text + " OVER " + window;
}

namespace {

// IGNORE NULLS, also as first(x, true).
bool IgnoresNulls(const FunctionCall &call) {
    if (call.nulls == NullTreatment::kIgnore) return true;
    std::string name = ToLower(call.name.Last());
    bool takes_flag = name == "first" || name == "last" || name == "first_value" || name == "last_value" || name == "any_value";
    if (!takes_flag || call.args.size() != 2) return false;
    const auto *literal = call.args[1].value->As<Literal>();
    return literal != nullptr && literal->type.kind == TypeKind::kBoolean && literal->text == "true";
}

// `name(args)` with what a call may hold inside its parentheses.
std::string Inside(std::string core, const FunctionCall &call, const std::string &order) {
    size_t open = core.find('(');
    bool already = core.substr(open + 1).starts_with("DISTINCT ");
    if (call.distinct && !already) core.insert(open + 1, "DISTINCT ");
    bool ignore = IgnoresNulls(call);
    bool respect = call.nulls == NullTreatment::kRespect;
    // DuckDB takes IGNORE NULLS in windows only; an aggregate gets a filter instead (see RenderNode).
    std::string tail = order.empty() ? "" : " ORDER BY " + order;
    if (call.over && ignore) tail += " IGNORE NULLS";
    if (call.over && respect) tail += " RESPECT NULLS";
    core.insert(core.size() - 1, tail);
    return core;
}

}  // namespace

Result<std::string> Renderer::RenderNode(const FunctionCall &call, const Expr &expr, const Scope &scope) {
    std::string name = ToLower(call.name.Last());
    bool builtin = call.name.parts.size() == 1 || EqualsIgnoreCase(call.name.parts[0], "builtin") ||
                   EqualsIgnoreCase(call.name.parts[0], "system");
    std::vector<const FunctionSpec *> specs = builtin ? FindFunctions(name) : std::vector<const FunctionSpec *>{};
    bool aggregate = !specs.empty() && specs[0]->kind == FunctionKind::kAggregate && !call.over;
    std::vector<std::string> args;
    {
        // What an aggregate adds up are columns; what a window looks at may be aliases.
        Enter enter(*this, InWindow(call.over.has_value() || (place_.in_window && !aggregate)));
        for (const Argument &argument : call.args) {
            TARN_TRY(std::string arg, RenderExpr(*argument.value, scope));
            args.push_back(std::move(arg));
        }
    }
    if (IsUnstableFunction(name)) context_.unstable = true;
    if (specs.empty()) return context_.RenderFunction(call, args, expr.position);
    const FunctionSpec *spec = ByCount(specs, args.size());
    if (spec == nullptr) return Fail(WrongArgumentCount(call, specs, expr.position));
    CallContext call_context{*this, call, args, expr.position, scope};
    std::string core;
    if (spec->handler != nullptr) {
        TARN_TRY(core, spec->handler(call_context));
    } else {
        core = FillTemplate(*this, spec->text, args);
    }
    if (core.size() > kMaxText) return Fail(TooLong(expr.position));
    if (spec->kind == FunctionKind::kScalar) {
        if (call.distinct) return Fail(PlainFunctionOnly(call, "DISTINCT", expr.position));
        if (call.filter) return Fail(PlainFunctionOnly(call, "FILTER", expr.position));
        if (call.over) return Fail(PlainFunctionOnly(call, "OVER", expr.position));
        return core;
    }
    std::string order;
    bool ordered = !call.within_group.empty() && !name.starts_with("percentile_");
    if (ordered) {
        TARN_TRY(order, RenderOrderItems(call.within_group, scope));
    }
    bool skip_nulls = !args.empty() && (spec->skips_nulls || (IgnoresNulls(call) && !call.over));
    TARN_TRY(std::string suffix, RenderCallSuffix(call, skip_nulls ? args[0] + " IS NOT NULL" : "", scope));
    // The suffix belongs to the call itself; what the spec wraps goes around both.
    std::string inside = Inside(std::move(core), call, order) + suffix;
    if (spec->wrap.empty()) return suffix.empty() ? inside : "(" + inside + ")";
    return FillTemplate(*this, spec->wrap, args, inside);
}

Result<std::string> RenderContext::RenderTableFunction(const TableFunction &function, const std::vector<RenderedArgument> &) {
    std::string name = function.name.ToString();
    Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVABLE_TABLE_VALUED_FUNCTION",
                            "Could not resolve " + name + " to a table-valued function.");
    error.position = function.name.position;
    return Fail(std::move(error));
}

Result<std::string> RenderContext::Parameter(std::string_view name, SourcePosition position) {
    Error error = MakeError(ErrorKind::kInvalidInput, "UNBOUND_SQL_PARAMETER",
                            "Found the unbound parameter: " + std::string(name) + ".");
    error.position = position;
    error.remedy = "Give its value with the statement's parameters.";
    return Fail(std::move(error));
}

Result<std::string> RenderContext::RenderFunction(const FunctionCall &call, const std::vector<std::string> &,
                                                  SourcePosition position) {
    std::string name = ToLower(call.name.Last());
    std::string message = "Cannot resolve routine " + call.name.ToString() + " on search path [`system`.`builtin`, `system`.`session`].";
    std::vector<std::string> nearest = NearestNames(name, FunctionNames(), 3);
    if (!nearest.empty()) message += " Did you mean one of these? [" + QuoteList(nearest) + "].";
    Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_ROUTINE", std::move(message));
    error.position = position;
    error.remedy = "Check the spelling; SHOW FUNCTIONS lists what there is.";
    return Fail(std::move(error));
}

Name RenderContext::Qualify(const Name &table) { return table; }

// ---- Entry points --------------------------------------------------------------------------------------------------

Result<std::string> RenderQuery(const Query &query, RenderContext &context) {
    Scope scope;
    return Renderer(context).RenderQuery(query, scope);
}

Result<std::string> RenderExpr(const Expr &expr, RenderContext &context, const std::vector<ScopeRelation> &relations) {
    Scope scope;
    for (const ScopeRelation &relation : relations) scope.relations.push_back({relation.alias, relation.name, relation.columns});
    return Renderer(context).RenderExpr(expr, scope);
}

Result<std::string> RenderRelation(const Relation &relation, RenderContext &context) {
    Scope scope;
    return Renderer(context).RenderRelation(relation, scope);
}

}  // namespace tarn::sql
