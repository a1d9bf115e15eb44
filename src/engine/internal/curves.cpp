#include "engine/internal/curves.h"

#include <algorithm>

#include "engine/internal/duck_error.h"
#include "engine/internal/duck_run.h"
#include "sql/render.h"

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

constexpr uint32_t kMaxBits = 10;        // 1024 ranges a column.
constexpr int kSampledRows = 65536;

// ---- tarn_range

template <class T>
struct RangeBounds final : FunctionData {
    std::vector<T> bounds;
    unique_ptr<FunctionData> Copy() const override {
        auto copy = make_uniq<RangeBounds>();
        copy->bounds = bounds;
        return copy;
    }
    bool Equals(const FunctionData &other) const override { return bounds == other.Cast<RangeBounds>().bounds; }
};

template <class T>
unique_ptr<FunctionData> BindRange(ClientContext &context, ScalarFunction &, duckdb::vector<unique_ptr<Expression>> &arguments) {
    auto data = make_uniq<RangeBounds<T>>();
    Value list = ExpressionExecutor::EvaluateScalar(context, *arguments[1]);
    if (!list.IsNull()) {
        for (auto &bound : ListValue::GetChildren(list)) data->bounds.push_back(bound.GetValue<T>());
    }
    return data;
}

template <class Native, class T>
void Range(DataChunk &args, ExpressionState &state, Vector &result) {
    auto &bounds = state.expr.Cast<BoundFunctionExpression>().bind_info->Cast<RangeBounds<T>>().bounds;
    UnifiedVectorFormat format;
    args.data[0].ToUnifiedFormat(args.size(), format);
    auto values = UnifiedVectorFormat::GetData<Native>(format);
    result.SetVectorType(VectorType::FLAT_VECTOR);
    auto out = FlatVector::GetData<uint32_t>(result);
    for (idx_t row = 0; row < args.size(); row++) {
        idx_t at = format.sel->get_index(row);
        if (!format.validity.RowIsValid(at)) {
            out[row] = 0;
            continue;
        }
        if constexpr (std::is_same_v<Native, string_t>) {
            std::string_view value(values[at].GetData(), values[at].GetSize());
            out[row] = static_cast<uint32_t>(std::upper_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
        } else {
            out[row] = static_cast<uint32_t>(std::upper_bound(bounds.begin(), bounds.end(), values[at]) - bounds.begin());
        }
    }
}

// ---- tarn_zorder, tarn_hilbert

template <bool hilbert>
void Place(DataChunk &args, ExpressionState &, Vector &result) {
    args.Flatten();
    auto bits = FlatVector::GetData<uint32_t>(args.data[0]);
    result.SetVectorType(VectorType::FLAT_VECTOR);
    auto out = FlatVector::GetData<uint64_t>(result);
    std::vector<uint32_t> point(args.ColumnCount() - 1);
    for (idx_t row = 0; row < args.size(); row++) {
        for (idx_t i = 0; i < point.size(); i++) point[i] = FlatVector::GetData<uint32_t>(args.data[i + 1])[row];
        out[row] = hilbert ? HilbertOf(point, bits[row]) : ZOrderOf(point, bits[row]);
    }
}

// The leaf's value as text or as a number that grows with it.
std::string Coordinate(const DataType &schema, const delta::ColumnPath &path, bool *text) {
    const DataType *type = &schema;
    std::string value;
    for (const std::string &name : path) {
        const Field *field = type->FindField(name);
        TARN_ASSERT(field != nullptr);
        value = value.empty() ? sql::QuoteIdentifier(field->name) : "struct_extract(" + value + ", " + sql::QuoteLiteral(field->name) + ")";
        type = &field->type;
    }
    *text = type->kind == TypeKind::kString;
    if (*text) return value;
    bool time = type->kind == TypeKind::kTimestamp || type->kind == TypeKind::kTimestampNtz || type->kind == TypeKind::kDate;
    if (time) return "CAST(epoch_us(" + value + ") AS DOUBLE)";
    if (type->kind == TypeKind::kBoolean) return "CAST(CAST(" + value + " AS INTEGER) AS DOUBLE)";
    return "CAST(" + value + " AS DOUBLE)";
}

std::string BoundsText(const Value &list, bool text) {
    std::string out = "[";
    const Value *last = nullptr;
    if (!list.IsNull()) {
        for (auto &bound : ListValue::GetChildren(list)) {
            if (bound.IsNull() || (last && *last == bound)) continue;
            last = &bound;
            out += (out.size() > 1 ? ", " : "") + (text ? sql::QuoteLiteral(bound.ToString()) : "CAST('" + bound.ToString() + "' AS DOUBLE)");
        }
    }
    return "CAST(" + out + "] AS " + (text ? "VARCHAR[])" : "DOUBLE[])");
}

}  // namespace

