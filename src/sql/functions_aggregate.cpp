// Aggregates and window functions. The caller puts DISTINCT, ORDER BY, FILTER and OVER around (render_call.cpp).
#include <algorithm>

#include "sql/internal/function_tables.h"

namespace tarn::sql {
namespace {

using enum FunctionKind;

// count(a, b) counts rows in which no argument is NULL; count(DISTINCT a, b) distinct ones of those.
Result<std::string> Count(const CallContext &call) {
    bool star = call.args.size() == 1 && call.call.args[0].value->As<Star>() != nullptr;
    if (star) {
        const Star &whole = *call.call.args[0].value->As<Star>();
        if (!whole.qualifier.empty() || call.call.distinct) return Fail(UnsupportedError(call.position, "count over a qualified or distinct * is not supported.", "Name the columns."));
        return std::string("count(*)");
    }
    if (call.args.size() == 1) return "count(" + call.args[0] + ")";
    std::string known;
    std::string row;
    for (const std::string &arg : call.args) {
        known += (known.empty() ? "" : " AND ") + arg + " IS NOT NULL";
        row += (row.empty() ? "" : ", ") + arg;
    }
    return "count(CASE WHEN " + known + " THEN row(" + row + ") END)";
}

// first(x [, ignore nulls]): DuckDB's first() keeps NULLs, as Spark's does. The caller leaves NULLs out where asked.
Result<std::string> First(const CallContext &call) {
    bool last = ToLower(call.call.name.Last()).starts_with("last");
    std::string name = last ? "last" : "first";
    if (call.call.over) name += "_value";
    return name + "(" + call.args[0] + ")";
}

// percentile_cont(0.5) WITHIN GROUP (ORDER BY x) is quantile_cont(x, 0.5).
Result<std::string> WithinGroup(const CallContext &call) {
    bool discrete = EqualsIgnoreCase(call.call.name.Last(), "percentile_disc");
    if (call.call.within_group.size() != 1) return Fail(UnsupportedError(call.position, "This function needs WITHIN GROUP (ORDER BY one expression)."));
    const OrderItem &item = call.call.within_group[0];
    TARN_TRY(std::string value, call.renderer.RenderExpr(*item.expr, call.scope));
    std::string fraction = item.descending ? "1 - " + call.args[0] : call.args[0];
    return std::string(discrete ? "quantile_disc(" : "quantile_cont(") + value + ", " + fraction + ")";
}

Result<std::string> StringAgg(const CallContext &call) {
    return "string_agg(" + call.args[0] + ", " + (call.args.size() > 1 ? call.args[1] : "''") + ")";
}

// grouping_id() without arguments means all of GROUP BY.
Result<std::string> GroupingId(const CallContext &call) {
    std::vector<std::string> columns = call.args;
    if (columns.empty() && call.scope.select != nullptr && call.scope.select->group_by) {
        for (const GroupBy::Element &element : call.scope.select->group_by->elements) {
            for (const auto &set : element.sets) {
                for (const ExprPtr &expr : set) {
                    TARN_TRY(std::string column, call.renderer.RenderExpr(*expr, call.scope));
                    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
                }
            }
        }
    }
    std::string text;
    for (const std::string &column : columns) text += (text.empty() ? "" : ", ") + column;
    return "CAST(grouping_id(" + text + ") AS BIGINT)";
}

constexpr FunctionSpec kFunctions[] = {
    {"any", 1, 1, kAggregate, "bool_or($1)"},
    {"any_value", 1, 2, kAggregate, "", "", First},
    {"approx_count_distinct", 1, 2, kAggregate, "approx_count_distinct($1)"},
    {"approx_percentile", 2, 3, kAggregate, "quantile_disc($1, $2)"},
    {"array_agg", 1, 1, kAggregate, "list($1)", "coalesce($0, [])", nullptr, true},
    {"avg", 1, 1, kAggregate, "avg($1)"},
    {"bit_and", 1, 1, kAggregate, "bit_and($1)"},
    {"bit_or", 1, 1, kAggregate, "bit_or($1)"},
    {"bit_xor", 1, 1, kAggregate, "bit_xor($1)"},
    {"bool_and", 1, 1, kAggregate, "bool_and($1)"},
    {"bool_or", 1, 1, kAggregate, "bool_or($1)"},
    {"collect_list", 1, 1, kAggregate, "list($1)", "coalesce($0, [])", nullptr, true},
    {"collect_set", 1, 1, kAggregate, "list(DISTINCT $1)", "coalesce($0, [])", nullptr, true},
    {"corr", 2, 2, kAggregate, "corr($1, $2)"},
    {"count", 1, kAnyCount, kAggregate, "", "", Count},
    {"count_if", 1, 1, kAggregate, "count_if($1)", "CAST(coalesce($0, 0) AS BIGINT)"},
    {"covar_pop", 2, 2, kAggregate, "covar_pop($1, $2)"},
    {"covar_samp", 2, 2, kAggregate, "covar_samp($1, $2)"},
    {"cume_dist", 0, 0, kWindow, "cume_dist()"},
    {"dense_rank", 0, 0, kWindow, "dense_rank()", "CAST($0 AS INTEGER)"},
    {"every", 1, 1, kAggregate, "bool_and($1)"},
    {"first", 1, 2, kAggregate, "", "", First},
    {"first_value", 1, 2, kAggregate, "", "", First},
    {"grouping", 1, 1, kScalar, "CAST(grouping($1) AS TINYINT)"},
    {"grouping_id", 0, kAnyCount, kScalar, "", "", GroupingId},
    {"kurtosis", 1, 1, kAggregate, "kurtosis_pop($1)"},
    {"lag", 1, 1, kWindow, "lag($1)"},
    {"lag", 2, 2, kWindow, "lag($1, $2)"},
    {"lag", 3, 3, kWindow, "lag($1, $2, $3)"},
    {"last", 1, 2, kAggregate, "", "", First},
    {"last_value", 1, 2, kAggregate, "", "", First},
    {"lead", 1, 1, kWindow, "lead($1)"},
    {"lead", 2, 2, kWindow, "lead($1, $2)"},
    {"lead", 3, 3, kWindow, "lead($1, $2, $3)"},
    {"listagg", 1, 2, kAggregate, "", "", StringAgg},
    {"max", 1, 1, kAggregate, "max($1)"},
    {"max_by", 2, 2, kAggregate, "arg_max_null($1, $2)"},
    {"mean", 1, 1, kAggregate, "avg($1)"},
    {"median", 1, 1, kAggregate, "median($1)"},
    {"min", 1, 1, kAggregate, "min($1)"},
    {"min_by", 2, 2, kAggregate, "arg_min_null($1, $2)"},
    {"mode", 1, 1, kAggregate, "mode($1)"},
    {"nth_value", 2, 2, kWindow, "nth_value($1, $2)"},
    {"ntile", 0, 0, kWindow, "ntile(1)", "CAST($0 AS INTEGER)"},
    {"ntile", 1, 1, kWindow, "ntile($1)", "CAST($0 AS INTEGER)"},
    {"percent_rank", 0, 0, kWindow, "percent_rank()"},
    {"percentile", 2, 2, kAggregate, "quantile_cont($1, $2)"},
    {"percentile_approx", 2, 3, kAggregate, "quantile_disc($1, $2)"},
    {"percentile_cont", 1, 1, kAggregate, "", "", WithinGroup},
    {"percentile_disc", 1, 1, kAggregate, "", "", WithinGroup},
    {"rank", 0, 0, kWindow, "rank()", "CAST($0 AS INTEGER)"},
    {"regr_avgx", 2, 2, kAggregate, "regr_avgx($1, $2)"},
    {"regr_avgy", 2, 2, kAggregate, "regr_avgy($1, $2)"},
    {"regr_count", 2, 2, kAggregate, "regr_count($1, $2)", "CAST($0 AS BIGINT)"},
    {"regr_intercept", 2, 2, kAggregate, "regr_intercept($1, $2)"},
    {"regr_r2", 2, 2, kAggregate, "regr_r2($1, $2)"},
    {"regr_slope", 2, 2, kAggregate, "regr_slope($1, $2)"},
    {"regr_sxx", 2, 2, kAggregate, "regr_sxx($1, $2)"},
    {"regr_sxy", 2, 2, kAggregate, "regr_sxy($1, $2)"},
    {"regr_syy", 2, 2, kAggregate, "regr_syy($1, $2)"},
    {"row_number", 0, 0, kWindow, "row_number()", "CAST($0 AS INTEGER)"},
    {"some", 1, 1, kAggregate, "bool_or($1)"},
    {"std", 1, 1, kAggregate, "stddev_samp($1)"},
    {"stddev", 1, 1, kAggregate, "stddev_samp($1)"},
    {"stddev_pop", 1, 1, kAggregate, "stddev_pop($1)"},
    {"stddev_samp", 1, 1, kAggregate, "stddev_samp($1)"},
    {"string_agg", 1, 2, kAggregate, "", "", StringAgg},
    {"sum", 1, 1, kAggregate, "sum($1)"},
    {"try_avg", 1, 1, kAggregate, "avg($1)"},
    {"try_sum", 1, 1, kAggregate, "sum($1)"},
    {"var_pop", 1, 1, kAggregate, "var_pop($1)"},
    {"var_samp", 1, 1, kAggregate, "var_samp($1)"},
    {"variance", 1, 1, kAggregate, "var_samp($1)"},
};

}  // namespace

std::span<const FunctionSpec> AggregateFunctions() { return kFunctions; }

}  // namespace tarn::sql
