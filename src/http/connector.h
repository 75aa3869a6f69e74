#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>

#include "http/asio_types.h"
#include "http/client.h"
#include "http/transport_stream.h"
#include "http/url.h"
#include "net/resolver.h"

namespace ringback::http {

/// What a client and its requests share; outlives the client as long as a request is under way.
struct ClientContext {
  ClientContext(asio::io_context& io_, net::Resolver& resolver_, ProxySettings proxies_,
                asio::ssl::context tls_)
      : io(io_), resolver(resolver_), proxies(std::move(proxies_)), tls(std::move(tls_)) {}

  asio::io_context& io;
  net::Resolver& resolver;
  const ProxySettings proxies;
  asio::ssl::context tls;
};

/// "3 s", "250 ms": a time limit as messages name it.
[[nodiscard]] std::string limit_text(base::Duration limit);

/// The way to one server: resolve, connect (address after address), CONNECT through a proxy, TLS. Front
/// thread; kept alive by its pending operation.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  struct Connection {
    TransportStream stream;
    /// The proxy that must be asked with the absolute URL (RFC 9112 section 3.2.2); nullopt: the stream leads
    /// to the server itself.
    std::optional<Url> proxy;
  };
  using Callback = std::function<void(base::Result<Connection, ClientError>)>;

  /// A `url` that could not be read fails in start(). `tunnel`: a proxy must let the bytes through as they
  /// are, as WebSockets need it; TLS does always.
  Connector(std::shared_ptr<ClientContext> context, base::ErrorOr<Url> url, bool tunnel,
            const ClientTimeouts& timeouts);

  /// The callback never comes before this has returned.
  void start(Callback callback);
  /// Empty when the URL could not be read.
  [[nodiscard]] const Url& url() const { return url_; }
  /// The callback is not called any more.
  void cancel();

 private:
  void resolve();
  void connect(std::size_t index);
  void connected();
  void ask_proxy();
  void read_proxy_answer();
  void start_tls();
  void after_tls(beast::error_code error);
  void finish();
  void fail(ClientStage stage, std::string message);
  /// Runs `when_late` unless the stage ends before.
  void limit(base::Duration time, std::function<void()> when_late);
  [[nodiscard]] const Url& first_hop() const { return proxy_ ? *proxy_ : url_; }

  // given
  const std::shared_ptr<ClientContext> context_;
  const base::ErrorOr<Url> given_url_;
  const Url url_;
  const std::optional<Url> proxy_;
  const bool tunnel_;
  const ClientTimeouts timeouts_;

  Callback callback_;
  asio::steady_timer timer_;
  bool late_ = false;  // the stage's time is over; its operation ends with an error
  std::vector<base::IpAddress> addresses_;
  std::optional<TransportStream> stream_;
  beast::http::request<beast::http::empty_body> proxy_request_;
  std::optional<beast::http::response_parser<beast::http::empty_body>> proxy_answer_;
  beast::flat_buffer proxy_buffer_{16 * 1024};
};

}  // namespace ringback::http
