// Operators, names and conditions.
#include <algorithm>

#include "sql/internal/renderer.h"

namespace tarn::sql {
namespace {

std::string_view OperatorText(BinaryOp op) {
    switch (op) {
        case BinaryOp::kOr: return " OR ";
        case BinaryOp::kAnd: return " AND ";
        case BinaryOp::kEqual: return " = ";
        case BinaryOp::kNotEqual: return " <> ";
        case BinaryOp::kLess: return " < ";
        case BinaryOp::kLessEqual: return " <= ";
        case BinaryOp::kGreater: return " > ";
        case BinaryOp::kGreaterEqual: return " >= ";
        case BinaryOp::kNullSafeEqual: return " IS NOT DISTINCT FROM ";
        case BinaryOp::kIsDistinct: return " IS DISTINCT FROM ";
        case BinaryOp::kBitOr: return " | ";
        case BinaryOp::kBitAnd: return " & ";
        case BinaryOp::kShiftLeft: return " << ";
        case BinaryOp::kShiftRight: return " >> ";
        case BinaryOp::kConcat: return " || ";
        case BinaryOp::kAdd: return " + ";
        case BinaryOp::kSubtract: return " - ";
        case BinaryOp::kMultiply: return " * ";
        default: return "";
    }
}

// Operators that DuckDB has, but not with Spark's answer.
std::string_view HelperOf(BinaryOp op) {
    switch (op) {
        case BinaryOp::kDivide: return "spark_divide";
        case BinaryOp::kModulo: return "spark_mod";
        case BinaryOp::kIntDivide: return "spark_int_divide";
        case BinaryOp::kShiftRightUnsigned: return "spark_shiftrightunsigned";
        default: return "";
    }
}

std::string QuoteParts(const std::vector<std::string> &parts, size_t from) {
    std::string text;
    for (size_t i = from; i < parts.size(); i++) text += (i > from ? "." : "") + QuoteIdentifier(parts[i]);
    return text;
}

// Whether the first `count` parts of a name are the end of a table's full name: s.t of main.s.t.
bool EndsWith(const Name &full, const std::vector<std::string> &parts, size_t count) {
    if (full.parts.size() < count) return false;
    for (size_t i = 0; i < count; i++) {
        if (!EqualsIgnoreCase(full.parts[full.parts.size() - count + i], parts[i])) return false;
    }
    return true;
}

struct Resolved {
    const Scope::Relation *relation = nullptr;
    size_t parts = 0;  // how many parts of the name are the relation's
};

// The relation that the start of a dotted name means; `longest` parts at most. The innermost scope wins.
Resolved ResolveRelation(const std::vector<std::string> &parts, size_t longest, const Scope &scope) {
    for (const Scope *at = &scope; at != nullptr; at = at->outer) {
        for (const Scope::Relation &relation : at->relations) {
            if (longest >= 1 && EqualsIgnoreCase(relation.alias, parts[0])) return {&relation, 1};
        }
        for (size_t count = std::min<size_t>(longest, 4); count >= 2; count--) {
            for (const Scope::Relation &relation : at->relations) {
                if (EndsWith(relation.full_name, parts, count)) return {&relation, count};
            }
        }
    }
    return {};
}

// The relation around the expression that says it has the column; nullptr where none or several do, or in a subquery, whose
// own relations may have it.
const Scope::Relation *OwnerOf(const std::string &column, const Scope &scope) {
    const Scope *at = &scope;
    while (at != nullptr && at->relations.empty()) at = at->outer;
    const Scope::Relation *owner = nullptr;
    for (size_t i = 0; at != nullptr && i < at->relations.size(); i++) {
        bool has = std::ranges::any_of(at->relations[i].columns, [&](auto &name) { return EqualsIgnoreCase(name, column); });
        if (has && owner != nullptr) return nullptr;
        if (has) owner = &at->relations[i];
    }
    return owner;
}

const LambdaParam *FindLambdaParam(const std::string &name, const Scope &scope) {
    for (const Scope *at = &scope; at != nullptr; at = at->outer) {
        for (const LambdaParam &param : at->lambda_params) {
            if (EqualsIgnoreCase(param.name, name)) return &param;
        }
    }
    return nullptr;
}

}  // namespace

std::string RowMetadata(const std::string &prefix, std::string_view field) {
    auto column = [&](const char *name) { return prefix + name; };
    if (EqualsIgnoreCase(field, "row_index")) return column("__tarn_row");
    if (EqualsIgnoreCase(field, "row_id")) return "COALESCE(" + column("__tarn_stored_row_id") + ", " + column("__tarn_file_base_id") + " + " + column("__tarn_row") + ")";
    if (EqualsIgnoreCase(field, "row_commit_version")) return "COALESCE(" + column("__tarn_stored_version") + ", " + column("__tarn_file_version") + ")";
    return "";
}

Result<std::string> Renderer::RenderExpr(const Expr &expr, const Scope &scope) {
    return std::visit([&](const auto &node) { return RenderNode(node, expr, scope); }, expr.node);
}

Result<std::string> Renderer::RenderList(const std::vector<ExprPtr> &exprs, const Scope &scope) {
    std::string text;
    for (size_t i = 0; i < exprs.size(); i++) {
        TARN_TRY(std::string item, RenderExpr(*exprs[i], scope));
        if (i > 0) text += ", ";
        text += item;
    }
    return text;
}

namespace {

// `_metadata.*`: DuckDB takes no hidden column apart by itself.
std::string FileMetadata(const std::string &column) {
    std::string list;
    for (const char *field : {"file_path", "file_name", "file_size", "file_block_start", "file_block_length", "file_modification_time"}) {
        list += (list.empty() ? "" : ", ") + column + "." + field + " AS " + field;
    }
    return list;
}

}  // namespace

// DuckDB takes an alias inside a window only where nothing is grouped. Where something is, a name that is no grouped column
// can mean nothing but an alias: Spark's own order (columns first) needs no knowledge of the tables here.
std::optional<size_t> Renderer::AliasInWindow(const Name &name) const {
    if (!place_.in_window || place_.select == nullptr || name.parts.size() != 1) return std::nullopt;
    auto is_column = [&](const Expr &expr) {
        const auto *column = expr.As<ColumnRef>();
        return column != nullptr && EqualsIgnoreCase(column->name.Last(), name.parts[0]);
    };
    const Select &select = *place_.select;
    for (const GroupBy::Element &element : select.group_by->elements) {
        for (const auto &set : element.sets) {
            if (std::ranges::any_of(set, [&](const ExprPtr &expr) { return is_column(*expr); })) return std::nullopt;
        }
    }
    std::optional<size_t> found;
    for (size_t i = 0; i < select.items.size(); i++) {
        const SelectItem &item = select.items[i];
        if (select.group_by->all && is_column(*item.expr)) return std::nullopt;  // A grouped column.
        if (i < place_.item && item.aliases.size() == 1 && EqualsIgnoreCase(item.aliases[0], name.parts[0])) found = i;
    }
    return found;
}

const Expr *Renderer::ItemInOrder(const Name &name) const {
    if (place_.ordered == nullptr || name.parts.size() != 1) return nullptr;
    for (const SelectItem &item : place_.ordered->items) {
        bool named = item.aliases.size() == 1 && EqualsIgnoreCase(item.aliases[0], name.parts[0]);
        if (named) return RandomFunctionIn(*item.expr) ? nullptr : item.expr.get();
    }
    return nullptr;
}

Result<std::string> Renderer::RenderNode(const ColumnRef &column, const Expr &, const Scope &scope) {
    const std::vector<std::string> &parts = column.name.parts;
    if (parts.size() >= 2 && EqualsIgnoreCase(parts[parts.size() - 2], "_metadata")) {
        std::string prefix;
        if (parts.size() > 2) {
            Resolved owner = ResolveRelation(parts, parts.size() - 2, scope);
            if (owner.relation != nullptr && owner.parts + 2 == parts.size()) prefix = QuoteIdentifier(owner.relation->alias) + ".";
        }
        std::string text = parts.size() == 2 || !prefix.empty() ? RowMetadata(prefix, parts.back()) : "";
        if (!text.empty()) return text;
    }
    if (const LambdaParam *param = FindLambdaParam(parts[0], scope)) {
        return parts.size() == 1 ? param->text : param->text + "." + QuoteParts(parts, 1);
    }
    if (std::optional<size_t> item = AliasInWindow(column.name)) {
        Enter enter(*this, {place_.select, *item, true, nullptr});
        return RenderExpr(*place_.select->items[*item].expr, scope);
    }
    if (const Expr *item = ItemInOrder(column.name)) {
        Enter enter(*this, {});
        TARN_TRY(std::string text, RenderExpr(*item, scope));
        return "(" + text + ")";
    }
    Resolved resolved = ResolveRelation(parts, parts.size() - 1, scope);
    if (resolved.relation == nullptr) {
        const Scope::Relation *owner = OwnerOf(parts[0], scope);
        return owner != nullptr ? QuoteIdentifier(owner->alias) + "." + QuoteParts(parts, 0) : QuoteParts(parts, 0);
    }
    return QuoteIdentifier(resolved.relation->alias) + "." + QuoteParts(parts, resolved.parts);
}

namespace {

// The columns that `A JOIN B USING (x) JOIN C USING (y)` shares, in the order in which Spark puts them before all others:
// y, x. Empty where there are none, or where a column beside them may have the same name: that of a lateral view, or of the
// right side of another kind of join.
std::vector<std::string> SharedColumns(const Select *select) {
    std::vector<std::string> names;
    if (select == nullptr || select->from.size() != 1) return names;
    const Relation *relation = select->from[0].get();
    for (const Join *join; (join = relation->As<Join>()) != nullptr && !relation->alias; relation = join->left.get()) {
        bool left_only = join->kind == JoinKind::kLeftSemi || join->kind == JoinKind::kLeftAnti;
        if (join->using_.empty() && !left_only) return {};
        for (const std::string &name : join->using_) {
            bool known = std::ranges::any_of(names, [&](const std::string &other) { return EqualsIgnoreCase(name, other); });
            if (!known) names.push_back(name);
        }
    }
    for (const LateralView &view : select->lateral_views) {
        for (const std::string &column : view.columns) {
            if (std::ranges::any_of(names, [&](const std::string &name) { return EqualsIgnoreCase(name, column); })) return {};
        }
    }
    return names;
}

}  // namespace

Result<std::string> Renderer::RenderNode(const Star &star, const Expr &, const Scope &scope) {
    std::string text = "*";
    if (!star.qualifier.empty()) {
        const std::vector<std::string> &parts = star.qualifier.parts;
        Resolved resolved = ResolveRelation(parts, parts.size(), scope);
        bool struct_column = resolved.relation != nullptr && resolved.parts < parts.size();
        std::string prefix = resolved.relation == nullptr ? QuoteParts(parts, 0) : QuoteIdentifier(resolved.relation->alias);
        if (struct_column) prefix += "." + QuoteParts(parts, resolved.parts);
        bool metadata = parts.size() == (resolved.relation == nullptr ? 0 : resolved.parts) + 1 && EqualsIgnoreCase(parts.back(), "_metadata");
        if (metadata && star.except.empty()) return FileMetadata(prefix);
        text = prefix + ".*";
    }
    std::string names, first;
    std::vector<std::string> shared = star.qualifier.empty() ? SharedColumns(scope.select) : std::vector<std::string>();
    for (const Name &name : star.except) {
        Resolved resolved = ResolveRelation(name.parts, name.parts.size() - 1, scope);
        size_t own = resolved.relation == nullptr ? name.parts.size() : name.parts.size() - resolved.parts;
        if (own > 1) {
            return Fail(UnsupportedError(name.position, "EXCEPT of a struct's field (" + name.ToString() + ") is not supported.",
                                         "Leave out the whole column and select the fields that stay."));
        }
        std::string qualified = QuoteIdentifier(name.Last());
        if (resolved.relation != nullptr && star.qualifier.empty()) {
            qualified = QuoteIdentifier(resolved.relation->alias) + "." + qualified;
        }
        std::erase_if(shared, [&](const std::string &other) { return EqualsIgnoreCase(name.Last(), other); });
        names += (names.empty() ? "" : ", ") + qualified;
    }
    for (const std::string &name : shared) {
        std::string quoted = QuoteIdentifier(name);
        first += quoted + ", ";
        names += (names.empty() ? "" : ", ") + quoted;
    }
    return first + text + (names.empty() ? "" : " EXCLUDE (" + names + ")");
}

Result<std::string> Renderer::RenderNode(const Parameter &parameter, const Expr &expr, const Scope &) {
    return context_.Parameter(parameter.name, expr.position);
}

Result<std::string> Renderer::RenderNode(const Unary &unary, const Expr &, const Scope &scope) {
    TARN_TRY(std::string operand, RenderExpr(*unary.operand, scope));
    switch (unary.op) {
        case UnaryOp::kMinus: return "(- " + operand + ")";
        case UnaryOp::kPlus: return operand;
        case UnaryOp::kBitNot: return "(~ " + operand + ")";
        case UnaryOp::kNot: return "(NOT " + operand + ")";
    }
    TARN_ASSERT(false);
}

// date + INTERVAL 1 DAY is a DATE in Spark and a TIMESTAMP in DuckDB; adding hours makes Spark's TIMESTAMP, an instant.
// Only the type of the other operand tells, so helpers with a variant for each type do it.
Result<std::string> Renderer::RenderIntervalArithmetic(const Binary &binary, const Scope &scope, bool *done) {
    *done = false;
    bool add = binary.op == BinaryOp::kAdd;
    if (!add && binary.op != BinaryOp::kSubtract) return std::string();
    const auto *right = binary.right->As<IntervalLiteral>();
    const auto *left = add ? binary.left->As<IntervalLiteral>() : nullptr;
    if ((right != nullptr) == (left != nullptr)) return std::string();
    *done = true;
    IntervalLiteral interval = right != nullptr ? *right : *left;
    if (!add) interval = {-interval.months, -interval.days, -interval.micros};
    const Expr &other = right != nullptr ? *binary.left : *binary.right;
    TARN_TRY(std::string operand, RenderExpr(other, scope));
    TARN_TRY(std::string amount, RenderNode(interval, *binary.left, scope));
    EvidentType type = EvidentTypeOf(other);
    bool days = interval.micros == 0;
    if (type == EvidentType::kTimestamp || type == EvidentType::kTimestampNtz) return "(" + operand + " + " + amount + ")";
    if (type == EvidentType::kDate && days) return "CAST((" + operand + " + " + amount + ") AS DATE)";
    if (type == EvidentType::kDate || type == EvidentType::kString) {
        return "(CAST(" + operand + " AS TIMESTAMP WITH TIME ZONE) + " + amount + ")";
    }
    return Helper(days ? "spark_add_days" : "spark_add_time") + "(" + operand + ", " + amount + ")";
}

Result<std::string> Renderer::RenderNode(const Binary &binary, const Expr &, const Scope &scope) {
    bool done = false;
    TARN_TRY(std::string interval, RenderIntervalArithmetic(binary, scope, &done));
    if (done) return interval;
    TARN_TRY(std::string left, RenderExpr(*binary.left, scope));
    TARN_TRY(std::string right, RenderExpr(*binary.right, scope));
    if (binary.op == BinaryOp::kBitXor) return "xor(" + left + ", " + right + ")";
    std::string_view helper = HelperOf(binary.op);
    if (!helper.empty()) return Helper(helper) + "(" + left + ", " + right + ")";
    return "(" + left + std::string(OperatorText(binary.op)) + right + ")";
}

Result<std::string> Renderer::RenderNode(const IsTest &test, const Expr &, const Scope &scope) {
    TARN_TRY(std::string operand, RenderExpr(*test.operand, scope));
    std::string negation = test.negated ? "NOT " : "";
    switch (test.test) {
        case IsTestKind::kNull:
        case IsTestKind::kUnknown: return "(" + operand + " IS " + negation + "NULL)";
        case IsTestKind::kTrue: return "(" + operand + " IS " + negation + "TRUE)";
        case IsTestKind::kFalse: return "(" + operand + " IS " + negation + "FALSE)";
    }
    TARN_ASSERT(false);
}

Result<std::string> Renderer::RenderNode(const Between &between, const Expr &, const Scope &scope) {
    TARN_TRY(std::string operand, RenderExpr(*between.operand, scope));
    TARN_TRY(std::string low, RenderExpr(*between.low, scope));
    TARN_TRY(std::string high, RenderExpr(*between.high, scope));
    return "(" + operand + (between.negated ? " NOT BETWEEN " : " BETWEEN ") + low + " AND " + high + ")";
}

Result<std::string> Renderer::RenderNode(const InList &in, const Expr &, const Scope &scope) {
    TARN_TRY(std::string operand, RenderExpr(*in.operand, scope));
    TARN_TRY(std::string items, RenderList(in.items, scope));
    return "(" + operand + (in.negated ? " NOT IN (" : " IN (") + items + "))";
}

Result<std::string> Renderer::RenderNode(const InSubquery &in, const Expr &, const Scope &scope) {
    TARN_TRY(std::string operand, RenderExpr(*in.operand, scope));
    TARN_TRY(std::string query, RenderQuery(*in.query, scope));
    return "(" + operand + (in.negated ? " NOT IN (" : " IN (") + query + "))";
}

Result<std::string> Renderer::RenderNode(const Exists &exists, const Expr &, const Scope &scope) {
    TARN_TRY(std::string query, RenderQuery(*exists.query, scope));
    return "EXISTS (" + query + ")";
}

Result<std::string> Renderer::RenderNode(const ScalarSubquery &subquery, const Expr &, const Scope &scope) {
    TARN_TRY(std::string query, RenderQuery(*subquery.query, scope));
    return "(" + query + ")";
}

Result<std::string> Renderer::RenderPattern(const Like &like, const std::string &operand, const Expr &pattern, const Scope &scope) {
    TARN_TRY(std::string text, RenderExpr(pattern, scope));
    if (like.kind == LikeKind::kRLike) return "regexp_matches(" + operand + ", " + text + ")";
    std::string word = like.kind == LikeKind::kILike ? " ILIKE " : " LIKE ";
    // Spark escapes with a backslash unless told otherwise, DuckDB with nothing; without an ESCAPE clause DuckDB can
    // turn the pattern into a prefix search, so it is written only where it matters.
    std::optional<std::string> literal = LiteralString(pattern);
    char escape = like.escape.value_or('\\');
    bool needed = !literal || literal->find(escape) != std::string::npos;
    std::string clause = needed ? " ESCAPE " + QuoteLiteral(std::string_view(&escape, 1)) : "";
    return "(" + operand + word + text + clause + ")";
}

Result<std::string> Renderer::RenderNode(const Like &like, const Expr &, const Scope &scope) {
    TARN_TRY(std::string operand, RenderExpr(*like.operand, scope));
    std::string text;
    for (const ExprPtr &pattern : like.patterns) {
        TARN_TRY(std::string one, RenderPattern(like, operand, *pattern, scope));
        if (!text.empty()) text += like.quantifier == LikeQuantifier::kAll ? " AND " : " OR ";
        // NOT LIKE ANY asks for one pattern that does not match: the negation stands inside.
        text += like.negated ? "(NOT " + one + ")" : one;
    }
    return like.patterns.size() > 1 ? "(" + text + ")" : text;
}

Result<std::string> Renderer::RenderNode(const Case &value, const Expr &, const Scope &scope) {
    std::string text = "CASE";
    if (value.operand) {
        TARN_TRY(std::string operand, RenderExpr(*value.operand, scope));
        text += " " + operand;
    }
    for (const auto &[when, then] : value.branches) {
        TARN_TRY(std::string when_text, RenderExpr(*when, scope));
        TARN_TRY(std::string then_text, RenderExpr(*then, scope));
        text += " WHEN " + when_text + " THEN " + then_text;
    }
    if (value.otherwise) {
        TARN_TRY(std::string otherwise, RenderExpr(*value.otherwise, scope));
        text += " ELSE " + otherwise;
    }
    return "(" + text + " END)";
}

Result<std::string> Renderer::RenderLambda(const Lambda &lambda, std::string_view header, const std::vector<std::string> &texts,
                                           const Scope &scope) {
    Scope inner;
    inner.outer = &scope;
    for (size_t i = 0; i < lambda.params.size() && i < texts.size(); i++) inner.lambda_params.push_back({lambda.params[i], texts[i]});
    TARN_TRY(std::string body, RenderExpr(*lambda.body, inner));
    return "lambda " + std::string(header) + ": " + body;
}

Result<std::string> Renderer::RenderNode(const Lambda &lambda, const Expr &, const Scope &scope) {
    std::string header;
    std::vector<std::string> texts;
    for (const std::string &param : lambda.params) {
        texts.push_back(QuoteIdentifier(param));
        header += (header.empty() ? "" : ", ") + texts.back();
    }
    return RenderLambda(lambda, header, texts, scope);
}

// Spark counts an array's elements from 0 and takes a map's or a struct's by key. A string is a key; a number, or what
// computes one, is an index; for anything else the helper looks at the types.
Result<std::string> Renderer::RenderNode(const Subscript &subscript, const Expr &, const Scope &scope) {
    TARN_TRY(std::string base, RenderExpr(*subscript.base, scope));
    TARN_TRY(std::string index, RenderExpr(*subscript.index, scope));
    EvidentType index_type = EvidentTypeOf(*subscript.index);
    bool key = index_type == EvidentType::kString || EvidentTypeOf(*subscript.base) == EvidentType::kMap;
    if (key) return (base.starts_with("CASE") ? "(" + base + ")" : base) + "[" + index + "]";
    return Helper(index_type == EvidentType::kInteger ? "spark_array_get" : "spark_subscript") + "(" + base + ", " + index + ")";
}

Result<std::string> Renderer::RenderNode(const FieldAccess &field, const Expr &, const Scope &scope) {
    TARN_TRY(std::string base, RenderExpr(*field.base, scope));
    return "struct_extract(" + base + ", " + QuoteLiteral(field.field) + ")";
}

Result<std::string> Renderer::RenderNode(const Row &row, const Expr &, const Scope &scope) {
    TARN_TRY(std::string items, RenderList(row.items, scope));
    return "(" + items + ")";
}

}  // namespace tarn::sql
