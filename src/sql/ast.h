// sql/ast.h: the typed tree of Spark SQL expressions and queries.
//
// A tree is immutable once parsed: nodes are held by shared_ptr<const T>, so that copying a statement, or keeping one
// expression of it, costs a reference count. Every node knows where it stands in the text it was parsed from.
// Names are kept as written (back quotes removed, case kept); comparing them without case is the reader's job.
// Statements are in sql/statement.h. Specification: Spark SQL 4.1's SqlBaseParser.g4 and Databricks SQL's reference.
// Threads: immutable values; share freely.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/data_type.h"
#include "base/error.h"

namespace tarn::sql {

struct Expr;
struct Relation;
struct Query;
struct QueryBody;
using ExprPtr = std::shared_ptr<const Expr>;
using RelationPtr = std::shared_ptr<const Relation>;
using QueryPtr = std::shared_ptr<const Query>;
using QueryBodyPtr = std::shared_ptr<const QueryBody>;

// A dotted name: `main`.patreon.users is three parts.
struct Name {
    std::vector<std::string> parts;
    SourcePosition position;

    bool empty() const { return parts.empty(); }
    const std::string &Last() const { return parts.back(); }
    // Back-quoted only where a part is not a plain identifier: main.`my table`.
    std::string ToString() const;
    // Without case, as Spark's resolver compares.
    bool Equals(const Name &other) const;
};

// ---- Expressions -------------------------------------------------------------------------------------------------

// A constant. `text` by kind:
//   kNull ""; kBoolean "true"/"false"; kByte..kLong, kDecimal: digits with an optional sign, as plain decimal text;
//   kFloat, kDouble: the number as written without its suffix; kString: the decoded text; kBinary: the raw bytes;
//   kDate, kTimestamp, kTimestampNtz: the text between the quotes.
// An unsuffixed integer is kInt, kLong or kDecimal by its size; 1.5 is kDecimal (`type` has precision and scale);
// 1e3 is kDouble.
struct Literal {
    DataType type;
    std::string text;
};

// INTERVAL '1-2' YEAR TO MONTH, INTERVAL 3 DAYS 4 HOURS, …: already added up.
struct IntervalLiteral {
    int64_t months = 0;
    int64_t days = 0;
    int64_t micros = 0;
};

struct ColumnRef {
    Name name;  // a.b.c may mean table.column.field or column.field.field: the renderer decides by what is in scope
};

// *, t.*, * EXCEPT (a, b.c)
struct Star {
    Name qualifier;  // empty for a bare *
    std::vector<Name> except;
};

// :name; a `?` is the parameter "1", "2", … in order of appearance
struct Parameter {
    std::string name;
};

enum class UnaryOp : uint8_t { kMinus, kPlus, kBitNot, kNot };
struct Unary {
    UnaryOp op;
    ExprPtr operand;
};

enum class BinaryOp : uint8_t {
    kOr, kAnd,
    kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual,
    kNullSafeEqual,   // <=> and IS NOT DISTINCT FROM
    kIsDistinct,      // IS DISTINCT FROM
    kBitOr, kBitXor, kBitAnd, kShiftLeft, kShiftRight, kShiftRightUnsigned,
    kConcat,          // ||
    kAdd, kSubtract, kMultiply, kDivide, kModulo,
    kIntDivide,       // DIV
};
struct Binary {
    BinaryOp op;
    ExprPtr left;
    ExprPtr right;
};

enum class IsTestKind : uint8_t { kNull, kTrue, kFalse, kUnknown };
struct IsTest {
    IsTestKind test;
    bool negated = false;
    ExprPtr operand;
};

struct Between {
    ExprPtr operand, low, high;
    bool negated = false;
};

struct InList {
    ExprPtr operand;
    std::vector<ExprPtr> items;
    bool negated = false;
};

struct InSubquery {
    ExprPtr operand;  // a Row for (a, b) IN (SELECT …)
    QueryPtr query;
    bool negated = false;
};

struct Exists {
    QueryPtr query;
};

struct ScalarSubquery {
    QueryPtr query;
};

enum class LikeKind : uint8_t { kLike, kILike, kRLike };
enum class LikeQuantifier : uint8_t { kOne, kAny, kAll };
struct Like {
    LikeKind kind = LikeKind::kLike;
    LikeQuantifier quantifier = LikeQuantifier::kOne;
    ExprPtr operand;
    std::vector<ExprPtr> patterns;  // exactly one for kOne
    std::optional<char> escape;     // nullopt: Spark's default, a backslash
    bool negated = false;
};

struct Case {
    ExprPtr operand;  // nullptr for a searched CASE
    std::vector<std::pair<ExprPtr, ExprPtr>> branches;
    ExprPtr otherwise;  // may be nullptr
};

struct Cast {
    ExprPtr operand;
    DataType type;
    bool safe = false;  // TRY_CAST
};

// EXTRACT(field FROM source)
struct Extract {
    std::string field;  // upper case
    ExprPtr source;
};

struct OrderItem {
    ExprPtr expr;
    bool descending = false;
    std::optional<bool> nulls_first;  // nullopt: Spark's default, first for ASC and last for DESC
};

enum class FrameUnit : uint8_t { kRows, kRange };
enum class BoundKind : uint8_t { kUnboundedPreceding, kPreceding, kCurrentRow, kFollowing, kUnboundedFollowing };
struct FrameBound {
    BoundKind kind = BoundKind::kCurrentRow;
    ExprPtr offset;  // kPreceding and kFollowing only
};
struct WindowFrame {
    FrameUnit unit = FrameUnit::kRange;
    FrameBound start, end;
};

// OVER w, OVER (w PARTITION BY …): `base` names a window of the WINDOW clause.
struct WindowSpec {
    std::string base;
    std::vector<ExprPtr> partition_by;
    std::vector<OrderItem> order_by;
    std::optional<WindowFrame> frame;
};

struct Argument {
    std::string name;   // of `name => value`; else empty
    ExprPtr value;
    std::string alias;  // of struct(a AS b); else empty
};

enum class NullTreatment : uint8_t { kNone, kIgnore, kRespect };

// Every call, also those with their own syntax: TRIM(BOTH x FROM y) becomes btrim(y, x); SUBSTRING(a FROM b FOR c) and
// POSITION(a IN b) become plain calls; CURRENT_DATE without parentheses becomes a call without arguments.
struct FunctionCall {
    Name name;
    std::vector<Argument> args;
    bool distinct = false;
    NullTreatment nulls = NullTreatment::kNone;
    ExprPtr filter;                       // FILTER (WHERE …); may be nullptr
    std::vector<OrderItem> within_group;  // WITHIN GROUP (ORDER BY …)
    std::optional<WindowSpec> over;
};

struct Lambda {
    std::vector<std::string> params;
    ExprPtr body;
};

struct Subscript {  // base[index], from 0 for an array, by key for a map
    ExprPtr base, index;
};

struct FieldAccess {  // (expr).field, f(x).field, a[0].field
    ExprPtr base;
    std::string field;
};

struct Row {  // (a, b)
    std::vector<ExprPtr> items;
};

struct Expr {
    using Node = std::variant<Literal, IntervalLiteral, ColumnRef, Star, Parameter, Unary, Binary, IsTest, Between, InList,
                              InSubquery, Exists, ScalarSubquery, Like, Case, Cast, Extract, FunctionCall, Lambda,
                              Subscript, FieldAccess, Row>;
    Node node;
    SourcePosition position;
    // Height of the tree below, at most kMaxDepth (parser.h): walking it recursively is safe.
    int depth = 1;

