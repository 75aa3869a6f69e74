#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/ntp_time.h"
#include "rtp/packet.h"
#include "rtp/receive_stats.h"
#include "rtp/send_stats.h"

namespace ringback::rtp {
namespace {

using base::TimePoint;
using namespace std::chrono_literals;

constexpr std::int64_t kUnixMicros = 1'700'000'000'000'000;

void receive(ReceiveStats& stats, TimePoint now, std::uint16_t sequence, std::uint32_t timestamp) {
  std::array<std::uint8_t, 32> bytes{};
  const std::size_t size = write_packet(bytes, {.sequence = sequence, .timestamp = timestamp, .ssrc = 42},
                                        std::vector<std::uint8_t>(10));
  stats.on_packet(now, *PacketView::parse(std::span(bytes).first(size)));
}

TEST(NtpTime, RoundTripAndKnownValue) {
  static_assert(ntp_from_unix_micros(0) >> 32 == 2'208'988'800U);
  for (const std::int64_t micros :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{999'999}, kUnixMicros + 123'457}) {
    EXPECT_EQ(unix_micros_from_ntp(ntp_from_unix_micros(micros)), micros);
  }
  EXPECT_EQ(compact_from_duration(1s), 65536U);
  EXPECT_LE(150ms - duration_from_compact(compact_from_duration(150ms)), 16us);
}

TEST(ReceiveStats, CountsLossAcrossTheWrap) {
  ReceiveStats stats(8000);
  EXPECT_FALSE(stats.make_report_block(TimePoint{}));
  std::uint16_t sequence = 65500;
  for (int i = 0; i < 100; ++i, ++sequence) {
    if (i % 10 != 5) receive(stats, TimePoint{i * 20ms}, sequence, static_cast<std::uint32_t>(i * 160));
  }
  const auto block = stats.make_report_block(TimePoint{2s});
  ASSERT_TRUE(block);
  EXPECT_EQ(block->ssrc, 42U);
  EXPECT_EQ(block->cumulative_lost, 10);
  EXPECT_EQ(block->fraction_lost, 25);  // 10 %
  EXPECT_EQ(block->highest_sequence, 65536U + 63);
  EXPECT_EQ(block->last_sender_report, 0U);
  EXPECT_EQ(stats.make_report_block(TimePoint{2s})->fraction_lost, 0);
  EXPECT_EQ(stats.payload_bytes(), 900U);
}

TEST(ReceiveStats, DuplicatesMayMakeLossNegative) {
  ReceiveStats stats(8000);
  for (int i = 0; i < 3; ++i) receive(stats, TimePoint{i * 1ms}, 7, 0);
  EXPECT_EQ(stats.make_report_block(TimePoint{1s})->cumulative_lost, -2);
}

TEST(ReceiveStats, JitterFollowsTheSpread) {
  ReceiveStats even(8000);
  ReceiveStats uneven(8000);
  for (int i = 0; i < 500; ++i) {
    const auto sequence = static_cast<std::uint16_t>(i);
    const auto timestamp = static_cast<std::uint32_t>(i * 160);
    receive(even, TimePoint{i * 20ms}, sequence, timestamp);
    receive(uneven, TimePoint{i * 20ms + (i % 2 == 0 ? 0ms : 10ms)}, sequence, timestamp);
  }
  EXPECT_EQ(even.jitter(), 0ms);
  EXPECT_GE(uneven.jitter(), 9ms);
  EXPECT_LE(uneven.jitter(), 11ms);
}

TEST(ReceiveStats, SequenceRestartIsNotLoss) {
  ReceiveStats stats(8000);
  for (int i = 0; i < 50; ++i) receive(stats, TimePoint{i * 20ms}, static_cast<std::uint16_t>(i), 0);
  for (int i = 50; i < 100; ++i)
    receive(stats, TimePoint{i * 20ms}, static_cast<std::uint16_t>(i + 30000), 0);
  EXPECT_EQ(stats.cumulative_lost(), 0);
}

TEST(ReceiveStats, MapsTimestampsToTheSendersClock) {
  ReceiveStats stats(8000);
  EXPECT_FALSE(stats.ntp_of(0));
  SenderReport report;
  report.ntp_time = ntp_from_unix_micros(kUnixMicros);
  report.rtp_timestamp = 1000;
  stats.on_sender_report(TimePoint{1s}, report);
  EXPECT_EQ(unix_micros_from_ntp(*stats.ntp_of(1000 + 8000 + 4000)), kUnixMicros + 1'500'000);
  EXPECT_EQ(unix_micros_from_ntp(*stats.ntp_of(1000 - 80)), kUnixMicros - 10'000);
}

TEST(SendStats, RoundTripTimeByReportAndEcho) {
  const NtpClock sender_clock(TimePoint{5s}, kUnixMicros);
  SendStats sender(42, 8000);
  EXPECT_FALSE(sender.make_sender_report(TimePoint{5s}, sender_clock));
  sender.on_packet(TimePoint{9s + 990ms}, 5000, 160);
  const auto report = sender.make_sender_report(TimePoint{10s}, sender_clock);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->rtp_timestamp, 5080U);
  EXPECT_EQ(report->octet_count, 160U);
  EXPECT_EQ(unix_micros_from_ntp(report->ntp_time), kUnixMicros + 5'000'000);

  // The receiver has another time line: it gets the report after 40 ms and answers 300 ms later.
  ReceiveStats receiver(8000);
  receive(receiver, TimePoint{77s}, 1, 5000);
  receiver.on_sender_report(TimePoint{77s + 40ms}, *report);
  const auto block = receiver.make_report_block(TimePoint{77s + 340ms});
  ASSERT_TRUE(block);
  sender.on_report_block(TimePoint{10s + 400ms}, sender_clock, *block);
  ASSERT_TRUE(sender.round_trip());
  EXPECT_NEAR(static_cast<double>(sender.round_trip()->count()), 100'000, 50);
}

TEST(SendStats, IgnoresForeignAndAbsurdReports) {
  const NtpClock clock(TimePoint{}, kUnixMicros);
  SendStats stats(42, 8000);
  stats.on_report_block(TimePoint{1s}, clock, {.ssrc = 41, .fraction_lost = 128});
  EXPECT_EQ(stats.remote_loss(), 0.0);
  stats.on_report_block(TimePoint{1s}, clock, {.ssrc = 42, .fraction_lost = 128});
  EXPECT_EQ(stats.remote_loss(), 0.5);
  EXPECT_FALSE(stats.round_trip());
  stats.on_report_block(
      TimePoint{1s}, clock,
      {.ssrc = 42, .last_sender_report = compact_ntp(clock.at(TimePoint{1s})) - 100 * 65536});
  EXPECT_FALSE(stats.round_trip());
}

}  // namespace
}  // namespace ringback::rtp
