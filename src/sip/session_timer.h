#pragma once

#include <cstdint>

#include "base/time.h"
#include "sip/header_values.h"
#include "sip/message.h"

namespace ringback::sip {

/// Keeps a call from living on when one end has vanished (RFC 4028): one side refreshes it in time, the other
/// ends it when no refresh comes. Pure state; the session sends and receives.
class SessionTimer {
 public:
  enum class Role : std::uint8_t { kNone, kRefresher, kWatcher };

  /// The 2xx to a request of ours (INVITE, re-INVITE, UPDATE). Without Session-Expires the timer is off.
  void receive_success(base::TimePoint now, const Message& response);
  /// A request of the peer that we answer with 2xx; writes the headers of that answer.
  void answer(base::TimePoint now, const Message& request, Message& response);
  /// Asks for the interval in force, as its present refresher, in a request of ours.
  void decorate(Message& request) const;

  /// Shorter than allowed (RFC 4028 5): answer 422 with Min-SE.
  [[nodiscard]] static bool is_too_short(const Message& request, std::uint32_t least);

  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] std::uint32_t seconds() const { return seconds_; }
  /// When to refresh, or, for the watcher, when to end the call.
  [[nodiscard]] base::TimePoint next_deadline() const { return deadline_; }
  /// The refresh is under way: the next deadline is the end of the session.
  void refreshing() { deadline_ = expires_at_; }
  [[nodiscard]] bool is_refreshing() const { return deadline_ == expires_at_; }
  void stop();

 private:
  void arm(base::TimePoint now, std::uint32_t seconds, Role role);

  Role role_ = Role::kNone;
  std::uint32_t seconds_ = 0;
  base::TimePoint expires_at_ = base::kNever;
  base::TimePoint deadline_ = base::kNever;
};

}  // namespace ringback::sip
