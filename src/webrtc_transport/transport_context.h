#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "base/timer_wheel.h"
#include "crypto/certificate.h"

namespace ringback::webrtc {
class Demultiplexer;
}

namespace ringback::webrtc_transport {

class DataLinks;
class Transport;

/// What peer connections need of the worker they live on. Implemented by MediaPort and, in virtual time, by
/// tests. Worker thread.
class TransportContext {
 public:
  [[nodiscard]] virtual base::TimePoint now() const = 0;
  /// The moment as sender reports tell it: NTP time in 32.32 fixed point (RFC 3550 section 4).
  [[nodiscard]] virtual std::uint64_t ntp(base::TimePoint at) const = 0;
  [[nodiscard]] virtual base::TimerWheel& timers() = 0;
  [[nodiscard]] virtual unsigned worker_index() const = 0;

  [[nodiscard]] virtual std::span<std::uint8_t> prepare_datagram() = 0;
  virtual void commit_datagram(std::size_t size, const base::Endpoint& to) = 0;
  [[nodiscard]] virtual webrtc::Demultiplexer& demultiplexer() = 0;
  [[nodiscard]] virtual const crypto::Certificate& certificate() const = 0;
  /// What peers can reach the port by.
  [[nodiscard]] virtual const std::vector<base::Endpoint>& media_endpoints() const = 0;

  /// Makes a transport findable by its connection and its data link, and forgets it again.
  virtual std::uint64_t add_transport(Transport& transport) = 0;
  virtual void remove_transport(Transport& transport, std::uint64_t link) = 0;
  /// Null: no data channels.
  [[nodiscard]] virtual DataLinks* data_links() = 0;

 protected:
  ~TransportContext() = default;
};

}  // namespace ringback::webrtc_transport
