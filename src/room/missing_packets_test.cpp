#include "room/missing_packets.h"

#include <gtest/gtest.h>

#include <vector>

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kStart{10s};

std::vector<std::uint16_t> list(const MissingPackets::Request& request) {
  return {request.begin(), request.end()};
}

TEST(MissingPackets, AnUnbrokenStreamMissesNothing) {
  MissingPackets missing;
  for (int i = 65530; i < 65550; ++i) EXPECT_TRUE(missing.received(kStart, static_cast<std::uint16_t>(i)));
  EXPECT_TRUE(missing.empty());
}

TEST(MissingPackets, AsksForAGapAfterTheReorderingTime) {
  MissingPackets missing;
  missing.received(kStart, 65534);
  missing.received(kStart, 2);
  EXPECT_TRUE(list(missing.due(kStart)).empty());
  EXPECT_EQ(list(missing.due(kStart + 10ms)), (std::vector<std::uint16_t>{65535, 0, 1}));
  EXPECT_TRUE(list(missing.due(kStart + 20ms)).empty()) << "not again at once";
  missing.received(kStart + 30ms, 0);
  EXPECT_EQ(list(missing.due(kStart + 100ms)), (std::vector<std::uint16_t>{65535, 1}));
}

TEST(MissingPackets, GivesUpInTheEnd) {
  MissingPackets missing;
  missing.received(kStart, 1);
  missing.received(kStart, 3);
  int asked = 0;
  for (auto now = kStart; now < kStart + 5s; now += 10ms) asked += static_cast<int>(missing.due(now).size());
  EXPECT_EQ(asked, 10);
  EXPECT_TRUE(missing.empty());
}

TEST(MissingPackets, AnOutageNeedsAKeyFrame) {
  MissingPackets missing;
  missing.received(kStart, 1);
  missing.received(kStart, 3);
  EXPECT_FALSE(missing.received(kStart, 1000));
  EXPECT_TRUE(missing.empty());
  EXPECT_TRUE(missing.received(kStart, 1001));
}

}  // namespace
}  // namespace ringback::room
