// ai/internal/client.h: one exchange with a server that speaks OpenAI's protocol, with retries.
//
// Tried again: 408, 409, 429 (not insufficient_quota), 5xx, and exchanges that broke. The pause before the next try is what the
// server asks for (Retry-After, retry-after-ms, x-ratelimit-reset-…), else doubles from half a second with jitter. A server
// that says its limit is reached holds back all calls to it.
// TLS is verified; redirects are not followed. The key stands in a header and nowhere else.
// Threads: any.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "ai/question.h"
#include "ai/settings.h"
#include "storage/http.h"

namespace tarn::ai {

// When the next call to one server may start, whoever makes it.
class Pace {
public:
    using Clock = std::chrono::steady_clock;
    Clock::time_point not_before();
    void HoldUntil(Clock::time_point when);

private:
    std::mutex mutex_;
    Clock::time_point not_before_ = Clock::time_point::min();
};

struct ModelAnswer {
    // For each question its text, or the floats of an embedding, four bytes each; or why it cannot be used although it was paid for.
    std::vector<Result<std::string>> texts;
    bool counted = false;    // Whether the server said how many tokens it took; else they are estimated.
    int64_t tokens_in = 0, tokens_out = 0;  // Of all together.
};

class Client {
public:
    // `transport`: tests put a script here.
    explicit Client(storage::HttpTransport transport = storage::CurlExchange) : transport_(std::move(transport)) {}

    // One exchange for one question to a chat model, or for any number of texts to embed. REQUIRES: all of one kind.
    // `stop`: asked while waiting; true ends the exchange with OPERATION_CANCELED.
    // Errors: AI_FUNCTION_HTTP_REQUEST_ERROR, AI_FUNCTION_INVALID_HTTP_RESPONSE. `key` never stands in one.
    Result<ModelAnswer> Ask(const EndpointSettings &endpoint, const std::string &key, const std::vector<const Question *> &questions, Pace &pace, const std::function<bool()> &stop) const;

private:
    storage::HttpTransport transport_;
};

// The longest that Ask can take, in seconds: with all retries and their pauses.
int64_t LongestAsk(const EndpointSettings &endpoint);
// No text has more tokens than bytes; the fences and the protocol add some.
int64_t MostTokensIn(const Question &question);
int MostTokensOut(const EndpointSettings &endpoint, const Question &question);
// "1.5", "6m0s", "120ms", or a date; milliseconds from now. nullopt: none of these.
std::optional<int64_t> PauseMs(std::string_view text);

}  // namespace tarn::ai
