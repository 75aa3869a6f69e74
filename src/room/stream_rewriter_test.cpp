#include "room/stream_rewriter.h"

#include <gtest/gtest.h>

namespace ringback::room {
namespace {

using base::TimePoint;
using namespace std::chrono_literals;
using Position = StreamRewriter::Position;

TimePoint at(base::Duration offset) {
  return TimePoint{} + 1000s + offset;
}

TEST(StreamRewriter, StartsWhereItWasTold) {
  StreamRewriter rewriter({100, 5000}, 48000);
  EXPECT_EQ(rewriter.rewrite(at(0ms), {7, 70}), (Position{100, 5000}));
  EXPECT_EQ(rewriter.rewrite(at(20ms), {8, 70 + 960}), (Position{101, 5960}));
}

TEST(StreamRewriter, KeepsLossAndReorderingVisible) {
  StreamRewriter rewriter({0, 0}, 8000);
  rewriter.rewrite(at(0ms), {10, 0});
  EXPECT_EQ(rewriter.rewrite(at(60ms), {13, 480})->sequence, 3);
  EXPECT_EQ(rewriter.rewrite(at(61ms), {12, 320})->sequence, 2);
  EXPECT_EQ(rewriter.rewrite(at(80ms), {14, 640})->sequence, 4);
}

TEST(StreamRewriter, WrapsBothFields) {
  StreamRewriter rewriter({65535, 0xffffffff}, 8000);
  EXPECT_EQ(rewriter.rewrite(at(0ms), {65534, 0xfffffff0}), (Position{65535, 0xffffffff}));
  EXPECT_EQ(rewriter.rewrite(at(20ms), {65535, 0xfffffff0 + 160}), (Position{0, 159}));
  EXPECT_EQ(rewriter.rewrite(at(40ms), {0, 0xfffffff0 + 320}), (Position{1, 319}));
}

TEST(StreamRewriter, ContinuesAcrossSourcesByTheTimeThatPassed) {
  StreamRewriter rewriter({0, 1000}, 8000);
  rewriter.rewrite(at(0ms), {10, 0});
  rewriter.rewrite(at(20ms), {11, 160});
  rewriter.switch_source();
  EXPECT_EQ(rewriter.rewrite(at(1020ms), {40000, 999}), (Position{2, 1160 + 8000}));
  EXPECT_EQ(rewriter.rewrite(at(1040ms), {40001, 999 + 160}), (Position{3, 1160 + 8160}));
}

TEST(StreamRewriter, NeverRepeatsATimestampOnASwitch) {
  StreamRewriter rewriter({0, 0}, 8000);
  rewriter.rewrite(at(0ms), {1, 0});
  rewriter.switch_source();
  EXPECT_EQ(rewriter.rewrite(at(0ms), {50, 0}), (Position{1, 1}));
}

TEST(StreamRewriter, DropsWhatIsOlderThanTheSource) {
  StreamRewriter rewriter({0, 0}, 8000);
  rewriter.rewrite(at(0ms), {1, 0});
  rewriter.switch_source();
  rewriter.rewrite(at(20ms), {500, 0});
  EXPECT_FALSE(rewriter.rewrite(at(21ms), {499, 0}));
  EXPECT_TRUE(rewriter.rewrite(at(40ms), {501, 160}));
}

TEST(StreamRewriter, MapsAskedNumbersBackToTheSource) {
  StreamRewriter rewriter({100, 0}, 90000);
  rewriter.rewrite(at(0ms), {10, 0});
  rewriter.rewrite(at(1ms), {12, 0});
  EXPECT_EQ(rewriter.source_sequence(101), 11);
  EXPECT_EQ(rewriter.source_sequence(100), 10);
  EXPECT_FALSE(rewriter.source_sequence(99));
  EXPECT_FALSE(rewriter.source_sequence(103));
  rewriter.switch_source();
  rewriter.rewrite(at(2ms), {7000, 0});
  EXPECT_FALSE(rewriter.source_sequence(101));
  EXPECT_EQ(rewriter.source_sequence(103), 7000);
}

TEST(StreamRewriter, TranslatesSenderReportTimestamps) {
  StreamRewriter rewriter({0, 5000}, 48000);
  rewriter.rewrite(at(0ms), {1, 100});
  EXPECT_EQ(rewriter.sent_timestamp(100 + 4800), 9800u);
}

}  // namespace
}  // namespace ringback::room
