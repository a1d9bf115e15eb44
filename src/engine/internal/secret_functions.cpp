#include "engine/internal/secret_functions.h"

#include "engine/internal/duck_error.h"
#include "sql/render.h"

#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

struct SecretInfo final : ScalarFunctionInfo {
    SecretInfo(secrets::SecretStore &store, bool lenient) : store(store), lenient(lenient) {}
    secrets::SecretStore &store;
    bool lenient;
};

[[noreturn]] void Refuse(const char *reason, const std::string &message, const std::string &remedy = {}) {
    Error error = MakeError(ErrorKind::kInvalidInput, std::string("INVALID_SECRET_LOOKUP.SECRET_FUNCTION_") + reason, message);
    error.remedy = remedy;
    ThrowThroughDuckDB(error);
}

unique_ptr<FunctionData> BindSecret(ClientContext &, ScalarFunction &, vector<unique_ptr<Expression>> &arguments) {
    if (!arguments[0]->IsFoldable()) Refuse("SCOPE_NOT_CONSTANT", "The scope of a secret must be a constant string.");
    if (!arguments[1]->IsFoldable()) Refuse("KEY_NOT_CONSTANT", "The key of a secret must be a constant string.");
    return nullptr;
}

void GiveSecret(DataChunk &args, ExpressionState &state, Vector &result) {
    result.SetVectorType(VectorType::CONSTANT_VECTOR);
    if (args.size() == 0) return;
    auto &info = state.expr.Cast<BoundFunctionExpression>().function.GetExtraFunctionInfo().Cast<SecretInfo>();
    Value scope = args.data[0].GetValue(0), key = args.data[1].GetValue(0);
    Result<std::optional<std::string>> value = std::nullopt;
    if (!scope.IsNull() && !key.IsNull()) value = info.store.Get(StringValue::Get(scope), StringValue::Get(key));
    if (!value) ThrowThroughDuckDB(value.error());  // Also for try_secret: a wrong key is no missing secret.
    if (*value) {
        result.Reference(Value(**value));
    } else if (info.lenient) {
        result.Reference(Value(LogicalType::VARCHAR));
    } else {
        Refuse("LOOKUP_FAILED", "The key " + key.ToString() + " cannot be found within the secret scope " + scope.ToString() + ".",
               "SELECT * FROM list_secrets() shows what there is; `tarn secret put` adds one; try_secret gives NULL instead.");
    }
}

}  // namespace

void RegisterSecretFunctions(DatabaseInstance &db, secrets::SecretStore &store) {
    ExtensionLoader loader(db, "tarn");
    for (bool lenient : {false, true}) {
        ScalarFunction function(lenient ? "tarn_try_secret" : "tarn_secret", {LogicalType::VARCHAR, LogicalType::VARCHAR}, LogicalType::VARCHAR, GiveSecret, BindSecret);
        // Folded, the value would stand in the plan.
        function.SetVolatile();
        function.SetFallible();
        function.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
        function.SetExtraFunctionInfo(make_shared_ptr<SecretInfo>(store, lenient));
        loader.RegisterFunction(function);
    }
}

Result<std::string> ListOfSecrets(secrets::SecretStore &store) {
    TARN_TRY(auto entries, store.List(""));
    std::string rows = "('', '')";
    for (const secrets::SecretEntry &entry : entries) rows += ", (" + sql::QuoteLiteral(entry.scope) + ", " + sql::QuoteLiteral(entry.key) + ")";
    return "(SELECT * FROM (VALUES " + rows + ") AS entries(scope, key) WHERE scope <> '')";
}

}  // namespace tarn::engine
