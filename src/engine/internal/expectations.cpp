#include "engine/internal/expectations.h"

#include "engine/internal/duck_error.h"

#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

struct ExpectInfo final : ScalarFunctionInfo {
    explicit ExpectInfo(ExpectationCounters &counters) : counters(counters) {}
    ExpectationCounters &counters;
};

// The counter that the first argument names. There is at least one row.
std::shared_ptr<ExpectationCounter> CounterOf(DataChunk &args, ExpressionState &state) {
    auto &function = state.expr.Cast<BoundFunctionExpression>().function;
    auto &counters = function.GetExtraFunctionInfo().Cast<ExpectInfo>().counters;
    auto counter = counters.Find(args.data[0].GetValue(0).GetValue<uint64_t>());
    if (!counter) throw InternalException("%s: unknown handle", function.GetName());
    return counter;
}

void Key(DataChunk &args, ExpressionState &state, Vector &result) {
    idx_t rows = args.size();
    if (rows == 0) return;
    auto counter = CounterOf(args, state);
    args.data[1].Flatten(rows);
    counter->keys().Add(FlatVector::GetData<uint64_t>(args.data[1]), rows);
    result.Reference(Value::BOOLEAN(true));
}

void Expect(DataChunk &args, ExpressionState &state, Vector &result) {
    idx_t rows = args.size();
    result.SetVectorType(VectorType::FLAT_VECTOR);
    auto keep = FlatVector::GetData<bool>(result);
    if (rows == 0) return;
    auto counter = CounterOf(args, state);
    for (idx_t i = 0; i < rows; i++) keep[i] = true;
    auto &rules = counter->rules();
    std::vector<int64_t> passed(rules.size());
    for (size_t rule = 0; rule < rules.size(); rule++) {
        UnifiedVectorFormat format;
        args.data[rule + 1].ToUnifiedFormat(rows, format);
        auto values = UnifiedVectorFormat::GetData<bool>(format);
        for (idx_t i = 0; i < rows; i++) {
            idx_t at = format.sel->get_index(i);
            bool holds = format.validity.RowIsValid(at) && values[at];
            passed[rule] += holds;
            if (holds || rules[rule].on_violation == sql::Violation::kKeep) continue;
            if (rules[rule].on_violation == sql::Violation::kFailUpdate) {
                ThrowThroughDuckDB(MakeError(ErrorKind::kInvalidInput, "EXPECTATION_FAILED",
                                             "A row breaks the expectation `" + rules[rule].name + "` (" + rules[rule].text +
                                                 "), which is ON VIOLATION FAIL UPDATE. The table was not changed."));
            }
            keep[i] = false;
        }
    }
    int64_t dropped = 0;
    for (idx_t i = 0; i < rows; i++) dropped += !keep[i];
    counter->Add(static_cast<int64_t>(rows), dropped, passed);
}

}  // namespace

void ExpectationCounter::Add(int64_t rows, int64_t dropped, const std::vector<int64_t> &passed) {
    rows_ += rows;
    dropped_ += dropped;
    for (size_t i = 0; i < passed.size(); i++) passed_[i] += passed[i];
}

std::vector<ExpectationCount> ExpectationCounter::Counts() const {
    std::vector<ExpectationCount> counts;
    for (size_t i = 0; i < rules_.size(); i++) counts.push_back({rules_[i].name, passed_[i], rows_ - passed_[i]});
    return counts;
}

void RegisterExpectations(DatabaseInstance &db, ExpectationCounters &counters) {
    ScalarFunction expect("tarn_expect", {LogicalType::UBIGINT}, LogicalType::BOOLEAN, Expect);
    expect.varargs = LogicalType::BOOLEAN;
    ScalarFunction key("tarn_key", {LogicalType::UBIGINT, LogicalType::UBIGINT}, LogicalType::BOOLEAN, Key);
    ExtensionLoader loader(db, "tarn");
    for (ScalarFunction *function : {&expect, &key}) {
        // Counting is a side effect: never folded, never duplicated, called for NULLs too. Fallible: only for rows that all filters let through.
        function->SetVolatile();
        function->SetFallible();
        function->SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
        function->SetExtraFunctionInfo(make_shared_ptr<ExpectInfo>(counters));
        loader.RegisterFunction(*function);
    }
}

}  // namespace tarn::engine
