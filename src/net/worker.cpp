#include "net/worker.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/prefetch.h"
#include "net/clock.h"
#include "net/datagram_batch.h"
#include "net/udp_port.h"

namespace ringback::net {
namespace {

constexpr int kEventsPerTurn = 256;
constexpr std::uint64_t kWakeEvent = ~std::uint64_t{0};

thread_local Worker* current_worker = nullptr;

// Above so many socket events a second a thread coalesces them; below, each one is worth a wake-up of its
// own.
constexpr std::size_t kCoalescingRate = 500;
constexpr base::Duration kCountingPeriod = std::chrono::milliseconds(100);

timespec to_timespec(base::Duration duration) {
  return {.tv_sec = duration.count() / 1'000'000, .tv_nsec = duration.count() % 1'000'000 * 1000};
}

}  // namespace

base::ErrorOr<std::unique_ptr<Worker>> Worker::create(Options options) {
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeEvent;
  if (!epoll || !wake || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return base::fail("cannot start " + options.name + ": " + std::strerror(errno));
  }
  return std::unique_ptr<Worker>(new Worker(std::move(options), std::move(epoll), std::move(wake)));
}

Worker::Worker(Options options, FileDescriptor epoll, FileDescriptor wake)
    : options_(std::move(options)),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      now_(monotonic_now()),
      mailbox_(options_.mailbox_capacity),
      wheel_(now_),
      timer_queue_(wheel_),
      datagrams_(std::make_unique<DatagramBatch>(*this)),
      counting_since_(now_) {}

Worker::~Worker() {
  stop();
  join();
  mailbox_.discard_all();
}

void Worker::start() {
  assert(!thread_.joinable());
  thread_ = std::thread([this] { loop(); });
}

void Worker::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

bool Worker::post(base::Task task) {
  switch (mailbox_.put(std::move(task))) {
    case Mailbox::Put::kRefused:
      return false;
    case Mailbox::Put::kWake:
      wake();
      return true;
    case Mailbox::Put::kQueued:
      return true;
  }
  return false;
}

void Worker::wake() {
  // Fails only when the counter is at its maximum, and then the worker has been woken long ago.
  [[maybe_unused]] const int result = eventfd_write(wake_.get(), 1);
}

Worker* Worker::current() {
  return current_worker;
}

base::TimePoint Worker::read_clock() const {
  return monotonic_now();
}

bool Worker::watch(int fd, std::uint32_t events, IoHandler& handler) {
  assert(fd >= 0);
  const auto index = static_cast<std::size_t>(fd);
  if (watches_.size() <= index) watches_.resize(std::max(index + 1, watches_.size() * 2));
  Watch& watch = watches_[index];
  assert(watch.handler == nullptr);
  ++watch.generation;
  epoll_event event{};
  event.events = events;
  event.data.u64 = (std::uint64_t{watch.generation} << 32) | static_cast<std::uint32_t>(fd);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  watch.handler = &handler;
  return true;
}

bool Worker::change_watch(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = (std::uint64_t{watches_[static_cast<std::size_t>(fd)].generation} << 32) |
                   static_cast<std::uint32_t>(fd);
  return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0;
}

void Worker::unwatch(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= watches_.size() || watches_[index].handler == nullptr) return;
  watches_[index].handler = nullptr;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Worker::add_turn_hook(TurnHook& hook) {
  hooks_.push_back(&hook);
}

void Worker::remove_turn_hook(TurnHook& hook) {
  // Only blanked: the list may be walked right now.
  std::replace(hooks_.begin(), hooks_.end(), &hook, static_cast<TurnHook*>(nullptr));
}

void Worker::loop() {
  pthread_setname_np(pthread_self(), options_.name.substr(0, 15).c_str());
  current_worker = this;
  while (!stopping_.load(std::memory_order_acquire)) turn(CpuMeter::kPeriod);
  mailbox_.close();
  turn(base::Duration::zero());
  mailbox_.run_all();
  datagrams_->flush();
  current_worker = nullptr;
}

void Worker::run_once(base::Duration wait) {
  assert(!thread_.joinable());
  Worker* const outer = std::exchange(current_worker, this);
  turn(wait);
  current_worker = outer;
}

int Worker::wait_for_events(std::span<epoll_event> events, base::Duration wait) {
  const auto capacity = static_cast<int>(events.size());
  if (coalescing_ && wait > base::Duration::zero()) {
    // Until the next tick, at which the timers that are due then share the turn.
    const base::TimePoint now = read_clock();
    const timespec timeout = to_timespec(std::min(wait, wheel_.next_tick(now) - now));
    pollfd mail{.fd = wake_.get(), .events = POLLIN, .revents = 0};
    ppoll(&mail, 1, &timeout, nullptr);
    return epoll_wait(epoll_.get(), events.data(), capacity, 0);
  }
  const timespec timeout = to_timespec(wait);
  const int ready = epoll_pwait2(epoll_.get(), events.data(), capacity, &timeout, nullptr);
  if (ready >= 0 || errno != ENOSYS) return ready;
  // Kernels before 5.11 know only milliseconds; rounded up, so that a timer never spins.
  return epoll_wait(epoll_.get(), events.data(), capacity, static_cast<int>((wait.count() + 999) / 1000));
}

void Worker::prefetch_handler(const epoll_event& event) const {
  if (event.data.u64 == kWakeEvent) return;
  base::prefetch(watches_[event.data.u64 & 0xffffffff].handler, sizeof(UdpPort));
}

void Worker::count_events(std::size_t events) {
  events_ += events;
  const base::Duration elapsed = now_ - counting_since_;
  if (elapsed < kCountingPeriod) return;
  coalescing_ = events_ * 1'000'000 >= kCoalescingRate * static_cast<std::size_t>(elapsed.count());
  events_ = 0;
  counting_since_ = now_;
}

void Worker::turn(base::Duration wait) {
  const base::TimePoint deadline = std::min(wheel_.next_deadline(), deadlines_.earliest());
  if (deadline != base::kNever) {
    wait = std::clamp(deadline - read_clock(), base::Duration::zero(), wait);
  }
  std::array<epoll_event, kEventsPerTurn> events;
  const int ready = wait_for_events(events, wait);
  now_ = read_clock();
  count_events(ready > 0 ? static_cast<std::size_t>(ready) : 0);
  wheel_.expire(now_);
  deadlines_.expire(now_);

  bool mail = false;
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWakeEvent) {
      mail = true;
      continue;
    }
    if (i + 1 < ready) prefetch_handler(events[static_cast<std::size_t>(i) + 1]);
    const Watch& watch = watches_[event.data.u64 & 0xffffffff];
    if (watch.handler != nullptr && watch.generation == event.data.u64 >> 32) {
      watch.handler->on_io(event.events);
    }
  }
  if (mail) {
    eventfd_t count = 0;
    eventfd_read(wake_.get(), &count);  // before the mail is taken, so that a later post wakes again
    mailbox_.run_all();
  }

  datagrams_->flush();
  for (std::size_t i = 0; i < hooks_.size(); ++i) {
    if (hooks_[i] != nullptr) hooks_[i]->on_turn_end();
  }
  std::erase(hooks_, nullptr);
  datagrams_->flush();
  cpu_.measure(now_);
}

}  // namespace ringback::net
