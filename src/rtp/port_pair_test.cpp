#include "rtp/port_pair.h"

#include <set>

#include <gtest/gtest.h>

#include "rtp/port_range.h"

namespace ringback::rtp {
namespace {

using base::Endpoint;
using base::TimePoint;
using namespace std::chrono_literals;
using Verdict = PortPair::Verdict;

Endpoint endpoint(const char* text) {
  return Endpoint::parse(text).value();
}

const Endpoint kSignalled = endpoint("192.168.1.5:4000");
const Endpoint kBehindNat = endpoint("203.0.113.7:31000");
const Endpoint kStranger = endpoint("198.51.100.66:5004");

TEST(PortPair, NothingIsAcceptedBeforeTheAnswer) {
  PortPair pair;
  EXPECT_EQ(pair.receive(TimePoint{}, kBehindNat, 1), Verdict::kRefused);
  EXPECT_FALSE(pair.destination());
}

TEST(PortPair, SignalledSourceIsAcceptedAtOnceAndEndsLearning) {
  PortPair pair;
  pair.set_signalled(TimePoint{}, kSignalled);
  EXPECT_EQ(pair.receive(TimePoint{}, kSignalled, 1), Verdict::kAccepted);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pair.receive(TimePoint{1s}, kStranger, 1), Verdict::kRefused);
  EXPECT_EQ(pair.destination(), kSignalled);
  EXPECT_EQ(pair.refused_packets(), 10U);
  EXPECT_TRUE(pair.settled());
  pair.set_signalled(TimePoint{2s}, kSignalled);
  EXPECT_TRUE(pair.settled()) << "a re-INVITE that names the same endpoint changes nothing";
  pair.set_signalled(TimePoint{3s}, kBehindNat);
  EXPECT_FALSE(pair.settled());
}

TEST(PortPair, LearnsAPeerBehindNatOnce) {
  PortPair pair;
  pair.set_signalled(TimePoint{}, kSignalled);
  EXPECT_EQ(pair.receive(TimePoint{20ms}, kBehindNat, 1), Verdict::kRefused);
  EXPECT_EQ(pair.receive(TimePoint{40ms}, kBehindNat, 1), Verdict::kRefused);
  EXPECT_EQ(pair.destination(), kSignalled);
  EXPECT_EQ(pair.receive(TimePoint{60ms}, kBehindNat, 1), Verdict::kLearned);
  EXPECT_EQ(pair.destination(), kBehindNat);
  EXPECT_FALSE(pair.settled()) << "the signalled endpoint may still speak up";
  EXPECT_EQ(pair.receive(TimePoint{80ms}, kBehindNat, 2), Verdict::kAccepted);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pair.receive(TimePoint{1s}, kStranger, 1), Verdict::kRefused);
}

TEST(PortPair, DisagreeingPacketsDoNotLearn) {
  PortPair pair;
  pair.set_signalled(TimePoint{}, kSignalled);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(pair.receive(TimePoint{}, i % 2 == 0 ? kBehindNat : kStranger, 1), Verdict::kRefused);
  }
  for (std::uint32_t ssrc = 0; ssrc < 6; ++ssrc) {
    EXPECT_EQ(pair.receive(TimePoint{}, kBehindNat, ssrc), Verdict::kRefused);
  }
  EXPECT_FALSE(pair.learned());
}

TEST(PortPair, TheWindowCloses) {
  PortPair pair;
  pair.set_signalled(TimePoint{}, kSignalled);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pair.receive(TimePoint{10s}, kBehindNat, 1), Verdict::kRefused);
  pair.set_signalled(TimePoint{11s}, kSignalled);
  pair.receive(TimePoint{11s}, kBehindNat, 1);
  pair.receive(TimePoint{11s}, kBehindNat, 1);
  EXPECT_EQ(pair.receive(TimePoint{11s}, kBehindNat, 1), Verdict::kLearned);
}

