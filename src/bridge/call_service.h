#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/masked.h"
#include "base/task.h"
#include "base/time.h"
#include "bridge/call_event.h"

namespace ringback::bridge {

/// A call as the dialer asks for it: no word about who places it, or how.
struct PhoneCall {
  CallId call_id;
  std::string room_name;
  std::string participant_identity;
  std::string participant_name;
  base::Masked number;
};

/// Whoever makes phones ring for the dialer: our own SIP service, or that of a LiveKit server. All functions
/// on the front thread.
class CallService {
 public:
  struct Counters {
    std::uint64_t started = 0;
    std::uint64_t answered = 0;
    std::map<CallCause, std::uint64_t> ended;  ///< by cause
    std::size_t live = 0;
  };

  virtual ~CallService() = default;

  /// Calls a phone through the preferred trunk. Everything that follows, failure included, comes to the
  /// observer, the first event possibly before this returns.
  virtual void place(PhoneCall call, CallObserver observer) = 0;
  /// False when there is no such call (any more). The observer gets kEnded.
  virtual bool hang_up(const CallId& call, CallCause cause) = 0;

  /// The trunk that a call placed now takes; "" when there is none or it is not known yet.
  [[nodiscard]] virtual std::string trunk_id() const = 0;
  [[nodiscard]] virtual const Counters& counters() const = 0;

  /// From now on new calls are refused; the live ones go on. For a node that is about to stop.
  virtual void drain() = 0;
  [[nodiscard]] virtual bool draining() const = 0;
  /// Refuses new calls, ends the live ones and runs `done` when that is confirmed, at the latest after
  /// `grace`.
  virtual void shut_down(base::Duration grace, base::Task done) = 0;
};

}  // namespace ringback::bridge
