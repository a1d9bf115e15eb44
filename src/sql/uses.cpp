// What a tree reads: tables, table functions, parameters; and whether an expression aggregates.
#include <algorithm>

#include "sql/internal/renderer.h"
#include "sql/internal/walk.h"

namespace tarn::sql {
namespace {

class Collector {
public:
    Collector() {
        walker_.expr = [this](const Expr &expr) { Visit(expr); };
        walker_.query = [this](const Query &query) { Visit(query); };
        walker_.relation = [this](const Relation &relation) { Visit(relation); };
    }

    void Visit(const Expr &expr) {
        if (const auto *parameter = expr.As<Parameter>()) {
            if (std::ranges::find(uses_.parameters, parameter->name) == uses_.parameters.end()) {
                uses_.parameters.push_back(parameter->name);
            }
        }
        WalkChildren(expr, walker_);
    }

    void Visit(const Relation &relation) {
        if (const auto *table = relation.As<TableRef>()) {
            bool common = table->name.parts.size() == 1 && !table->version && !table->timestamp && IsCommonTable(table->name.parts[0]);
            if (!common) uses_.tables.push_back({table->name, table->is_path, table->stream, relation.position});
        } else if (const auto *function = relation.As<TableFunction>()) {
            uses_.functions.push_back({function->name, function->stream, relation.position});
        }
        WalkChildren(relation, walker_);
    }

    void Visit(const Query &query) {
        size_t outside = common_tables_.size();
        for (const CommonTable &table : query.with) {
            if (query.recursive) common_tables_.push_back(table.name);
            Visit(*table.query);
            if (!query.recursive) common_tables_.push_back(table.name);
        }
        WalkBody(*query.body, walker_);
        for (const OrderItem &item : query.order_by) Visit(*item.expr);
        if (query.limit) Visit(*query.limit);
        if (query.offset) Visit(*query.offset);
        common_tables_.resize(outside);
    }

    QueryUses Take() { return std::move(uses_); }

private:
    bool IsCommonTable(const std::string &name) const {
        return std::ranges::any_of(common_tables_, [&](const std::string &known) { return EqualsIgnoreCase(known, name); });
    }

    Walker walker_;
    QueryUses uses_;
    std::vector<std::string> common_tables_;
};

template <class Node>
QueryUses Collect(const Node &node) {
    Collector collector;
    collector.Visit(node);
    return collector.Take();
}

}  // namespace

QueryUses CollectUses(const Query &query) { return Collect(query); }
QueryUses CollectUses(const Relation &relation) { return Collect(relation); }
QueryUses CollectUses(const Expr &expr) { return Collect(expr); }

std::vector<Name> ColumnsOf(const Expr &expr) {
    std::vector<Name> columns;
    Walker walker;
    walker.expr = [&](const Expr &child) {
        if (const auto *column = child.As<ColumnRef>()) {
            bool known = std::ranges::any_of(columns, [&](const Name &other) { return other.Equals(column->name); });
            if (!known) columns.push_back(column->name);
        }
        WalkChildren(child, walker);
    };
    walker.expr(expr);
    return columns;
}

std::vector<std::string> FunctionsOf(const Expr &expr) {
    std::vector<std::string> functions;
    Walker walker;
    walker.expr = [&](const Expr &child) {
        if (const auto *call = child.As<FunctionCall>()) {
            std::string name = ToLower(call->name.Last());
            if (std::ranges::find(functions, name) == functions.end()) functions.push_back(std::move(name));
        }
        WalkChildren(child, walker);
    };
    walker.expr(expr);
    return functions;
}

bool HasAggregate(const Expr &expr) {
    const auto *call = expr.As<FunctionCall>();
    if (call != nullptr && !call->over && call->name.parts.size() == 1) {
        std::vector<const FunctionSpec *> specs = FindFunctions(ToLower(call->name.parts[0]));
        if (!specs.empty() && specs[0]->kind == FunctionKind::kAggregate) return true;
    }
    bool found = false;
    Walker walker;
    walker.expr = [&](const Expr &child) { found = found || HasAggregate(child); };
    WalkChildren(expr, walker);
    return found;
}

bool HasWindow(const Expr &expr) {
    const auto *call = expr.As<FunctionCall>();
    if (call != nullptr && call->over) return true;
    bool found = false;
    Walker walker;
    walker.expr = [&](const Expr &child) { found = found || HasWindow(child); };
    WalkChildren(expr, walker);
    return found;
}

bool IsRandomFunction(std::string_view name) {
    constexpr std::string_view kRandom[] = {"rand", "random", "randn", "uuid", "shuffle", "randstr", "uniform", "monotonically_increasing_id", "secret", "try_secret"};
    return std::ranges::find(kRandom, name) != std::end(kRandom);
}

std::optional<std::string> RandomFunctionIn(const Expr &expr) {
    const auto *call = expr.As<FunctionCall>();
    if (call != nullptr && call->name.parts.size() == 1) {
        std::string name = ToLower(call->name.parts[0]);
        // A model may say something else tomorrow.
        if (IsRandomFunction(name) || name.starts_with("ai_")) return name;
    }
    std::optional<std::string> found;
    Walker walker;
    walker.expr = [&](const Expr &child) {
        if (!found) found = RandomFunctionIn(child);
    };
    WalkChildren(expr, walker);
    return found;
}

}  // namespace tarn::sql
