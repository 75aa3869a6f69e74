#include "webrtc/virtual_sctp_time.h"

#include <atomic>

#include <sys/time.h>

namespace {

/// Milliseconds since the epoch; some day of 2026 on which all tests begin. Atomic because usrsctp has a
/// helper thread.
std::atomic<std::int64_t> g_milliseconds{1'795'000'000'000};

}  // namespace

/// Stands before the C library's in this test program.
extern "C" int gettimeofday(struct timeval* __restrict time, void* __restrict) noexcept {
  const std::int64_t now = g_milliseconds.load(std::memory_order_relaxed);
  time->tv_sec = now / 1000;
  time->tv_usec = now % 1000 * 1000;
  return 0;
}

namespace ringback::webrtc {

void pass_sctp_time(SctpStack& stack, std::uint32_t milliseconds) {
  g_milliseconds.fetch_add(milliseconds, std::memory_order_relaxed);
  stack.handle_timers(milliseconds);
}

}  // namespace ringback::webrtc
