#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace ringback::base {

/// Deadlines that move much more often than they pass: each packet of a stream puts off the moment at which
/// its silence would be noticed. Setting one is a store into an array that stays in the cache, where a
/// TimerWheel would touch its neighbours in two lists; in return expire() looks at every entry, eight bytes
/// each, when the earliest deadline that it knows of has come. For thousands of entries, not for millions.
///
/// One owner thread; knows no clock, the time is an argument. Nothing allocates but the making of an Entry.
class DeadlineTable {
 public:
  /// A row of the table. Usually a base of the object that wants to be woken. Must not outlive the table.
  class Entry {
   public:
    explicit Entry(DeadlineTable& table);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    virtual ~Entry();

    [[nodiscard]] TimePoint deadline() const { return table_.deadlines_[row_]; }
    /// kNever: none. A deadline that has passed is told by the next expire(), never inside the running one
    /// unless another entry is destroyed in it.
    void set_deadline(TimePoint deadline) {
      table_.deadlines_[row_] = deadline;
      if (deadline < table_.earliest_) table_.earliest_ = deadline;
    }

   protected:
    /// Called by DeadlineTable::expire() with no deadline set: it may set deadlines, make entries, destroy
    /// itself or others.
    virtual void on_deadline(TimePoint now) = 0;

   private:
    friend class DeadlineTable;
    DeadlineTable& table_;
    std::uint32_t row_;
  };

  DeadlineTable() = default;
  DeadlineTable(const DeadlineTable&) = delete;
  DeadlineTable& operator=(const DeadlineTable&) = delete;

  /// Tells every entry whose deadline has come by `now`.
  void expire(TimePoint now);

  /// No deadline is earlier; it may be earlier than all of them, when one has been moved. kNever: none is
  /// set.
  [[nodiscard]] TimePoint earliest() const { return earliest_; }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  std::vector<TimePoint> deadlines_;
  std::vector<Entry*> entries_;  ///< the same rows
  TimePoint earliest_ = kNever;
};

}  // namespace ringback::base
