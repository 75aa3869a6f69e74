#pragma once

#include <memory>
#include <vector>

#include "net/udp_port.h"
#include "webrtc/demultiplexer.h"
#include "webrtc_transport/tcp_paths.h"
#include "webrtc_transport/transport_context.h"

namespace ringback::webrtc_transport {

/// Another context with sockets of its own, for one Transport: a UDP port, and where ICE finds no way by UDP,
/// TCP connections.
class OwnPort final : public DelegatedContext, private net::DatagramReceiver, private PathReceiver {
 public:
  OwnPort(TransportContext& parent, std::vector<base::IpAddress> announced)
      : DelegatedContext(parent), announced_(std::move(announced)) {}

  /// `front`: null: UDP only.
  [[nodiscard]] base::ErrorOr<> open(net::Worker& worker, net::Front* front, const base::IpAddress& address);

  [[nodiscard]] std::span<std::uint8_t> prepare_datagram() override { return prepared_ = port_->prepare(); }
  void commit_datagram(std::size_t size, const webrtc::IcePath& to) override {
    if (to.via == webrtc::IcePath::kUdp) return port_->commit(size, to.remote);
    send_elsewhere(prepared_.first(size), to);
  }
  [[nodiscard]] webrtc::Demultiplexer& demultiplexer() override { return demultiplexer_; }
  [[nodiscard]] const std::vector<base::Endpoint>& media_endpoints() const override { return endpoints_; }
  std::uint64_t add_transport(Transport& transport) override;
  void remove_transport(Transport& transport, std::uint64_t link) override;

 private:
  void on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) override;
  void on_path_datagram(std::span<std::uint8_t> bytes, const webrtc::IcePath& from) override;
  void send_elsewhere(std::span<const std::uint8_t> bytes, const webrtc::IcePath& to);

  const std::vector<base::IpAddress> announced_;
  std::unique_ptr<net::UdpPort> port_;
  std::span<std::uint8_t> prepared_;  ///< the slot that is being filled
  std::unique_ptr<TcpPaths> tcp_;
  std::vector<base::Endpoint> endpoints_;
  webrtc::Demultiplexer demultiplexer_;
  Transport* transport_ = nullptr;
};

}  // namespace ringback::webrtc_transport
