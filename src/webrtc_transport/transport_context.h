#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/time.h"
#include "base/timer_wheel.h"
#include "crypto/certificate.h"
#include "webrtc/ice_path.h"
#include "webrtc/relay_server.h"

namespace ringback::webrtc {
class Demultiplexer;
}

namespace ringback::webrtc_transport {

class DataLinks;
class DelegatedContext;
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
  virtual void commit_datagram(std::size_t size, const webrtc::IcePath& to) = 0;
  [[nodiscard]] virtual webrtc::Demultiplexer& demultiplexer() = 0;
  [[nodiscard]] virtual const crypto::Certificate& certificate() const = 0;
  /// What peers can reach the port by.
  [[nodiscard]] virtual const std::vector<base::Endpoint>& media_endpoints() const = 0;

  /// Makes a transport findable by its connection and its data link, and forgets it again.
  virtual std::uint64_t add_transport(Transport& transport) = 0;
  virtual void remove_transport(Transport& transport, std::uint64_t link) = 0;
  /// Null: no data channels.
  [[nodiscard]] virtual DataLinks* data_links() = 0;

  /// A context with a UDP port of its own, for one connection to a server elsewhere: LiveKit's tells the
  /// connections that arrive on its port apart by the peer's address alone. Must not outlive this one.
  [[nodiscard]] virtual base::ErrorOr<std::unique_ptr<DelegatedContext>> open_own_port() = 0;

 protected:
  ~TransportContext() = default;
};

/// All that another context has. Owned by whoever asked for it.
class DelegatedContext : public TransportContext {
 public:
  explicit DelegatedContext(TransportContext& parent) : parent_(parent) {}
  virtual ~DelegatedContext() = default;

  /// TURN servers for when neither UDP nor TCP leads to the peer. Before a transport is on this context.
  virtual void use_relays(std::vector<webrtc::RelayServer>) {}

  [[nodiscard]] base::TimePoint now() const override { return parent_.now(); }
  [[nodiscard]] std::uint64_t ntp(base::TimePoint at) const override { return parent_.ntp(at); }
  [[nodiscard]] base::TimerWheel& timers() override { return parent_.timers(); }
  [[nodiscard]] unsigned worker_index() const override { return parent_.worker_index(); }
  [[nodiscard]] std::span<std::uint8_t> prepare_datagram() override { return parent_.prepare_datagram(); }
  void commit_datagram(std::size_t size, const webrtc::IcePath& to) override {
    parent_.commit_datagram(size, to);
  }
  [[nodiscard]] webrtc::Demultiplexer& demultiplexer() override { return parent_.demultiplexer(); }
  [[nodiscard]] const crypto::Certificate& certificate() const override { return parent_.certificate(); }
  [[nodiscard]] const std::vector<base::Endpoint>& media_endpoints() const override {
    return parent_.media_endpoints();
  }
  std::uint64_t add_transport(Transport& transport) override { return parent_.add_transport(transport); }
  void remove_transport(Transport& transport, std::uint64_t link) override {
    parent_.remove_transport(transport, link);
  }
  [[nodiscard]] DataLinks* data_links() override { return parent_.data_links(); }
  [[nodiscard]] base::ErrorOr<std::unique_ptr<DelegatedContext>> open_own_port() override {
    return parent_.open_own_port();
  }

 private:
  TransportContext& parent_;
};

}  // namespace ringback::webrtc_transport
