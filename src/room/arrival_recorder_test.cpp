#include "room/arrival_recorder.h"

#include <gtest/gtest.h>

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kStart{6400ms};

TEST(ArrivalRecorder, NothingArrivedNothingToTell) {
  ArrivalRecorder recorder;
  rtp::TransportFeedback feedback;
  EXPECT_FALSE(recorder.report(1, 2, feedback));
}

TEST(ArrivalRecorder, TellsArrivalsAndLosses) {
  ArrivalRecorder recorder;
  recorder.received(kStart + 1ms, 65535);
  recorder.received(kStart + 3ms, 1);
  rtp::TransportFeedback feedback;
  ASSERT_TRUE(recorder.report(1, 2, feedback));
  EXPECT_EQ(feedback.reference_time, 100);
  ASSERT_EQ(feedback.packets.size(), 3u);
  EXPECT_EQ(feedback.packets[0].sequence, 65535);
  EXPECT_EQ(feedback.packets[0].delta, 4);
  EXPECT_FALSE(feedback.packets[1].received);
  EXPECT_EQ(feedback.packets[2].sequence, 1);
  EXPECT_EQ(feedback.packets[2].delta, 8);
  EXPECT_FALSE(recorder.report(1, 2, feedback));

  recorder.received(kStart + 10ms, 2);
  ASSERT_TRUE(recorder.report(1, 2, feedback));
  EXPECT_EQ(feedback.feedback_count, 1);
  ASSERT_EQ(feedback.packets.size(), 1u);
  EXPECT_EQ(feedback.packets[0].sequence, 2);
}

TEST(ArrivalRecorder, ALongPauseBeginsANewReport) {
  ArrivalRecorder recorder;
  recorder.received(kStart, 1);
  recorder.received(kStart + 20s, 2);
  rtp::TransportFeedback feedback;
  ASSERT_TRUE(recorder.report(1, 2, feedback));
  EXPECT_EQ(feedback.packets.size(), 1u);
  ASSERT_TRUE(recorder.report(1, 2, feedback));
  ASSERT_EQ(feedback.packets.size(), 1u);
  EXPECT_EQ(feedback.packets[0].sequence, 2);
}

TEST(ArrivalRecorder, ABurstBeyondTheWindowForgetsTheOldest) {
  ArrivalRecorder recorder;
  for (int i = 0; i < 3000; ++i) recorder.received(kStart + i * 1us, static_cast<std::uint16_t>(i));
  rtp::TransportFeedback feedback;
  ASSERT_TRUE(recorder.report(1, 2, feedback));
  EXPECT_EQ(feedback.packets.size(), 1024u);
  EXPECT_EQ(feedback.packets[1023].sequence, 2999);
}

}  // namespace
}  // namespace ringback::room
