// server/http_server.h: HTTP/1.1 on Boost.Beast: requests to a handler, answers back, server-sent events.
//
// Knows nothing of dashboards or tables. One thread speaks with the network, others run the handler, which may block.
// Security: listens on loopback unless told otherwise; then a request's Host must be a name of loopback, so that a page
//   elsewhere cannot reach it through a name of its own (DNS rebinding). Bodies, headers and idle time are bounded.
// Ownership: the server owns its threads; the destructor stops and joins them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tarn::server {

struct Request {
    std::string method;  // Upper case.
    std::string path;    // Without the query, as sent.
    std::string query;   // After the `?`, still encoded.
    std::map<std::string, std::string> headers;  // Names in lower case.
    std::string body;
};

struct Response {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;  // Besides Content-Type, Content-Length and those of security.
    // Makes what follows the body, which is sent meanwhile. Runs once, on a handler's thread; not for HEAD.
    std::function<std::string()> rest = nullptr;
};

using Handler = std::function<Response(const Request &)>;

struct ServerOptions {
    std::string address = "127.0.0.1";
    uint16_t port = 0;                     // 0: any free one.
    size_t max_body = size_t{1} << 20;     // Bytes.
    int idle_seconds = 60;                 // For a connection to send its next request, or to take an answer.
    std::string events_path;               // GET of it is a stream of server-sent events; empty: none.
};

class HttpServer {
public:
    // Listens and serves until destroyed. The handler is called from several threads.
    // Errors: IO_ERROR (the port is taken, no such address).
    static Result<std::unique_ptr<HttpServer>> Start(ServerOptions options, Handler handler);
    ~HttpServer();

    uint16_t port() const;
    // To all who listen to the events now. Never blocks.
    void Broadcast(std::string_view event, std::string_view data);
    size_t listeners() const;

private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::server
