#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace ringback::base {

/// A hierarchical timer wheel: arming, re-arming and disarming cost the same whether one timer waits or a
/// million, and none of them allocates. One owner thread; knows no clock, the time is an argument.
///
/// The tick is 1 ms. A timer never fires before its deadline and, when expire() is called in time, at most
/// one tick after it. Eight levels of 64 slots reach 2^48 ticks; what lies beyond is armed for the last of
/// them.
class TimerWheel {
 public:
  static constexpr Duration kTick = 1ms;

  /// What waits in the wheel. Usually a member of the object that wants to be woken; its destructor disarms
  /// it. Must not outlive the wheel while armed.
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    virtual ~Entry() { disarm(); }

    [[nodiscard]] bool armed() const { return wheel_ != nullptr; }
    /// The deadline last armed for; kNever when not armed.
    [[nodiscard]] TimePoint deadline() const { return armed() ? deadline_ : kNever; }
    void disarm();

   protected:
    /// Called by TimerWheel::expire() with the entry disarmed: it may arm itself again, arm or disarm others,
    /// and destroy itself or others.
    virtual void on_timer(TimePoint now) = 0;

   private:
    friend class TimerWheel;
    struct Link {
      Link* previous = nullptr;
      Link* next = nullptr;
    };
    struct Node : Link {
      Entry* entry = nullptr;
    };
    Node node_;
    TimerWheel* wheel_ = nullptr;
    TimePoint deadline_{};
    std::uint16_t slot_ = 0;
  };

  /// `start` is the zero of the ticks: no deadline before it is told from another one before it.
  explicit TimerWheel(TimePoint start);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  /// Disarms what is still armed, without calling it.
  ~TimerWheel();

  /// Arms the entry, or moves it when it is armed. A deadline that has passed fires at the next expire(),
  /// never inside the running one, so that an entry which re-arms itself for now cannot hold the thread.
  /// kNever disarms.
  void arm(Entry& entry, TimePoint deadline);

  /// Fires what is due at `now`, tick by tick. Returns how many entries fired.
  std::size_t expire(TimePoint now);

  /// When expire() must be called at the latest; kNever when nothing waits. May be earlier than the first
  /// deadline (when a coarse slot must be dealt out to finer ones), never later than it plus one tick.
  [[nodiscard]] TimePoint next_deadline() const;

  /// The first tick after `now`: work that can wait so long shares the wake-up of the timers.
  [[nodiscard]] TimePoint next_tick(TimePoint now) const {
    return now < start_ ? start_ : now + kTick - (now - start_) % kTick;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  using Link = Entry::Link;
  static constexpr unsigned kSlotBits = 6;
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr unsigned kLevels = 8;
  static constexpr std::uint16_t kOverdueSlot = kLevels * kSlots;

  [[nodiscard]] std::uint64_t tick_not_before(TimePoint deadline) const;
  [[nodiscard]] TimePoint time_of(std::uint64_t tick) const;
  /// First tick at which an occupied slot must be looked at, or false when all slots are empty.
  [[nodiscard]] bool next_slot(std::uint64_t& tick, unsigned& slot) const;
  void place(Entry& entry);
  void remove(Entry& entry);
  std::size_t fire(Link& due, TimePoint now);

  TimePoint start_;
  std::uint64_t current_ = 0;  // every slot that begins at or before this tick has been dealt with
  std::size_t size_ = 0;
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<Link, kLevels * kSlots + 1> slots_;  // the last one holds what was armed too late
};

}  // namespace ringback::base
