// storage/http.h: one HTTP exchange. Also for rooms that speak to other servers (ai): the only place that knows libcurl.
//
// libcurl does the work. It is loaded when the first request is made: opening it costs some milliseconds, which a
// process that stays on local disks need not pay. TLS is verified; redirects are answers like others, never followed.
// Threads: any; connections are kept and used again by later requests.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::storage {

// AWS Signature Version 4.
struct Signing {
    std::string access_key;
    std::string secret_key;
    std::string session_token;  // May be empty.
    std::string region;
    std::string service;        // "s3", "sts"
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;                   // Encoded; query parameters in order, as a signature wants them.
    std::vector<std::string> headers;  // "Name: value"
    std::string_view body;             // Borrowed.
    const Signing *signing = nullptr;  // Borrowed; null: not signed.
    char *into = nullptr;              // Where the body of a success goes; null: HttpResponse::body.
    size_t into_size = 0;
    size_t max_body = 0;               // Bytes of HttpResponse::body that are taken before the exchange fails; 0: no limit.
    bool direct = false;               // Past any proxy of the environment.
    std::string ca_file;               // PEM of the authorities to trust; empty: SSL_CERT_FILE of the environment, else the system's.
    int64_t connect_timeout_ms = 5000;
    int64_t stall_timeout_s = 30;      // Given up when nothing moves for so long.
    int64_t total_timeout_ms = 0;      // 0: none.
};

struct HttpResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // Names in lower case.
    std::string body;
    size_t received = 0;        // Bytes written to HttpRequest::into.
    bool sent_twice = false;    // A kept connection broke and the request went out again on a new one.

    // The header's value, or "".
    std::string_view Header(std::string_view name) const;
};

// No answer came, or only a part of one.
struct HttpFault {
    bool reached_server = true;  // False: the server cannot have acted on the request.
    bool permanent = false;      // Trying again makes no sense (a wrong URL, no libcurl).
    std::string text;
};

using HttpResult = std::expected<HttpResponse, HttpFault>;
// How requests are sent; tests put a script here.
using HttpTransport = std::function<HttpResult(const HttpRequest &)>;

HttpResult CurlExchange(const HttpRequest &request);

}  // namespace tarn::storage
