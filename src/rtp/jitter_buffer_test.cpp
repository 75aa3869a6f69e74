#include "rtp/jitter_buffer.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/jitter_simulation.h"

namespace ringback::rtp {
namespace {

using base::Duration;
using base::TimePoint;
using namespace std::chrono_literals;
using simulation::Arrival;
using simulation::settings_for;

class SlewingJitterBuffer : public testing::Test {
 protected:
  /// Packet `n` of an even stream, `late` after its fastest arrival.
  void arrive(int n, Duration late = 0ms, std::size_t size = 40) {
    const TimePoint at = start_ + n * 20ms + late;
    simulation::insert(buffer_, {.at = at,
                                 .ideal = at,
                                 .sequence = static_cast<std::uint16_t>(first_sequence_ + n),
                                 .timestamp = static_cast<std::uint32_t>(first_timestamp_ + n * 160),
                                 .size = size});
  }
  /// Everything that is due up to `until`, with the time it came out.
  std::vector<std::pair<TimePoint, JitterFrame>> drain(TimePoint until) {
    std::vector<std::pair<TimePoint, JitterFrame>> frames;
    while (buffer_.next_deadline() <= until) {
      const TimePoint now = buffer_.next_deadline();
      const JitterFrame frame = buffer_.pull(now);
      if (frame.kind != Playout::kWait) frames.emplace_back(now, frame);
    }
    return frames;
  }
  /// Packets `from` up to `to`, each played on time; returns what came out.
  std::vector<std::pair<TimePoint, JitterFrame>> play_evenly(int from, int to) {
    std::vector<std::pair<TimePoint, JitterFrame>> all;
    for (int n = from; n < to; ++n) {
      arrive(n);
      for (auto& frame : drain(at(n + 1) - 1us)) all.push_back(frame);
    }
    return all;
  }
  TimePoint at(int n) const { return start_ + n * 20ms; }

