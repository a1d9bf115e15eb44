// Queries: WITH, SELECT, set operations, ORDER BY.
#include <algorithm>
#include <set>

#include "sql/internal/renderer.h"

namespace tarn::sql {

Result<std::string> Renderer::RenderQuery(const Query &query, const Scope &outer) {
    Scope scope;
    scope.outer = &outer;
    TARN_TRY(std::string text, RenderWith(query, scope));
    // ORDER BY may name what FROM brought in, not only what SELECT shows.
    Scope visible;
    visible.outer = &scope;
    TARN_TRY(std::string body, RenderBody(*query.body, scope, &visible));
    TARN_TRY(std::string tail, RenderTail(query, visible));
    return text + body + tail;
}

Result<std::string> Renderer::RenderWith(const Query &query, Scope &scope) {
    if (query.with.empty()) return std::string();
    std::string text = query.recursive ? "WITH RECURSIVE " : "WITH ";
    for (size_t i = 0; i < query.with.size(); i++) {
        const CommonTable &table = query.with[i];
        // A common table expression sees those before it, and itself only when the clause is recursive.
        if (query.recursive) scope.common_tables.push_back(table.name);
        TARN_TRY(std::string body, RenderQuery(*table.query, scope));
        if (!query.recursive) scope.common_tables.push_back(table.name);
        if (i > 0) text += ", ";
        text += QuoteIdentifier(table.name);
        if (!table.columns.empty()) text += AliasText("", table.columns);
        text += " AS (" + body + ")";
    }
    return text + " ";
}

Result<std::string> Renderer::RenderTail(const Query &query, const Scope &scope) {
    std::string text;
    if (query.order_by_all) {
        const OrderItem &item = query.order_by[0];
        text += std::string(" ORDER BY ALL") + (item.descending ? " DESC" : " ASC");
        text += item.nulls_first.value_or(!item.descending) ? " NULLS FIRST" : " NULLS LAST";
    } else if (!query.order_by.empty()) {
        Enter enter(*this, {.ordered = scope.select != nullptr && !scope.select->distinct ? scope.select : nullptr});
        TARN_TRY(std::string items, RenderOrderItems(query.order_by, scope));
        text += " ORDER BY " + items;
    }
    if (query.limit) {
        TARN_TRY(std::string limit, RenderExpr(*query.limit, scope));
        text += " LIMIT " + limit;
    }
    if (query.offset) {
        TARN_TRY(std::string offset, RenderExpr(*query.offset, scope));
        text += " OFFSET " + offset;
    }
    return text;
}

Result<std::string> Renderer::RenderBody(const QueryBody &body, const Scope &scope, Scope *visible) {
    if (const auto *select = body.As<Select>()) return RenderSelect(*select, scope, visible);
    if (const auto *operation = body.As<SetOperation>()) return RenderSetOperation(*operation, scope);
    if (const auto *values = body.As<Values>()) {
        TARN_TRY(std::string rows, RenderValues(*values, scope));
        std::vector<std::string> columns;
        for (size_t i = 1; i <= values->rows[0].size(); i++) columns.push_back("col" + std::to_string(i));
        return "SELECT * FROM (" + rows + ")" + AliasText("values", columns);
    }
    TARN_TRY(std::string inner, RenderQuery(**body.As<QueryPtr>(), scope));
    return "(" + inner + ")";
}

Result<std::string> Renderer::RenderSetOperation(const SetOperation &operation, const Scope &scope) {
    // The parser's tree is left-deep, and DuckDB's precedence is Spark's: no parentheses of our own.
    TARN_TRY(std::string left, RenderBody(*operation.left, scope, nullptr));
    TARN_TRY(std::string right, RenderBody(*operation.right, scope, nullptr));
    std::string_view word = operation.op == SetOp::kUnion ? " UNION" : operation.op == SetOp::kIntersect ? " INTERSECT" : " EXCEPT";
    left += word;
    if (operation.all) left += " ALL";
    if (operation.by_name) left += " BY NAME";
    left += " ";
    return left + right;
}

Result<std::string> Renderer::RenderValues(const Values &values, const Scope &scope) {
    std::string text = "VALUES ";
    for (size_t i = 0; i < values.rows.size(); i++) {
        TARN_TRY(std::string row, RenderList(values.rows[i], scope));
        text += (i > 0 ? ", (" : "(") + row + ")";
    }
    return text;
}

Result<std::string> Renderer::RenderSelect(const Select &select, const Scope &outer, Scope *visible) {
    Enter enter(*this, {});
    Scope scope;
    scope.outer = &outer;
    scope.select = &select;
    std::string from;
    for (const RelationPtr &relation : select.from) {
        TARN_TRY(std::string item, RenderRelation(*relation, scope));
        from += (from.empty() ? " FROM " : ", ") + item;
    }
    for (size_t i = 0; i < select.lateral_views.size(); i++) {
        TARN_TRY(std::string item, RenderLateralView(select.lateral_views[i], i, scope));
        from += ", " + item;
    }
    TARN_TRY(std::string items, RenderSelectList(select, scope));
    std::string text = std::string("SELECT ") + (select.distinct ? "DISTINCT " : "") + items + from;
    if (select.where) {
        TARN_TRY(std::string where, RenderExpr(*select.where, scope));
        text += " WHERE " + where;
    }
    if (select.group_by) {
        TARN_TRY(std::string group, RenderGroupBy(*select.group_by, scope));
        text += " GROUP BY " + group;
    }
    if (select.having) {
        TARN_TRY(std::string having, RenderExpr(*select.having, scope));
        text += " HAVING " + having;
    }
    for (size_t i = 0; i < select.windows.size(); i++) {
        TARN_TRY(std::string window, RenderWindow(select.windows[i].second, scope));
        text += (i == 0 ? " WINDOW " : ", ") + QuoteIdentifier(select.windows[i].first) + " AS " + window;
    }
    if (select.qualify) {
        TARN_TRY(std::string qualify, RenderExpr(*select.qualify, scope));
        text += " QUALIFY " + qualify;
    }
    if (visible != nullptr) {
        visible->relations = std::move(scope.relations);
        visible->select = &select;
    }
    return text;
}

Result<std::string> Renderer::RenderSelectList(const Select &select, const Scope &scope) {
    std::string text;
    Enter enter(*this, {select.group_by ? &select : nullptr});
    for (const SelectItem &item : select.items) {
        TARN_TRY(std::string rendered, RenderSelectItem(item, scope));
        text += (text.empty() ? "" : ", ") + rendered;
        place_.item++;
    }
    return text;
}

Result<std::string> Renderer::RenderGroupBy(const GroupBy &group, const Scope &scope) {
    std::string text;
    if (group.all) {
        // DuckDB would take a window over aggregates for something to group by.
        const std::vector<SelectItem> &items = scope.select->items;
        bool windows = std::ranges::any_of(items, [](const SelectItem &item) { return HasWindow(*item.expr); });
        bool stars = std::ranges::any_of(items, [](const SelectItem &item) { return item.expr->As<Star>() != nullptr; });
        if (!windows || stars) return std::string("ALL");
        std::set<std::string> computed;  // Aliases of what is made of the groups, not of rows.
        for (size_t i = 0; i < items.size(); i++) {
            bool grouped = !HasWindow(*items[i].expr) && !HasAggregate(*items[i].expr) &&
                           std::ranges::none_of(ColumnsOf(*items[i].expr), [&](const Name &name) { return name.parts.size() == 1 && computed.contains(ToLower(name.parts[0])); });
            if (grouped) text += (text.empty() ? "" : ", ") + std::to_string(i + 1);
            else if (items[i].aliases.size() == 1) computed.insert(ToLower(items[i].aliases[0]));
        }
        return text.empty() ? std::string("ALL") : text;
    }
    for (const GroupBy::Element &element : group.elements) {
        if (!text.empty()) text += ", ";
        std::string sets;
        for (const auto &set : element.sets) {
            TARN_TRY(std::string exprs, RenderList(set, scope));
            bool bare = element.kind == GroupBy::Kind::kPlain || (set.size() == 1 && element.kind != GroupBy::Kind::kGroupingSets);
            sets += (sets.empty() ? "" : ", ") + (bare ? exprs : "(" + exprs + ")");
        }
        switch (element.kind) {
            case GroupBy::Kind::kPlain: text += sets; break;
            case GroupBy::Kind::kRollup: text += "ROLLUP (" + sets + ")"; break;
            case GroupBy::Kind::kCube: text += "CUBE (" + sets + ")"; break;
            case GroupBy::Kind::kGroupingSets: text += "GROUPING SETS (" + sets + ")"; break;
        }
    }
    return text;
}

Result<std::string> Renderer::RenderOrderItems(const std::vector<OrderItem> &items, const Scope &scope) {
    std::string text;
    for (const OrderItem &item : items) {
        // DuckDB takes a bare name for SELECT's alias, as Spark does, and one within an expression for FROM's column.
        Enter enter(*this, item.expr->As<ColumnRef>() == nullptr ? place_ : Place{place_.select, place_.item, place_.in_window, nullptr});
        TARN_TRY(std::string expr, RenderExpr(*item.expr, scope));
        // Spark puts NULLs first in ascending and last in descending order; written out, no setting can change it.
        bool nulls_first = item.nulls_first.value_or(!item.descending);
        text += (text.empty() ? "" : ", ") + expr + (item.descending ? " DESC" : " ASC") +
                (nulls_first ? " NULLS FIRST" : " NULLS LAST");
    }
    return text;
}

Result<std::string> Renderer::RenderWindow(const WindowSpec &window, const Scope &scope) {
    Enter enter(*this, InWindow(true));
    std::string text;
    auto add = [&](const std::string &part) { text += (text.empty() ? "" : " ") + part; };
    if (!window.base.empty()) add(QuoteIdentifier(window.base));
    if (!window.partition_by.empty()) {
        TARN_TRY(std::string exprs, RenderList(window.partition_by, scope));
        add("PARTITION BY " + exprs);
    }
    if (!window.order_by.empty()) {
        TARN_TRY(std::string items, RenderOrderItems(window.order_by, scope));
        add("ORDER BY " + items);
    }
    if (window.frame) {
        TARN_TRY(std::string start, RenderBound(window.frame->start, scope));
        TARN_TRY(std::string end, RenderBound(window.frame->end, scope));
        add(std::string(window.frame->unit == FrameUnit::kRows ? "ROWS" : "RANGE") + " BETWEEN " + start + " AND " + end);
    }
    return "(" + text + ")";
}

Result<std::string> Renderer::RenderBound(const FrameBound &bound, const Scope &scope) {
    switch (bound.kind) {
        case BoundKind::kUnboundedPreceding: return std::string("UNBOUNDED PRECEDING");
        case BoundKind::kCurrentRow: return std::string("CURRENT ROW");
        case BoundKind::kUnboundedFollowing: return std::string("UNBOUNDED FOLLOWING");
        default: break;
    }
    TARN_TRY(std::string offset, RenderExpr(*bound.offset, scope));
    return offset + (bound.kind == BoundKind::kPreceding ? " PRECEDING" : " FOLLOWING");
}

}  // namespace tarn::sql
