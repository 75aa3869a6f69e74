#pragma once

#include <cassert>

#include "base/timer_wheel.h"

namespace ringback::net {

/// Told that a period has passed. `due` is the moment it was due, without the loop's delay; `missed` counts
/// whole periods that were skipped because the thread was too late to honour them.
class TickHandler {
 public:
  virtual void on_tick(base::TimePoint due, unsigned missed) = 0;

 protected:
  ~TickHandler() = default;
};

/// A periodic timer that does not drift and does not allocate: the 20 ms pace of outgoing audio. Member of
/// the object that is paced; stops when destroyed. Ticks of different objects start at different moments on
/// purpose: 200 calls that send in the same millisecond would be late by each other.
class Tick final : public base::TimerWheel::Entry {
 public:
  Tick(base::TimerWheel& wheel, TickHandler& handler) : wheel_(wheel), handler_(handler) {}

  /// First tick at `first`, then every `period` (at least TimerWheel::kTick).
  void start(base::TimePoint first, base::Duration period) {
    assert(period >= base::TimerWheel::kTick);
    period_ = period;
    deadline_ = first;
    wheel_.arm(*this, first);
  }
  void stop() { disarm(); }

 private:
  void on_timer(base::TimePoint now) override;

  base::TimerWheel& wheel_;
  TickHandler& handler_;
  base::Duration period_{};
  base::TimePoint deadline_{};
};

}  // namespace ringback::net
