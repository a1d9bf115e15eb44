// ai/settings.h: which models are asked, at what price, and how much may be spent.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tarn::ai {

// Money is counted in whole billionths of a dollar, so that sums are exact. A cost is rounded up.
using NanoUsd = int64_t;
inline constexpr double kNanoPerUsd = 1e9;

struct Price {
    double input = 0;   // USD for a million tokens.
    double output = 0;
};

// One server that speaks OpenAI's protocol: POST base_url/chat/completions and base_url/embeddings.
struct EndpointSettings {
    std::string name;
    std::string base_url;         // "https://api.openai.com/v1"; no trailing slash.
    std::string model;
    std::string embedding_model;  // Empty: the endpoint gives no embeddings.
    std::string secret_scope, secret_key;  // Where the API key is kept; empty: it wants none.
    int parallel = 8;             // Calls at a time, of this process.
    int timeout_s = 60;           // For one try.
    int max_retries = 5;          // After the first try.
    int max_output_tokens = 1024; // Where a function does not say.
    bool structured_output = true;  // Takes response_format: json_schema.
};

struct Budget {
    double query = 5, day = 5, project = 5;  // USD. A day is UTC's; the project is the root, since it was made.
};

struct Settings {
    std::map<std::string, EndpointSettings> endpoints;  // "default" answers the task functions.
    Budget budget;
    std::map<std::string, Price> prices;  // By model; these win over the built-in ones.
};

// Errors: INVALID_PARAMETER_VALUE for a URL that is none, or that would carry the key unencrypted past this machine.
Result<void> Check(const EndpointSettings &endpoint);

// What a model costs: `prices` first, then the built-in table, where a dated name (gpt-4o-2024-08-06) means its family.
// nullopt: nobody knows.
std::optional<Price> PriceOf(const std::map<std::string, Price> &prices, std::string_view model);
// The same; an unknown model is refused, because no budget could be kept. Errors: INVALID_PARAMETER_VALUE, with what to write.
Result<Price> NeedPrice(const std::map<std::string, Price> &prices, std::string_view model);

NanoUsd CostOf(const Price &price, int64_t tokens_in, int64_t tokens_out);

}  // namespace tarn::ai
