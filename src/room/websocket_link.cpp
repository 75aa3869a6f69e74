#include "room/websocket_link.h"

#include "livekit/signal.h"

namespace ringback::room {

void WebSocketLink::refuse(int status, std::string_view text) {
  responder_.respond(http::Response::text(status, std::string(text)));
}

http::WebSocketHandlers WebSocketLink::handlers() const {
  // The handlers run on the front and may outlive this link for a moment: they hold what lives longer than
  // both.
  const auto post = [session = session_, host = host_](auto work) {
    return host.post([session, work = std::move(work)](RoomHost& there) mutable { work(there, session); });
  };
  http::WebSocketHandlers handlers;
  handlers.on_message = [post](http::FrameKind kind, std::string payload) {
    const bool text = kind == http::FrameKind::kText;
    auto request =
        text ? livekit::parse_signal_request_json(payload) : livekit::parse_signal_request(payload);
    if (!request) {
      // Nonsense ends the connection, not the session: the client may resume with sense.
      static_cast<void>(post([](RoomHost& host, std::uint64_t session) { host.disconnected(session); }));
      return;
    }
    const auto format = text ? livekit::FrameFormat::kText : livekit::FrameFormat::kBinary;
    static_cast<void>(
        post([request = std::move(*request), format](RoomHost& host, std::uint64_t session) mutable {
          host.signal(session, std::move(request), format);
        }));
  };
  handlers.on_close = [post](std::uint16_t) {
    static_cast<void>(post([](RoomHost& host, std::uint64_t session) { host.disconnected(session); }));
  };
  return handlers;
}

void WebSocketLink::send(std::string frame) {
  if (!socket_) {
    if (responder_.answered()) return;
    socket_ = responder_.accept(handlers());
    if (!socket_) return;
  }
  const auto kind =
      format() == livekit::FrameFormat::kText ? http::FrameKind::kText : http::FrameKind::kBinary;
  socket_->send(kind, std::move(frame));
}

void WebSocketLink::close() {
  if (socket_) socket_->close(http::close_code::kNormal);
}

}  // namespace ringback::room
