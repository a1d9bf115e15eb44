// storage/internal/retry.h: whether a request is sent again, and when.
//
// Pure functions: dice and clocks are the caller's.
#pragma once

#include <cstdint>
#include <string_view>

namespace tarn::storage {

struct RetryPolicy {
    int attempts = 6;              // In all.
    int64_t base_ms = 100;
    int64_t longest_ms = 10'000;
    int64_t longest_wait_ms = 60'000;  // What a server may ask for at most.
};

// What an answer says about the request: `code` is S3's error code, or "".
enum class Verdict : uint8_t {
    kDone,      // Success, or an error that sending again cannot change.
    kRefused,   // Not carried out; may be sent again.
    kUnknown,   // May have been carried out; may be sent again if that does no harm.
};
Verdict JudgeStatus(int status, std::string_view code);

// Full jitter: evenly between 0 and base * 2^attempt (at most longest_ms). `attempt` counts failures from 0; `dice` is a
// random number in [0, 1). What the server asks for in Retry-After is the least.
int64_t BackoffMs(const RetryPolicy &policy, int attempt, double dice, int64_t retry_after_ms);

// "120" or an HTTP date -> milliseconds from `now_s` (seconds since 1970); 0 when there is none or it has passed.
int64_t RetryAfterMs(std::string_view header, int64_t now_s);

// "Wed, 21 Oct 2015 07:28:00 GMT" and "2015-10-21T07:28:00.000Z" -> seconds since 1970; -1: neither.
int64_t ParseTime(std::string_view text);

}  // namespace tarn::storage
