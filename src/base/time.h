#pragma once

#include <chrono>
#include <cstdint>

namespace ringback::base {

using namespace std::chrono_literals;

/// The monotonic time line of the process. It has no now() on purpose: below the event loop the time is an
/// argument. The loops in `net` are the only source (net/clock.h); tests invent their own values.
struct MonotonicClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using Duration = MonotonicClock::duration;     ///< microseconds
using TimePoint = MonotonicClock::time_point;  ///< microseconds since an arbitrary start

/// "No deadline": what next_deadline() of a core returns when it waits for nothing.
inline constexpr TimePoint kNever = TimePoint::max();

/// Milliseconds since the Unix epoch; only for what people and databases read, never to measure a duration.
using WallMillis = std::int64_t;

}  // namespace ringback::base