  TimePoint start_{100s};
  std::uint16_t first_sequence_ = 65530;
  std::uint32_t first_timestamp_ = 0xfffffff0;
  JitterBuffer buffer_{settings_for(PlayoutClock::kSlewing)};
};

TEST_F(SlewingJitterBuffer, WaitsForTheFirstPacket) {
  EXPECT_EQ(buffer_.pull(start_).kind, Playout::kWait);
  EXPECT_EQ(buffer_.next_deadline(), base::kNever);
}

TEST_F(SlewingJitterBuffer, EvenStreamLeavesAfterTheLeastDelay) {
  const auto frames = play_evenly(0, 20);
  ASSERT_EQ(frames.size(), 20U);
  EXPECT_TRUE(frames[0].second.starts_talk_spurt);
  for (int n = 0; n < 20; ++n) {
    const auto& [when, frame] = frames[static_cast<std::size_t>(n)];
    EXPECT_EQ(frame.kind, Playout::kFrame);
    EXPECT_EQ(when - at(n), 5ms);
    EXPECT_EQ(frame.timestamp, static_cast<std::uint32_t>(first_timestamp_ + n * 160));
    EXPECT_EQ(frame.duration, 20ms);
    EXPECT_EQ(frame.payload.size(), 40U);
    EXPECT_EQ(frame.starts_talk_spurt, n == 0);
  }
}

TEST_F(SlewingJitterBuffer, LostPacketIsConcealedOnceAndCounted) {
  play_evenly(0, 10);
  EXPECT_EQ(drain(at(11) - 1us).size(), 1U);
  const auto frames = play_evenly(11, 15);
  EXPECT_EQ(buffer_.stats().concealed_frames, 1U);
  EXPECT_EQ(buffer_.stats().lost, 1U);
  EXPECT_EQ(frames.size(), 4U);
  for (const auto& [when, frame] : frames) EXPECT_EQ(frame.kind, Playout::kFrame);
  EXPECT_LE(buffer_.current_delay(), 12ms);
}

TEST_F(SlewingJitterBuffer, ReorderedPacketWithinTheGraceIsNotConcealed) {
  play_evenly(0, 10);
  arrive(11, -18ms);  // overtakes number 10
  arrive(10, 8ms);
  const auto frames = drain(at(12));
  ASSERT_GE(frames.size(), 2U);
  EXPECT_EQ(frames[0].second.sequence, static_cast<std::uint16_t>(first_sequence_ + 10));
  EXPECT_EQ(frames[1].second.sequence, static_cast<std::uint16_t>(first_sequence_ + 11));
  EXPECT_EQ(buffer_.stats().concealed_frames, 0U);
}

TEST_F(SlewingJitterBuffer, NextPacketIsOfferedForInBandFec) {
  // 60 ms of jitter keep several packets in the buffer.
  for (int n = 0; n < 100; ++n) {
    if (n != 90) arrive(n, n % 10 == 0 ? 60ms : 0ms);
    drain(at(n + 1) - 1us);
  }
  EXPECT_GT(buffer_.target_delay(), 50ms);
  const auto before = buffer_.stats().fec_frames;
  bool offered = false;
  for (int n = 100; n < 110; ++n) {
    arrive(n);
    for (const auto& [when, frame] : drain(at(n + 1) - 1us)) {
      offered |= frame.kind == Playout::kConceal && !frame.next_payload.empty();
    }
  }
  EXPECT_TRUE(offered || before > 0);
  EXPECT_GE(buffer_.stats().fec_frames, 1U);
}

TEST_F(SlewingJitterBuffer, DuplicatesAreDropped) {
  play_evenly(0, 5);
  arrive(5);
  arrive(5);
  EXPECT_EQ(buffer_.stats().duplicates, 1U);
  drain(at(5) + 6ms);
  arrive(5, 7ms);
  arrive(4, 50ms);
  EXPECT_EQ(buffer_.stats().duplicates, 3U);
  EXPECT_EQ(buffer_.stats().late, 0U);
}

TEST_F(SlewingJitterBuffer, LatePacketRaisesTheDelayAtOnce) {
  play_evenly(0, 10);
  drain(at(10) + 32ms);
  arrive(10, 33ms);
  for (int n = 11; n < 12; ++n) arrive(n, 13ms);
  play_evenly(12, 14);
  EXPECT_EQ(buffer_.stats().late, 0U);
  EXPECT_GE(buffer_.current_delay(), 25ms);
  EXPECT_LE(buffer_.stats().concealed_frames, 2U);
}

TEST_F(SlewingJitterBuffer, DelayShrinksAgainWithoutCuttingAnything) {
  play_evenly(0, 10);
  for (int n = 10; n < 15; ++n) arrive(n, (15 - n) * 20ms);  // 100 ms hold, then all at once
  const auto concealed = buffer_.stats().concealed_frames;
  const auto frames = play_evenly(15, 1500);
  EXPECT_LE(buffer_.current_delay(), 15ms);
  EXPECT_EQ(buffer_.stats().lost, 0U);
  EXPECT_EQ(buffer_.stats().concealed_frames, concealed);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    ASSERT_GE(frames[i].first - frames[i - 1].first, 15ms) << i;
  }
}

TEST_F(SlewingJitterBuffer, DtxGapIsSilenceAndCostsNothing) {
  play_evenly(0, 10);
  arrive(10, 0ms, 1);  // Opus announces silence with one byte
  const auto gap = drain(at(40) - 1us);
  EXPECT_EQ(buffer_.stats().concealed_frames, 0U);
  EXPECT_GE(buffer_.stats().silent_frames, 28U);
  // The sequence goes on, the timestamps show the pause.
  simulation::insert(buffer_, {.at = at(40),
                               .ideal = at(40),
                               .sequence = static_cast<std::uint16_t>(first_sequence_ + 11),
                               .timestamp = static_cast<std::uint32_t>(first_timestamp_ + 40 * 160)});
  const auto frames = drain(at(41) - 1us);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back().second.kind, Playout::kFrame);
  EXPECT_TRUE(frames.back().second.starts_talk_spurt);
  EXPECT_LE(frames.back().first - at(40), 6ms);
  EXPECT_EQ(buffer_.stats().lost, 0U);
}

