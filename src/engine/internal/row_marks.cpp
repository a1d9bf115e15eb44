#include "engine/internal/row_marks.h"

#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

struct MarkInfo final : ScalarFunctionInfo {
    explicit MarkInfo(RowMarkers &markers) : markers(markers) {}
    RowMarkers &markers;
};

struct CountInfo final : ScalarFunctionInfo {
    explicit CountInfo(RowCounters &counters) : counters(counters) {}
    RowCounters &counters;
};

void CountRows(DataChunk &args, ExpressionState &state, Vector &result) {
    result.Reference(Value::BOOLEAN(true));
    if (args.size() == 0) return;
    auto &function = state.expr.Cast<BoundFunctionExpression>().function;
    auto counter = function.GetExtraFunctionInfo().Cast<CountInfo>().counters.Find(args.data[0].GetValue(0).GetValue<uint64_t>());
    if (!counter) throw InternalException("tarn_count: unknown handle");
    *counter += static_cast<int64_t>(args.size());
}

void MarkRows(DataChunk &args, ExpressionState &state, Vector &result) {
    idx_t rows = args.size();
    result.SetVectorType(VectorType::FLAT_VECTOR);
    if (rows == 0) return;
    auto &function = state.expr.Cast<BoundFunctionExpression>().function;
    auto marks = function.GetExtraFunctionInfo().Cast<MarkInfo>().markers.Find(args.data[0].GetValue(0).GetValue<uint64_t>());
    if (!marks) throw InternalException("tarn_mark: unknown handle");
    UnifiedVectorFormat actions, files, positions;
    args.data[1].ToUnifiedFormat(rows, actions);
    args.data[2].ToUnifiedFormat(rows, files);
    args.data[3].ToUnifiedFormat(rows, positions);
    auto keep = FlatVector::GetData<bool>(result);
    std::vector<RowMarks::Mark> found;
    found.reserve(rows);
    for (idx_t i = 0; i < rows; i++) {
        idx_t at = actions.sel->get_index(i);
        keep[i] = false;
        if (!actions.validity.RowIsValid(at)) {
            idx_t file = files.sel->get_index(i);
            if (!marks->notes_reads() || !files.validity.RowIsValid(file)) continue;
            found.push_back({RowMarks::kRead, UnifiedVectorFormat::GetData<uint64_t>(files)[file],
                             UnifiedVectorFormat::GetData<uint64_t>(positions)[positions.sel->get_index(i)]});
            continue;
        }
        RowMarks::Mark mark{UnifiedVectorFormat::GetData<uint32_t>(actions)[at], 0, 0};
        if (mark.action >= marks->effects().size()) throw InternalException("tarn_mark: unknown action");
        RowEffect effect = marks->effects()[mark.action];
        keep[i] = effect != RowEffect::kDelete;
        if (effect != RowEffect::kInsert) {
            mark.file = UnifiedVectorFormat::GetData<uint64_t>(files)[files.sel->get_index(i)];
            mark.row = UnifiedVectorFormat::GetData<uint64_t>(positions)[positions.sel->get_index(i)];
        }
        found.push_back(mark);
    }
    marks->Add(found);
}

}  // namespace

void RowMarks::Add(const std::vector<Mark> &marks) {
    std::lock_guard lock(mutex_);
    delta::DeletionVector *vector = nullptr;
    uint64_t file = 0;
    for (const Mark &mark : marks) {
        if (mark.action == kRead) {
            reads_[mark.file].Add(mark.row);
            continue;
        }
        counts_[mark.action]++;
        if (effects_[mark.action] == RowEffect::kInsert) continue;
        if (!vector || file != mark.file) vector = &rows_[file = mark.file];
        vector->Add(mark.row);
        if (keep_updates_ && effects_[mark.action] == RowEffect::kUpdate) updated_rows_[mark.file].Add(mark.row);
    }
}

int64_t RowMarks::Count(RowEffect effect) const {
    int64_t count = 0;
    for (size_t i = 0; i < effects_.size(); i++) count += effects_[i] == effect ? counts_[i] : 0;
    return count;
}

int64_t RowMarks::DistinctRows() const {
    int64_t count = 0;
    for (auto &[file, rows] : rows_) count += static_cast<int64_t>(rows.Cardinality());
    return count;
}

void RegisterRowMarks(DatabaseInstance &db, RowMarkers &markers, RowCounters &counters) {
    ScalarFunction mark("tarn_mark", {LogicalType::UBIGINT, LogicalType::UINTEGER, LogicalType::UBIGINT, LogicalType::UBIGINT},
                        LogicalType::BOOLEAN, MarkRows);
    // Noting is a side effect: never folded or duplicated, called for NULLs too; fallible pins its place in the plan.
    mark.SetVolatile();
    mark.SetFallible();
    mark.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
    mark.SetExtraFunctionInfo(make_shared_ptr<MarkInfo>(markers));
    ExtensionLoader(db, "tarn").RegisterFunction(mark);
    ScalarFunction count("tarn_count", {LogicalType::UBIGINT}, LogicalType::BOOLEAN, CountRows);
    count.SetVolatile();
    count.SetExtraFunctionInfo(make_shared_ptr<CountInfo>(counters));
    ExtensionLoader(db, "tarn").RegisterFunction(count);
}

}  // namespace tarn::engine
