#pragma once

#include <cstdint>
#include <string>

#include "base/endpoint.h"

namespace ringback::webrtc {

/// One way between us and an address of the peer: from which of our local candidates packets leave, and where
/// they go. An endpoint alone means our UDP socket.
struct IcePath {
  using Via = std::uint8_t;
  static constexpr Via kUdp = 0;         ///< our UDP socket
  static constexpr Via kTcp = 1;         ///< a TCP connection that we open to `remote` (RFC 6544, active)
  static constexpr Via kFirstRelay = 2;  ///< this and later: the TURN relays, the preferred one first

  base::Endpoint remote;
  Via via = kUdp;

  IcePath() = default;
  // Implicit on purpose: most of the time there is only the UDP socket.
  IcePath(const base::Endpoint& to, Via how = kUdp) : remote(to), via(how) {}

  /// For logs: "UDP 192.0.2.1:7882", "TCP 192.0.2.1:7881", "relay 1 to 192.0.2.1:7882".
  [[nodiscard]] std::string to_string() const;
  bool operator==(const IcePath&) const = default;
};

}  // namespace ringback::webrtc
