// ai/records.h: rows of system.ai.usage and system.ai.cache.
#pragma once

#include <cstdint>
#include <string>

namespace tarn::ai {

// What was asked and what it cost. Calls to an endpoint have a row each; answers that cost nothing (cached, or of the local
// models) have one row for each statement and function.
struct UsageRow {
    int64_t at_ms = 0;     // Since 1970.
    std::string function;  // "ai_summarize"
    std::string endpoint;  // "local": none
    std::string model;
    int64_t calls = 1;
    int64_t tokens_in = 0, tokens_out = 0;
    bool cached = false;
    int64_t cost_nano_usd = 0;
    int64_t latency_ms = 0;  // With retries and waiting between them.
    std::string caller;      // "user", "dashboard", "pipeline", …
    std::string error;       // Empty: none.
};

struct CacheRow {
    std::string key;  // Hex.
    std::string kind, function, model, prompt_version, parameters, input, answer;
    int64_t tokens_in = 0, tokens_out = 0;
    int64_t cost_nano_usd = 0;  // When it was asked.
    int64_t created_at_ms = 0;
};

}  // namespace tarn::ai
