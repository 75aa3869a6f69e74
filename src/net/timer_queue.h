#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "base/timer_wheel.h"

namespace ringback::net {

/// Names one scheduled task. Stays harmless after the task has run or was cancelled: it never names a later
/// one.
struct TimerId {
  std::uint64_t value = 0;  ///< 0: none
  explicit operator bool() const { return value != 0; }
  bool operator==(const TimerId&) const = default;
};

/// Tasks that wait in a TimerWheel, named by ids instead of by entries. One owner thread.
class TimerQueue {
 public:
  explicit TimerQueue(base::TimerWheel& wheel);
  ~TimerQueue();

  /// kNever schedules nothing.
  TimerId schedule(base::TimePoint at, base::Task task);
  /// False when the task has run or was cancelled already.
  bool cancel(TimerId id);

 private:
  class Slot;
  base::TimerWheel& wheel_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace ringback::net
