#pragma once

#include <memory>
#include <vector>

#include "net/udp_port.h"
#include "webrtc/demultiplexer.h"
#include "webrtc_transport/transport_context.h"

namespace ringback::webrtc_transport {

/// Another context with a UDP port of its own, for one Transport.
class OwnPort final : public DelegatedContext, private net::DatagramReceiver {
 public:
  OwnPort(TransportContext& parent, std::vector<base::IpAddress> announced)
      : DelegatedContext(parent), announced_(std::move(announced)) {}

  [[nodiscard]] base::ErrorOr<> open(net::Worker& worker, const base::IpAddress& address);

  [[nodiscard]] std::span<std::uint8_t> prepare_datagram() override { return port_->prepare(); }
  void commit_datagram(std::size_t size, const base::Endpoint& to) override { port_->commit(size, to); }
  [[nodiscard]] webrtc::Demultiplexer& demultiplexer() override { return demultiplexer_; }
  [[nodiscard]] const std::vector<base::Endpoint>& media_endpoints() const override { return endpoints_; }
  std::uint64_t add_transport(Transport& transport) override;
  void remove_transport(Transport& transport, std::uint64_t link) override;

 private:
  void on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) override;

  const std::vector<base::IpAddress> announced_;
  std::unique_ptr<net::UdpPort> port_;
  std::vector<base::Endpoint> endpoints_;
  webrtc::Demultiplexer demultiplexer_;
  Transport* transport_ = nullptr;
};

}  // namespace ringback::webrtc_transport
