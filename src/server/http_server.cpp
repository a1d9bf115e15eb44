#include "server/http_server.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

#include "base/data_type.h"

namespace tarn::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

constexpr uint32_t kMaxHeaderBytes = 32 << 10;
constexpr size_t kMaxEventBacklog = 64;

// "localhost:8080" -> "localhost", "[::1]:80" -> "[::1]"
std::string HostName(std::string_view host) {
    size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) host = host.substr(0, colon);
    return ToLower(host);
}

bool IsLoopbackName(const std::string &name) { return name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name.ends_with(".localhost"); }

}  // namespace

struct HttpServer::Impl {
    class Connection;

    Impl(ServerOptions given, Handler handle) : options(std::move(given)), handler(std::move(handle)), acceptor(io), workers(std::max(4U, std::thread::hardware_concurrency() * 2)) {}

    ServerOptions options;
    Handler handler;
    asio::io_context io{1};
    tcp::acceptor acceptor;
    asio::thread_pool workers;
    bool loopback = true;
    std::thread thread;
    mutable std::mutex mutex;
    std::list<std::weak_ptr<Connection>> listening;

    void Accept();
    std::vector<std::shared_ptr<Connection>> Listening() const;
};

// One connection: requests one after the other, or a stream of events. Lives as long as an operation of it is pending.
class HttpServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Impl &server, tcp::socket socket) : server_(server), stream_(std::move(socket)) {}

    void Read() {
        parser_.emplace();
        parser_->body_limit(server_.options.max_body);
        parser_->header_limit(kMaxHeaderBytes);
        stream_.expires_after(std::chrono::seconds(server_.options.idle_seconds));
        http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code failed, size_t) { self->OnRead(failed); });
    }

    // On the network's thread.
    void SendEvent(std::shared_ptr<const std::string> frame) {
        if (events_.size() >= kMaxEventBacklog) return Close();  // It does not read; it will come back.
        events_.push_back(std::move(frame));
        if (events_.size() == 1) WriteEvent();
    }

