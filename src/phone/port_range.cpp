#include "phone/port_range.h"

#include <string>
#include <utility>

namespace ringback::phone {

base::ErrorOr<std::unique_ptr<net::UdpPort>> PortRange::open(net::Worker& worker,
                                                             const base::IpAddress& address,
                                                             net::DatagramReceiver& receiver) {
  const int pairs = (high_ - low_) / 2 + 1;
  for (int attempt = 0; attempt < pairs; ++attempt) {
    if (next_ > high_) next_ = low_;
    const base::Endpoint local{address, static_cast<std::uint16_t>(next_)};
    next_ += 2;
    auto port = net::UdpPort::open(worker, net::UdpPort::Options::for_leg(local), receiver);
    if (port) return port;
  }
  return base::fail("no free RTP port between " + std::to_string(low_) + " and " + std::to_string(high_));
}

}  // namespace ringback::phone