TEST(PortPair, ReinviteKeepsTheLearnedSourceUnlessTheAddressChanges) {
  PortPair pair;
  pair.set_signalled(TimePoint{}, kSignalled);
  for (int i = 0; i < 3; ++i) pair.receive(TimePoint{}, kBehindNat, 1);
  pair.set_signalled(TimePoint{5s}, kSignalled);
  EXPECT_EQ(pair.destination(), kBehindNat);
  // Inside the new window the NAT may have moved the phone to another port.
  const Endpoint moved = endpoint("203.0.113.7:31002");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(pair.receive(TimePoint{5s}, moved, 1), Verdict::kRefused);
  EXPECT_EQ(pair.receive(TimePoint{5s}, moved, 1), Verdict::kLearned);
  const Endpoint elsewhere = endpoint("192.0.2.1:9000");
  pair.set_signalled(TimePoint{6s}, elsewhere);
  EXPECT_EQ(pair.destination(), elsewhere);
}

TEST(PortPair, TheSignalledPeerTakesItsPlaceBackFromWhoWasLearned) {
  PortPair pair;
  pair.set_signalled(TimePoint{}, kSignalled);
  for (int i = 0; i < 3; ++i) pair.receive(TimePoint{}, kStranger, 1);
  EXPECT_EQ(pair.destination(), kStranger);
  EXPECT_EQ(pair.receive(TimePoint{1s}, kSignalled, 2), Verdict::kAccepted);
  EXPECT_EQ(pair.destination(), kSignalled);
  EXPECT_EQ(pair.receive(TimePoint{1s}, kStranger, 1), Verdict::kRefused);
}

TEST(PortPair, LearningCanBeNarrowedOrOff) {
  PortPair off({.learning = PortPair::Learning::kOff});
  off.set_signalled(TimePoint{}, kSignalled);
  PortPair narrow({.learning = PortPair::Learning::kSamePortOrHost});
  narrow.set_signalled(TimePoint{}, kSignalled);
  const Endpoint other_port = endpoint("192.168.1.5:4002");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(off.receive(TimePoint{}, other_port, 1), Verdict::kRefused);
    EXPECT_EQ(narrow.receive(TimePoint{}, kStranger, 1), Verdict::kRefused);
  }
  for (int i = 0; i < 2; ++i) narrow.receive(TimePoint{}, other_port, 1);
  EXPECT_EQ(narrow.receive(TimePoint{}, other_port, 1), Verdict::kLearned);
}

TEST(PortPair, HoldAddressIsNoDestination) {
  PortPair pair;
  pair.set_signalled(TimePoint{}, endpoint("0.0.0.0:4000"));
  EXPECT_FALSE(pair.destination());
  pair.set_signalled(TimePoint{}, {kSignalled.address, 0});
  EXPECT_FALSE(pair.destination());
}

TEST(PortRange, HandsOutEachEvenPairOnce) {
  PortRange range(10001, 10011, 1);
  EXPECT_EQ(range.pairs(), 5U);  // 10002..10011
  std::set<std::uint16_t> ports;
  while (const auto port = range.allocate(TimePoint{})) {
    EXPECT_EQ(*port % 2, 0);
    EXPECT_GE(*port, 10002);
    EXPECT_LE(*port, 10010);
    EXPECT_TRUE(ports.insert(*port).second);
  }
  EXPECT_EQ(ports.size(), 5U);
  EXPECT_EQ(range.used(), 5U);
}

TEST(PortRange, ReleasedPairsRest) {
  PortRange range(10000, 10003, 1, 5s);
  const auto first = range.allocate(TimePoint{});
  const auto second = range.allocate(TimePoint{});
  range.release(TimePoint{1s}, *first);
  range.release(TimePoint{1s}, *first);  // twice is once
  range.release(TimePoint{1s}, 9);
  EXPECT_FALSE(range.allocate(TimePoint{5s}));
  EXPECT_EQ(range.allocate(TimePoint{6s}), first);
  EXPECT_FALSE(range.allocate(TimePoint{60s}));
  range.release(TimePoint{60s}, *second);
  EXPECT_EQ(range.used(), 1U);
}

TEST(PortRange, OrderDependsOnTheSeedAndSurvivesTheEndOfThePortSpace) {
  PortRange a(60000, 65535, 1);
  PortRange b(60000, 65535, 2);
  bool differ = false;
  for (int i = 0; i < 10; ++i) differ |= a.allocate(TimePoint{}) != b.allocate(TimePoint{});
  EXPECT_TRUE(differ);
  EXPECT_EQ(PortRange(65535, 65535, 1).pairs(), 0U);
  EXPECT_EQ(PortRange(10, 9, 1).pairs(), 0U);
  EXPECT_EQ(a.pairs(), 2768U);
}

}  // namespace
}  // namespace ringback::rtp
