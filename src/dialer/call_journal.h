#pragma once

#include <string>

#include "bridge/call_event.h"
#include "store/store.h"

namespace ringback::dialer {

/// Writes the life of each call into the table `calls`, as its events come. Owner: the call API, front
/// thread.
class CallJournal {
 public:
  explicit CallJournal(store::Store& store) : store_(store) {}

  /// A new row with status `initiated`.
  void begin(store::CallRow row);
  void record(const bridge::CallEvent& event);
  /// The row of a call that never got as far as an event.
  void fail(const store::CallId& id, const bridge::CallFailure& failure, base::WallMillis at);

  [[nodiscard]] store::Store& store() { return store_; }

 private:
  void update(const store::CallId& id, store::CallChange change);
  store::Store& store_;
};

/// Who ended a call, for the column `ended_by`: "phone", "api", "room", "ringback" or "provider".
[[nodiscard]] std::string ended_by(bridge::CallCause cause);

}  // namespace ringback::dialer