private:
    void OnRead(beast::error_code failed) {
        if (failed == http::error::body_limit) return Answer({413, "text/plain", "The request's body is too large.", {}}, false);
        if (failed == http::error::header_limit) return Answer({431, "text/plain", "The request's headers are too large.", {}}, false);
        if (failed) return Close();
        http::request<http::string_body> message = parser_->release();
        Request request;
        request.method = std::string(message.method_string());
        std::string_view target(message.target().data(), message.target().size());
        size_t mark = std::min(target.find('?'), target.size());
        request.path = target.substr(0, mark);
        if (mark < target.size()) request.query = target.substr(mark + 1);
        for (const auto &field : message) request.headers[ToLower(std::string_view(field.name_string().data(), field.name_string().size()))] = std::string(field.value());
        request.body = std::move(message.body());
        bool keep = message.keep_alive();
        head_only_ = request.method == "HEAD";
        if (server_.loopback && !IsLoopbackName(HostName(request.headers["host"]))) {
            return Answer({421, "text/plain", "This server answers to localhost only.", {}}, false);
        }
        if (!server_.options.events_path.empty() && request.path == server_.options.events_path && request.method == "GET") return StartEvents();
        stream_.expires_never();  // The handler takes the time it needs.
        asio::post(server_.workers, [self = shared_from_this(), request = std::move(request), keep] {
            auto response = std::make_shared<Response>(self->server_.handler(request));
            asio::post(self->stream_.get_executor(), [self, response, keep] { self->Answer(std::move(*response), keep); });
        });
    }

    template <class Body>
    std::shared_ptr<http::response<Body>> Head(const Response &response, bool keep) {
        auto message = std::make_shared<http::response<Body>>(static_cast<http::status>(response.status), 11);
        message->set(http::field::content_type, response.content_type);
        message->set("X-Content-Type-Options", "nosniff");
        message->set("Referrer-Policy", "no-referrer");
        message->set("Cross-Origin-Resource-Policy", "same-origin");
        for (const auto &[name, value] : response.headers) message->set(name, value);
        message->keep_alive(keep);
        return message;
    }

    void Answer(Response response, bool keep) {
        if (response.rest && !head_only_) return AnswerInParts(std::move(response), keep);
        auto message = Head<http::string_body>(response, keep);
        size_t size = response.body.size();
        if (!head_only_) message->body() = std::move(response.body);
        if (!response.rest) message->content_length(size);
        stream_.expires_after(std::chrono::seconds(server_.options.idle_seconds));
        http::async_write(stream_, *message, [self = shared_from_this(), message, keep](beast::error_code failed, size_t) {
            if (failed || !keep) return self->Close();
            self->Read();
        });
    }

    // Chunked: head and body now, the rest when it is made.
    void AnswerInParts(Response response, bool keep) {
        auto message = Head<http::empty_body>(response, keep);
        message->chunked(true);
        auto serializer = std::make_shared<http::response_serializer<http::empty_body>>(*message);
        auto body = std::make_shared<const std::string>(std::move(response.body));
        asio::post(server_.workers, [self = shared_from_this(), rest = std::move(response.rest), message, keep] {
            auto text = std::make_shared<const std::string>(rest());
            asio::post(self->stream_.get_executor(), [self, text, keep] {
                self->rest_ = text;
                self->WriteRest(keep);
            });
        });
        writing_ = true;
        http::async_write_header(stream_, *serializer, [self = shared_from_this(), serializer, message, body, keep](beast::error_code failed, size_t) {
            if (failed) return self->Close();
            asio::async_write(self->stream_, http::make_chunk(asio::buffer(*body)), [self, body, keep](beast::error_code failed_body, size_t) {
                if (failed_body) return self->Close();
                self->writing_ = false;
                self->WriteRest(keep);
            });
        });
    }

    // Once the beginning is out and the rest is there, whichever comes last.
    void WriteRest(bool keep) {
        if (writing_ || !rest_) return;
        auto text = std::exchange(rest_, nullptr);
        stream_.expires_after(std::chrono::seconds(server_.options.idle_seconds));
        asio::async_write(stream_, http::make_chunk(asio::buffer(*text)), [self = shared_from_this(), text, keep](beast::error_code failed, size_t) {
            if (failed) return self->Close();
            asio::async_write(self->stream_, http::make_chunk_last(), [self, keep](beast::error_code failed_last, size_t) {
                if (failed_last || !keep) return self->Close();
                self->Read();
            });
        });
    }

    void StartEvents() {
        {
            std::lock_guard lock(server_.mutex);
            server_.listening.push_back(weak_from_this());
        }
        stream_.expires_never();
        SendEvent(std::make_shared<const std::string>(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 1000\n\n"));
        // Nothing more is expected from the other side: reading tells when it goes away.
        stream_.async_read_some(asio::buffer(nothing_), [self = shared_from_this()](beast::error_code, size_t) { self->Close(); });
    }

    void WriteEvent() {
        asio::async_write(stream_, asio::buffer(*events_.front()), [self = shared_from_this()](beast::error_code failed, size_t) {
            if (failed) return self->Close();
            self->events_.pop_front();
            if (!self->events_.empty()) self->WriteEvent();
        });
    }

    void Close() {
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
        stream_.close();
    }

    Impl &server_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::list<std::shared_ptr<const std::string>> events_;
    std::shared_ptr<const std::string> rest_;  // Of an answer in parts, once it is made.
    bool writing_ = false;                     // Its beginning.
    char nothing_[16] = {};
    bool head_only_ = false;
};

void HttpServer::Impl::Accept() {
    acceptor.async_accept([this](beast::error_code failed, tcp::socket socket) {
        if (failed == asio::error::operation_aborted || !acceptor.is_open()) return;
        if (!failed) {
            beast::error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            std::make_shared<Connection>(*this, std::move(socket))->Read();
        }
        Accept();
    });
}

std::vector<std::shared_ptr<HttpServer::Impl::Connection>> HttpServer::Impl::Listening() const {
    std::vector<std::shared_ptr<Connection>> alive;
    std::lock_guard lock(mutex);
    for (const auto &weak : listening) {
        if (auto connection = weak.lock()) alive.push_back(std::move(connection));
    }
    return alive;
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(ServerOptions options, Handler handler) {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
    std::string place = impl->options.address + ":" + std::to_string(impl->options.port);
    beast::error_code failed;
    auto address = asio::ip::make_address(impl->options.address, failed);
    if (failed) return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "`" + impl->options.address + "` is not an IP address to listen on.");
    impl->loopback = address.is_loopback();
    tcp::endpoint endpoint(address, impl->options.port);
    impl->acceptor.open(endpoint.protocol(), failed);
    if (!failed) impl->acceptor.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed) impl->acceptor.bind(endpoint, failed);
    if (!failed) impl->acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) {
        Error error = MakeError(ErrorKind::kIo, "IO_ERROR", "Cannot listen on " + place + ": " + failed.message() + ".");
        error.remedy = "Choose another port with --port.";
        return Fail(std::move(error));
    }
    impl->Accept();
    impl->thread = std::thread([server = impl.get()] { server->io.run(); });
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
    impl_->io.stop();
    impl_->thread.join();
    impl_->workers.stop();
    impl_->workers.join();
}

uint16_t HttpServer::port() const {
    beast::error_code ignored;
    return impl_->acceptor.local_endpoint(ignored).port();
}

void HttpServer::Broadcast(std::string_view event, std::string_view data) {
    auto frame = std::make_shared<const std::string>("event: " + std::string(event) + "\ndata: " + std::string(data) + "\n\n");
    asio::post(impl_->io, [impl = impl_.get(), frame] {
        for (const auto &connection : impl->Listening()) connection->SendEvent(frame);
        std::lock_guard lock(impl->mutex);
        impl->listening.remove_if([](const auto &weak) { return weak.expired(); });
    });
}

size_t HttpServer::listeners() const { return impl_->Listening().size(); }

}  // namespace tarn::server
