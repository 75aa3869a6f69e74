#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/endpoint.h"
#include "base/time.h"
#include "webrtc/peer_connection.h"

namespace ringback::webrtc {

/// Hands the datagrams of one shared UDP port to their connections: by the sender's address, or, for an ICE
/// check, by the user name in it (RFC 8445 7.3). An address belongs to a connection only after a check from
/// it passed with that connection's password; a check from a new address (NAT rebinding, change of network)
/// moves it.
///
/// Does not own connections: erase() one before it is destroyed. Belongs to the worker thread of the port.
class Demultiplexer {
 public:
  /// Makes a connection findable by its present user name fragments. Call again after an ICE restart.
  void insert(PeerConnection& connection);
  void erase(PeerConnection& connection);

  /// The connection that took the datagram, for draining its events; nullptr when it is nobody's.
  PeerConnection* receive(base::TimePoint now, std::span<std::uint8_t> datagram, const base::Endpoint& from);

  [[nodiscard]] std::size_t connections() const { return known_.size(); }
  [[nodiscard]] std::uint64_t unclaimed() const { return unclaimed_; }  ///< datagrams that were nobody's

 private:
  /// A connection keeps at most this many addresses; a peer that changes ports forever must not fill the
  /// table.
  static constexpr std::size_t kMaxEndpoints = 16;

  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Known {
    std::deque<base::Endpoint> endpoints;  ///< oldest first
  };

  void claim(PeerConnection& connection, const base::Endpoint& from);

  std::unordered_map<std::string, PeerConnection*, StringHash, std::equal_to<>> by_ufrag_;
  std::unordered_map<base::Endpoint, PeerConnection*> by_endpoint_;
  std::unordered_map<PeerConnection*, Known> known_;
  std::uint64_t unclaimed_ = 0;
};

}  // namespace ringback::webrtc
