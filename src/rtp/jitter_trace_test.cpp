#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/jitter_simulation.h"

// What a listener may expect on recorded kinds of networks (testdata/make_traces.py). The bounds are promises
// with some room, not the present numbers.

namespace ringback::rtp::simulation {
namespace {

struct Promise {
  std::string trace;
  PlayoutClock clock;
  std::size_t max_concealed;  ///< frames of 1500
  Duration max_mean_delay;
  Duration max_delay;
};

std::string name_of(const testing::TestParamInfo<Promise>& info) {
  return info.param.trace + (info.param.clock == PlayoutClock::kTick ? "_tick" : "_slewing");
}

class JitterTrace : public testing::TestWithParam<Promise> {};

TEST_P(JitterTrace, KeepsItsPromise) {
  const Promise& promise = GetParam();
  const auto trace = read_trace(RINGBACK_RTP_TESTDATA, promise.trace);
  ASSERT_EQ(trace.size(), 1500U);
  const auto lost =
      static_cast<std::size_t>(std::ranges::count_if(trace, [](const auto& delay) { return !delay; }));
  const Outcome outcome = play(stream_over(trace), promise.clock);

  EXPECT_TRUE(outcome.in_order);
  EXPECT_LE(outcome.concealed, promise.max_concealed);
  EXPECT_GE(outcome.played + promise.max_concealed + 2, trace.size());
  EXPECT_GE(outcome.played + outcome.concealed + outcome.silent + 2,
            trace.size() - std::min<std::size_t>(lost, 6));
  EXPECT_LE(outcome.mean_delay(), promise.max_mean_delay);
  EXPECT_LE(outcome.max_delay(), promise.max_delay);
}

using namespace std::chrono_literals;
constexpr auto kSlew = PlayoutClock::kSlewing;
constexpr auto kTick = PlayoutClock::kTick;

INSTANTIATE_TEST_SUITE_P(
    Networks, JitterTrace,
    testing::Values(
        Promise{"clean", kSlew, 0, 6ms, 8ms}, Promise{"clean", kTick, 0, 20ms, 25ms},
        Promise{"random_loss", kSlew, 90, 12ms, 20ms}, Promise{"random_loss", kTick, 90, 25ms, 30ms},
        Promise{"wifi_burst", kSlew, 30, 50ms, 90ms}, Promise{"wifi_burst", kTick, 40, 50ms, 90ms},
        Promise{"lte_handover", kSlew, 30, 100ms, 180ms}, Promise{"lte_handover", kTick, 40, 60ms, 180ms},
        Promise{"burst_30ms", kSlew, 3, 32ms, 40ms}, Promise{"burst_30ms", kTick, 3, 50ms, 60ms},
        Promise{"reordering", kSlew, 5, 32ms, 40ms}, Promise{"reordering", kTick, 5, 50ms, 60ms}),
    name_of);

/// Four hours over a clean path with clocks 200 ppm apart: 2.9 s of audio more or less, found in no buffer.
class JitterDrift : public testing::TestWithParam<std::pair<double, PlayoutClock>> {};

TEST_P(JitterDrift, NeitherGrowsNorStarves) {
  const auto [rate, clock] = GetParam();
  std::mt19937 random(11);
  std::vector<std::optional<Duration>> delays(720'000);
  for (auto& delay : delays) delay = Duration(random() % 800);
  const Outcome outcome = play(stream_over(delays, rate), clock);
  EXPECT_TRUE(outcome.in_order);
  EXPECT_EQ(outcome.concealed, 0U);
  EXPECT_EQ(outcome.silent, 0U);
  EXPECT_GE(outcome.played + 3, delays.size());
  EXPECT_LE(outcome.max_delay(), clock == kTick ? 35ms : 10ms);
  if (clock == kSlew) {
    EXPECT_EQ(outcome.accelerated + outcome.expanded, 0U);
  }
  // A tick can only correct by whole frames: 2.88 s are 144 of them.
  EXPECT_LE(outcome.accelerated + outcome.expanded, 160U);
}

INSTANTIATE_TEST_SUITE_P(Ppm200, JitterDrift,
                         testing::Values(std::pair{0.9998, kSlew}, std::pair{1.0002, kSlew},
                                         std::pair{0.9998, kTick}, std::pair{1.0002, kTick}));

}  // namespace
}  // namespace ringback::rtp::simulation
