// Functions that ask models. What they mean is the engine's business: it takes their arguments apart, also those with names.
#include "sql/internal/function_tables.h"

namespace tarn::sql {
namespace {

using enum FunctionKind;

Result<std::string> AskContext(const CallContext &call) { return call.renderer.context().RenderFunction(call.call, call.args, call.position); }

constexpr FunctionSpec kFunctions[] = {
    {"ai_analyze_sentiment", 1, 2, kScalar, "", "", AskContext},
    {"ai_classify", 2, 3, kScalar, "", "", AskContext},
    {"ai_extract", 2, 3, kScalar, "", "", AskContext},
    {"ai_fix_grammar", 1, 2, kScalar, "", "", AskContext},
    {"ai_gen", 1, 2, kScalar, "", "", AskContext},
    {"ai_keywords", 1, 3, kScalar, "", "", AskContext},
    {"ai_mask", 2, 3, kScalar, "", "", AskContext},
    {"ai_query", 2, 7, kScalar, "", "", AskContext},
    {"ai_similarity", 2, 3, kScalar, "", "", AskContext},
    {"ai_summarize", 1, 3, kScalar, "", "", AskContext},
    {"ai_translate", 2, 3, kScalar, "", "", AskContext},
};

}  // namespace

std::span<const FunctionSpec> AiFunctions() { return kFunctions; }

}  // namespace tarn::sql
