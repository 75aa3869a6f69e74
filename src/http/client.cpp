#include "http/client.h"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "crypto/base64.h"
#include "crypto/tls_client.h"
#include "http/connector.h"
#include "http/websocket_session.h"
#include "net/front.h"

namespace ringback::http {
namespace {

constexpr std::string_view kUserAgent = "ringback";
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxRefusalBytes = 64 * 1024;

template <class Message>
Response to_response(const Message& message, std::size_t max_body_bytes) {
  Response response{
      .status = static_cast<int>(message.result_int()), .headers = {}, .body = {}, .shared_body = {}};
  for (const auto& field : message) {
    const auto name = field.name_string();
    response.headers.add({name.data(), name.size()}, {field.value().data(), field.value().size()});
  }
  response.body = message.body().substr(0, max_body_bytes);
  return response;
}

/// What went wrong between the connection and the end of the answer.
std::string describe_answer_failure(const Url& url, const beast::error_code& error, bool late,
                                    const ClientTimeouts& timeouts, std::size_t max_bytes) {
  const std::string server = url.host + ":" + std::to_string(url.port);
  namespace bh = beast::http;
  if (late) return server + " gives no complete answer within " + limit_text(timeouts.answer);
  if (error == bh::error::body_limit)
    return "the answer of " + server + " is larger than " + std::to_string(max_bytes) + " bytes";
  if (error == bh::error::end_of_stream || error == bh::error::partial_message || error == asio::error::eof ||
      error == asio::error::connection_reset || error == asio::error::broken_pipe ||
      error == asio::ssl::error::stream_truncated)
    return server + " closed the connection before its answer was complete";
  if (error.category() == bh::make_error_code(bh::error::bad_method).category())
    return "what answers at " + server + " does not speak HTTP (" + error.message() + ")";
  return "the connection to " + server + " failed: " + error.message();
}

/// What both kinds of exchange do: reach the server, then have a limited time for its answer.
class Exchange : public ClientExchange::Operation {
 public:
  Exchange(asio::io_context& io, std::shared_ptr<Connector> connector, const ClientTimeouts& timeouts)
      : connector_(std::move(connector)), url_(connector_->url()), timeouts_(timeouts), timer_(io) {}

 protected:
  void limit_answer(std::weak_ptr<Exchange> weak) {
    timer_.expires_after(timeouts_.answer);
    timer_.async_wait([weak = std::move(weak)](beast::error_code error) {
      const auto self = weak.lock();
      if (error || !self) return;
      self->late_ = true;
      self->cut();
    });
  }
  /// Ends the connection; the pending operation then ends with an error.
  virtual void cut() = 0;

  const std::shared_ptr<Connector> connector_;
  const Url url_;
  const ClientTimeouts timeouts_;
  asio::steady_timer timer_;
  bool late_ = false;
};

/// One request and its answer on a connection of its own. Kept alive by its pending operation.
class HttpExchange final : public Exchange, public std::enable_shared_from_this<HttpExchange> {
 public:
  HttpExchange(asio::io_context& io, std::shared_ptr<Connector> connector, ClientRequest request,
               Client::AnswerCallback callback)
      : Exchange(io, std::move(connector), request.timeouts),
        given_(std::move(request)),
        callback_(std::move(callback)) {}

  void start() {
    connector_->start([self = shared_from_this()](base::Result<Connector::Connection, ClientError> reached) {
      if (!self->callback_) return;
      if (!reached) return self->finish(base::Failure{reached.error()});
      self->stream_.emplace(std::move(reached->stream));
      self->write(reached->proxy);
    });
  }

  void cancel() override {
    callback_ = nullptr;
    connector_->cancel();
    timer_.cancel();
    cut();
  }

 private:
  using Parser = beast::http::response_parser<beast::http::string_body>;

  void cut() override {
    if (stream_) stream_->close();
  }

  void write(const std::optional<Url>& proxy) {
    const std::string target = proxy ? url_.origin() + url_.target : url_.target;
    out_.method_string(given_.method);
    out_.target(target);
    out_.version(11);
    for (const Headers::Field& field : given_.headers.fields()) out_.insert(field.first, field.second);
    out_.set(beast::http::field::host, url_.authority());
    out_.set(beast::http::field::user_agent, beast::string_view(kUserAgent.data(), kUserAgent.size()));
    out_.set(beast::http::field::connection, "close");
    if (proxy && !proxy->user_info.empty())
      out_.set(beast::http::field::proxy_authorization, "Basic " + crypto::base64_encode(proxy->user_info));
    out_.body() = std::move(given_.body);
    out_.prepare_payload();
    limit_answer(weak_from_this());
    beast::http::async_write(*stream_, out_,
                             [self = shared_from_this()](beast::error_code error, std::size_t) {
                               if (!self->callback_) return;
                               // A server may answer and close before it has read all of a request.
                               if (error && error != asio::error::broken_pipe) return self->fail(error);
                               self->read_header();
                             });
  }

  void read_header() {
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(given_.max_answer_bytes);
    parser_->skip(given_.method == "HEAD");
    beast::http::async_read_header(*stream_, buffer_, *parser_,
                                   [self = shared_from_this()](beast::error_code error, std::size_t) {
                                     if (!self->callback_) return;
                                     if (error) return self->fail(error);
                                     // RFC 9110 section 15.2: interim answers may come before the final one.
                                     if (self->parser_->get().result_int() < 200) return self->read_header();
                                     self->read_body();
                                   });
  }

  void read_body() {
    beast::http::async_read(*stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!self->callback_) return;
                              if (error) return self->fail(error);
                              self->finish(to_response(self->parser_->get(), std::string::npos));
                            });
  }

