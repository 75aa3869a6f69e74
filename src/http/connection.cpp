#include "http/connection.h"

#include <array>
#include <exception>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/log.h"
#include "http/response_header.h"

namespace ringback::http {
namespace {

/// Room for what one read may bring beyond a header; bodies are moved on as they come.
constexpr std::size_t kReadAhead = 64 * 1024;
/// After a refusal, what the client is still sending is thrown away up to this much and this long. Closing at
/// once would reset the connection and destroy the refusal on its way.
constexpr std::size_t kLingerBytes = 16 * 1024 * 1024;
constexpr auto kLingerTime = std::chrono::seconds(2);

std::string to_string(beast::string_view text) {
  return {text.data(), text.size()};
}

bool is_websocket_upgrade(const beast::http::request_header<>& header) {
  if (header.method() != beast::http::verb::get || header.version() < 11) return false;
  if (!beast::http::token_list{header[beast::http::field::connection]}.exists("upgrade")) return false;
  if (!beast::http::token_list{header[beast::http::field::upgrade]}.exists("websocket")) return false;
  return header[beast::http::field::sec_websocket_version] == "13" &&
         header.count(beast::http::field::sec_websocket_key) == 1;
}

}  // namespace

/// The server's side of a Responder. It may live on any thread and longer than the connection.
class Connection::PendingExchange final : public Responder::Exchange,
                                          public std::enable_shared_from_this<PendingExchange> {
 public:
  PendingExchange(std::weak_ptr<Connection> connection, Executor executor, const ServerLimits& limits)
      : connection_(std::move(connection)), executor_(std::move(executor)), limits_(limits) {}

  void respond(Response response) override {
    asio::dispatch(executor_, [self = shared_from_this(), response = std::move(response)]() mutable {
      if (const auto connection = self->connection_.lock())
        connection->answer(self.get(), std::move(response));
    });
  }

  std::unique_ptr<WebSocket> accept(WebSocketHandlers handlers, Headers headers) override {
    auto session = std::make_shared<WebSocketSession>(executor_, limits_.websocket, std::move(handlers));
    auto handle = std::make_unique<WebSocketHandle>(session);
    // Posted, not dispatched: the first handler must not run before the caller has got the object.
    asio::post(executor_, [self = shared_from_this(), session, headers = std::move(headers)]() mutable {
      if (const auto connection = self->connection_.lock())
        connection->upgrade(self.get(), session, std::move(headers));
      else
        session->finish(close_code::kAbnormal);
    });
    return handle;
  }

  [[nodiscard]] bool client_gone() const override { return gone_; }
  void set_gone() { gone_ = true; }

 private:
  const std::weak_ptr<Connection> connection_;
  const Executor executor_;
  const ServerLimits limits_;
  std::atomic<bool> gone_ = false;
};

Connection::Connection(std::shared_ptr<ServerState> state, tcp::socket socket, base::Endpoint remote)
    : state_(std::move(state)),
      remote_(remote),
      stream_(std::move(socket)),
      buffer_(state_->limits.header_bytes + kReadAhead) {}

Connection::~Connection() {
  state_->leave(this);
}

void Connection::start() {
  state_->enter(shared_from_this());
  beast::error_code ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
  await_request();
}

void Connection::end() {
  // A request in flight is answered with "Connection: close"; see hand_over() and write().
  if (idle_) cut();
}

void Connection::cut() {
  if (exchange_) exchange_->set_gone();
  exchange_.reset();
  stream_.close();
  // Last: the object may go with it.
  const auto last = std::exchange(kept_by_exchange_, nullptr);
}

void Connection::await_request() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(state_->limits.header_bytes));
  parser_->body_limit(state_->limits.body_bytes);
  idle_ = buffer_.size() == 0;
  if (!idle_) return read_header();
  // A client that connects wants something; only one that has been served may take its time.
  stream_.expires_after(served_ ? state_->limits.idle_time : state_->limits.header_time);
  stream_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                            if (error) return self->cut();
                            self->buffer_.commit(bytes);
                            self->idle_ = false;
                            self->read_header();
                          });
}

void Connection::read_header() {
  stream_.expires_after(state_->limits.header_time);
  beast::http::async_read_header(
      stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
        if (error) return self->refuse(error);
        const bool expects = beast::iequals(self->parser_->get()[beast::http::field::expect], "100-continue");
        if (!expects || self->parser_->is_done()) return self->read_body();
        static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        asio::async_write(self->stream_, asio::buffer(kContinue.data(), kContinue.size()),
                          [self](beast::error_code write_error, std::size_t) {
                            if (write_error) return self->cut();
                            self->read_body();
                          });
      });
}

