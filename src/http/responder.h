#pragma once

#include <memory>

#include "http/message.h"
#include "http/websocket.h"

namespace ringback::http {

/// The right to answer one request, once. Move-only; it may be kept and used later.
///
/// All members may be called from any thread; the work happens on the front thread. When the client has gone
/// the answer is dropped silently. Destroying a Responder that has not answered sends 500, so that no client
/// waits for a forgotten request. (A streamed answer, chunk by chunk, would become a third way to answer
/// beside respond() and accept().)
class Responder {
 public:
  /// What the server implements: one connection waiting for its answer.
  class Exchange {
   public:
    virtual ~Exchange() = default;
    virtual void respond(Response response) = 0;
    virtual std::unique_ptr<WebSocket> accept(WebSocketHandlers handlers, Headers headers) = 0;
    [[nodiscard]] virtual bool client_gone() const = 0;
  };

  Responder() = default;
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder() { abandon(); }

  /// Answers; for an upgrade request this refuses it with a plain HTTP response.
  void respond(Response response);

  /// Accepts the WebSocket of a request with `websocket_upgrade`. Frames sent before the handshake is on the
  /// wire wait for it. The first on_message may come as soon as the caller returns to the event loop.
  [[nodiscard]] std::unique_ptr<WebSocket> accept(WebSocketHandlers handlers);

  /// A header for whatever answer comes (CORS, request ids); call before respond() or accept().
  void add_header(std::string name, std::string value) { headers_.add(std::move(name), std::move(value)); }

  [[nodiscard]] bool answered() const { return exchange_ == nullptr; }
  /// Best effort: true means that nobody will read the answer.
  [[nodiscard]] bool client_gone() const { return exchange_ == nullptr || exchange_->client_gone(); }

 private:
  void abandon() noexcept;

  std::shared_ptr<Exchange> exchange_;
  Headers headers_;
};

}  // namespace ringback::http