TEST_F(SlewingJitterBuffer, SenderThatStopsIsConcealedBrieflyThenSilent) {
  play_evenly(0, 10);
  drain(at(100));
  EXPECT_LE(buffer_.stats().concealed_frames, 6U);
  EXPECT_GE(buffer_.stats().silent_frames, 80U);
}

TEST_F(SlewingJitterBuffer, TimestampJumpStartsAnew) {
  play_evenly(0, 10);
  first_timestamp_ += 1'000'000'000;
  const auto frames = play_evenly(10, 20);
  EXPECT_EQ(buffer_.stats().restarts, 1U);
  EXPECT_EQ(std::ranges::count_if(frames, [](const auto& f) { return f.second.kind == Playout::kFrame; }),
            10);
  EXPECT_LE(buffer_.current_delay(), 8ms);
}

TEST_F(SlewingJitterBuffer, SequenceRestartNeedsTwoPackets) {
  play_evenly(0, 10);
  first_sequence_ = static_cast<std::uint16_t>(first_sequence_ + 20000);
  arrive(10);
  EXPECT_EQ(buffer_.stats().restarts, 0U);
  drain(at(11) - 1us);
  const auto frames = play_evenly(11, 20);
  EXPECT_EQ(buffer_.stats().restarts, 1U);
  EXPECT_GE(frames.size(), 9U);
}

TEST_F(SlewingJitterBuffer, StrayPacketIsIgnored) {
  play_evenly(0, 10);
  simulation::insert(buffer_, {.at = at(10), .ideal = at(10), .sequence = 30000, .timestamp = 77});
  EXPECT_EQ(play_evenly(10, 15).size(), 5U);
  EXPECT_EQ(buffer_.stats().restarts, 0U);
}

TEST_F(SlewingJitterBuffer, LearnsOtherFrameSizes) {
  for (int n = 0; n < 20; ++n) {
    const TimePoint now = start_ + n * 60ms;
    simulation::insert(buffer_, {.at = now,
                                 .ideal = now,
                                 .sequence = static_cast<std::uint16_t>(n),
                                 .timestamp = static_cast<std::uint32_t>(n * 480)});
    for (const auto& [when, frame] : drain(now + 60ms - 1us)) {
      if (n > 2) {
        EXPECT_EQ(frame.duration, 60ms);
        EXPECT_EQ(frame.kind, Playout::kFrame);
      }
    }
  }
  EXPECT_EQ(buffer_.stats().played, 20U);
}

TEST_F(SlewingJitterBuffer, KeepsToTheGreatestDelayWhenNobodyPulls) {
  for (int n = 0; n < 200; ++n) arrive(n);
  EXPECT_LE(buffer_.buffered_packets(), 21U);
  EXPECT_GE(buffer_.stats().overflowed, 179U);
}

TEST_F(SlewingJitterBuffer, OversizedPayloadIsALoss) {
  JitterBufferSettings settings = settings_for(PlayoutClock::kSlewing);
  settings.slot_size = 39;
  buffer_ = JitterBuffer(settings);
  arrive(0);
  EXPECT_EQ(buffer_.stats().oversized, 1U);
  EXPECT_EQ(buffer_.buffered_packets(), 0U);
  EXPECT_NE(buffer_.pull(start_ + 20ms).kind, Playout::kFrame);
}

