#pragma once

#include <cstdint>
#include <memory>

#include "base/endpoint.h"
#include "base/error.h"
#include "net/udp_port.h"

namespace ringback::phone {

/// Hands out even UDP ports for RTP (RFC 3550 section 11), each at a later turn than the one before, so that
/// stray packets of an ended call do not reach the next one. Owner: the phone's worker.
class PortRange {
 public:
  PortRange(std::uint16_t low, std::uint16_t high)
      : low_(static_cast<std::uint16_t>(low + (low & 1))), high_(high), next_(low_) {}

  /// Opens a socket on the next port that is free.
  base::ErrorOr<std::unique_ptr<net::UdpPort>> open(net::Worker& worker, const base::IpAddress& address,
                                                    net::DatagramReceiver& receiver);

 private:
  std::uint16_t low_;
  std::uint16_t high_;
  std::uint32_t next_;
};

}  // namespace ringback::phone
