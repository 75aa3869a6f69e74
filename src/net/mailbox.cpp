#include "net/mailbox.h"

#include <utility>

namespace ringback::net {

Mailbox::Put Mailbox::put(base::Task task) {
  const std::lock_guard lock(mutex_);
  if (closed_ || queued_.size() >= capacity_) return Put::kRefused;
  queued_.push_back(std::move(task));
  return queued_.size() == 1 ? Put::kWake : Put::kQueued;
}

std::size_t Mailbox::run_all() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(queued_);
  }
  for (base::Task& task : running_) {
    task();
    task = {};  // what the task owns dies here, in order, not at the end of the batch
  }
  const std::size_t ran = running_.size();
  running_.clear();
  return ran;
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void Mailbox::discard_all() {
  std::vector<base::Task> discarded;
  const std::lock_guard lock(mutex_);
  discarded.swap(queued_);
}

std::size_t Mailbox::depth() const {
  const std::lock_guard lock(mutex_);
  return queued_.size();
}

}  // namespace ringback::net
