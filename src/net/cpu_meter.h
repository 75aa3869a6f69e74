#pragma once

#include <atomic>

#include "base/time.h"

namespace ringback::net {

/// How busy a thread is: its CPU time by wall time over the last whole period. measure() on the thread
/// itself, after each turn of its loop; share() from anywhere.
class CpuMeter {
 public:
  static constexpr base::Duration kPeriod = std::chrono::seconds(1);

  /// Costs a comparison unless a period has passed since the last measurement.
  void measure(base::TimePoint now);
  /// 0..1.
  [[nodiscard]] double share() const { return share_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> share_{0};
  bool started_ = false;
  base::TimePoint measured_at_{};
  base::Duration cpu_{};
};

}  // namespace ringback::net