    template <class T>
    const T *As() const {
        return std::get_if<T>(&node);
    }
};

// ---- Relations ---------------------------------------------------------------------------------------------------

// t, main.s.t, delta.`/path`, with STREAM and time travel.
struct TableRef {
    Name name;             // for a path: {format, path}, e.g. {"delta", "/data/users"}
    bool is_path = false;  // delta.`/abs/path`, parquet.`s3://…`
    bool stream = false;   // STREAM t, STREAM(t)
    std::optional<int64_t> version;  // VERSION AS OF 3, t@v3
    ExprPtr timestamp;               // TIMESTAMP AS OF …; may be nullptr
};

struct SubqueryRef {
    QueryPtr query;
    bool lateral = false;
    bool stream = false;  // only in AUTO CDC … FROM STREAM (query)
};

struct TableFunction {
    Name name;
    std::vector<Argument> args;
    bool stream = false;  // STREAM read_files(…)
    bool lateral = false;
};

enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull, kCross, kLeftSemi, kLeftAnti };
struct Join {
    JoinKind kind = JoinKind::kInner;
    bool natural = false;
    RelationPtr left, right;
    ExprPtr condition;                // ON; may be nullptr
    std::vector<std::string> using_;  // USING (a, b)
};

// PIVOT (sum(x) AS s FOR c IN ('a' AS x, 'b'))
struct Pivot {
    RelationPtr input;
    std::vector<std::pair<ExprPtr, std::string>> aggregates;  // with alias or ""
    std::vector<std::string> columns;
    std::vector<std::pair<ExprPtr, std::string>> values;  // with alias or ""
};

