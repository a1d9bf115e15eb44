// engine/internal/ai_settings.h: `ai:` in ROOT/tarn.yml.
//
//   ai:
//     endpoints:
//       default:
//         base_url: https://api.openai.com/v1
//         model: gpt-4o-mini
//         embedding_model: text-embedding-3-small
//         api_key: openai/key        # a secret, scope/key; never the key itself
//         parallel: 8                # also timeout_seconds, max_retries, max_output_tokens, structured_output
//     budget: {query: 5, day: 5, project: 5}                 # USD
//     prices: {my-model: {input: 0.5, output: 1.5}}          # USD for a million tokens
#pragma once

#include <string>

#include "ai/settings.h"

namespace YAML {
class Node;
}

namespace tarn::engine {

// Errors: INVALID_PARAMETER_VALUE, with the file and what it may say. Throws what yaml-cpp throws.
Result<ai::Settings> ReadAiSettings(const std::string &file, const YAML::Node &node);

}  // namespace tarn::engine
