#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/time.h"

namespace ringback::http {

enum class FrameKind : std::uint8_t { kText, kBinary };

/// Close codes of RFC 6455 section 7.4.1 that we use.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kNoStatus = 1005;  ///< the peer's close frame was empty; never sent
inline constexpr std::uint16_t kAbnormal = 1006;  ///< no close frame: connection lost; never sent
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kTryAgainLater = 1013;
}  // namespace close_code

/// Limits of one WebSocket, the same on both sides.
struct WebSocketLimits {
  std::size_t message_bytes = 1024 * 1024;    ///< received; above: close 1009
  std::size_t queue_bytes = 4 * 1024 * 1024;  ///< unsent; above: the peer is too slow and is closed
  base::Duration write_time = std::chrono::seconds(30);  ///< for one message
  base::Duration ping = std::chrono::seconds(10);
  base::Duration silence = std::chrono::seconds(30);  ///< no frame at all, pongs included: closed as lost
};

/// Called on the front thread. Either may destroy the WebSocket.
struct WebSocketHandlers {
  /// One complete message.
  std::function<void(FrameKind kind, std::string payload)> on_message;
  /// The connection has ended, whoever ended it; called once, and last. Not called after the WebSocket was
  /// destroyed.
  std::function<void(std::uint16_t code)> on_close;
};

/// Our end of a WebSocket (RFC 6455), accepted or opened; the owner keeps it as long as it wants to be
/// called.
///
/// send() and close() may be called from any thread, and frames of one thread keep their order. Destroying
/// the object closes the connection with "going away"; destroyed on the front thread, no handler runs
/// afterwards, on another thread one may be under way. We ping, and give up on a peer that is silent
/// (WebSocketLimits).
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  /// Queues one message. False when the connection is closing, or when the peer reads so slowly that the
  /// bounded queue is full; the latter closes the connection.
  virtual bool send(FrameKind kind, std::string payload) = 0;

  /// Sends what is queued, then a close frame. Later sends are refused. Harmless when already closed.
  virtual void close(std::uint16_t code = close_code::kNormal) = 0;
};

}  // namespace ringback::http
