#pragma once

#include <queue>
#include <utility>
#include <vector>

#include "base/time.h"

namespace ringback::sip {

/// Which of many objects must be woken when. A binary heap with lazy removal: an entry whose object is gone,
/// or has moved its deadline back, is found out when it comes up, so that scheduling stays O(log n) and
/// cancelling is free. Every scheduled object has a member `base::TimePoint scheduled = base::kNever` for
/// this queue, and next_deadline().
template <class Key>
class DeadlineQueue {
 public:
  /// Call after anything that may have changed the object's deadline.
  template <class Object>
  void update(Key key, Object& object) {
    const base::TimePoint deadline = object.next_deadline();
    if (deadline >= object.scheduled) return;  // an entry that comes up early enough is there already
    object.scheduled = deadline;
    heap_.push({deadline, key});
  }

  [[nodiscard]] base::TimePoint next() const { return heap_.empty() ? base::kNever : heap_.top().first; }

  /// Takes out one key whose time has come. The caller sets `scheduled` of its object to kNever, lets it work
  /// when its deadline is really due, and calls update() again.
  bool pop_due(base::TimePoint now, Key& key) {
    if (heap_.empty() || heap_.top().first > now) return false;
    key = heap_.top().second;
    heap_.pop();
    return true;
  }

 private:
  using Entry = std::pair<base::TimePoint, Key>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> heap_;
};

}  // namespace ringback::sip
