#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"

namespace ringback::webrtc {

enum class CandidateTransport : std::uint8_t { kUdp, kTcp };
enum class CandidateType : std::uint8_t { kHost, kServerReflexive, kPeerReflexive, kRelayed };

/// Priority of RFC 8445 5.1.2.1. `local_preference` orders the addresses of one host (65535 for the only
/// one).
[[nodiscard]] std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference,
                                               std::uint8_t component);

/// One ICE candidate as SDP and trickle messages write it (RFC 8839 5.1).
struct Candidate {
  std::string foundation;
  std::uint8_t component = 1;
  CandidateTransport transport = CandidateTransport::kUdp;
  std::uint32_t priority = 0;
  std::string host;  ///< as written; a browser may hide its address behind "<uuid>.local"
  std::optional<base::IpAddress> address;  ///< empty when the host is a name
  std::uint16_t port = 0;
  CandidateType type = CandidateType::kHost;
  std::string tcp_type;  ///< "active", "passive" or "so" (RFC 6544); empty for UDP

  /// A host candidate for one of our addresses. `preference` as in candidate_priority().
  static Candidate host_udp(const base::Endpoint& endpoint, std::uint16_t preference = 65535);

  /// Accepts "candidate:...", "a=candidate:..." and the bare value; ignores related addresses and extensions
  /// other than tcptype.
  static std::optional<Candidate> parse(std::string_view text);
  /// "candidate:<foundation> 1 udp <priority> <address> <port> typ host"
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] std::optional<base::Endpoint> endpoint() const;
  bool operator==(const Candidate&) const = default;
};

}  // namespace ringback::webrtc
