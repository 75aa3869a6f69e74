#pragma once

#include <string>
#include <unordered_map>

#include "base/time.h"
#include "store/database.h"
#include "store/peer_watch.h"
#include "store/write.h"

namespace ringback::store {

/// Tells the other nodes that this one lives, and closes the rows of those that do not any more. Alone on a
/// database (SQLite) it only notes the time while there are calls, for the rows of a killed process to end
/// at. Owner: the store's thread.
class Heartbeat {
 public:
  /// A node without a name neither tells nor watches.
  Heartbeat(std::string node, base::Duration interval);

  /// The calls that this process has begun and not ended.
  void follow(const WrittenCall& call);

  /// Closes what earlier processes of this node left, and begins. Returns how many rows.
  Outcome<std::size_t> begin(Database& database, base::WallMillis wall);
  /// To be called once per interval.
  Outcome<> beat(Database& database, base::TimePoint now, base::WallMillis wall);
  /// The node goes in good order.
  void end(Database& database);

  [[nodiscard]] base::Duration interval() const { return interval_; }

 private:
  Outcome<> come_back(Database& database, base::WallMillis wall);
  Outcome<> watch_peers(Database& database, base::TimePoint now, base::WallMillis wall);

  const std::string node_;
  const base::Duration interval_;
  const std::string incarnation_;
  PeerWatch peers_;
  std::unordered_map<std::string, CallStatus> live_calls_;
  bool begun_ = false;
};

}  // namespace ringback::store
