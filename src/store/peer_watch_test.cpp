#include "store/peer_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringback::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PeerWatchTest : public ::testing::Test {
 protected:
  /// Looks every three seconds until `until`; the nodes `beating` go on.
  std::vector<NodeBeat> watch(base::Duration duration, const std::vector<std::string>& beating) {
    std::vector<NodeBeat> dead;
    for (const auto until = now_ + duration; now_ < until && dead.empty(); now_ += 3s) {
      for (auto& node : nodes_) {
        if (std::find(beating.begin(), beating.end(), node.node) != beating.end()) ++node.beat;
      }
      dead = watch_.observe(now_, nodes_);
    }
    return dead;
  }

  base::TimePoint now_{1h};
  std::vector<NodeBeat> nodes_{{"a", "1", 1}, {"b", "2", 1}, {"c", "3", 1}};
  PeerWatch watch_{"a", 3s, 15s};
};

TEST_F(PeerWatchTest, ANodeThatStopsIsDeadAfterTheLongestSilence) {
  EXPECT_THAT(watch(1h, {"a", "b", "c"}), IsEmpty());
  const auto killed = now_;
  EXPECT_THAT(watch(1h, {"a", "b"}), ElementsAre(NodeBeat{"c", "3", nodes_[2].beat}));
  EXPECT_LE(now_ - killed, 24s);
}

TEST_F(PeerWatchTest, ANodeIsNotItsOwnJudge) {
  EXPECT_THAT(watch(1h, {"b", "c"}), IsEmpty());
}

TEST_F(PeerWatchTest, ARestartIsASignOfLife) {
  EXPECT_THAT(watch(12s, {"a", "b"}), IsEmpty());
  nodes_[2] = {"c", "4", 0};
  EXPECT_THAT(watch(12s, {"a", "b"}), IsEmpty());
}

TEST_F(PeerWatchTest, TimeWithoutTheDatabaseDoesNotCount) {
  EXPECT_THAT(watch(30s, {"a", "b", "c"}), IsEmpty());
  now_ += 5min;
  EXPECT_THAT(watch_.observe(now_, nodes_), IsEmpty());  // nobody has beaten yet
  now_ += 3s;
  EXPECT_THAT(watch(1min, {"a", "b", "c"}), IsEmpty());
}

}  // namespace
}  // namespace ringback::store
