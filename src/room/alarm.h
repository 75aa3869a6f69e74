#pragma once

#include <functional>
#include <utility>

#include "base/timer_wheel.h"

namespace ringback::room {

/// A timer that is a member of what it wakes; disarmed when that is destroyed. The action may set the alarm
/// again but must not destroy it.
class Alarm final : public base::TimerWheel::Entry {
 public:
  Alarm(base::TimerWheel& wheel, std::function<void(base::TimePoint now)> action)
      : wheel_(wheel), action_(std::move(action)) {}

  void set(base::TimePoint at) { wheel_.arm(*this, at); }
  /// Keeps an earlier deadline.
  void set_by(base::TimePoint at) {
    if (at < deadline()) wheel_.arm(*this, at);
  }
  void cancel() { disarm(); }

 private:
  void on_timer(base::TimePoint now) override { action_(now); }

  base::TimerWheel& wheel_;
  std::function<void(base::TimePoint)> action_;
};

}  // namespace ringback::room
