#pragma once

#include <memory>
#include <vector>

#include "net/udp_port.h"
#include "webrtc/demultiplexer.h"
#include "webrtc_transport/relay.h"
#include "webrtc_transport/tcp_paths.h"
#include "webrtc_transport/transport_context.h"

namespace ringback::webrtc_transport {

/// Another context with sockets of its own, for one Transport: a UDP port, and where ICE finds no way by UDP,
/// TCP connections and relays. Relays are asked for one after the other, as long as nothing works.
class OwnPort final : public DelegatedContext, private net::DatagramReceiver, private Relay::Owner {
 public:
  OwnPort(TransportContext& parent, net::Worker& worker, std::vector<base::IpAddress> announced)
      : DelegatedContext(parent),
        worker_(worker),
        announced_(std::move(announced)),
        relay_alarm_(worker.timers(), [this](base::TimePoint now) { try_next_relay(now); }) {}

  /// `outlets`: null: UDP only.
  [[nodiscard]] base::ErrorOr<> open(const Outlets* outlets, const base::IpAddress& address);
  void use_relays(std::vector<webrtc::RelayServer> servers) override;

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

  void send_udp(std::span<const std::uint8_t> packet, const base::Endpoint& to) override {
    port_->send(packet, to);
  }
  void on_relay_ready(webrtc::IcePath::Via via) override;
  void try_next_relay(base::TimePoint now);

  net::Worker& worker_;
  const std::vector<base::IpAddress> announced_;
  const Outlets* outlets_ = nullptr;
  std::unique_ptr<net::UdpPort> port_;
  std::span<std::uint8_t> prepared_;  ///< the slot that is being filled
  std::unique_ptr<TcpPaths> tcp_;
  std::vector<webrtc::RelayServer> relay_servers_;
  std::vector<std::unique_ptr<Relay>> relays_;  ///< of the first servers, in their order
  base::Alarm relay_alarm_;
  std::vector<base::Endpoint> endpoints_;
  webrtc::Demultiplexer demultiplexer_;
  Transport* transport_ = nullptr;
};

}  // namespace ringback::webrtc_transport
