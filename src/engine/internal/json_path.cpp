#include "engine/internal/json_path.h"

#include "base/json_path.h"
#include "extjson/path.h"

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using Path = std::vector<PathStep>;
using Kind = PathStep::Kind;

Path PathOf(duckdb::ClientContext &context, duckdb::Expression &argument) {
    if (!argument.IsFoldable()) throw duckdb::BinderException("tarn_json_path: the path must be a constant");
    duckdb::Value text = duckdb::ExpressionExecutor::EvaluateScalar(context, argument);
    std::optional<Path> path = text.IsNull() ? std::nullopt : ParsePathText(text.ToString());
    if (!path) throw duckdb::BinderException("tarn_json_path: '%s' is no path", text.ToString());
    return *std::move(path);
}

// ---- JSON text

struct PathData final : duckdb::FunctionData {
    Path path;
    duckdb::unique_ptr<duckdb::FunctionData> Copy() const override {
        auto copy = duckdb::make_uniq<PathData>();
        copy->path = path;
        return copy;
    }
    bool Equals(const duckdb::FunctionData &other) const override { return PathText(path) == PathText(other.Cast<PathData>().path); }
};

duckdb::unique_ptr<duckdb::FunctionData> BindPath(duckdb::ClientContext &context, duckdb::ScalarFunction &,
                                                  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> &arguments) {
    auto data = duckdb::make_uniq<PathData>();
    data->path = PathOf(context, *arguments[1]);
    return data;
}

void ExtractTexts(duckdb::DataChunk &args, duckdb::ExpressionState &state, duckdb::Vector &result) {
    const Path &path = state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<PathData>().path;
    duckdb::UnaryExecutor::ExecuteWithNulls<duckdb::string_t, duckdb::string_t>(
        args.data[0], result, args.size(), [&](duckdb::string_t json, duckdb::ValidityMask &valid, duckdb::idx_t row) {
            std::optional<std::string> text = extjson::ExtractPath({json.GetData(), json.GetSize()}, path);
            if (text) return duckdb::StringVector::AddString(result, *text);
            valid.SetInvalid(row);
            return duckdb::string_t();
        });
}

// ---- VARIANT

// The same as a call of DuckDB's variant_extract for each step.
duckdb::unique_ptr<duckdb::Expression> BindVariantPath(duckdb::FunctionBindExpressionInput &input) {
    duckdb::unique_ptr<duckdb::Expression> value = input.children[0]->Copy();
    for (const PathStep &step : PathOf(input.context, *input.children[1])) {
        if (step.kind == Kind::kAll) {
            throw duckdb::BinderException("[INVALID_VARIANT_GET_PATH] A path into a VARIANT has no [*]: use variant_explode, or an index.");
        }
        // DuckDB counts from 1.
        duckdb::Value key = step.kind == Kind::kIndex ? duckdb::Value::UINTEGER(step.index + 1) : duckdb::Value(step.name);
        duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> arguments;
        arguments.push_back(std::move(value));
        arguments.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(key)));
        duckdb::ErrorData error;
        value = duckdb::FunctionBinder(input.context).BindScalarFunction(DEFAULT_SCHEMA, "variant_extract", std::move(arguments), error);
        if (!value) error.Throw();
    }
    return value;
}

}  // namespace

void RegisterJsonPath(duckdb::DatabaseInstance &db) {
    using duckdb::LogicalType;
    duckdb::ScalarFunctionSet set("tarn_json_path");
    set.AddFunction(duckdb::ScalarFunction({LogicalType::VARCHAR, LogicalType::VARCHAR}, LogicalType::VARCHAR, ExtractTexts, BindPath));
    duckdb::ScalarFunction variant({LogicalType::VARIANT(), LogicalType::VARCHAR}, LogicalType::VARIANT(), nullptr);
    variant.SetBindExpressionCallback(BindVariantPath);
    set.AddFunction(variant);
    duckdb::ExtensionLoader(db, "tarn").RegisterFunction(set);
}

}  // namespace tarn::engine
