#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "base/task.h"

namespace ringback::net {

/// The bounded queue in front of a thread: many producers, one consumer, order kept. It does not wake
/// anybody; it tells the producer that found it empty to do so, so that a batch of posts costs one wake-up.
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}

  enum class Put {
    kRefused,  ///< full or closed; the task was destroyed
    kQueued,   ///< the consumer has been woken by an earlier producer
    kWake,     ///< the caller must wake the consumer
  };
  /// Any thread.
  [[nodiscard]] Put put(base::Task task);

  /// Consumer: runs everything that was queued when it was called. Returns how many tasks ran.
  std::size_t run_all();

  /// Consumer: destroys what is queued without running it.
  void discard_all();

  /// Refuses all later puts. What is queued stays for the last run_all().
  void close();
  [[nodiscard]] std::size_t depth() const;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::vector<base::Task> queued_;
  std::vector<base::Task> running_;  // touched by the consumer only; keeps its capacity between batches
};

}  // namespace ringback::net