bool HasRanges(const DataType &type) {
    return type.IsNumeric() || type.kind == TypeKind::kString || type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp ||
           type.kind == TypeKind::kTimestampNtz || type.kind == TypeKind::kBoolean;
}

void RegisterCurves(DatabaseInstance &db) {
    ExtensionLoader loader(db, "tarn");
    auto add = [&](ScalarFunction function) {
        function.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
        loader.RegisterFunction(function);
    };
    ScalarFunctionSet range("tarn_range");
    ScalarFunction numbers({LogicalType::DOUBLE, LogicalType::LIST(LogicalType::DOUBLE)}, LogicalType::UINTEGER, Range<double, double>, BindRange<double>);
    ScalarFunction texts({LogicalType::VARCHAR, LogicalType::LIST(LogicalType::VARCHAR)}, LogicalType::UINTEGER, Range<string_t, std::string>,
                         BindRange<std::string>);
    for (ScalarFunction *function : {&numbers, &texts}) {
        function->SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
        range.AddFunction(*function);
    }
    loader.RegisterFunction(range);
    for (bool hilbert : {false, true}) {
        ScalarFunction place(hilbert ? "tarn_hilbert" : "tarn_zorder", {LogicalType::UINTEGER}, LogicalType::UBIGINT,
                             hilbert ? Place<true> : Place<false>);
        place.varargs = LogicalType::UINTEGER;
        add(std::move(place));
    }
}

Result<std::string> CurveOrder(SessionState &session, Curve curve, const DataType &schema,
                               const std::vector<delta::ColumnPath> &columns, const std::string &from) {
    std::vector<std::string> values;
    std::vector<bool> texts;
    for (const delta::ColumnPath &path : columns) {
        bool text = false;
        values.push_back(Coordinate(schema, path, &text));
        texts.push_back(text);
    }
    if (values.size() == 1) return values[0];  // A curve through one dimension is its order.
    uint32_t bits = std::min<uint32_t>(kMaxBits, 64 / static_cast<uint32_t>(values.size()));
    bits = std::max(bits, 1u);
    size_t used = std::min<size_t>(values.size(), 64);
    int ranges = 1 << bits;
    std::string steps;
    for (int i = 1; i < ranges; i++) steps += (i > 1 ? ", " : "") + std::to_string(static_cast<double>(i) / ranges);
    std::string wanted, sampled;
    for (size_t i = 0; i < used; i++) {
        std::string name = "x" + std::to_string(i);
        sampled += (i > 0 ? ", " : "") + values[i] + " AS " + name;
        wanted += (i > 0 ? ", " : "") + ("quantile_disc(" + name + ", [" + steps + "])");
    }
    TARN_TRY(auto bounds, RunToEnd(session.connection, "SELECT " + wanted + " FROM (SELECT " + sampled + " FROM " + from +
                                                           " USING SAMPLE reservoir(" + std::to_string(kSampledRows) + " ROWS))"));
    std::string order = std::string(curve == Curve::kHilbert ? "tarn_hilbert" : "tarn_zorder") + "(" + std::to_string(bits);
    for (size_t i = 0; i < used; i++) order += ", tarn_range(" + values[i] + ", " + BoundsText(bounds->GetValue(i, 0), texts[i]) + ")";
    return order + ")";
}

}  // namespace tarn::engine
