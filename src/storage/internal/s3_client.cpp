#include "storage/internal/s3_client.h"

#include <chrono>
#include <random>
#include <thread>

#include "storage/internal/retry.h"
#include "storage/internal/xml.h"

namespace tarn::storage {
namespace {

struct S3Fault {
    std::string code, message;
};

S3Fault FaultIn(const HttpResponse &response) {
    if (response.body.empty()) return {};
    Result<XmlElement> xml = ParseXml(response.body);
    if (!xml || xml->name != "Error") return {};
    return {std::string(xml->TextOf("Code")), std::string(xml->TextOf("Message"))};
}

bool IsExpired(const S3Fault &fault) {
    return fault.code == "ExpiredToken" || fault.code == "TokenRefreshRequired" || fault.code == "InvalidToken";
}

Error Exhausted(const S3Call &call, int attempts, bool uncertain, const std::string &why) {
    bool unknown = call.changes && uncertain;
    Error error = MakeError(unknown ? ErrorKind::kUnknownOutcome : ErrorKind::kIo, "IO_ERROR",
                            call.method + " " + S3Client::Name(call.place) + " failed" +
                                (attempts > 1 ? " " + std::to_string(attempts) + " times, at last: " : ": ") + why + ".");
    return error;
}

}  // namespace

S3Place PlaceOf(std::string_view path) {
    path.remove_prefix(std::string_view("s3://").size());
    size_t slash = path.find('/');
    if (slash == std::string_view::npos) return {std::string(path), ""};
    return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

S3Client::Hooks S3Client::Hooks::OfProcess() {
    Hooks hooks;
    hooks.transport = CurlExchange;
    hooks.sources = AwsSources::OfProcess();
    hooks.sleep = [](int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
    hooks.dice = [] {
        thread_local std::mt19937_64 random{std::random_device{}()};
        return static_cast<double>(random() >> 11) / 9007199254740992.0;
    };
    return hooks;
}

S3Client::S3Client(S3Config config, AwsProfiles profiles, Hooks hooks)
    : config_(std::move(config)), hooks_(std::move(hooks)),
      credentials_(config_, std::move(profiles), hooks_.sources, hooks_.transport) {}

std::string S3Client::Name(const S3Place &place) { return "s3://" + place.bucket + (place.key.empty() ? "" : "/" + place.key); }

std::string S3Client::UrlOf(const S3Call &call, const std::string &region) const {
    // A name with dots does not fit the certificate of *.s3.amazonaws.com.
    bool path_style = config_.path_style || call.place.bucket.find('.') != std::string::npos;
    std::string base = config_.endpoint;
    if (base.empty()) base = "https://s3." + region + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
    std::string bucket = UriEncode(call.place.bucket);
    std::string url = path_style ? base + "/" + bucket : base.insert(base.find("://") + 3, bucket + ".");
    url += "/" + UriEncode(call.place.key, true);
    char separator = '?';
    for (auto &[name, value] : call.query) {
        url += separator + UriEncode(name) + "=" + UriEncode(value);
        separator = '&';
    }
    return url;
}

std::string S3Client::RegionOf(const std::string &bucket) {
    std::lock_guard lock(mutex_);
    auto it = regions_.find(bucket);
    return it == regions_.end() ? config_.region : it->second;
}

bool S3Client::LearnRegion(const S3Call &call, const HttpResponse &response, const std::string &used) {
    std::string_view region = response.Header("x-amz-bucket-region");
    if (!config_.endpoint.empty() || response.status < 300 || region.empty() || region == used) return false;
    std::lock_guard lock(mutex_);
    regions_[call.place.bucket] = region;
    return true;
}

Result<S3Answer> S3Client::Do(const S3Call &call) {
    HttpRequest request;
    request.method = call.method;
    request.headers = call.headers;
    request.body = call.body;
    request.into = call.into;
    request.into_size = call.into_size;
    request.stall_timeout_s = config_.stall_timeout_s;
    request.ca_file = config_.ca_bundle;
    int attempts = call.attempts > 0 ? call.attempts : config_.retry.attempts;
    bool uncertain = false, renewed = false;
    int redirects = 0;
    for (int attempt = 0;;) {
        std::string region = RegionOf(call.place.bucket);
        request.url = UrlOf(call, region);
        Signing signing;
        if (!config_.anonymous) {
            Result<Credentials> keys = credentials_.Get();
            if (!keys) return Fail(std::move(keys).error());
            signing = {keys->access_key, keys->secret_key, keys->session_token, region, "s3"};
            request.signing = &signing;
        }
        HttpResult result = hooks_.transport(request);
        std::string why;
        int64_t retry_after = 0;
        if (result) {
            uncertain |= result->sent_twice;
            S3Fault fault = result->status >= 300 ? FaultIn(*result) : S3Fault();
            if (LearnRegion(call, *result, region) && redirects++ < 2) continue;
            bool may_be_expired = IsExpired(fault) || (call.method == "HEAD" && result->status == 403);
            if (may_be_expired && !renewed && !signing.session_token.empty()) {
                renewed = true;
                credentials_.Forget();
                continue;
            }
            Verdict verdict = JudgeStatus(result->status, fault.code);
            if (verdict == Verdict::kDone) return S3Answer{std::move(*result), uncertain};
            uncertain |= verdict == Verdict::kUnknown;
            why = "HTTP " + std::to_string(result->status) + (fault.code.empty() ? "" : " " + fault.code) +
                  (fault.message.empty() ? "" : ": " + fault.message);
            while (why.ends_with('.')) why.pop_back();
            retry_after = RetryAfterMs(result->Header("retry-after"), std::chrono::duration_cast<std::chrono::seconds>(
                                           std::chrono::system_clock::now().time_since_epoch()).count());
        } else {
            uncertain |= result.error().reached_server;
            why = result.error().text;
            if (result.error().permanent) return Fail(Exhausted(call, 1, uncertain, why));
        }
        if (++attempt >= attempts) return Fail(Exhausted(call, attempt, uncertain, why));
        hooks_.sleep(BackoffMs(config_.retry, attempt - 1, hooks_.dice(), retry_after));
    }
}

Error S3Client::ErrorOf(const S3Answer &answer, const std::string &what, const S3Place &place) {
    const HttpResponse &response = answer.response;
    S3Fault fault = FaultIn(response);
    std::string detail = "HTTP " + std::to_string(response.status) + (fault.code.empty() ? "" : " " + fault.code) +
                         (fault.message.empty() ? "" : ": " + fault.message);
    while (detail.ends_with('.')) detail.pop_back();
    if (fault.code == "NoSuchBucket") {
        return MakeError(ErrorKind::kNotFound, "PATH_NOT_FOUND", "The bucket " + place.bucket + " of " + Name(place) + " does not exist.");
    }
    if (response.status == 404) return MakeError(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Path does not exist: " + Name(place) + ".");
    std::string text = what + " " + Name(place) + " failed: " + detail + ".";
    bool denied = response.status == 401 || response.status == 403;
    if (!denied) return MakeError(ErrorKind::kIo, "IO_ERROR", text);
    Error error = MakeError(ErrorKind::kInvalidInput, "UNAUTHORIZED_ACCESS", text);
    error.remedy = "Check which keys are used (AWS_PROFILE, AWS_ACCESS_KEY_ID), what they may do with the bucket, and the region; "
                   "RequestTimeTooSkewed means that this machine's clock is wrong.";
    return error;
}

}  // namespace tarn::storage
