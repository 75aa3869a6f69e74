#include "net/front.h"

#include <pthread.h>

#include <cassert>
#include <chrono>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/timer_wheel.h"
#include "net/clock.h"
#include "net/cpu_meter.h"
#include "net/mailbox.h"

namespace ringback::net {
namespace {

namespace asio = boost::asio;

thread_local Front* current_front = nullptr;

// libstdc++'s steady_clock and base::MonotonicClock count from the same zero (CLOCK_MONOTONIC).
std::chrono::steady_clock::time_point to_steady(base::TimePoint at) {
  return std::chrono::steady_clock::time_point(at.time_since_epoch());
}

}  // namespace

struct Front::Impl {
  Impl(std::string thread_name, std::size_t mailbox_capacity)
      : name(std::move(thread_name)), mailbox(mailbox_capacity) {}

  void arm_alarm() {
    const base::TimePoint deadline = wheel.next_deadline();
    if (deadline >= alarm_at) return;
    alarm_at = deadline;
    alarm.expires_at(to_steady(deadline));  // cancels the wait before
    alarm.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      alarm_at = base::kNever;
      const base::TimePoint now = monotonic_now();
      wheel.expire(now);
      arm_alarm();
    });
  }
  void measure_cpu_each_second(base::TimePoint at) {
    timers.schedule(at, [this, at] {
      cpu.measure(at);
      measure_cpu_each_second(at + CpuMeter::kPeriod);
      arm_alarm();
    });
  }

  const std::string name;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer alarm{io};
  base::TimePoint alarm_at = base::kNever;
  base::TimerWheel wheel{monotonic_now()};
  TimerQueue timers{wheel};
  CpuMeter cpu;
  Mailbox mailbox;
  std::thread thread;
};

Front::Front(std::string name, std::size_t mailbox_capacity)
    : impl_(std::make_unique<Impl>(std::move(name), mailbox_capacity)) {}

Front::~Front() {
  stop();
  join();
  impl_->mailbox.discard_all();
}

void Front::start() {
  assert(!impl_->thread.joinable());
  impl_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), impl_->name.substr(0, 15).c_str());
    current_front = this;
    impl_->measure_cpu_each_second(monotonic_now());
    impl_->arm_alarm();
    impl_->io.run();
    current_front = nullptr;
  });
}

void Front::stop() {
  asio::post(impl_->io, [impl = impl_.get()] {
    impl->mailbox.close();
    impl->mailbox.run_all();
    impl->io.stop();
  });
}

void Front::join() {
  if (impl_->thread.joinable()) impl_->thread.join();
}

bool Front::post(base::Task task) {
  const Mailbox::Put put = impl_->mailbox.put(std::move(task));
  if (put == Mailbox::Put::kWake) asio::post(impl_->io, [impl = impl_.get()] { impl->mailbox.run_all(); });
  return put != Mailbox::Put::kRefused;
}

Front* Front::current() {
  return current_front;
}

base::TimePoint Front::now() const {
  return monotonic_now();
}

TimerId Front::schedule(base::TimePoint at, base::Task task) {
  const TimerId id = impl_->timers.schedule(at, std::move(task));
  impl_->arm_alarm();
  return id;
}

bool Front::cancel(TimerId id) {
  return impl_->timers.cancel(id);
}

asio::io_context& Front::context() {
  return impl_->io;
}

double Front::cpu_share() const {
  return impl_->cpu.share();
}

std::size_t Front::pending_timers() const {
  return impl_->wheel.size();
}

void Front::run_once(base::Duration wait) {
  assert(!impl_->thread.joinable());
  Front* const outer = std::exchange(current_front, this);
  impl_->io.restart();
  if (impl_->io.poll() == 0 && wait > base::Duration::zero()) impl_->io.run_one_for(wait);
  current_front = outer;
}

}  // namespace ringback::net
