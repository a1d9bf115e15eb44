// What stands in FROM, and the generators (explode and its family).
#include "sql/internal/renderer.h"

namespace tarn::sql {
namespace {

struct Generator {
    std::string_view name;
    bool position;  // posexplode: an INT from 0 in front
    bool structs;   // inline: an array of structs becomes columns
    bool outer;
};

constexpr Generator kGenerators[] = {
    {"explode", false, false, false},    {"explode_outer", false, false, true}, {"posexplode", true, false, false},
    {"posexplode_outer", true, false, true}, {"inline", false, true, false},    {"inline_outer", false, true, true},
};

const Generator *FindGenerator(const Name &name) {
    if (name.parts.size() != 1) return nullptr;
    for (const Generator &generator : kGenerators) {
        if (EqualsIgnoreCase(generator.name, name.parts[0])) return &generator;
    }
    return nullptr;
}

bool IsCommonTable(const TableRef &table, const Scope &scope) {
    if (table.name.parts.size() != 1 || table.version || table.timestamp) return false;
    for (const Scope *at = &scope; at != nullptr; at = at->outer) {
        for (const std::string &name : at->common_tables) {
            if (EqualsIgnoreCase(name, table.name.parts[0])) return true;
        }
    }
    return false;
}

}  // namespace

// ` AS "alias"("a", "b")`; without an alias only the list.
std::string Renderer::AliasText(std::string_view alias, const std::vector<std::string> &columns) const {
    std::string text;
    if (!alias.empty()) text = " AS " + QuoteIdentifier(alias);
    if (columns.empty()) return text;
    text += "(";
    for (size_t i = 0; i < columns.size(); i++) text += (i > 0 ? ", " : "") + QuoteIdentifier(columns[i]);
    return text + ")";
}

std::string Renderer::SampleText(const TableSample &sample) const {
    std::string amount = std::to_string(sample.amount);
    amount.erase(amount.find_last_not_of('0') + 1);
    if (amount.ends_with('.')) amount.pop_back();
    std::string text = sample.unit == TableSample::Unit::kRows ? " TABLESAMPLE reservoir(" + amount + " ROWS)"
                                                               : " TABLESAMPLE bernoulli(" + amount + "%)";
    if (sample.seed) text += " REPEATABLE (" + std::to_string(*sample.seed) + ")";
    return text;
}

Result<std::string> Renderer::RenderRelation(const Relation &relation, Scope &scope) {
    Result<std::string> text = std::string();
    if (const auto *table = relation.As<TableRef>()) {
        text = RenderTableRef(*table, relation, scope);
    } else if (const auto *subquery = relation.As<SubqueryRef>()) {
        text = RenderSubquery(*subquery, relation, scope);
    } else if (const auto *function = relation.As<TableFunction>()) {
        text = RenderFunctionRef(*function, relation, scope);
    } else if (const auto *join = relation.As<Join>()) {
        text = RenderJoin(*join, relation, scope);
    } else if (const auto *pivot = relation.As<Pivot>()) {
        text = RenderPivot(*pivot, relation, scope);
    } else if (const auto *unpivot = relation.As<Unpivot>()) {
        text = RenderUnpivot(*unpivot, relation, scope);
    }
    if (text && relation.sample) *text += SampleText(*relation.sample);
    return text;
}

Result<std::string> Renderer::RenderTableRef(const TableRef &table, const Relation &relation, Scope &scope) {
    TableAlias alias = relation.alias.value_or(TableAlias{});
    bool named = !alias.name.empty();
    if (IsCommonTable(table, scope)) {
        scope.relations.push_back({named ? alias.name : table.name.parts[0], {}});
        if (!named) alias.name = alias.columns.empty() ? "" : table.name.parts[0];
        return QuoteIdentifier(table.name.parts[0]) + AliasText(alias.name, alias.columns);
    }
    TARN_TRY(std::string text, context_.RenderTable(table));
    if (!named) {
        alias.name = table.name.Last();
        Name full = table.is_path ? Name{} : context_.Qualify(table.name);
        scope.relations.push_back({alias.name, std::move(full)});
    } else {
        scope.relations.push_back({alias.name, {}});
    }
    return text + AliasText(alias.name, alias.columns);
}

Result<std::string> Renderer::RenderSubquery(const SubqueryRef &subquery, const Relation &relation, Scope &scope) {
    TableAlias alias = relation.alias.value_or(TableAlias{});
    // Only a lateral subquery sees the relations to its left.
    Scope around;
    around.outer = subquery.lateral ? &scope : scope.outer;
    std::string text;
    const Values *values = subquery.query->body->As<Values>();
    bool plain_values = values != nullptr && subquery.query->order_by.empty() && !subquery.query->limit;
    if (plain_values) {
        TARN_TRY(std::string rows, RenderValues(*values, around));
        text = "(" + rows + ")";
        if (alias.name.empty()) alias.name = "values";
        if (alias.columns.empty()) {
            for (size_t i = 1; i <= values->rows[0].size(); i++) alias.columns.push_back("col" + std::to_string(i));
        }
    } else {
        TARN_TRY(std::string query, RenderQuery(*subquery.query, around));
        text = "(" + query + ")";
    }
    // DuckDB takes a column list only after an alias.
    if (alias.name.empty() && !alias.columns.empty()) alias.name = "__subquery" + std::to_string(scope.relations.size());
    if (!alias.name.empty()) scope.relations.push_back({alias.name, {}});
    return (subquery.lateral ? "LATERAL " : "") + text + AliasText(alias.name, alias.columns);
}

Result<std::vector<RenderedArgument>> Renderer::RenderTableArguments(const TableFunction &function, const Scope &scope) {
    std::vector<RenderedArgument> args;
    for (const Argument &argument : function.args) {
        RenderedArgument rendered;
        rendered.name = argument.name;
        TARN_TRY(rendered.spelling, RenderExpr(*argument.value, scope));
        if (const auto *literal = argument.value->As<Literal>()) rendered.constant = *literal;
        args.push_back(std::move(rendered));
    }
    return args;
}

Result<std::string> Renderer::RenderFunctionRef(const TableFunction &function, const Relation &relation, Scope &scope) {
    TableAlias alias = relation.alias.value_or(TableAlias{});
    if (alias.name.empty()) alias.name = function.name.Last();
    Scope around;
    around.outer = function.lateral ? &scope : scope.outer;
    scope.relations.push_back({alias.name, {}});
    std::string lateral = function.lateral ? "LATERAL " : "";
    if (FindGenerator(function.name) != nullptr) {
        FunctionCall call;
        call.name = function.name;
        call.args = function.args;
        TARN_TRY(GeneratedColumns columns, RenderGenerator(call, alias.columns, false, around));
        return lateral + "(SELECT " + columns.List(false) + ")" + AliasText(alias.name, columns.names);
    }
    TARN_TRY(std::vector<RenderedArgument> args, RenderTableArguments(function, around));
    if (function.name.parts.size() == 1 && EqualsIgnoreCase(function.name.parts[0], "range")) {
        if (args.empty() || args.size() > 4) {
            Error error = MakeError(ErrorKind::kInvalidInput, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
                                    "The `range` requires 1 to 4 parameters but the actual number is " + std::to_string(args.size()) + ".");
            error.position = relation.position;
            return Fail(std::move(error));
        }
        if (alias.columns.empty()) alias.columns = {"id"};
        std::string list;  // the fourth argument, a number of partitions, changes no result
        for (size_t i = 0; i < args.size() && i < 3; i++) list += (i > 0 ? ", " : "") + args[i].spelling;
        return "range(" + list + ")" + AliasText(alias.name, alias.columns);
    }
    TARN_TRY(std::string text, context_.RenderTableFunction(function, args));
    return lateral + text + AliasText(alias.name, alias.columns);
}

Result<std::string> Renderer::RenderJoin(const Join &join, const Relation &relation, Scope &scope) {
    TARN_TRY(std::string text, RenderRelation(*join.left, scope));
    TARN_TRY(std::string right, RenderRelation(*join.right, scope));
    bool right_is_join = join.right->As<Join>() != nullptr && !join.right->alias;
    if (right_is_join) right = "(" + right + ")";
    bool constrained = join.condition != nullptr || !join.using_.empty() || join.natural;
    std::string word;
    switch (join.kind) {
        case JoinKind::kInner: word = constrained ? "JOIN" : "CROSS JOIN"; break;
        case JoinKind::kCross: word = constrained ? "JOIN" : "CROSS JOIN"; break;
        case JoinKind::kLeft: word = "LEFT JOIN"; break;
        case JoinKind::kRight: word = "RIGHT JOIN"; break;
        case JoinKind::kFull: word = "FULL JOIN"; break;
        case JoinKind::kLeftSemi: word = "SEMI JOIN"; break;
        case JoinKind::kLeftAnti: word = "ANTI JOIN"; break;
    }
    text += (join.natural ? " NATURAL " : " ") + word + " " + right;
    if (join.condition) {
        TARN_TRY(std::string condition, RenderExpr(*join.condition, scope));
        text += " ON " + condition;
    } else if (!join.using_.empty()) {
        text += " USING " + AliasText("", join.using_);
    } else if (!constrained && word != "CROSS JOIN") {
        text += " ON TRUE";
    }
    if (!relation.alias || relation.alias->name.empty()) return text;
    scope.relations.push_back({relation.alias->name, {}});
    return "(" + text + ")" + AliasText(relation.alias->name, relation.alias->columns);
}

Result<std::string> Renderer::RenderPivot(const Pivot &pivot, const Relation &relation, Scope &scope) {
    if (pivot.columns.size() > 1) {
        return Fail(UnsupportedError(relation.position, "PIVOT over several columns is not supported.", "Join them into one column first."));
    }
    Scope inner;
    inner.outer = scope.outer;
    TARN_TRY(std::string text, RenderRelation(*pivot.input, inner));
    std::string aggregates;
    for (const auto &[expr, alias] : pivot.aggregates) {
        TARN_TRY(std::string aggregate, RenderExpr(*expr, inner));
        // A single aggregate gives columns named by the values alone, whatever its alias.
        bool named = pivot.aggregates.size() > 1;
        aggregates += (aggregates.empty() ? "" : ", ") + aggregate;
        if (named) aggregates += " AS " + QuoteIdentifier(alias.empty() ? ColumnNameOf(*expr) : alias);
    }
    std::string values;
    for (const auto &[expr, alias] : pivot.values) {
        TARN_TRY(std::string value, RenderExpr(*expr, inner));
        values += (values.empty() ? "" : ", ") + value + " AS " + QuoteIdentifier(alias.empty() ? ColumnNameOf(*expr) : alias);
    }
    text = "(FROM " + text + " PIVOT (" + aggregates + " FOR " + QuoteIdentifier(pivot.columns[0]) + " IN (" + values + ")))";
    TableAlias alias = relation.alias.value_or(TableAlias{"__pivot" + std::to_string(scope.relations.size()), {}});
    scope.relations.push_back({alias.name, {}});
    return text + AliasText(alias.name, alias.columns);
}

Result<std::string> Renderer::RenderUnpivot(const Unpivot &unpivot, const Relation &relation, Scope &scope) {
    Scope inner;
    inner.outer = scope.outer;
    TARN_TRY(std::string text, RenderRelation(*unpivot.input, inner));
    std::string columns;
    for (const auto &[name, alias] : unpivot.columns) {
        columns += (columns.empty() ? "" : ", ") + QuoteIdentifier(name.Last());
        if (!alias.empty()) columns += " AS " + QuoteLiteral(alias);
    }
    text = "(FROM " + text + " UNPIVOT " + (unpivot.include_nulls ? "INCLUDE NULLS (" : "(") + QuoteIdentifier(unpivot.value_column) +
           " FOR " + QuoteIdentifier(unpivot.name_column) + " IN (" + columns + ")))";
    TableAlias alias = relation.alias.value_or(TableAlias{"__unpivot" + std::to_string(scope.relations.size()), {}});
    scope.relations.push_back({alias.name, {}});
    return text + AliasText(alias.name, alias.columns);
}

// The columns of a generator as a select list. DuckDB runs several UNNESTs of one list side by side, as one operator:
// the position is the UNNEST of a range of the same length. OUTER turns an empty or NULL list into [NULL].
// `columns` are the names wanted, or none.
Result<GeneratedColumns> Renderer::RenderGenerator(const FunctionCall &call, const std::vector<std::string> &columns,
                                                   bool outer, const Scope &scope) {
    const Generator *generator = FindGenerator(call.name);
    if (generator == nullptr) {
        return Fail(UnsupportedError(call.name.position, "The generator " + call.name.ToString() + " is not supported.",
                                     "Use explode, posexplode or inline, each also with _outer."));
    }
    if (call.args.size() != 1) {
        Error error = MakeError(ErrorKind::kInvalidInput, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
                                "The `" + ToLower(call.name.Last()) + "` requires 1 parameters but the actual number is " +
                                    std::to_string(call.args.size()) + ".");
        error.position = call.name.position;
        return Fail(std::move(error));
    }
    TARN_TRY(std::string list, RenderExpr(*call.args[0].value, scope));
    outer = outer || generator->outer;
    // Two names (three with a position) say that it is a map: nothing else tells before the types are known.
    size_t map_columns = generator->position ? 3 : 2;
    const auto *literal_map = call.args[0].value->As<FunctionCall>();
    bool makes_map = literal_map != nullptr && literal_map->name.parts.size() == 1 &&
                     (EqualsIgnoreCase(literal_map->name.parts[0], "map") || EqualsIgnoreCase(literal_map->name.parts[0], "map_from_arrays") ||
                      EqualsIgnoreCase(literal_map->name.parts[0], "str_to_map") || EqualsIgnoreCase(literal_map->name.parts[0], "map_concat"));
    bool map = !generator->structs && (columns.size() == map_columns || makes_map);
    auto rows = [&](const std::string &values, const std::string &length_of) {
        if (!outer) return values;
        return "CASE WHEN len(" + length_of + ") > 0 THEN " + values + " ELSE [NULL] END";
    };
    std::vector<std::string> texts;
    std::vector<std::string> names;
    std::string counted = map ? "map_keys(" + list + ")" : list;
    if (generator->position) {
        texts.push_back("unnest(" + rows("CAST(range(len(" + counted + ")) AS INTEGER[])", counted) + ")");
        names.push_back("pos");
    }
    if (map) {
        texts.push_back("unnest(" + rows("map_keys(" + list + ")", counted) + ")");
        texts.push_back("unnest(" + rows("map_values(" + list + ")", counted) + ")");
        names.insert(names.end(), {"key", "value"});
    } else {
        texts.push_back("unnest(" + rows(list, counted) + (generator->structs ? ", max_depth := 2)" : ")"));
        names.push_back("col");
    }
    bool fits = generator->structs || columns.empty() || columns.size() == texts.size();
    if (!fits) {
        Error error = MakeError(ErrorKind::kInvalidInput, "UDTF_ALIAS_NUMBER_MISMATCH",
                                "The number of aliases supplied in the AS clause does not match the number of columns output by " +
                                    ToLower(call.name.Last()) + ": expected " + std::to_string(texts.size()) + ", got " +
                                    std::to_string(columns.size()) + ".");
        error.position = call.name.position;
        return Fail(std::move(error));
    }
    if (generator->structs || !columns.empty()) names = columns;
    return GeneratedColumns{std::move(texts), std::move(names)};
}

std::string GeneratedColumns::List(bool named) const {
    std::string text;
    for (size_t i = 0; i < expressions.size(); i++) {
        text += (i > 0 ? ", " : "") + expressions[i];
        if (named && i < names.size()) text += " AS " + QuoteIdentifier(names[i]);
    }
    return text;
}

// `LATERAL (SELECT unnest("options")) AS "o"("option")`: a plain UNNEST operator in DuckDB's plan, without a join. The
// names stand in the alias, not in the subquery, so that an alias equal to a column it reads changes nothing.
Result<std::string> Renderer::RenderLateralView(const LateralView &view, size_t index, Scope &scope) {
    const FunctionCall &call = *view.generator->As<FunctionCall>();
    TARN_TRY(GeneratedColumns columns, RenderGenerator(call, view.columns, view.outer, scope));
    std::string alias = view.alias.empty() ? "__lateral" + std::to_string(index) : view.alias;
    scope.relations.push_back({alias, {}});
    return "LATERAL (SELECT " + columns.List(false) + ")" + AliasText(alias, columns.names);
}

Result<std::string> Renderer::RenderSelectItem(const SelectItem &item, const Scope &scope) {
    const auto *call = item.expr->As<FunctionCall>();
    if (call != nullptr && FindGenerator(call->name) != nullptr) {
        TARN_TRY(GeneratedColumns columns, RenderGenerator(*call, item.aliases, false, scope));
        bool structs = columns.names.size() != columns.expressions.size();
        if (structs && !item.aliases.empty()) {
            return Fail(UnsupportedError(item.position, "Aliases for inline in a select list are not supported.",
                                         "Use LATERAL VIEW inline(…) t AS a, b."));
        }
        return columns.List(true);
    }
    if (item.aliases.size() > 1) {
        Error error = MakeError(ErrorKind::kInvalidInput, "PARSE_SYNTAX_ERROR", "Several aliases need a generator such as posexplode.");
        error.position = item.position;
        return Fail(std::move(error));
    }
    TARN_TRY(std::string text, RenderExpr(*item.expr, scope));
    if (item.expr->As<Star>() != nullptr) return text;
    if (!item.aliases.empty()) return text + " AS " + QuoteIdentifier(item.aliases[0]);
    // A column keeps its own name in DuckDB as in Spark; everything else is named as Spark does, and so is what _metadata computes.
    if (const auto *column = item.expr->As<ColumnRef>(); column != nullptr && !text.starts_with("COALESCE(")) {
        bool renamed = column->name.parts.size() > 1 && text.ends_with("__tarn_row");
        return renamed ? text + " AS " + QuoteIdentifier(column->name.Last()) : text;
    }
    // '' is a name for Spark, and none for DuckDB.
    std::string name = ColumnNameOf(*item.expr);
    return text + " AS " + QuoteIdentifier(name.empty() ? " " : name);
}

}  // namespace tarn::sql
