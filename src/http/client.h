#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "http/proxy.h"
#include "http/websocket.h"

namespace ringback::net {
class Front;
class Resolver;
}  // namespace ringback::net

namespace ringback::http {

struct ClientContext;

/// How far a request came before it failed.
enum class ClientStage : std::uint8_t {
  kUrl,      ///< the URL cannot be used
  kResolve,  ///< no address for the host (or the proxy)
  kConnect,  ///< no TCP connection, or the proxy does not let us through
  kTls,      ///< the handshake failed or the certificate is not to be trusted
  kHttp,     ///< connected, but no usable answer; for a WebSocket also: the upgrade was refused
};
/// "url", "resolve", "connect", "tls", "http".
[[nodiscard]] std::string_view to_string(ClientStage stage);

/// Why there is no answer.
struct ClientError {
  ClientStage stage = ClientStage::kHttp;
  bool timed_out = false;
  /// A sentence for people that names the host: "the certificate of rooms.example.com has expired". Never
  /// holds a query string or a header: tokens travel there.
  std::string message;
  /// The HTTP answer that refused a WebSocket; LiveKit says the reason in its body. At most 64 KiB of it.
  std::optional<Response> refusal = std::nullopt;
};

/// How long each stage may take; each begins anew when the one before has ended.
struct ClientTimeouts {
  base::Duration resolve = std::chrono::seconds(5);
  base::Duration connect =
      std::chrono::seconds(5);  ///< for each address of the host; the proxy's answer, too
  base::Duration tls = std::chrono::seconds(5);
  base::Duration answer = std::chrono::seconds(15);  ///< from the first byte sent to the last one received
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< http, https, ws or wss; the latter two mean the former two
  /// Host, Content-Length, User-Agent and Connection are added.
  Headers headers = {};
  std::string body = {};
  ClientTimeouts timeouts = {};
  std::size_t max_answer_bytes = 1024 * 1024;  ///< of the body; a larger one is an error
};

struct WebSocketRequest {
  std::string url;  ///< ws, wss, http or https
  Headers headers = {};
  WebSocketLimits limits = {};
  ClientTimeouts timeouts = {};
  WebSocketHandlers handlers = {};
};

struct ClientOptions {
  ProxySettings proxies = {};
  /// PEM file of certificates to trust besides the system's (a company's own authority); empty: none.
  std::string ca_file = {};
};

/// A request under way. Destroying it cancels the request: its callback is not called afterwards.
class [[nodiscard]] ClientExchange {
 public:
  /// What the client implements.
  class Operation {
   public:
    virtual ~Operation() = default;
    virtual void cancel() = 0;
  };

  ClientExchange() = default;
  explicit ClientExchange(std::shared_ptr<Operation> operation) : operation_(std::move(operation)) {}
  ClientExchange(ClientExchange&& other) noexcept : operation_(std::move(other.operation_)) {}
  ClientExchange& operator=(ClientExchange&& other) noexcept;
  ~ClientExchange() { cancel(); }

  void cancel();

 private:
  std::shared_ptr<Operation> operation_;
};

/// HTTP/1.1 and WebSocket client (RFC 9112, RFC 6455) on the front thread, with TLS: SNI, the system's
/// authorities, host names checked. Proxies as the settings say (CONNECT for https and wss and WebSockets).
/// Redirects are not followed: an API that moves is a setting to correct. A connection serves one request.
///
/// Created, used and destroyed on the front thread; the Front and the Resolver must outlive it. Callbacks run
/// on the front thread, once, never before the call that they belong to has returned. Requests under way when
/// the Client is destroyed end on their own as long as their handles live.
class Client {
 public:
  using AnswerCallback = std::function<void(base::Result<Response, ClientError>)>;
  /// What is opened obeys the rules of WebSocket: send() and close() from any thread, handlers on the front
  /// thread, destroying it closes it with "going away".
  using OpenCallback = std::function<void(base::Result<std::unique_ptr<WebSocket>, ClientError>)>;

  /// Fails when the trusted certificates cannot be read; the error is for the operator.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<Client>> create(net::Front& front,
                                                                     net::Resolver& resolver,
                                                                     ClientOptions options);
  ~Client();

  /// An answer of any status is a Response; a ClientError means that there is none.
  ClientExchange send(ClientRequest request, AnswerCallback callback);

  /// Opens a WebSocket. The first on_message comes after the callback has returned.
  ClientExchange open_websocket(WebSocketRequest request, OpenCallback callback);

 private:
  explicit Client(std::shared_ptr<ClientContext> context);
  std::shared_ptr<ClientContext> context_;
};

}  // namespace ringback::http
