#pragma once

#include <functional>
#include <utility>

#include "base/timer_wheel.h"

namespace ringback::base {

/// A timer that is a member of what it wakes; disarmed when that is destroyed. The action may set the alarm
/// again but must not destroy it.
class Alarm final : public TimerWheel::Entry {
 public:
  Alarm(TimerWheel& wheel, std::function<void(TimePoint now)> action)
      : wheel_(wheel), action_(std::move(action)) {}

  void set(TimePoint at) { wheel_.arm(*this, at); }
  /// Keeps an earlier deadline.
  void set_by(TimePoint at) {
    if (at < deadline()) wheel_.arm(*this, at);
  }
  void cancel() { disarm(); }

 private:
  void on_timer(TimePoint now) override { action_(now); }

  TimerWheel& wheel_;
  std::function<void(TimePoint)> action_;
};

}  // namespace ringback::base
