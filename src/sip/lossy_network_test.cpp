// Thousands of calls over a network that loses, doubles and reorders: every call comes to exactly one end on
// each side, both sides agree on it, and nothing stays in memory.

#include <gtest/gtest.h>

#include <unordered_map>

#include "sip/world_test.h"

namespace ringback::sip {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSdp =
    "v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

struct Tally {
  int placed = 0;
  int answered = 0;
  int failed = 0;
  int cancelled = 0;
  int ended_here = 0;
  int incoming = 0;
  int acknowledged = 0;
  int ended_there = 0;
};

/// Drives `calls` calls with a mix of behaviours chosen by the seed.
class Exchange {
 public:
  Exchange(std::uint64_t seed, World::Network network)
      : world_(seed),
        dice_(seed),
        caller_(world_.add("192.0.2.1:5060")),
        phone_(world_.add("192.0.2.2:5060", phone())) {
    world_.network = network;
  }
  Tally run(int calls) {
    for (int i = 0; i < calls; ++i) {
      OutboundInvite call = call_to(phone_);
      if (roll(4) == 0) call.headers.add("Require", "100rel");
      const auto id = caller_.agent().invite(world_.now, call);
      EXPECT_TRUE(id);
      ++tally_.placed;
      if (roll(5) == 0)
        later(std::chrono::milliseconds(roll(3000)), [this, session = *id] {
          if (caller_.agent().hang_up(world_.now, session)) return;
        });
      step(std::chrono::milliseconds(5 + roll(20)));
    }
    step(400s);
    EXPECT_EQ(caller_.agent().live_objects(), 0U);
    EXPECT_EQ(phone_.agent().live_objects(), 0U);
    EXPECT_TRUE(state_here_.empty());
    EXPECT_TRUE(state_there_.empty());
    return tally_;
  }

 private:
  static Config phone() {
    Config config;
    config.prefix = "p0";
    return config;
  }
  std::uint32_t roll(std::uint32_t sides) { return static_cast<std::uint32_t>(dice_() % sides); }
  void later(base::Duration delay, std::function<void()> what) {
    plans_.emplace(world_.now + delay, std::move(what));
  }

  void step(base::Duration duration) {
    const base::TimePoint end = world_.now + duration;
    while (world_.now < end) {
      base::Duration slice = end - world_.now;
      if (!plans_.empty())
        slice = std::min(slice, std::max(base::Duration(0), plans_.begin()->first - world_.now));
      world_.run(slice, [this] { react(); });
      while (!plans_.empty() && plans_.begin()->first <= world_.now) {
        const auto plan = std::move(plans_.begin()->second);
        plans_.erase(plans_.begin());
        plan();
      }
      react();
    }
  }

  void react() {
    while (auto event = caller_.agent().next_event()) std::visit([this](auto& e) { on_caller(e); }, *event);
    while (auto event = phone_.agent().next_event()) std::visit([this](auto& e) { on_phone(e); }, *event);
  }

  template <class Other>
  void on_caller(Other&) {}
  void on_caller(Answered& event) {
    EXPECT_FALSE(state_here_.contains(event.session));
    EXPECT_EQ(event.sdp, kSdp);
    state_here_[event.session] = 1;
    ++tally_.answered;
    if (roll(2) == 0)
      later(std::chrono::milliseconds(roll(20000)), [this, id = event.session] {
        if (caller_.agent().hang_up(world_.now, id)) return;
      });
  }
  void on_caller(Failed& event) {
    EXPECT_FALSE(state_here_.contains(event.session));
    ++(event.cause == FailureCause::kCancelled ? tally_.cancelled : tally_.failed);
  }
  void on_caller(Ended& event) {
    EXPECT_EQ(state_here_.erase(event.session), 1U);
    ++tally_.ended_here;
  }

  template <class Other>
  void on_phone(Other&) {}
  void on_phone(IncomingInvite& event) {
    ++tally_.incoming;
    state_there_[event.session] = 1;
    const SessionId id = event.session;
    later(std::chrono::milliseconds(roll(300)), [this, id] {
      if (phone_.agent().ring(world_.now, id, 180 + 3 * roll(2), {}, roll(2) ? kSdp : std::string_view()))
        return;
    });
    later(std::chrono::milliseconds(300 + roll(4000)), [this, id] {
      if (roll(4) == 0) {
        if (phone_.agent().reject(world_.now, id, 486)) return;
      } else if (phone_.agent().accept(world_.now, id, kSdp)) {
        later(std::chrono::milliseconds(roll(60000)), [this, id] {
          if (phone_.agent().hang_up(world_.now, id)) return;
        });
      }
    });
  }
  void on_phone(Acknowledged&) { ++tally_.acknowledged; }
  void on_phone(Ended& event) {
    EXPECT_EQ(state_there_.erase(event.session), 1U);
    ++tally_.ended_there;
  }

  World world_;
  std::mt19937_64 dice_;
  World::Party& caller_;
  World::Party& phone_;
  std::multimap<base::TimePoint, std::function<void()>> plans_;
  std::unordered_map<SessionId, int> state_here_;
  std::unordered_map<SessionId, int> state_there_;
  Tally tally_;
};

class LossyNetworkTest : public testing::TestWithParam<int> {};

TEST_P(LossyNetworkTest, EveryCallComesToOneEndOnEachSide) {
  World::Network network;
  network.loss = 0.05 * GetParam();
  network.duplication = 0.05;
  network.jitter = 40ms;
  const Tally tally = Exchange(static_cast<std::uint64_t>(GetParam()) + 42, network).run(1000);
  EXPECT_EQ(tally.placed, 1000);
  EXPECT_EQ(tally.answered + tally.failed + tally.cancelled, tally.placed);
  EXPECT_EQ(tally.ended_here, tally.answered);
  EXPECT_EQ(tally.ended_there, tally.incoming);
  EXPECT_GE(tally.answered, 500);
}

INSTANTIATE_TEST_SUITE_P(Loss, LossyNetworkTest, testing::Values(0, 1, 2, 4, 6));

TEST(PerfectNetwork, NobodyRepeatsAnything) {
  World::Network network;
  network.delay = 1ms;
  const Tally tally = Exchange(7, network).run(1000);
  EXPECT_GE(tally.acknowledged, tally.answered);
}

}  // namespace
}  // namespace ringback::sip
