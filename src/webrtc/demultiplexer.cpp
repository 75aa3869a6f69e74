#include "webrtc/demultiplexer.h"

#include <algorithm>

#include "webrtc/stun.h"

namespace ringback::webrtc {

void Demultiplexer::insert(PeerConnection& connection) {
  known_.try_emplace(&connection);
  std::erase_if(by_ufrag_, [&](const auto& entry) { return entry.second == &connection; });
  for (std::string& ufrag : connection.local_ufrags())
    by_ufrag_.insert_or_assign(std::move(ufrag), &connection);
}

void Demultiplexer::erase(PeerConnection& connection) {
  known_.erase(&connection);
  std::erase_if(by_ufrag_, [&](const auto& entry) { return entry.second == &connection; });
  std::erase_if(by_endpoint_, [&](const auto& entry) { return entry.second == &connection; });
}

PeerConnection* Demultiplexer::receive(base::TimePoint now, std::span<std::uint8_t> datagram,
                                       const base::Endpoint& from) {
  // A check names its connection; the address may still be in the table for another one that used it before.
  if (const auto ufrag = stun_local_ufrag(datagram)) {
    const auto named = by_ufrag_.find(*ufrag);
    if (named == by_ufrag_.end()) {
      ++unclaimed_;
      return nullptr;
    }
    PeerConnection& connection = *named->second;
    if (connection.receive(now, datagram, from) == PeerConnection::ReceiveOutcome::kAuthenticated) {
      claim(connection, from);
    }
    return &connection;
  }
  const auto owner = by_endpoint_.find(from);
  if (owner == by_endpoint_.end()) {
    ++unclaimed_;
    return nullptr;
  }
  owner->second->receive(now, datagram, from);
  return owner->second;
}

void Demultiplexer::claim(PeerConnection& connection, const base::Endpoint& from) {
  const auto [entry, added] = by_endpoint_.try_emplace(from, &connection);
  if (!added) {
    if (entry->second == &connection) return;
    std::erase(known_[entry->second].endpoints, from);
    entry->second = &connection;
  }
  auto& endpoints = known_[&connection].endpoints;
  endpoints.push_back(from);
  if (endpoints.size() <= kMaxEndpoints) return;
  // The address in use must stay even when it is the oldest.
  const auto in_use = connection.remote_endpoint();
  const auto victim =
      std::find_if(endpoints.begin(), endpoints.end(), [&](const base::Endpoint& e) { return e != in_use; });
  by_endpoint_.erase(*victim);
  endpoints.erase(victim);
}

}  // namespace ringback::webrtc
