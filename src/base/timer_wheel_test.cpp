#include "base/timer_wheel.h"

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace ringback::base {
namespace {

constexpr TimePoint kStart{1'234'567us};

Duration below(Duration bound, std::mt19937& random) {
  return Duration(static_cast<Duration::rep>(random()) % bound.count());
}

class Probe final : public TimerWheel::Entry {
 public:
  std::vector<TimePoint> fired;
  std::function<void(TimePoint)> reaction;

 protected:
  void on_timer(TimePoint now) override {
    fired.push_back(now);
    if (reaction) reaction(now);
  }
};

TEST(TimerWheel, FiresAtItsDeadlineAndNotBefore) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.arm(probe, kStart + 20ms);
  EXPECT_EQ(wheel.expire(kStart + 20ms - 1us), 0U);
  EXPECT_TRUE(probe.armed());
  EXPECT_EQ(wheel.expire(kStart + 20ms), 1U);
  EXPECT_FALSE(probe.armed());
  EXPECT_EQ(wheel.expire(kStart + 40ms), 0U);
}

TEST(TimerWheel, RoundsUpToTheTick) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.arm(probe, kStart + 1500us);
  EXPECT_EQ(wheel.next_deadline(), kStart + 2ms);
  EXPECT_EQ(wheel.expire(kStart + 1600us), 0U);
  EXPECT_EQ(wheel.expire(kStart + 2ms), 1U);
}

TEST(TimerWheel, AnOverdueTimerFiresAtTheNextExpire) {
  TimerWheel wheel(kStart);
  wheel.expire(kStart + 1h);
  Probe probe;
  wheel.arm(probe, kStart);
  EXPECT_LE(wheel.next_deadline(), kStart + 1h);
  EXPECT_EQ(wheel.expire(kStart + 1h), 1U);
}

TEST(TimerWheel, ReArmingForNowInsideTheCallDoesNotHoldTheThread) {
  TimerWheel wheel(kStart);
  Probe probe;
  probe.reaction = [&](TimePoint now) { wheel.arm(probe, now); };
  wheel.arm(probe, kStart + 5ms);
  EXPECT_EQ(wheel.expire(kStart + 5ms), 1U);
  EXPECT_EQ(wheel.expire(kStart + 5ms), 1U);
  EXPECT_EQ(probe.fired.size(), 2U);
}

TEST(TimerWheel, MovesAnArmedTimer) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.arm(probe, kStart + 10ms);
  wheel.arm(probe, kStart + 10s);
  EXPECT_EQ(wheel.size(), 1U);
  EXPECT_EQ(wheel.expire(kStart + 9s), 0U);
  wheel.arm(probe, kNever);
  EXPECT_EQ(wheel.size(), 0U);
  EXPECT_EQ(wheel.next_deadline(), kNever);
}

TEST(TimerWheel, EntriesMayDestroyEachOtherWhileTheSameTickFires) {
  TimerWheel wheel(kStart);
  Probe first;
  auto second = std::make_unique<Probe>();
  Probe third;
  first.reaction = [&](TimePoint) { second.reset(); };
  for (Probe* probe : {&first, second.get(), &third}) wheel.arm(*probe, kStart + 1s);
  EXPECT_EQ(wheel.expire(kStart + 1s), 2U);
  EXPECT_EQ(third.fired.size(), 1U);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, ADestroyedEntryNeverFires) {
  TimerWheel wheel(kStart);
  {
    Probe probe;
    wheel.arm(probe, kStart + 1s);
  }
  EXPECT_EQ(wheel.next_deadline(), kNever);
  EXPECT_EQ(wheel.expire(kStart + 2s), 0U);
}

TEST(TimerWheel, AnEntryMayOutliveTheWheelOnceDisarmedByIt) {
  Probe probe;
  {
    TimerWheel wheel(kStart);
    wheel.arm(probe, kStart + 1s);
  }
  EXPECT_FALSE(probe.armed());
}

TEST(TimerWheel, DeadlinesBeyondTheLastLevelAreClamped) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.arm(probe, kNever - 1us);
  EXPECT_TRUE(probe.armed());
  EXPECT_GT(wheel.next_deadline(), kStart + 24h * 365);
}

TEST(TimerWheel, SleepingExactlyUntilNextDeadlineFiresEverythingInTime) {
  TimerWheel wheel(kStart);
  std::mt19937 random(42);
  std::vector<std::unique_ptr<Probe>> probes;
  std::vector<TimePoint> deadlines;
  TimePoint now = kStart;
  std::size_t fired = 0;
  for (int round = 0; round < 20000; ++round) {
    const Duration range((Duration::rep{1} << (random() % 36)));
    auto probe = std::make_unique<Probe>();
    const TimePoint deadline = now + below(range, random);
    probe->reaction = [&, deadline](TimePoint at) {
      ++fired;
      ASSERT_GE(at, deadline);
      ASSERT_LE(at, deadline + TimerWheel::kTick);
    };
    wheel.arm(*probe, deadline);
    probes.push_back(std::move(probe));
    if (random() % 4 == 0) probes[random() % probes.size()]->disarm();
    while (random() % 2 == 0 && wheel.next_deadline() != kNever) {
      now = std::max(now, wheel.next_deadline());
      wheel.expire(now);
    }
  }
  while (wheel.size() > 0) {
    ASSERT_NE(wheel.next_deadline(), kNever);
    now = std::max(now, wheel.next_deadline());
    wheel.expire(now);
  }
  EXPECT_GT(fired, 14000U);
}

TEST(TimerWheel, AgreesWithASortedMapWhenTimeJumps) {
  TimerWheel wheel(kStart);
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < 500; ++i) probes.push_back(std::make_unique<Probe>());
  std::map<Probe*, TimePoint> model;
  TimePoint now = kStart;
  for (int round = 0; round < 3000; ++round) {
    for (int i = 0; i < 5; ++i) {
      Probe* probe = probes[random() % probes.size()].get();
      const TimePoint deadline = now + below(100s, random);
      wheel.arm(*probe, deadline);
      model[probe] = deadline;
    }
    now += below(3s, random);
    wheel.expire(now);
    for (auto it = model.begin(); it != model.end();) {
      const bool must = it->second + TimerWheel::kTick <= now;
      const bool may = it->second <= now;
      if (must) {
        ASSERT_FALSE(it->first->armed());
      }
      if (!may) {
        ASSERT_TRUE(it->first->armed());
      }
      it = it->first->armed() ? std::next(it) : model.erase(it);
    }
    ASSERT_EQ(wheel.size(), model.size());
  }
}

}  // namespace
}  // namespace ringback::base
