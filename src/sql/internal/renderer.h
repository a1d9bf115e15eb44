// sql/internal/renderer.h: one walk over a tree that writes DuckDB text.
//
// Every expression is returned as one operand: parenthesised where an operator around it could tear it apart.
// Definitions: render_query.cpp, render_relation.cpp, render_expr.cpp, render_literal.cpp, render_call.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/render.h"

namespace tarn::sql {

// A lambda's parameter and what stands for it in DuckDB's text: itself, or e.g. "e".key, or an index counted from 0.
struct LambdaParam {
    std::string name;
    std::string text;
};

// What names may mean at one place. Scopes are linked from the inside out and live on the stack.
struct Scope {
    struct Relation {
        std::string alias;       // as it stands in the DuckDB text
        Name full_name;          // of a table without alias; else empty
        std::vector<std::string> columns = {};  // see ScopeRelation
    };
    const Scope *outer = nullptr;
    std::vector<Relation> relations;
    std::vector<std::string> common_tables;
    std::vector<LambdaParam> lambda_params;
    const Select *select = nullptr;  // for grouping_id()
};

// What explode and its family give. `names` is empty for inline without aliases: the structs' fields name the columns.
struct GeneratedColumns {
    std::vector<std::string> expressions;
    std::vector<std::string> names;
    std::string List(bool named) const;
};

class Renderer {
public:
    explicit Renderer(RenderContext &context) : context_(context) {}

    Result<std::string> RenderQuery(const Query &query, const Scope &outer);
    Result<std::string> RenderRelation(const Relation &relation, Scope &scope);
    Result<std::string> RenderExpr(const Expr &expr, const Scope &scope);

    // ---- For function handlers (functions_*.cpp)
    // The name of a helper, noted as used.
    std::string Helper(std::string_view name);
    RenderContext &context() { return context_; }
    // `lambda <header>: body`, with the lambda's parameters spelled as `texts` say.
    Result<std::string> RenderLambda(const Lambda &lambda, std::string_view header, const std::vector<std::string> &texts,
                                     const Scope &scope);

private:
    // ---- Queries
    Result<std::string> RenderBody(const QueryBody &body, const Scope &scope, Scope *visible);
    Result<std::string> RenderSelect(const Select &select, const Scope &outer, Scope *visible);
    Result<std::string> RenderSelectList(const Select &select, const Scope &scope);
    Result<std::string> RenderSelectItem(const SelectItem &item, const Scope &scope);
    Result<GeneratedColumns> RenderGenerator(const FunctionCall &call, const std::vector<std::string> &columns, bool outer,
                                             const Scope &scope);
    Result<std::string> RenderLateralView(const LateralView &view, size_t index, Scope &scope);
    Result<std::string> RenderGroupBy(const GroupBy &group, const Scope &scope);
    Result<std::string> RenderValues(const Values &values, const Scope &scope);
    Result<std::string> RenderSetOperation(const SetOperation &operation, const Scope &scope);
    Result<std::string> RenderWith(const Query &query, Scope &scope);
    Result<std::string> RenderTail(const Query &query, const Scope &scope);

    // ---- Relations
    Result<std::string> RenderTableRef(const TableRef &table, const Relation &relation, Scope &scope);
    Result<std::string> RenderSubquery(const SubqueryRef &subquery, const Relation &relation, Scope &scope);
    Result<std::string> RenderFunctionRef(const TableFunction &function, const Relation &relation, Scope &scope);
    Result<std::string> RenderJoin(const Join &join, const Relation &relation, Scope &scope);
    Result<std::string> RenderPivot(const Pivot &pivot, const Relation &relation, Scope &scope);
    Result<std::string> RenderUnpivot(const Unpivot &unpivot, const Relation &relation, Scope &scope);
    Result<std::vector<RenderedArgument>> RenderTableArguments(const TableFunction &function, const Scope &scope);
    std::string AliasText(std::string_view alias, const std::vector<std::string> &columns) const;
    std::string SampleText(const TableSample &sample) const;

    // ---- Expressions
    Result<std::string> RenderNode(const Literal &literal, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const IntervalLiteral &interval, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const ColumnRef &column, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Star &star, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Parameter &parameter, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Unary &unary, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Binary &binary, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const IsTest &test, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Between &between, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const InList &in, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const InSubquery &in, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Exists &exists, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const ScalarSubquery &subquery, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Like &like, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Case &value, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Cast &cast, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Extract &extract, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const FunctionCall &call, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Lambda &lambda, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Subscript &subscript, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const FieldAccess &field, const Expr &expr, const Scope &scope);
    Result<std::string> RenderNode(const Row &row, const Expr &expr, const Scope &scope);

