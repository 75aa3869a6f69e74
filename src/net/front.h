#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/time.h"
#include "net/timer_queue.h"

namespace boost::asio {
class io_context;
}

namespace ringback::net {

/// The signalling thread: a Boost.Asio loop that owns HTTP and WebSocket connections, SIP sockets and DNS.
///
/// post(), stop() and context() may be used from any thread, the rest only from the front itself or before
/// start(). Everything created on it (sockets, streams, resolver) must be destroyed on it, or after join().
class Front final : public base::Executor {
 public:
  explicit Front(std::string name = "front", std::size_t mailbox_capacity = 65536);
  ~Front() override;

  /// Starts the thread. Not for tests that drive run_once() themselves.
  void start();
  /// Ends the loop after what was posted before; later posts are refused.
  void stop();
  void join();

  [[nodiscard]] bool post(base::Task task) override;
  [[nodiscard]] static Front* current();

  [[nodiscard]] base::TimePoint now() const;
  /// Runs the task at or within 1 ms after `at`.
  TimerId schedule(base::TimePoint at, base::Task task);
  bool cancel(TimerId id);

  /// For code that speaks Asio itself (http). One thread runs it, so handlers need no strand.
  [[nodiscard]] boost::asio::io_context& context();
  [[nodiscard]] double cpu_share() const;
  /// Timers that wait.
  [[nodiscard]] std::size_t pending_timers() const;

  /// Runs what is ready, waiting at most `wait` for the first of it. For tests, without start().
  void run_once(base::Duration wait = base::Duration::zero());

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringback::net
