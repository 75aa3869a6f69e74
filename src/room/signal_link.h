#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "livekit/signal_response.h"

namespace ringback::room {

/// The way back to one client's signalling connection, as its participant sees it. Used on the worker; frames
/// keep their order. Destroying it without a word closes the connection.
class SignalLink {
 public:
  virtual ~SignalLink() = default;

  /// Before the first frame only: the WebSocket is not opened, the HTTP request gets this status and text.
  virtual void refuse(int status, std::string_view text) = 0;
  /// One frame in the format that `format()` says. The first one opens the WebSocket.
  virtual void send(std::string frame) = 0;
  /// Sends what is queued, then closes normally.
  virtual void close() = 0;

  /// As the client last wrote: answers follow its format.
  [[nodiscard]] livekit::FrameFormat format() const { return format_; }
  void set_format(livekit::FrameFormat format) { format_ = format; }
  virtual void send(const livekit::SignalResponse& response) { send(livekit::encode(response, format_)); }

 private:
  livekit::FrameFormat format_ = livekit::FrameFormat::kBinary;
};

}  // namespace ringback::room
