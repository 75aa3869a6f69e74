// The adaptive jitter buffer: CPU time per packet, and what a listener gets on each recorded kind of network
// (frames of 1500, delay above the fastest path).

#include <algorithm>
#include <cstdio>
#include <vector>

#include "measure.h"
#include "rtp/jitter_simulation.h"

namespace {

using namespace ringback;
using namespace rtp::simulation;

double milliseconds(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

base::Duration percentile(std::vector<base::Duration> delays, std::size_t percent) {
  if (delays.empty()) return {};
  std::sort(delays.begin(), delays.end());
  return delays[std::min(delays.size() - 1, delays.size() * percent / 100)];
}

void print_outcome(const char* trace, rtp::PlayoutClock clock) {
  const Outcome outcome = play(stream_over(read_trace(RINGBACK_RTP_TESTDATA, trace)), clock);
  std::printf("%-14s %-8s %7zu %10zu %6zu %8zu %8.1f %8.1f %8.1f\n", trace,
              clock == rtp::PlayoutClock::kTick ? "tick" : "slewing", outcome.played, outcome.concealed,
              outcome.recoverable, outcome.accelerated + outcome.expanded, milliseconds(outcome.mean_delay()),
              milliseconds(percentile(outcome.delays, 95)), milliseconds(outcome.max_delay()));
}

/// insert() and pull() of one packet of an even stream.
double nanos_per_packet() {
  rtp::JitterBuffer buffer(settings_for(rtp::PlayoutClock::kTick));
  std::array<std::uint8_t, 172> bytes{};
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  base::TimePoint now{};
  return bench::median_nanos(9, 50'000, [&] {
    now += kFrame;
    timestamp += kFrameTicks;
    static_cast<void>(rtp::write_header(bytes, {.sequence = sequence++, .timestamp = timestamp, .ssrc = 1}));
    buffer.insert(now, *rtp::PacketView::parse(bytes));
    static_cast<void>(buffer.pull(now + base::Duration(7'000)));
  });
}

}  // namespace

int main() {
  std::printf("insert and pull, 160 bytes: %.0f ns of CPU per packet\n\n", nanos_per_packet());
  std::printf("%-14s %-8s %7s %10s %6s %8s %8s %8s %8s\n", "network", "clock", "played", "concealed", "FEC",
              "adjusted", "mean ms", "p95 ms", "max ms");
  for (const char* trace :
       {"clean", "random_loss", "wifi_burst", "lte_handover", "burst_30ms", "reordering"}) {
    print_outcome(trace, rtp::PlayoutClock::kSlewing);
    print_outcome(trace, rtp::PlayoutClock::kTick);
  }
  return 0;
}
