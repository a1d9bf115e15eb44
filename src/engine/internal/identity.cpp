#include "engine/internal/identity.h"

#include "engine/internal/duck_error.h"

#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

struct IdentityInfo final : ScalarFunctionInfo {
    explicit IdentityInfo(IdentityCounters &counters) : counters(counters) {}
    IdentityCounters &counters;
};

void NextIdentity(DataChunk &args, ExpressionState &state, Vector &result) {
    idx_t rows = args.size();
    result.SetVectorType(VectorType::FLAT_VECTOR);
    if (rows == 0) return;
    auto &function = state.expr.Cast<BoundFunctionExpression>().function;
    auto &counters = function.GetExtraFunctionInfo().Cast<IdentityInfo>().counters;
    auto counter = counters.Find(args.data[0].GetValue(0).GetValue<uint64_t>());
    if (!counter) throw InternalException("tarn_identity: unknown handle");
    if (counter->Take(FlatVector::GetData<int64_t>(result), rows)) return;
    ThrowThroughDuckDB(MakeError(ErrorKind::kInvalidInput, "ARITHMETIC_OVERFLOW", "The identity column has no values left: the next is no BIGINT."));
}

void FailRow(DataChunk &args, ExpressionState &, Vector &result) {
    result.SetVectorType(VectorType::FLAT_VECTOR);
    if (args.size() > 0) throw InvalidInputException(args.data[0].GetValue(0).ToString());
}

}  // namespace

bool IdentityCounter::Take(int64_t *values, size_t count) {
    int64_t from = taken_.fetch_add(static_cast<int64_t>(count));
    for (size_t i = 0; i < count; i++) {
        int64_t offset = 0;
        if (__builtin_mul_overflow(from + static_cast<int64_t>(i), step_, &offset)) return false;
        if (__builtin_add_overflow(first_, offset, &values[i])) return false;
    }
    return true;
}

std::optional<int64_t> IdentityCounter::Last() const {
    int64_t taken = taken_;
    if (taken == 0) return std::nullopt;
    return first_ + (taken - 1) * step_;
}

void RegisterWriteFunctions(DatabaseInstance &db, IdentityCounters &counters) {
    ScalarFunction next("tarn_identity", {LogicalType::UBIGINT}, LogicalType::BIGINT, NextIdentity);
    ScalarFunction fail("tarn_fail", {LogicalType::VARCHAR}, LogicalType::BOOLEAN, FailRow);
    next.SetExtraFunctionInfo(make_shared_ptr<IdentityInfo>(counters));
    ExtensionLoader loader(db, "tarn");
    for (ScalarFunction *function : {&next, &fail}) {
        // Never folded, and never moved to rows that the statement does not write: what is not fallible is computed before
        // the filter that takes out rows which a MERGE deletes.
        function->SetVolatile();
        function->SetFallible();
        function->SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
        loader.RegisterFunction(*function);
    }
}

}  // namespace tarn::engine
