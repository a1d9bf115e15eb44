#include "engine/internal/raise.h"

#include "duckdb/main/extension/extension_loader.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

void Raise(DataChunk &args, ExpressionState &, Vector &result) {
    // Branches of CASE are computed for their own rows only: no rows, no error.
    if (args.size() == 0) return;
    Value message = args.data[0].GetValue(0);
    throw InvalidInputException(message.IsNull() ? std::string() : message.GetValue<std::string>());
}

}  // namespace

// Unlike DuckDB's error() it is no side effect: `a / b AS ratio, ratio * 2` may name the ratio, and filters above a division
// are still pushed down. Fallible: it is not moved out of the branch that guards it.
void RegisterRaise(DatabaseInstance &db) {
    ScalarFunction raise("spark_raise", {LogicalType::VARCHAR}, LogicalType::SQLNULL, Raise);
    raise.SetFallible();
    raise.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
    ExtensionLoader(db, "tarn").RegisterFunction(raise);
}

}  // namespace tarn::engine