// UNPIVOT [INCLUDE NULLS] (value FOR name IN (a, b AS 'x'))
struct Unpivot {
    RelationPtr input;
    bool include_nulls = false;
    std::string value_column, name_column;
    std::vector<std::pair<Name, std::string>> columns;  // with alias or ""
};

struct TableAlias {
    std::string name;                  // may be empty when there are only columns
    std::vector<std::string> columns;
};

struct TableSample {
    enum class Unit : uint8_t { kPercent, kRows };
    Unit unit = Unit::kPercent;
    double amount = 0;
    std::optional<int64_t> seed;
};

struct Relation {
    using Node = std::variant<TableRef, SubqueryRef, TableFunction, Join, Pivot, Unpivot>;
    Node node;
    SourcePosition position;
    std::optional<TableAlias> alias;
    std::optional<TableSample> sample;

    template <class T>
    const T *As() const {
        return std::get_if<T>(&node);
    }
};

// LATERAL VIEW [OUTER] explode(x) t AS a, b
struct LateralView {
    bool outer = false;
    ExprPtr generator;  // always a FunctionCall
    std::string alias;  // may be empty
    std::vector<std::string> columns;
    SourcePosition position;
};

// ---- Queries -----------------------------------------------------------------------------------------------------

struct SelectItem {
    ExprPtr expr;
    std::vector<std::string> aliases;  // none; one; or several of `posexplode(x) AS (i, v)`
    SourcePosition position;
};

struct GroupBy {
    enum class Kind : uint8_t { kPlain, kRollup, kCube, kGroupingSets };
    struct Element {
        Kind kind = Kind::kPlain;
        // kPlain: sets[0] = {expr}. Rollup and cube: one set an item, several expressions in a parenthesised item.
        std::vector<std::vector<ExprPtr>> sets;
    };
    bool all = false;  // GROUP BY ALL
    std::vector<Element> elements;
};

struct Select {
    bool distinct = false;
    std::vector<SelectItem> items;
    std::vector<RelationPtr> from;  // separated by commas
    std::vector<LateralView> lateral_views;
    ExprPtr where;   // may be nullptr, as the others below
    std::optional<GroupBy> group_by;
    ExprPtr having;
    ExprPtr qualify;
    std::vector<std::pair<std::string, WindowSpec>> windows;
};

enum class SetOp : uint8_t { kUnion, kIntersect, kExcept };
struct SetOperation {
    SetOp op = SetOp::kUnion;
    bool all = false;
    bool by_name = false;
    QueryBodyPtr left, right;
};

struct Values {  // VALUES (1, 'a'), (2, 'b'); a bare value is a row of one
    std::vector<std::vector<ExprPtr>> rows;
};

struct QueryBody {
    // A QueryPtr is a parenthesised query.
    using Node = std::variant<Select, SetOperation, Values, QueryPtr>;
    Node node;
    SourcePosition position;
    int depth = 1;  // as Expr::depth

    template <class T>
    const T *As() const {
        return std::get_if<T>(&node);
    }
};

struct CommonTable {
    std::string name;
    std::vector<std::string> columns;
    QueryPtr query;
    SourcePosition position;
};

struct Query {
    bool recursive = false;
    std::vector<CommonTable> with;
    QueryBodyPtr body;
    std::vector<OrderItem> order_by;
    bool order_by_all = false;
    ExprPtr limit;   // nullptr: none, also for LIMIT ALL
    ExprPtr offset;
    SourcePosition position;
};

}  // namespace tarn::sql
