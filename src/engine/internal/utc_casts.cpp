#include "engine/internal/utc_casts.h"

#include "duckdb/common/operator/cast_operators.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"

namespace tarn::engine {

using namespace duckdb;

namespace {

bool InstantToDate(Vector &source, Vector &result, idx_t count, CastParameters &) {
    UnaryExecutor::Execute<timestamp_t, date_t>(source, result, count, [](timestamp_t instant) { return Timestamp::GetDate(instant); });
    return true;
}

bool DateToInstant(Vector &source, Vector &result, idx_t count, CastParameters &parameters) {
    bool all = true;
    UnaryExecutor::ExecuteWithNulls<date_t, timestamp_t>(source, result, count, [&](date_t date, ValidityMask &mask, idx_t row) {
        timestamp_t instant(0);
        if (Timestamp::TryFromDatetime(date, dtime_t(0), instant)) return instant;
        HandleCastError::AssignError("The date " + Date::ToString(date) + " is out of the range of TIMESTAMP.", parameters);
        mask.SetInvalid(row);
        all = false;
        return timestamp_t(0);
    });
    return all;
}

// The cast of ours between the two types; nullptr where DuckDB's own is as good.
cast_function_t UtcCast(const LogicalType &from, const LogicalType &to) {
    bool instant = from.id() == LogicalTypeId::TIMESTAMP_TZ, clock = from.id() == LogicalTypeId::TIMESTAMP;
    if (instant && to.id() == LogicalTypeId::TIMESTAMP) return DefaultCasts::ReinterpretCast;
    if (clock && to.id() == LogicalTypeId::TIMESTAMP_TZ) return DefaultCasts::ReinterpretCast;
    if (instant && to.id() == LogicalTypeId::DATE) return InstantToDate;
    if (from.id() == LogicalTypeId::DATE && to.id() == LogicalTypeId::TIMESTAMP_TZ) return DateToInstant;
    return nullptr;
}

class CastReplacer final : public LogicalOperatorVisitor {
protected:
    unique_ptr<Expression> VisitReplace(BoundCastExpression &expr, unique_ptr<Expression> *) override {
        cast_function_t cast = UtcCast(expr.child->return_type, expr.return_type);
        if (cast != nullptr) expr.bound_cast = BoundCastInfo(cast);
        return nullptr;
    }
};

void ReplaceCasts(OptimizerExtensionInput &, unique_ptr<LogicalOperator> &plan) { CastReplacer().VisitOperator(*plan); }

}  // namespace

// Every session speaks UTC, where an instant and a wall clock are the same number and a day has 86,400 seconds. ICU's casts ask
// a calendar for each value, which made date(date_trunc('MONTH', ts)) cost 13 times what reading the column does. DuckDB does not
// let a registered cast take another's place, so they are exchanged in the plan, before constants are folded.
void RegisterUtcCasts(DBConfig &config) {
    OptimizerExtension extension;
    extension.pre_optimize_function = ReplaceCasts;
    OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace tarn::engine