  void fail(beast::error_code error) {
    finish(base::Failure{
        ClientError{ClientStage::kHttp, late_,
                    describe_answer_failure(url_, error, late_, timeouts_, given_.max_answer_bytes)}});
  }

  void finish(base::Result<Response, ClientError> outcome) {
    timer_.cancel();
    cut();
    if (const auto callback = std::exchange(callback_, nullptr)) callback(std::move(outcome));
  }

  ClientRequest given_;
  Client::AnswerCallback callback_;
  std::optional<TransportStream> stream_;
  beast::http::request<beast::http::string_body> out_;
  std::optional<Parser> parser_;
  beast::flat_buffer buffer_{kMaxHeaderBytes + 64 * 1024};
};

/// The opening handshake of one WebSocket.
class UpgradeExchange final : public Exchange, public std::enable_shared_from_this<UpgradeExchange> {
 public:
  UpgradeExchange(asio::io_context& io, std::shared_ptr<Connector> connector, WebSocketRequest request,
                  Client::OpenCallback callback)
      : Exchange(io, std::move(connector), request.timeouts),
        headers_(std::move(request.headers)),
        session_(std::make_shared<WebSocketSession>(io.get_executor(), request.limits,
                                                    std::move(request.handlers))),
        callback_(std::move(callback)) {}

  void start() {
    connector_->start([self = shared_from_this()](base::Result<Connector::Connection, ClientError> reached) {
      if (!self->callback_) return;
      if (!reached) return self->finish(base::Failure{reached.error()});
      self->shake_hands(std::move(reached->stream));
    });
  }

  void cancel() override {
    if (!std::exchange(callback_, nullptr)) return;  // the WebSocket has been handed over
    connector_->cancel();
    timer_.cancel();
    cut();
  }

 private:
  void cut() override { session_->discard(); }

  void shake_hands(TransportStream stream) {
    limit_answer(weak_from_this());
    Headers headers = headers_;
    headers.set("User-Agent", std::string(kUserAgent));
    session_->open(
        std::move(stream), url_.authority(), url_.target, headers,
        [self = shared_from_this()](beast::error_code error, const beast::websocket::response_type& answer) {
          self->after_handshake(error, answer);
        });
  }

  void after_handshake(beast::error_code error, const beast::websocket::response_type& answer) {
    if (!callback_) return;
    if (!error) return finish(std::unique_ptr<WebSocket>(std::make_unique<WebSocketHandle>(session_)));
    ClientError failure{ClientStage::kHttp, late_, ""};
    if (error == beast::websocket::error::upgrade_declined) {
      failure.refusal = to_response(answer, kMaxRefusalBytes);
      failure.message = url_.host + ":" + std::to_string(url_.port) +
                        " refuses the WebSocket: " + std::to_string(answer.result_int()) + " " +
                        std::string(answer.reason());
    } else if (error.category() ==
               beast::websocket::make_error_code(beast::websocket::error::closed).category()) {
      failure.message = "what answers at " + url_.host + ":" + std::to_string(url_.port) +
                        " does not speak WebSocket (" + error.message() + ")";
    } else {
      failure.message = describe_answer_failure(url_, error, late_, timeouts_, kMaxRefusalBytes);
    }
    finish(base::Failure{std::move(failure)});
  }

  void finish(base::Result<std::unique_ptr<WebSocket>, ClientError> outcome) {
    timer_.cancel();
    if (const auto callback = std::exchange(callback_, nullptr)) callback(std::move(outcome));
  }

  const Headers headers_;
  const std::shared_ptr<WebSocketSession> session_;
  Client::OpenCallback callback_;
};

}  // namespace

std::string_view to_string(ClientStage stage) {
  switch (stage) {
    case ClientStage::kUrl:
      return "url";
    case ClientStage::kResolve:
      return "resolve";
    case ClientStage::kConnect:
      return "connect";
    case ClientStage::kTls:
      return "tls";
    case ClientStage::kHttp:
      return "http";
  }
  return "";
}

ClientExchange& ClientExchange::operator=(ClientExchange&& other) noexcept {
  if (this != &other) {
    cancel();
    operation_ = std::move(other.operation_);
  }
  return *this;
}

void ClientExchange::cancel() {
  if (const auto operation = std::exchange(operation_, nullptr)) operation->cancel();
}

base::ErrorOr<std::unique_ptr<Client>> Client::create(net::Front& front, net::Resolver& resolver,
                                                      ClientOptions options) {
  auto tls = crypto::make_tls_client_context({.ca_file = options.ca_file,
                                              .certificate_file = {},
                                              .key_file = {},
                                              // So that a server that could speak HTTP/2 does not.
                                              .alpn = "http/1.1"});
  if (!tls) return base::Failure{tls.error()};
  auto context = std::make_shared<ClientContext>(front.context(), resolver, std::move(options.proxies),
                                                 asio::ssl::context(tls->release()));
  return std::unique_ptr<Client>(new Client(std::move(context)));
}

Client::Client(std::shared_ptr<ClientContext> context) : context_(std::move(context)) {}

Client::~Client() = default;

ClientExchange Client::send(ClientRequest request, AnswerCallback callback) {
  auto connector = std::make_shared<Connector>(context_, parse_url(request.url), false, request.timeouts);
  auto exchange = std::make_shared<HttpExchange>(context_->io, std::move(connector), std::move(request),
                                                 std::move(callback));
  exchange->start();
  return ClientExchange(std::move(exchange));
}

ClientExchange Client::open_websocket(WebSocketRequest request, OpenCallback callback) {
  auto connector = std::make_shared<Connector>(context_, parse_url(request.url), true, request.timeouts);
  auto exchange = std::make_shared<UpgradeExchange>(context_->io, std::move(connector), std::move(request),
                                                    std::move(callback));
  exchange->start();
  return ClientExchange(std::move(exchange));
}

}  // namespace ringback::http
