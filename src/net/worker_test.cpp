#include "net/worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "net/clock.h"
#include "net/file_descriptor.h"
#include "net/tick.h"

namespace ringback::net {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Worker> make_worker(std::size_t mailbox_capacity = 65536) {
  auto worker = Worker::create({.name = "w-test", .index = 3, .mailbox_capacity = mailbox_capacity});
  EXPECT_TRUE(worker);
  return std::move(worker).value();
}

TEST(Worker, RunsPostsInOrderOnItsOwnThread) {
  const auto worker = make_worker();
  std::vector<int> order;
  std::latch done(1);
  worker->start();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(worker->post([&, i] {
      EXPECT_EQ(Worker::current(), worker.get());
      order.push_back(i);
    }));
  }
  ASSERT_TRUE(worker->post([&] { done.count_down(); }));
  done.wait();
  ASSERT_EQ(order.size(), 100U);
  EXPECT_EQ(order.front(), 0);
  EXPECT_EQ(order.back(), 99);
  EXPECT_EQ(Worker::current(), nullptr);
}

TEST(Worker, TakesPostsOfManyThreadsAndLosesNone) {
  const auto worker = make_worker();
  worker->start();
  int sum = 0;  // touched by the worker only
  {
    std::vector<std::jthread> producers;
    for (int p = 0; p < 4; ++p) {
      producers.emplace_back([&] {
        for (int i = 0; i < 5000; ++i) {
          ASSERT_TRUE(worker->post([&sum] { ++sum; }));
        }
      });
    }
  }
  worker->stop();
  worker->join();
  EXPECT_EQ(sum, 20000);
}

TEST(Worker, RefusesPostsWhenTheMailboxIsFull) {
  const auto worker = make_worker(2);
  EXPECT_TRUE(worker->post([] {}));
  EXPECT_TRUE(worker->post([] {}));
  EXPECT_FALSE(worker->post([] {}));
  worker->run_once();
  EXPECT_TRUE(worker->post([] {}));
}

TEST(Worker, RunsWhatWasPostedBeforeStopAndRefusesTheRest) {
  const auto worker = make_worker();
  worker->start();
  std::atomic<bool> ran{false};
  ASSERT_TRUE(worker->post([&] { ran = true; }));
  worker->stop();
  worker->join();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(worker->post([] {}));
}

TEST(Worker, DestroysWithoutRunningWhatWasNeverRun) {
  auto owned = std::make_shared<int>(1);
  auto worker = make_worker();
  ASSERT_TRUE(worker->post([owned] { FAIL(); }));
  worker->schedule(worker->now() + 1h, [owned] { FAIL(); });
  worker.reset();
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Worker, SchedulesAndCancels) {
  const auto worker = make_worker();
  std::vector<int> fired;
  worker->schedule(worker->now() + 2ms, [&] { fired.push_back(2); });
  worker->schedule(worker->now() + 1ms, [&] { fired.push_back(1); });
  const TimerId cancelled = worker->schedule(worker->now() + 1ms, [&] { fired.push_back(9); });
  EXPECT_TRUE(worker->cancel(cancelled));
  EXPECT_FALSE(worker->cancel(cancelled));
  EXPECT_FALSE(worker->cancel(TimerId{}));
  while (fired.size() < 2) worker->run_once(1s);
  EXPECT_EQ(fired, (std::vector{1, 2}));
}

TEST(Worker, AnIdOfAFiredTimerNeverCancelsItsSuccessor) {
  const auto worker = make_worker();
  bool first = false;
  bool second = false;
  const TimerId id = worker->schedule(worker->now(), [&] { first = true; });
  while (!first) worker->run_once(1s);
  worker->schedule(worker->now(), [&] { second = true; });
  EXPECT_FALSE(worker->cancel(id));
  while (!second) worker->run_once(1s);
}

TEST(Worker, ATimerFiresWithinTwoMillisecondsOfItsDeadline) {
  const auto worker = make_worker();
  std::vector<base::Duration> late;
  for (int i = 1; i <= 50; ++i) {
    const base::TimePoint due = worker->now() + i * 3ms + 137us;
    worker->schedule(due, [&, due] { late.push_back(monotonic_now() - due); });
  }
  while (late.size() < 50) worker->run_once(1s);
  std::sort(late.begin(), late.end());
  EXPECT_GE(late.front(), 0us);
  EXPECT_LE(late[25], 2ms);  // the median: a busy machine may delay single ones
}

