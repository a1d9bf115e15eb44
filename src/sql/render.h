// sql/render.h: trees of Spark SQL to DuckDB SQL text (DuckDB 1.5), with Spark's answers.
//
// The renderer scopes common table expressions and aliases; what a table name or a table function means, it asks its
// RenderContext. Where DuckDB's function differs from Spark's, it calls a helper `spark_…`; functions.h lists them.
// The text assumes: session time zone UTC, ICU loaded, default_null_order irrelevant (always written out).
// Threads: a RenderContext belongs to one call at a time; the functions have no state of their own.
// Cost: linear in the tree.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sql/statement.h"

namespace tarn::sql {

// An argument of a table function, rendered: `spelling` is DuckDB text, `constant` its value where it is a literal.
struct RenderedArgument {
    std::string name;  // of name => value; else empty
    std::string spelling;
    std::optional<Literal> constant;
};

// What the renderer must be told. The engine derives from it.
class RenderContext {
public:
    virtual ~RenderContext() = default;

    // A DuckDB FROM item without alias: `tarn_scan(7)`, or a parenthesised query for a view. The renderer adds the alias.
    // Never called for the name of a common table expression in scope.
    virtual Result<std::string> RenderTable(const TableRef &table) = 0;

    // The same for a function in FROM that the renderer has no rendering for (read_files, …). Built in already: range,
    // explode, explode_outer, posexplode, posexplode_outer, inline, inline_outer, stack.
    virtual Result<std::string> RenderTableFunction(const TableFunction &function,
                                                    const std::vector<RenderedArgument> &args);

    // The value of :name as a DuckDB expression. Default: UNBOUND_SQL_PARAMETER.
    virtual Result<std::string> Parameter(std::string_view name, SourcePosition position);

    // A function that the function table does not know; `args` are rendered. Default: UNRESOLVED_ROUTINE with the
    // nearest names.
    virtual Result<std::string> RenderFunction(const FunctionCall &call, const std::vector<std::string> &args,
                                               SourcePosition position);

    // A table's full name, so that `main.s.t.column` finds FROM t. Default: the name as written.
    virtual Name Qualify(const Name &table);

    // Answers of current_catalog(), current_schema(), current_user(), version().
    virtual std::string CurrentCatalog() const { return "main"; }
    virtual std::string CurrentSchema() const { return "default"; }
    virtual std::string CurrentUser() const { return "tarn"; }

    // Helpers (functions.h) that the rendered texts call. The renderer adds, nobody removes.
    std::set<std::string, std::less<>> helpers;
    // Set when a rendered text calls what answers differently each time (rand) or as time passes (now).
    bool unstable = false;
};

// A relation that stands around an expression rendered alone, e.g. MERGE's target and source.
struct ScopeRelation {
    std::string alias;  // its name in the DuckDB text
    Name name;          // the table's full name where it has one: lets main.s.t.column find it; may be empty
    // Its columns, where a name without qualifier shall mean this relation's although others stand around, too: WHEN NOT
    // MATCHED sees the source alone. Empty: DuckDB decides.
    std::vector<std::string> columns = {};
};

// The whole query, without a trailing `;`. Every column of the outermost SELECT has Spark's name: SELECT count(*)
// gives "count(1)".
// Errors: UNRESOLVED_ROUTINE, WRONG_NUM_ARGS, FEATURE_NOT_SUPPORTED, and those of the context; with positions.
Result<std::string> RenderQuery(const Query &query, RenderContext &context);

// One expression; `scope` are the relations that its names may mean.
Result<std::string> RenderExpr(const Expr &expr, RenderContext &context, const std::vector<ScopeRelation> &scope = {});

// A FROM item with its alias, e.g. MERGE's source: `tarn_scan(7) AS "s"`.
Result<std::string> RenderRelation(const Relation &relation, RenderContext &context);

// DuckDB's spelling of a type: STRING is VARCHAR, TIMESTAMP is TIMESTAMP WITH TIME ZONE, ARRAY<INT> is INTEGER[].
std::string RenderType(const DataType &type);

// "a""b": a quoted DuckDB identifier. 'it''s': a DuckDB string literal.
std::string QuoteIdentifier(std::string_view name);
std::string QuoteLiteral(std::string_view text);

// What _metadata.row_index, .row_id and .row_commit_version are of a row of a Delta table, from columns that its scan has besides
// the table's own (the engine's delta_scan.cpp). `prefix`: "" or a quoted alias with its dot. "": no such field.
std::string RowMetadata(const std::string &prefix, std::string_view field);

// The column name that Spark gives an expression without alias: "count(1)", "(a + 1)", "upper(name)".
std::string ColumnNameOf(const Expr &expr);

// ---- Reading a tree ------------------------------------------------------------------------------------------------

// A table that a query reads.
struct TableUse {
    Name name;
    bool is_path = false;
    bool stream = false;  // under STREAM
    SourcePosition position;
};

struct TableFunctionUse {
    Name name;
    bool stream = false;
    SourcePosition position;
};

struct QueryUses {
    std::vector<TableUse> tables;            // in order of appearance; common table expressions are left out
    std::vector<TableFunctionUse> functions; // table functions in FROM
    std::vector<std::string> parameters;     // :name, each once
};

// What the query reads anywhere: subqueries, expressions, common table expressions.
QueryUses CollectUses(const Query &query);
QueryUses CollectUses(const Relation &relation);
QueryUses CollectUses(const Expr &expr);

// The columns that the expression names, each once, in order of appearance; not those within its subqueries.
std::vector<Name> ColumnsOf(const Expr &expr);
// Lower-case names of the functions that it calls, likewise.
std::vector<std::string> FunctionsOf(const Expr &expr);

// Whether the expression holds an aggregate function outside a window and outside subqueries.
bool HasAggregate(const Expr &expr);
// The first function in it that gives another value each time (rand, uuid, …), outside subqueries.
std::optional<std::string> RandomFunctionIn(const Expr &expr);

}  // namespace tarn::sql