    Result<std::string> RenderIntervalArithmetic(const Binary &binary, const Scope &scope, bool *done);
    Result<std::string> RenderPattern(const Like &like, const std::string &operand, const Expr &pattern, const Scope &scope);
    Result<std::string> RenderList(const std::vector<ExprPtr> &exprs, const Scope &scope);
    Result<std::string> RenderOrderItems(const std::vector<OrderItem> &items, const Scope &scope);
    Result<std::string> RenderWindow(const WindowSpec &window, const Scope &scope);
    Result<std::string> RenderBound(const FrameBound &bound, const Scope &scope);
    Result<std::string> RenderCallSuffix(const FunctionCall &call, std::string condition, const Scope &scope);

    // The item of SELECT whose alias a bare name inside a window of a grouping SELECT means; nullopt: it is a column.
    std::optional<size_t> AliasInWindow(const Name &name) const;
    // The item of SELECT that a name within an expression of its ORDER BY means; nullptr: it is a column.
    const Expr *ItemInOrder(const Name &name) const;

    RenderContext &context_;
    // Column aliases: the SELECT whose item is rendered, which item, and whether a window's parts are.
    struct Place {
        const Select *select = nullptr;
        size_t item = 0;
        bool in_window = false;
        const Select *ordered = nullptr;  // Whose ORDER BY has the expression that is rendered.
    };
    Place place_;

    // place_ is `inside` until the end of the scope.
    class Enter {
    public:
        Enter(Renderer &renderer, Place inside) : renderer_(renderer), outer_(renderer.place_) { renderer.place_ = inside; }
        ~Enter() { renderer_.place_ = outer_; }
        Enter(const Enter &) = delete;
        Enter &operator=(const Enter &) = delete;

    private:
        Renderer &renderer_;
        Place outer_;
    };
    Place InWindow(bool in_window) const { return {place_.select, place_.item, in_window, place_.ordered}; }
};

// ---- Functions -----------------------------------------------------------------------------------------------------

// What a function's own renderer gets.
struct CallContext {
    Renderer &renderer;
    const FunctionCall &call;
    const std::vector<std::string> &args;  // rendered
    SourcePosition position;
    const Scope &scope;
};

enum class FunctionKind : uint8_t { kScalar, kAggregate, kWindow };

// One spelling of one function for a range of argument counts.
//   text: DuckDB text with $1…$9 for arguments, $* for all of them (separated by commas), #name for a helper.
//         For aggregates and window functions it is `name(…)`: DISTINCT, ORDER BY, FILTER and OVER are put around.
//   wrap: what goes around an aggregate's whole call, with $0 for it; "" for nothing.
//   handler: instead of `text` where a template cannot say it.
struct FunctionSpec {
    std::string_view name;
    int min_args = 0;
    int max_args = 0;  // kAnyCount: no limit
    FunctionKind kind = FunctionKind::kScalar;
    std::string_view text = {};
    std::string_view wrap = {};
    Result<std::string> (*handler)(const CallContext &) = nullptr;
    bool skips_nulls = false;  // an aggregate of the rows whose first argument is not NULL
};
inline constexpr int kAnyCount = 1 << 20;

// The specs of a lower-case name, all argument counts; empty when it is unknown.
std::vector<const FunctionSpec *> FindFunctions(std::string_view lower_name);

// Whether the function (lower case) may give another value each time it is called.
bool IsRandomFunction(std::string_view name);

// Whether the expression holds a window function outside subqueries.
bool HasWindow(const Expr &expr);

Error WrongArgumentCount(const FunctionCall &call, const std::vector<const FunctionSpec *> &specs, SourcePosition position);
// Fills a template; `wrapped` stands for $0.
std::string FillTemplate(Renderer &renderer, std::string_view text, const std::vector<std::string> &args,
                         std::string_view wrapped = {});

// What an expression's type is when its text alone tells; kUnknown when only the tables know.
enum class EvidentType : uint8_t { kUnknown, kInteger, kNumber, kString, kDate, kTimestamp, kTimestampNtz, kBinary, kArray, kMap };
EvidentType EvidentTypeOf(const Expr &expr);

// Spark takes 2024, 2024-01 and 2024-1-5 3:4 as times; DuckDB wants whole dates and whole clocks: "2024-01-05 03:04:00".
std::string CompleteTimestamp(std::string_view text);

// The value of a literal string; nullopt for any other expression.
std::optional<std::string> LiteralString(const Expr &expr);
std::optional<int64_t> LiteralInteger(const Expr &expr);
Error UnsupportedError(SourcePosition position, std::string message, std::string_view remedy = {});

}  // namespace tarn::sql