TEST_F(SlewingJitterBuffer, OwnerThatWasHeldUpGetsItsFramesInOrder) {
  play_evenly(0, 10);
  for (int n = 10; n < 15; ++n) arrive(n);
  const TimePoint late = at(15);
  std::vector<std::uint16_t> sequences;
  for (int i = 0; i < 200; ++i) {
    const JitterFrame frame = buffer_.pull(late + i * 1ms);
    if (frame.kind == Playout::kFrame) sequences.push_back(frame.sequence);
  }
  ASSERT_GE(sequences.size(), 5U);
  for (std::size_t i = 1; i < sequences.size(); ++i) {
    EXPECT_EQ(static_cast<std::uint16_t>(sequences[i] - sequences[i - 1]), 1);
  }
}

TEST_F(SlewingJitterBuffer, ResetForgetsTheStream) {
  play_evenly(0, 10);
  arrive(10);
  buffer_.reset();
  EXPECT_EQ(buffer_.buffered_packets(), 0U);
  EXPECT_EQ(buffer_.next_deadline(), base::kNever);
  first_sequence_ = 7;
  first_timestamp_ = 0;
  EXPECT_EQ(play_evenly(11, 15).size(), 4U);
}

/// Offers packets as the owner of a slewing buffer does, and notes what comes out of it.
class OfferedStream : public SlewingJitterBuffer {
 protected:
  struct Out {
    TimePoint when;
    Playout kind;
    std::uint16_t number;
  };
  void offer(int n, Duration late = 0ms) {
    const TimePoint now = at(n) + late;
    run(now);
    const std::vector<std::uint8_t> payload(160, static_cast<std::uint8_t>(n));
    std::array<std::uint8_t, 200> bytes{};
    const auto size = write_packet(bytes,
                                   {.sequence = static_cast<std::uint16_t>(first_sequence_ + n),
                                    .timestamp = static_cast<std::uint32_t>(first_timestamp_ + n * 160)},
                                   payload);
    const auto packet = PacketView::parse(std::span(bytes).first(size));
    ASSERT_TRUE(packet);
    for (JitterFrame frame = buffer_.offer(now, *packet); frame.kind != Playout::kWait;
         frame = buffer_.pull(now)) {
      if (frame.payload.data() == packet->payload().data()) ++uncopied_;
      note(now, frame);
    }
  }
  /// Everything that is due up to `until`.
  void run(TimePoint until) {
    for (const auto& [when, frame] : drain(until)) note(when, frame);
  }
  void note(TimePoint when, const JitterFrame& frame) {
    out_.push_back({when, frame.kind, static_cast<std::uint16_t>(frame.sequence - first_sequence_)});
  }

  std::vector<Out> out_;
  int uncopied_ = 0;
};

TEST_F(OfferedStream, AnEvenOneGoesOnAtArrivalUncopied) {
  for (int n = 0; n < 200; ++n) offer(n, n % 2 * 1ms);
  ASSERT_EQ(out_.size(), 200U);
  EXPECT_EQ(buffer_.stats().concealed_frames, 0U);
  EXPECT_GE(uncopied_, 140) << "after the second in which the stream becomes known";
  for (std::size_t n = 60; n < 200; ++n) EXPECT_EQ(out_[n].when, at(static_cast<int>(n)) + n % 2 * 1ms);
  EXPECT_EQ(buffer_.target_delay(), 0ms);
}

TEST_F(OfferedStream, WithJitterFramesAreHeldBackAsBefore) {
  for (int n = 0; n < 400; ++n) offer(n, n % 10 == 0 ? 9ms : 0ms);
  EXPECT_GE(buffer_.target_delay(), 8ms);
  EXPECT_LE(buffer_.stats().concealed_frames, 3U);
  for (std::size_t i = 200; i < out_.size(); ++i) {
    EXPECT_EQ(out_[i].kind, Playout::kFrame);
    const Duration step = out_[i].when - out_[i - 1].when;
    EXPECT_GE(step, 18ms);
    EXPECT_LE(step, 22ms);
  }
}

