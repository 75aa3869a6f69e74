#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/endpoint.h"

namespace ringback::sip {

enum class Transport : std::uint8_t { kUdp, kTcp, kTls };

[[nodiscard]] constexpr bool is_reliable(Transport transport) {
  return transport != Transport::kUdp;
}
/// "UDP", "TCP", "TLS" as Via writes it.
[[nodiscard]] std::string_view via_name(Transport transport);

/// A connection of the transport shell; 0: none (yet).
using FlowId = std::uint64_t;

/// Where a message came from.
struct Source {
  Transport transport = Transport::kUdp;
  base::Endpoint remote;
  base::Endpoint local;
  FlowId flow = 0;  ///< the TCP or TLS connection
};

/// Where a message shall go. The shell uses the connection `flow` while it lives, else one to `endpoint`.
struct Destination {
  Transport transport = Transport::kUdp;
  base::Endpoint endpoint;
  FlowId flow = 0;
  /// UDP only: a request of more than 1300 bytes may go by TCP to the same endpoint (RFC 3261 18.1.1).
  bool tcp_allowed = false;
  /// Set by the core on messages that are too large for UDP and go by UDP all the same.
  bool oversized = false;
  /// Name for the certificate check and SNI with TLS; empty otherwise.
  std::string server_name;

  bool operator==(const Destination&) const = default;
};

/// What the core wants from the network. Calls never re-enter the core: an error found while sending is
/// reported later, by UserAgent::transport_failed().
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void send(std::string_view bytes, const Destination& to) = 0;
};

}  // namespace ringback::sip
