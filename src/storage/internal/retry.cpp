#include "storage/internal/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace tarn::storage {

Verdict JudgeStatus(int status, std::string_view code) {
    // Sent before the request is looked at.
    if (status == 429 || code == "SlowDown" || code == "ServiceUnavailable" || code == "Throttling" || code == "RequestTimeout" ||
        code == "OperationAborted" || code == "ConditionalRequestConflict") {
        return Verdict::kRefused;
    }
    if (status == 408 || status >= 500) return status == 501 ? Verdict::kDone : Verdict::kUnknown;
    return Verdict::kDone;
}

int64_t BackoffMs(const RetryPolicy &policy, int attempt, double dice, int64_t retry_after_ms) {
    int64_t most = std::min(policy.base_ms << std::min(attempt, 20), policy.longest_ms);
    auto jitter = static_cast<int64_t>(dice * static_cast<double>(most));
    return std::max(jitter, std::min(retry_after_ms, policy.longest_wait_ms));
}

int64_t ParseTime(std::string_view text) {
    std::string copy(text);
    std::tm parts{};
    const char *end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr) {
        parts = {};
        end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
        // A fraction of a second is dropped: Last-Modified headers have none, and both must give one time.
        if (end == nullptr || (*end != 'Z' && *end != '.' && *end != '+')) return -1;
    }
    return timegm(&parts);
}

int64_t RetryAfterMs(std::string_view header, int64_t now_s) {
    int64_t seconds = 0;
    auto [end, failed] = std::from_chars(header.data(), header.data() + header.size(), seconds);
    if (failed == std::errc() && end == header.data() + header.size()) {
        return std::clamp<int64_t>(seconds, 0, 86'400) * 1000;
    }
    int64_t then = ParseTime(header);
    return then > now_s ? std::min<int64_t>(then - now_s, 86'400) * 1000 : 0;
}

}  // namespace tarn::storage
