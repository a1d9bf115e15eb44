#include "storage/http.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

namespace tarn::storage {
namespace {

// What is used of libcurl.
struct Curl {
    CURLcode (*global_init)(long);
    CURL *(*easy_init)();
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    CURLcode (*perform)(CURL *);
    void (*reset)(CURL *);
    const char *(*strerror)(CURLcode);
    curl_slist *(*slist_append)(curl_slist *, const char *);
    void (*slist_free_all)(curl_slist *);
    curl_version_info_data *(*version_info)(CURLversion);
    std::string problem;  // Why none of it can be used; empty when it can.
};

Curl Load() {
    Curl curl{};
    void *library = nullptr;
    for (const char *name : {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"}) {
        if ((library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) != nullptr) break;
    }
    if (library == nullptr) {
        curl.problem = "this needs the library libcurl (7.87 or newer), which is not installed; on Debian it is the package libcurl4";
        return curl;
    }
    auto find = [&](auto &function, const char *name) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
        if (function == nullptr) curl.problem = std::string("libcurl lacks ") + name;
    };
    find(curl.global_init, "curl_global_init");
    find(curl.easy_init, "curl_easy_init");
    find(curl.setopt, "curl_easy_setopt");
    find(curl.getinfo, "curl_easy_getinfo");
    find(curl.perform, "curl_easy_perform");
    find(curl.reset, "curl_easy_reset");
    find(curl.strerror, "curl_easy_strerror");
    find(curl.slist_append, "curl_slist_append");
    find(curl.slist_free_all, "curl_slist_free_all");
    find(curl.version_info, "curl_version_info");
    if (!curl.problem.empty()) return curl;
    if (curl.version_info(CURLVERSION_NOW)->version_num < 0x075700) {
        curl.problem = "libcurl is older than 7.87, which cannot sign requests to S3";
    } else if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        curl.problem = "libcurl cannot be initialised";
    }
    return curl;
}

const Curl &Library() {
    static const Curl &curl = *new Curl(Load());
    return curl;
}

// Handles that are not in use, each with its open connections.
class HandlePool {
public:
    CURL *Take() {
        std::lock_guard lock(mutex_);
        if (idle_.empty()) return Library().easy_init();
        CURL *handle = idle_.back();
        idle_.pop_back();
        return handle;
    }
    void Give(CURL *handle) {
        Library().reset(handle);  // Options only: connections stay.
        std::lock_guard lock(mutex_);
        idle_.push_back(handle);
    }

private:
    std::mutex mutex_;
    std::vector<CURL *> idle_;
};

HandlePool &Handles() {
    static HandlePool &pool = *new HandlePool;
    return pool;
}

struct Exchange {
    const HttpRequest &request;
    HttpResponse response;
    CURL *handle;
    size_t sent = 0;
    bool body_left = false;   // Bytes of the body were handed to the network.
    bool too_large = false;
};

size_t TakeBody(char *bytes, size_t, size_t size, void *user) {
    auto &exchange = *static_cast<Exchange *>(user);
    long status = 0;
    Library().getinfo(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
    if (exchange.request.into == nullptr || status >= 300) {
        size_t most = exchange.request.max_body;
        exchange.too_large = most > 0 && size > most - std::min(most, exchange.response.body.size());
        if (exchange.too_large) return 0;
        exchange.response.body.append(bytes, size);
        return size;
    }
    if (size > exchange.request.into_size - exchange.response.received) {
        exchange.too_large = true;
        return 0;
    }
    std::memcpy(exchange.request.into + exchange.response.received, bytes, size);
    exchange.response.received += size;
    return size;
}

size_t TakeHeader(char *bytes, size_t, size_t size, void *user) {
    auto &exchange = *static_cast<Exchange *>(user);
    std::string_view line(bytes, size);
    if (line.starts_with("HTTP/")) {
        exchange.response.headers.clear();  // Of an interim answer, or of one on a connection that broke.
        exchange.response.body.clear();
        exchange.response.received = 0;
    }
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front()))) value.remove_prefix(1);
    while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.remove_suffix(1);
    exchange.response.headers.emplace_back(std::move(name), value);
    return size;
}

size_t GiveBody(char *buffer, size_t unit, size_t count, void *user) {
    auto &exchange = *static_cast<Exchange *>(user);
    size_t size = std::min(unit * count, exchange.request.body.size() - exchange.sent);
    std::memcpy(buffer, exchange.request.body.data() + exchange.sent, size);
    exchange.sent += size;
    exchange.body_left |= size > 0;
    return size;
}

// libcurl starts over by itself when a kept connection turns out to be closed. Its caller must know: the server may have
// acted on the first sending.
int Rewind(void *user, curl_off_t offset, int origin) {
    auto &exchange = *static_cast<Exchange *>(user);
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    exchange.response.sent_twice |= exchange.body_left;
    exchange.sent = static_cast<size_t>(offset);
    return CURL_SEEKFUNC_OK;
}

