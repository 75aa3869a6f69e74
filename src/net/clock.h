#pragma once

#include "base/time.h"

namespace ringback::net {

/// CLOCK_MONOTONIC. Below the event loops the time is an argument; inside one, use Worker::now() or
/// Front::now().
[[nodiscard]] base::TimePoint monotonic_now();

/// The time of day, for people, databases and tokens.
[[nodiscard]] base::WallMillis wall_millis();

}  // namespace ringback::net
