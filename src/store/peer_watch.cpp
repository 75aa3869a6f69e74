#include "store/peer_watch.h"

#include <algorithm>
#include <utility>

namespace ringback::store {

std::vector<NodeBeat> PeerWatch::observe(base::TimePoint now, const std::vector<NodeBeat>& nodes) {
  const base::Duration passed = std::min(now - std::exchange(observed_, now), 2 * interval_);
  std::unordered_map<std::string, Peer> seen;
  std::vector<NodeBeat> dead;
  for (const NodeBeat& node : nodes) {
    if (node.node == own_node_) continue;
    Peer peer{node};
    if (const auto known = peers_.find(node.node); known != peers_.end() && known->second.last == node) {
      peer.silence = known->second.silence + passed;
    }
    if (peer.silence >= longest_silence_) dead.push_back(node);
    seen.emplace(node.node, std::move(peer));
  }
  peers_ = std::move(seen);
  return dead;
}

}  // namespace ringback::store
