#include "sql/internal/walk.h"

namespace tarn::sql {
namespace {

class Visitor {
public:
    explicit Visitor(const Walker &walker) : walker_(walker) {}

    void operator()(const Literal &) const {}
    void operator()(const IntervalLiteral &) const {}
    void operator()(const ColumnRef &) const {}
    void operator()(const Star &) const {}
    void operator()(const Parameter &) const {}
    void operator()(const Unary &e) const { One(e.operand); }
    void operator()(const Binary &e) const {
        One(e.left);
        One(e.right);
    }
    void operator()(const IsTest &e) const { One(e.operand); }
    void operator()(const Between &e) const {
        One(e.operand);
        One(e.low);
        One(e.high);
    }
    void operator()(const InList &e) const {
        One(e.operand);
        All(e.items);
    }
    void operator()(const InSubquery &e) const {
        One(e.operand);
        One(e.query);
    }
    void operator()(const Exists &e) const { One(e.query); }
    void operator()(const ScalarSubquery &e) const { One(e.query); }
    void operator()(const Like &e) const {
        One(e.operand);
        All(e.patterns);
    }
    void operator()(const Case &e) const {
        One(e.operand);
        for (const auto &[when, then] : e.branches) {
            One(when);
            One(then);
        }
        One(e.otherwise);
    }
    void operator()(const Cast &e) const { One(e.operand); }
    void operator()(const Extract &e) const { One(e.source); }
    void operator()(const FunctionCall &e) const {
        All(e.args);
        One(e.filter);
        All(e.within_group);
        if (e.over) All(*e.over);
    }
    void operator()(const Lambda &e) const { One(e.body); }
    void operator()(const Subscript &e) const {
        One(e.base);
        One(e.index);
    }
    void operator()(const FieldAccess &e) const { One(e.base); }
    void operator()(const Row &e) const { All(e.items); }

    void operator()(const TableRef &r) const { One(r.timestamp); }
    void operator()(const SubqueryRef &r) const { One(r.query); }
    void operator()(const TableFunction &r) const { All(r.args); }
    void operator()(const Join &r) const {
        One(r.left);
        One(r.right);
        One(r.condition);
    }
    void operator()(const Pivot &r) const {
        One(r.input);
        for (const auto &aggregate : r.aggregates) One(aggregate.first);
        for (const auto &value : r.values) One(value.first);
    }
    void operator()(const Unpivot &r) const { One(r.input); }

    void operator()(const Select &s) const {
        for (const RelationPtr &relation : s.from) One(relation);
        for (const LateralView &view : s.lateral_views) One(view.generator);
        for (const SelectItem &item : s.items) One(item.expr);
        One(s.where);
        if (s.group_by) {
            for (const GroupBy::Element &element : s.group_by->elements) {
                for (const auto &set : element.sets) All(set);
            }
        }
        One(s.having);
        One(s.qualify);
        for (const auto &window : s.windows) All(window.second);
    }
    void operator()(const SetOperation &) const {}
    void operator()(const Values &v) const {
        for (const auto &row : v.rows) All(row);
    }
    void operator()(const QueryPtr &q) const { One(q); }

private:
    void One(const ExprPtr &expr) const {
        if (expr && walker_.expr) walker_.expr(*expr);
    }
    void One(const QueryPtr &query) const {
        if (query && walker_.query) walker_.query(*query);
    }
    void One(const RelationPtr &relation) const {
        if (relation && walker_.relation) walker_.relation(*relation);
    }
    void All(const std::vector<ExprPtr> &exprs) const {
        for (const ExprPtr &expr : exprs) One(expr);
    }
    void All(const std::vector<Argument> &args) const {
        for (const Argument &arg : args) One(arg.value);
    }
    void All(const std::vector<OrderItem> &items) const {
        for (const OrderItem &item : items) One(item.expr);
    }
    void All(const WindowSpec &window) const {
        All(window.partition_by);
        All(window.order_by);
        if (!window.frame) return;
        One(window.frame->start.offset);
        One(window.frame->end.offset);
    }

    const Walker &walker_;
};

}  // namespace

void WalkChildren(const Expr &expr, const Walker &walker) { std::visit(Visitor(walker), expr.node); }
void WalkChildren(const Relation &relation, const Walker &walker) { std::visit(Visitor(walker), relation.node); }

void WalkBody(const QueryBody &body, const Walker &walker) {
    if (const auto *operation = body.As<SetOperation>()) {
        WalkBody(*operation->left, walker);
        WalkBody(*operation->right, walker);
        return;
    }
    std::visit(Visitor(walker), body.node);
}

}  // namespace tarn::sql
