#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline_table.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/time.h"
#include "base/timer_wheel.h"
#include "net/cpu_meter.h"
#include "net/file_descriptor.h"
#include "net/mailbox.h"
#include "net/timer_queue.h"

struct epoll_event;

namespace ringback::net {

class DatagramBatch;

/// Told that a watched file descriptor is ready. `events` are epoll's (EPOLLIN, EPOLLOUT, EPOLLERR,
/// EPOLLHUP).
class IoHandler {
 public:
  virtual void on_io(std::uint32_t events) = 0;

 protected:
  ~IoHandler() = default;
};

/// Called once at the end of every turn of the loop in which anything ran: the place to send what was
/// collected.
class TurnHook {
 public:
  virtual void on_turn_end() = 0;

 protected:
  ~TurnHook() = default;
};

/// One media thread: an epoll loop that owns whole calls and rooms, with their sockets and timers.
///
/// One turn of the loop: wait for sockets, mail or the next timer; read the clock once (now()); run the
/// timers that are due, the sockets that are ready, the mail that has come; run the end-of-turn hooks. Timers
/// are exact to 1 ms.
///
/// A thread with much media looks at its sockets once per timer tick instead of waking for every packet, as a
/// network card coalesces its interrupts: a packet waits half a millisecond on average, and a wake-up with
/// cold caches is shared by all packets of the tick. Mail still wakes it at once.
///
/// post(), cpu_share(), name(), index(), stop() may be called from any thread, the rest only from the worker
/// itself or before start(). Everything that is registered must be unregistered before it dies.
class Worker final : public base::Executor {
 public:
  struct Options {
    std::string name = "worker";  ///< thread name; the first 15 characters are shown by the system
    unsigned index = 0;           ///< the number in "w0", "w1", ... at the start of the ids that it mints
    std::size_t mailbox_capacity = 65536;
  };
  /// Fails when the process is out of file descriptors.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<Worker>> create(Options options);
  /// Stops and joins. Sockets and timers that belong to it must be gone by then; objects that live on the
  /// worker are destroyed by a task posted before stop().
  ~Worker() override;

  /// Starts the thread. Not for tests that drive run_once() themselves.
  void start();
  /// Ends the loop after the turn in which everything posted before has run; later posts are refused.
  void stop();
  /// Waits for the thread's end. Call from outside.
  void join();

  [[nodiscard]] bool post(base::Task task) override;

  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] unsigned index() const { return options_.index; }
  /// CPU time of this thread by wall time, 0..1, over the last whole second. For admission control.
  [[nodiscard]] double cpu_share() const { return cpu_.share(); }
  [[nodiscard]] std::size_t mailbox_depth() const { return mailbox_.depth(); }

  /// The worker whose thread this is, or null. `assert(Worker::current() == &worker_)`.
  [[nodiscard]] static Worker* current();

  /// The time at which this turn began.
  [[nodiscard]] base::TimePoint now() const { return now_; }
  /// Reads the clock, for code that runs long inside one turn and measures itself.
  [[nodiscard]] base::TimePoint read_clock() const;

  /// Runs the task once at or within 1 ms after `at`. One allocation; media code owns an Entry in timers()
  /// instead.
  TimerId schedule(base::TimePoint at, base::Task task) { return timer_queue_.schedule(at, std::move(task)); }
  bool cancel(TimerId id) { return timer_queue_.cancel(id); }
  /// For objects that keep a timer as a member and re-arm it without allocation (see net/tick.h for periodic
  /// ones).
  [[nodiscard]] base::TimerWheel& timers() { return wheel_; }
  /// For deadlines that move with every packet; told at the beginning of a turn, as timers are.
  [[nodiscard]] base::DeadlineTable& deadlines() { return deadlines_; }

  /// Calls the handler whenever the descriptor has any of `events` (level-triggered). False when the kernel
  /// refuses.
  [[nodiscard]] bool watch(int fd, std::uint32_t events, IoHandler& handler);
  bool change_watch(int fd, std::uint32_t events);
  /// No call to the handler follows, not even for an event that this turn has already collected.
  void unwatch(int fd);

  void add_turn_hook(TurnHook& hook);
  void remove_turn_hook(TurnHook& hook);

  /// The receive and send slots that all UdpPorts of this worker share.
  [[nodiscard]] DatagramBatch& datagrams() { return *datagrams_; }

  /// Runs one turn on the calling thread, waiting at most `wait` for something to do. For tests, without
  /// start().
  void run_once(base::Duration wait = base::Duration::zero());

 private:
  struct Watch {
    IoHandler* handler = nullptr;
    std::uint32_t generation = 0;  // tells an event of a closed descriptor from one of its successor
  };

  Worker(Options options, FileDescriptor epoll, FileDescriptor wake);
  void loop();
  void turn(base::Duration wait);
  int wait_for_events(std::span<epoll_event> events, base::Duration wait);
  void prefetch_handler(const epoll_event& event) const;
  void count_events(std::size_t events);
  void wake();

  const Options options_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  base::TimePoint now_;
  Mailbox mailbox_;
  base::TimerWheel wheel_;
  TimerQueue timer_queue_;
  base::DeadlineTable deadlines_;
  std::vector<Watch> watches_;  // by descriptor
  std::vector<TurnHook*> hooks_;
  std::unique_ptr<DatagramBatch> datagrams_;
  CpuMeter cpu_;
  bool coalescing_ = false;
  std::size_t events_ = 0;  // since counting_since_
  base::TimePoint counting_since_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace ringback::net
