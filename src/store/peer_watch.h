#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "store/database.h"

namespace ringback::store {

/// Finds out which nodes have died: those whose beat has not changed for a time of this node's own clock. A
/// time in which this node did not look does not count, since then the others could not beat either.
class PeerWatch {
 public:
  /// `interval`: how often observe() is called.
  PeerWatch(std::string own_node, base::Duration interval, base::Duration longest_silence)
      : own_node_(std::move(own_node)), interval_(interval), longest_silence_(longest_silence) {}

  /// All nodes as they are in the database now. Returns those to be declared dead.
  [[nodiscard]] std::vector<NodeBeat> observe(base::TimePoint now, const std::vector<NodeBeat>& nodes);

 private:
  struct Peer {
    NodeBeat last;
    base::Duration silence{};
  };
  const std::string own_node_;
  const base::Duration interval_;
  const base::Duration longest_silence_;
  base::TimePoint observed_{};
  std::unordered_map<std::string, Peer> peers_;
};

}  // namespace ringback::store
