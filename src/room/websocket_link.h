#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/responder.h"
#include "http/websocket.h"
#include "room/room_host.h"
#include "room/signal_link.h"

namespace ringback::room {

/// A SignalLink over an HTTP request that waits to become a WebSocket. Made on the front, used on the worker;
/// the frames of the client are read on the front and posted to the worker.
class WebSocketLink final : public SignalLink {
 public:
  WebSocketLink(std::uint64_t session, HostAddress host, http::Responder responder)
      : session_(session), host_(std::move(host)), responder_(std::move(responder)) {}

  void refuse(int status, std::string_view text) override;
  using SignalLink::send;
  void send(std::string frame) override;
  void close() override;

 private:
  [[nodiscard]] http::WebSocketHandlers handlers() const;

  const std::uint64_t session_;
  const HostAddress host_;
  http::Responder responder_;
  std::unique_ptr<http::WebSocket> socket_;
};

}  // namespace ringback::room
