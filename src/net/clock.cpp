#include "net/clock.h"

#include <ctime>

#include <chrono>

namespace ringback::net {

base::TimePoint monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return base::TimePoint(std::chrono::seconds(now.tv_sec) +
                         std::chrono::duration_cast<base::Duration>(std::chrono::nanoseconds(now.tv_nsec)));
}

base::WallMillis wall_millis() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace ringback::net
