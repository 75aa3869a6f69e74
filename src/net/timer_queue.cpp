#include "net/timer_queue.h"

#include <utility>

namespace ringback::net {

/// One pending task. The generation is in the upper half of its ids, so that an old id never names a new
/// task.
class TimerQueue::Slot final : public base::TimerWheel::Entry {
 public:
  Slot(TimerQueue& queue, std::uint32_t index) : queue_(queue), index_(index) {}

  TimerId arm(base::TimePoint at, base::Task task) {
    task_ = std::move(task);
    ++generation_;
    queue_.wheel_.arm(*this, at);
    return {(std::uint64_t{generation_} << 32) | (std::uint64_t{index_} + 1)};
  }
  [[nodiscard]] bool named_by(TimerId id) const { return armed() && id.value >> 32 == generation_; }
  void cancel() {
    disarm();
    const base::Task dies_last = std::exchange(task_, {});
    queue_.free_.push_back(index_);
  }

 private:
  void on_timer(base::TimePoint) override {
    base::Task task = std::exchange(task_, {});
    queue_.free_.push_back(index_);
    task();
  }

  TimerQueue& queue_;
  const std::uint32_t index_;
  std::uint32_t generation_ = 0;
  base::Task task_;
};

TimerQueue::TimerQueue(base::TimerWheel& wheel) : wheel_(wheel) {}

TimerQueue::~TimerQueue() = default;

TimerId TimerQueue::schedule(base::TimePoint at, base::Task task) {
  if (at == base::kNever) return {};
  if (free_.empty()) {
    const auto index = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(std::make_unique<Slot>(*this, index));
    free_.push_back(index);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  return slots_[index]->arm(at, std::move(task));
}

bool TimerQueue::cancel(TimerId id) {
  const std::uint64_t position = id.value & 0xffffffff;
  if (position == 0 || position > slots_.size()) return false;
  Slot& slot = *slots_[position - 1];
  if (!slot.named_by(id)) return false;
  slot.cancel();
  return true;
}

}  // namespace ringback::net
