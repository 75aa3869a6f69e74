#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/task.h"
#include "base/time.h"
#include "http/message.h"
#include "http/responder.h"
#include "http/websocket.h"

namespace ringback::net {
class Front;
}

namespace ringback::http {

/// Called on the front thread for each complete request. Must not block; keep the Responder to answer later.
using Handler = std::function<void(Request request, Responder responder)>;

/// Limits that keep one client from hurting the others. Defaults suit an API behind no proxy.
struct ServerLimits {
  std::size_t header_bytes = 16 * 1024;  ///< above: 431
  std::size_t body_bytes = 1024 * 1024;  ///< above: 413
  std::size_t connections = 8192;        ///< above: accepted and closed at once
  base::Duration header_time = std::chrono::seconds(
      10);  ///< for the whole header, and for the first byte of a new connection; then closed
  base::Duration body_time = std::chrono::seconds(30);   ///< for the body; then closed
  base::Duration idle_time = std::chrono::seconds(75);   ///< between requests of a kept-alive connection
  base::Duration write_time = std::chrono::seconds(30);  ///< for one answer
  WebSocketLimits websocket = {};
};

struct ServerOptions {
  std::vector<base::Endpoint> addresses;  ///< port 0 takes a free one
  ServerLimits limits;
};

/// HTTP/1.1 (RFC 9112) and WebSocket (RFC 6455) server on the front thread.
///
/// Keep-alive and pipelining (answered in order, one at a time), HEAD, Expect: 100-continue. Malformed input
/// is answered with a 4xx and the connection closed. No compression: it costs 300 KiB for each WebSocket.
///
/// Created, used and destroyed on the front thread (or before it starts, after it was joined). Destroying it
/// cuts all connections; the handler is not called afterwards. The Front must outlive it.
class Server {
 public:
  /// Listens on all addresses or on none. The error is a sentence for the operator, naming the address.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<Server>> listen(net::Front& front, ServerOptions options,
                                                                     Handler handler);
  ~Server();

  /// Where it listens, with the ports that were taken; in the order of the options.
  [[nodiscard]] const std::vector<base::Endpoint>& endpoints() const;
  [[nodiscard]] std::size_t connection_count() const;

  /// Graceful stop: no new connections, idle ones closed, requests in flight answered, WebSockets closed with
  /// "going away". What is left after `grace` is cut. `done` runs on the front thread when no connection is
  /// left.
  void stop(base::Duration grace, base::Task done);

 private:
  class Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace ringback::http
