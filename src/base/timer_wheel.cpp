#include "base/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace ringback::base {
namespace {

constexpr std::uint64_t kLastTick = (std::uint64_t{1} << 48) - 1;

}  // namespace

// Slots are circular lists with the slot itself as the sentinel, so that unlinking needs no knowledge of the
// head.
//
// An entry stands at the level of the highest group of six bits in which its tick differs from the current
// one, in the slot that these bits of its tick name. Therefore every occupied slot of a level lies ahead of
// the current tick within the level's revolution (nothing ever wraps), and all of a lower level comes before
// all of a higher one: the next slot to look at is the lowest set bit of the lowest level that is occupied.

TimerWheel::TimerWheel(TimePoint start) : start_(start) {
  for (Link& slot : slots_) slot.previous = slot.next = &slot;
}

TimerWheel::~TimerWheel() {
  for (Link& slot : slots_) {
    while (slot.next != &slot) static_cast<Entry::Node*>(slot.next)->entry->disarm();
  }
}

void TimerWheel::Entry::disarm() {
  if (wheel_ != nullptr) wheel_->remove(*this);
}

std::uint64_t TimerWheel::tick_not_before(TimePoint deadline) const {
  if (deadline <= start_) return 0;
  const auto ticks = static_cast<std::uint64_t>((deadline - start_ - Duration{1}) / kTick) + 1;
  return std::min(ticks, kLastTick);
}

TimePoint TimerWheel::time_of(std::uint64_t tick) const {
  return start_ + kTick * static_cast<Duration::rep>(tick);
}

void TimerWheel::arm(Entry& entry, TimePoint deadline) {
  entry.disarm();
  if (deadline == kNever) return;
  entry.wheel_ = this;
  entry.deadline_ = deadline;
  entry.node_.entry = &entry;
  ++size_;
  place(entry);
}

void TimerWheel::place(Entry& entry) {
  const std::uint64_t tick = tick_not_before(entry.deadline_);
  if (tick <= current_) {
    entry.slot_ = kOverdueSlot;
  } else {
    const unsigned level = static_cast<unsigned>(std::bit_width(tick ^ current_) - 1) / kSlotBits;
    const unsigned slot = static_cast<unsigned>(tick >> (level * kSlotBits)) % kSlots;
    occupied_[level] |= std::uint64_t{1} << slot;
    entry.slot_ = static_cast<std::uint16_t>(level * kSlots + slot);
  }
  Link& head = slots_[entry.slot_];
  entry.node_.previous = head.previous;
  entry.node_.next = &head;
  head.previous->next = &entry.node_;
  head.previous = &entry.node_;
}

void TimerWheel::remove(Entry& entry) {
  entry.node_.previous->next = entry.node_.next;
  entry.node_.next->previous = entry.node_.previous;
  entry.wheel_ = nullptr;
  --size_;
  // While its slot is being fired the entry stands in a list of fire(), and the bit has been cleared already.
  if (entry.slot_ < kOverdueSlot && slots_[entry.slot_].next == &slots_[entry.slot_]) {
    occupied_[entry.slot_ / kSlots] &= ~(std::uint64_t{1} << (entry.slot_ % kSlots));
  }
}

bool TimerWheel::next_slot(std::uint64_t& tick, unsigned& slot) const {
  for (unsigned level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const unsigned shift = level * kSlotBits;
    const auto in_level = static_cast<unsigned>(std::countr_zero(occupied_[level]));
    const std::uint64_t revolution = (current_ >> shift) / kSlots;  // what this level's slots have in common
    tick = (revolution * kSlots + in_level) << shift;
    slot = level * kSlots + in_level;
    return true;
  }
  return false;
}

namespace {

template <class Link>
void take_all(Link& from, Link& to) {
  if (from.next == &from) {
    to.previous = to.next = &to;
    return;
  }
  to = from;
  to.next->previous = &to;
  to.previous->next = &to;
  from.previous = from.next = &from;
}

}  // namespace

std::size_t TimerWheel::fire(Link& due, TimePoint now) {
  std::size_t fired = 0;
  while (due.next != &due) {
    Entry& entry = *static_cast<Entry::Node*>(due.next)->entry;
    remove(entry);
    ++fired;
    entry.on_timer(now);
  }
  return fired;
}

std::size_t TimerWheel::expire(TimePoint now) {
  if (now < start_) return 0;
  const std::uint64_t target = std::min(static_cast<std::uint64_t>((now - start_) / kTick), kLastTick);
  Link due;
  take_all(slots_[kOverdueSlot], due);
  std::size_t fired = fire(due, now);

  std::uint64_t tick = 0;
  unsigned slot = 0;
  while (next_slot(tick, slot) && tick <= target) {
    current_ = tick;
    occupied_[slot / kSlots] &= ~(std::uint64_t{1} << (slot % kSlots));
    take_all(slots_[slot], due);
    if (slot < kSlots) {
      fired += fire(due, now);
      continue;
    }
    // A coarse slot begins: its entries go to finer levels, or fire if they are for this very tick.
    Link at_this_tick;
    at_this_tick.previous = at_this_tick.next = &at_this_tick;
    while (due.next != &due) {
      Entry& entry = *static_cast<Entry::Node*>(due.next)->entry;
      due.next = entry.node_.next;
      due.next->previous = &due;
      if (tick_not_before(entry.deadline_) > current_) {
        place(entry);
        continue;
      }
      entry.node_.previous = at_this_tick.previous;
      entry.node_.next = &at_this_tick;
      at_this_tick.previous->next = &entry.node_;
      at_this_tick.previous = &entry.node_;
    }
    fired += fire(at_this_tick, now);
  }
  current_ = std::max(current_, target);
  return fired;
}

TimePoint TimerWheel::next_deadline() const {
  const Link& overdue = slots_[kOverdueSlot];
  if (overdue.next != &overdue) return time_of(current_);
  std::uint64_t tick = 0;
  unsigned slot = 0;
  return next_slot(tick, slot) ? time_of(tick) : kNever;
}

}  // namespace ringback::base
