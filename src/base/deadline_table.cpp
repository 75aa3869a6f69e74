#include "base/deadline_table.h"

#include <algorithm>
#include <utility>

namespace ringback::base {

DeadlineTable::Entry::Entry(DeadlineTable& table)
    : table_(table), row_(static_cast<std::uint32_t>(table.entries_.size())) {
  table.deadlines_.push_back(kNever);
  table.entries_.push_back(this);
}

DeadlineTable::Entry::~Entry() {
  // The last row moves into the gap.
  table_.deadlines_[row_] = table_.deadlines_.back();
  table_.entries_[row_] = table_.entries_.back();
  table_.entries_[row_]->row_ = row_;
  table_.deadlines_.pop_back();
  table_.entries_.pop_back();
}

void DeadlineTable::expire(TimePoint now) {
  if (now < earliest_) return;
  earliest_ = kNever;  // whoever sets a deadline meanwhile lowers it again
  // From the end: entries made meanwhile are not looked at, and a row that moves into the gap of a destroyed
  // one has been looked at, or is looked at again.
  for (std::size_t row = deadlines_.size(); row-- > 0;) {
    if (row >= deadlines_.size()) continue;
    if (deadlines_[row] > now) {
      earliest_ = std::min(earliest_, deadlines_[row]);
      continue;
    }
    deadlines_[row] = kNever;
    entries_[row]->on_deadline(now);
  }
}

}  // namespace ringback::base