// Frees what options borrow when the exchange is over.
struct Borrowed {
    curl_slist *headers = nullptr;
    std::string provider, user, password;
    ~Borrowed() { Library().slist_free_all(headers); }
};

void Prepare(Exchange &exchange, Borrowed &borrowed) {
    const Curl &curl = Library();
    const HttpRequest &request = exchange.request;
    CURL *handle = exchange.handle;
    auto set = [&](CURLoption option, auto value) { curl.setopt(handle, option, value); };
    auto header = [&](const std::string &line) { borrowed.headers = curl.slist_append(borrowed.headers, line.c_str()); };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_USERAGENT, "tarn");
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_BUFFERSIZE, 512L * 1024);
    set(CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout_s));
    if (request.direct) set(CURLOPT_NOPROXY, "*");
    const char *ca_file = request.ca_file.empty() ? std::getenv("SSL_CERT_FILE") : request.ca_file.c_str();
    if (ca_file != nullptr && *ca_file != 0) set(CURLOPT_CAINFO, ca_file);
    if (request.total_timeout_ms > 0) set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout_ms));
    set(CURLOPT_WRITEFUNCTION, &TakeBody);
    set(CURLOPT_WRITEDATA, &exchange);
    set(CURLOPT_HEADERFUNCTION, &TakeHeader);
    set(CURLOPT_HEADERDATA, &exchange);

    if (request.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else if (request.method == "PUT") {
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_READFUNCTION, &GiveBody);
        set(CURLOPT_READDATA, &exchange);
        set(CURLOPT_SEEKFUNCTION, &Rewind);
        set(CURLOPT_SEEKDATA, &exchange);
    } else if (request.method == "POST") {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    } else if (request.method != "GET") {
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    // Waiting for leave to send would cost a round trip for each part.
    if (request.body.size() > 1024 * 1024) set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    for (const std::string &line : request.headers) header(line);
    if (request.signing != nullptr) {
        const Signing &signing = *request.signing;
        borrowed.provider = "aws:amz:" + signing.region + ":" + signing.service;
        borrowed.user = signing.access_key;
        borrowed.password = signing.secret_key;
        // S3 wants to see this header, and libcurl signs what it says. The body is guarded by TLS and its length.
        if (signing.service == "s3") header("x-amz-content-sha256: UNSIGNED-PAYLOAD");
        if (!signing.session_token.empty()) header("X-Amz-Security-Token: " + signing.session_token);
        set(CURLOPT_AWS_SIGV4, borrowed.provider.c_str());
        set(CURLOPT_USERNAME, borrowed.user.c_str());
        set(CURLOPT_PASSWORD, borrowed.password.c_str());
    }
    if (borrowed.headers != nullptr) set(CURLOPT_HTTPHEADER, borrowed.headers);
}

HttpFault FaultOf(CURLcode code, const Exchange &exchange) {
    HttpFault fault;
    fault.text = Library().strerror(code);
    long request_bytes = 0;
    Library().getinfo(exchange.handle, CURLINFO_REQUEST_SIZE, &request_bytes);
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR: fault.reached_server = false; break;
        case CURLE_UNSUPPORTED_PROTOCOL:
            // Also said of an answer that is no HTTP: what stood in a kept connection after a damaged answer. A new one helps.
            fault.reached_server = request_bytes > 0;
            fault.permanent = request_bytes == 0;
            break;
        case CURLE_PEER_FAILED_VERIFICATION:
            fault.text = "The server's certificate is not trusted (SSL_CERT_FILE=FILE names the authorities that are)";
            [[fallthrough]];
        case CURLE_URL_MALFORMAT:
        case CURLE_SSL_CACERT_BADFILE:
            fault.reached_server = false;
            fault.permanent = true;
            break;
        case CURLE_OPERATION_TIMEDOUT: fault.reached_server = request_bytes > 0; break;
        default: break;
    }
    if (exchange.too_large) fault.text = "The server sent more bytes than were asked for";
    return fault;
}

}  // namespace

std::string_view HttpResponse::Header(std::string_view name) const {
    for (auto &[key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

HttpResult CurlExchange(const HttpRequest &request) {
    const Curl &curl = Library();
    if (!curl.problem.empty()) return std::unexpected(HttpFault{false, true, curl.problem});
    CURL *handle = Handles().Take();
    if (handle == nullptr) return std::unexpected(HttpFault{false, true, "libcurl cannot be initialised"});
    Exchange exchange{request, {}, handle};
    HttpResult result;
    {
        Borrowed borrowed;
        Prepare(exchange, borrowed);
        CURLcode code = curl.perform(handle);
        if (code == CURLE_OK) {
            long status = 0;
            curl.getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
            exchange.response.status = static_cast<int>(status);
            result = std::move(exchange.response);
        } else {
            result = std::unexpected(FaultOf(code, exchange));
        }
    }
    Handles().Give(handle);
    return result;
}

}  // namespace tarn::storage
