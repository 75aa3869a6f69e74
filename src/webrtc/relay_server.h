#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringback::webrtc {

/// A TURN server that the room server told us of, as its URI (RFC 7065) says.
struct RelayServer {
  enum class Transport : std::uint8_t { kUdp, kTcp, kTls };

  Transport transport = Transport::kUdp;
  std::string host;  ///< a name or a numeric address, IPv6 without brackets
  std::uint16_t port = 3478;
  std::string username;
  std::string password;

  /// "turn:host:port?transport=udp" and the like, without credentials. nullopt: no TURN server (as "stun:"
  /// is), or one whose transport we do not speak (DTLS).
  static std::optional<RelayServer> parse(std::string_view uri);
};

}  // namespace ringback::webrtc