void Connection::read_body() {
  stream_.expires_after(state_->limits.body_time);
  beast::http::async_read(stream_, buffer_, *parser_,
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                            if (error) return self->refuse(error);
                            self->hand_over();
                          });
}

void Connection::refuse(beast::error_code error) {
  namespace http = beast::http;
  // The stream has closed itself on a timeout; a client that went away reads nothing.
  if (error.category() != http::make_error_code(http::error::bad_method).category() ||
      error == http::error::end_of_stream || error == http::error::partial_message)
    return cut();
  if (error == http::error::body_limit)
    return write(Response::text(413, "request body too large\n"), false, false);
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return write(Response::text(431, "request header too large\n"), false, false);
  write(Response::text(400, "malformed HTTP request\n"), false, false);
}

void Connection::hand_over() {
  stream_.expires_never();
  auto& message = parser_->get();
  auto target = parse_target({message.target().data(), message.target().size()});
  if (!target) return write(Response::text(400, "malformed request target\n"), false, false);

  Request request{.method = to_string(message.method_string()),
                  .target = to_string(message.target()),
                  .path = std::move(target->path),
                  .query = std::move(target->query),
                  .headers = {},
                  .body = std::move(message.body()),
                  .remote = remote_,
                  .websocket_upgrade = is_websocket_upgrade(message),
                  .path_parameters = {}};
  for (const auto& field : message)
    request.headers.add(to_string(field.name_string()), to_string(field.value()));

  exchange_ =
      std::make_shared<PendingExchange>(weak_from_this(), state_->context.get_executor(), state_->limits);
  kept_by_exchange_ = shared_from_this();
  Responder responder(exchange_);
  if (state_->handler == nullptr) return responder.respond(Response::text(503, "shutting down\n"));
  try {
    state_->handler(std::move(request), std::move(responder));
  } catch (const std::exception& failure) {
    // A bug of the handler: the responder that went with it has answered 500.
    base::log(base::LogLevel::kError, "http", "", "a request handler failed: {}", failure.what());
  }
}

void Connection::answer(const PendingExchange* exchange, Response response) {
  if (exchange_.get() != exchange || exchange == nullptr) return;
  exchange_.reset();
  const auto self = std::exchange(kept_by_exchange_, nullptr);
  const bool keep_alive = parser_->get().keep_alive() && !state_->stopping;
  write(std::move(response), keep_alive, parser_->get().method() == beast::http::verb::head);
}

void Connection::upgrade(const PendingExchange* exchange, const std::shared_ptr<WebSocketSession>& session,
                         Headers headers) {
  if (exchange_.get() != exchange || !is_websocket_upgrade(parser_->get()) || buffer_.size() != 0 ||
      state_->stopping) {
    // A client may not send frames before the handshake is answered (RFC 6455 section 4.1).
    session->finish(close_code::kAbnormal);
    if (exchange_.get() == exchange) cut();
    return;
  }
  exchange_.reset();
  const auto self = std::exchange(kept_by_exchange_, nullptr);
  state_->enter(session);
  session->accept(TransportStream(std::move(stream_)), parser_->get().base(), headers, state_);
}

void Connection::write(Response response, bool keep_alive, bool head) {
  out_ = std::move(response);
  const std::string& body = out_.shared_body ? *out_.shared_body : out_.body;
  out_header_ = response_header(out_, body.size(), keep_alive);
  const bool bodiless = head || out_.status == 204 || out_.status == 304;
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(out_header_),
                                                  bodiless ? asio::const_buffer() : asio::buffer(body)};
  stream_.expires_after(state_->limits.write_time);
  asio::async_write(stream_, buffers,
                    [self = shared_from_this(), keep_alive](beast::error_code error, std::size_t) {
                      self->after_write(error, keep_alive);
                    });
}

void Connection::after_write(beast::error_code error, bool keep_alive) {
  out_ = {};
  if (error) return cut();
  if (!keep_alive || state_->stopping) return linger();
  served_ = true;
  await_request();
}

void Connection::linger() {
  idle_ = true;
  beast::error_code error;
  stream_.socket().shutdown(tcp::socket::shutdown_send, error);
  if (error) return cut();
  buffer_.clear();
  stream_.expires_after(kLingerTime);
  drain(kLingerBytes);
}

void Connection::drain(std::size_t budget) {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(16 * 1024),
                          [self = shared_from_this(), budget](beast::error_code error, std::size_t bytes) {
                            if (error || bytes >= budget) return self->cut();
                            self->drain(budget - bytes);
                          });
}

}  // namespace ringback::http
