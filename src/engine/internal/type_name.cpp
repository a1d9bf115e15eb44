#include "engine/internal/type_name.h"

#include "engine/internal/types.h"

#include "duckdb/main/extension/extension_loader.hpp"

namespace tarn::engine {
namespace {

void TypeName(duckdb::DataChunk &args, duckdb::ExpressionState &, duckdb::Vector &result) {
    result.Reference(duckdb::Value(FromLogicalType(args.data[0].GetType()).ToString()));
}

}  // namespace

void RegisterTypeName(duckdb::DatabaseInstance &db) {
    duckdb::ScalarFunction function("tarn_typeof", {duckdb::LogicalType::ANY}, duckdb::LogicalType::VARCHAR, TypeName);
    function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    duckdb::ExtensionLoader(db, "tarn").RegisterFunction(function);
}

}  // namespace tarn::engine
