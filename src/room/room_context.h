#pragma once

#include <cstdint>
#include <memory>

#include "base/time.h"
#include "base/timer_wheel.h"

namespace ringback::webrtc_transport {
class Transport;
class TransportContext;
}  // namespace ringback::webrtc_transport

namespace ringback::room {

using webrtc_transport::Transport;

class Participant;
class Room;
struct RoomSettings;

/// What rooms need of the worker they live on. Implemented by RoomHost and, in virtual time, by tests.
class RoomContext {
 public:
  [[nodiscard]] virtual base::TimePoint now() const = 0;
  [[nodiscard]] virtual base::WallMillis wall() const = 0;
  /// The moment as sender reports tell it: NTP time in 32.32 fixed point (RFC 3550 section 4).
  [[nodiscard]] virtual std::uint64_t ntp(base::TimePoint at) const = 0;
  [[nodiscard]] virtual base::TimerWheel& timers() = 0;
  [[nodiscard]] virtual const RoomSettings& settings() const = 0;
  /// The worker's media port.
  [[nodiscard]] virtual webrtc_transport::TransportContext& media() = 0;

  /// Keeps what has left a room until no call into it can be on the stack, then destroys it.
  virtual void bury(std::unique_ptr<Participant> participant) = 0;
  /// The room has nobody left and its time is over; it is destroyed later, when no call into it is on the
  /// stack.
  virtual void room_closed(Room& room) = 0;
  /// A participant's signalling session ended: its number means nothing any more.
  virtual void session_ended(std::uint64_t session) = 0;

 protected:
  ~RoomContext() = default;
};

}  // namespace ringback::room