TEST_F(OfferedStream, APacketThatIsTenMillisecondsLateIsNotTakenForLost) {
  for (int n = 0; n < 100; ++n) offer(n);
  offer(100, 9ms);
  for (int n = 101; n < 200; ++n) offer(n);
  EXPECT_EQ(out_.size(), 200U);
  EXPECT_EQ(buffer_.stats().concealed_frames, 0U);
}

TEST_F(OfferedStream, ALossInAnEvenOneIsConcealedBeforeTheNextPacket) {
  for (int n = 0; n < 100; ++n) offer(n);
  for (int n = 101; n < 200; ++n) offer(n);
  EXPECT_EQ(buffer_.stats().concealed_frames, 1U);
  EXPECT_EQ(buffer_.stats().lost, 1U);
  ASSERT_EQ(out_.size(), 200U);
  EXPECT_EQ(out_[100].kind, Playout::kConceal);
  EXPECT_LT(out_[100].when, at(101));
  EXPECT_EQ(out_[101].number, 101);
}

TEST_F(OfferedStream, PacketsOutOfOrderAreSorted) {
  for (int n = 0; n < 100; ++n) offer(n);
  offer(101, -18ms);
  offer(100, 4ms);
  for (int n = 102; n < 150; ++n) offer(n);
  // The packet that overtook is the fastest now: against it the others are late, and the last one waits.
  run(at(150));
  ASSERT_EQ(out_.size(), 150U);
  for (std::size_t n = 0; n < out_.size(); ++n) EXPECT_EQ(out_[n].number, n);
  EXPECT_EQ(buffer_.stats().concealed_frames, 0U);
}

TEST_F(OfferedStream, DuplicatesAreDropped) {
  for (int n = 0; n < 100; ++n) offer(n);
  offer(99, 1ms);
  EXPECT_EQ(out_.size(), 100U);
  EXPECT_EQ(buffer_.stats().duplicates, 1U);
}

TEST(TickJitterBuffer, QuietMomentsTakeTheCorrection) {
  JitterBuffer buffer(settings_for(PlayoutClock::kTick));
  std::vector<Arrival> arrivals;
  // 100 ms of delay that goes away again.
  for (int n = 0; n < 1000; ++n) {
    const Duration late = n >= 50 && n < 55 ? (55 - n) * 20ms : 0ms;
    const TimePoint ideal{100s + n * 20ms};
    arrivals.push_back({.at = ideal + late,
                        .ideal = ideal,
                        .sequence = static_cast<std::uint16_t>(n),
                        .timestamp = static_cast<std::uint32_t>(n * 160)});
  }
  buffer.note_quiet(true);
  const simulation::Outcome outcome = simulation::Playback(buffer, PlayoutClock::kTick).run(arrivals);
  EXPECT_LE(outcome.concealed, 6U);
  EXPECT_GE(outcome.accelerated, outcome.concealed > 2 ? outcome.concealed - 2 : 0);
  EXPECT_LE(buffer.current_delay(), 30ms);
  EXPECT_TRUE(outcome.in_order);
}

TEST(TickJitterBuffer, JitteryTicksDoNotCostFrames) {
  JitterBuffer buffer(settings_for(PlayoutClock::kTick));
  std::size_t played = 0;
  for (int n = 0; n < 500; ++n) {
    const TimePoint now{100s + n * 20ms};
    simulation::insert(buffer, {.at = now,
                                .ideal = now,
                                .sequence = static_cast<std::uint16_t>(n),
                                .timestamp = static_cast<std::uint32_t>(n * 160)});
    // The worker's tick comes 8 to 14 ms after the packet.
    JitterFrame frame = buffer.pull(now + 8ms + Duration(n * 7919 % 6000));
    if (frame.kind == Playout::kFrame) ++played;
    EXPECT_EQ(frame.adjustment, Adjustment::kNone);
  }
  EXPECT_EQ(played, 500U);
}

}  // namespace
}  // namespace ringback::rtp
