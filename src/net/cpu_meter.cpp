#include "net/cpu_meter.h"

#include <ctime>

namespace ringback::net {
namespace {

base::Duration thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::duration_cast<base::Duration>(std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

void CpuMeter::measure(base::TimePoint now) {
  const base::Duration wall = now - measured_at_;
  if (started_ && wall < kPeriod) return;
  const base::Duration cpu = thread_cpu_time();
  if (started_) {
    const double share = static_cast<double>((cpu - cpu_).count()) / static_cast<double>(wall.count());
    share_.store(share, std::memory_order_relaxed);
  }
  started_ = true;
  cpu_ = cpu;
  measured_at_ = now;
}

}  // namespace ringback::net