class CountingTick final : public TickHandler {
 public:
  void on_tick(base::TimePoint due, unsigned missed) override {
    dues.push_back(due);
    missed_periods += missed;
  }
  std::vector<base::TimePoint> dues;
  unsigned missed_periods = 0;
};

TEST(Tick, DoesNotDriftAndCountsWhatItMissed) {
  const base::TimePoint start{1000s};
  base::TimerWheel wheel(start);
  CountingTick handler;
  Tick tick(wheel, handler);
  tick.start(start + 20ms, 20ms);
  wheel.expire(start + 21ms);  // a millisecond late
  wheel.expire(start + 40ms);
  ASSERT_EQ(handler.dues.size(), 2U);
  EXPECT_EQ(handler.dues[1], start + 40ms);
  wheel.expire(start + 105ms);  // 60 and 80 are lost, 100 is due
  ASSERT_EQ(handler.dues.size(), 3U);
  EXPECT_EQ(handler.dues[2], start + 100ms);
  EXPECT_EQ(handler.missed_periods, 2U);
  tick.stop();
  wheel.expire(start + 1s);
  EXPECT_EQ(handler.dues.size(), 3U);
}

class EventHandler final : public IoHandler {
 public:
  void on_io(std::uint32_t events) override {
    ++calls;
    EXPECT_NE(events & EPOLLIN, 0U);
    if (reaction) reaction();
  }
  int calls = 0;
  std::function<void()> reaction;
};

TEST(Worker, WatchesDescriptors) {
  const auto worker = make_worker();
  const FileDescriptor event(eventfd(1, EFD_NONBLOCK));
  EventHandler handler;
  ASSERT_TRUE(worker->watch(event.get(), EPOLLIN, handler));
  worker->run_once(1s);
  EXPECT_EQ(handler.calls, 1);
  worker->unwatch(event.get());
  worker->run_once();
  EXPECT_EQ(handler.calls, 1);
}

TEST(Worker, AnUnwatchedDescriptorGetsNotEvenTheEventOfThisTurn) {
  const auto worker = make_worker();
  const FileDescriptor a(eventfd(1, EFD_NONBLOCK));
  const FileDescriptor b(eventfd(1, EFD_NONBLOCK));
  EventHandler first;
  EventHandler second;
  ASSERT_TRUE(worker->watch(a.get(), EPOLLIN, first));
  ASSERT_TRUE(worker->watch(b.get(), EPOLLIN, second));
  first.reaction = [&] { worker->unwatch(b.get()); };
  second.reaction = [&] { worker->unwatch(a.get()); };
  worker->run_once(1s);
  EXPECT_EQ(first.calls + second.calls, 1);
}

class CountingHook final : public TurnHook {
 public:
  void on_turn_end() override { ++calls; }
  int calls = 0;
};

TEST(Worker, HooksRunAtTheEndOfTheTurn) {
  const auto worker = make_worker();
  CountingHook hook;
  worker->add_turn_hook(hook);
  int calls_seen_by_mail = -1;
  ASSERT_TRUE(worker->post([&] { calls_seen_by_mail = hook.calls; }));
  worker->run_once();
  EXPECT_EQ(calls_seen_by_mail, 0);
  EXPECT_EQ(hook.calls, 1);
  worker->remove_turn_hook(hook);
  worker->run_once();
  EXPECT_EQ(hook.calls, 1);
}

TEST(CpuMeter, TellsABusyThreadFromAnIdleOne) {
  CpuMeter meter;
  const base::TimePoint start{1000s};
  meter.measure(start);
  meter.measure(start + 1s);  // by the meter's clock a second, by the processor's next to nothing
  EXPECT_LT(meter.share(), 0.1);
  // Counted in processor time: on a busy machine 30 ms of wall time may hold next to none of it.
  const auto cpu_time = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  for (const auto until = cpu_time() + 30ms; cpu_time() < until;) {
  }
  meter.measure(start + 1s + 1s);
  EXPECT_GE(meter.share(), 0.03);
  EXPECT_LT(meter.share(), 0.5);
}

}  // namespace
}  // namespace ringback::net
