#pragma once

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <vector>

/// What the benchmarks share: CPU time of this thread, and the median of several rounds.
namespace ringback::bench {

/// Nanoseconds of CPU time: another process on the machine does not count.
[[nodiscard]] inline double thread_cpu_nanos() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// The median time of one operation in nanoseconds: `rounds` times `operations` calls of `operation`, after a
/// round that warms caches and clocks.
template <class Operation>
[[nodiscard]] double median_nanos(std::size_t rounds, std::size_t operations, Operation operation) {
  std::vector<double> times;
  for (std::size_t round = 0; round <= rounds; ++round) {
    const double start = thread_cpu_nanos();
    for (std::size_t i = 0; i < operations; ++i) operation();
    if (round > 0) times.push_back((thread_cpu_nanos() - start) / static_cast<double>(operations));
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

}  // namespace ringback::bench
