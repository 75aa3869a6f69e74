#include "webrtc_transport/own_port.h"

#include <algorithm>

#include "webrtc_transport/transport.h"

namespace ringback::webrtc_transport {
namespace {

/// How long UDP and then TCP are tried before the first relay is asked for.
constexpr base::Duration kRelayDelay = std::chrono::milliseconds(2000);
/// How long each has until the next one is asked too.
constexpr base::Duration kNextRelayDelay = std::chrono::milliseconds(1000);
/// A server that names more is not helped.
constexpr std::size_t kMaxRelays = 8;

}  // namespace

base::ErrorOr<> OwnPort::open(const Outlets* outlets, const base::IpAddress& address) {
  auto opened = net::UdpPort::open(worker_, net::UdpPort::Options::for_leg({address, 0}), *this);
  if (!opened) return base::Failure{opened.error()};
  port_ = std::move(*opened);
  outlets_ = outlets;
  if (outlets != nullptr) {
    tcp_ = std::make_unique<TcpPaths>(*outlets->front, worker_, static_cast<PathReceiver&>(*this));
  }
  for (const auto& announced : announced_) endpoints_.push_back({announced, port_->local().port});
  return {};
}

std::uint64_t OwnPort::add_transport(Transport& transport) {
  transport_ = &transport;
  relay_alarm_.set(now() + kRelayDelay);
  return DelegatedContext::add_transport(transport);
}

void OwnPort::remove_transport(Transport& transport, std::uint64_t link) {
  transport_ = nullptr;
  relay_alarm_.cancel();
  DelegatedContext::remove_transport(transport, link);
}

void OwnPort::on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) {
  for (const auto& relay : relays_) {
    if (relay->is(from)) return relay->receive(bytes);
  }
  if (demultiplexer_.receive(now, bytes, from) != nullptr && transport_ != nullptr) {
    transport_->after_receive(now);
  }
}

void OwnPort::on_path_datagram(std::span<std::uint8_t> bytes, const webrtc::IcePath& from) {
  if (transport_ != nullptr) transport_->receive(now(), bytes, from);
}

void OwnPort::send_elsewhere(std::span<const std::uint8_t> bytes, const webrtc::IcePath& to) {
  if (to.via == webrtc::IcePath::kTcp) {
    if (tcp_) tcp_->send(bytes, to.remote);
    return;
  }
  const std::size_t index = to.via - webrtc::IcePath::kFirstRelay;
  if (index < relays_.size()) relays_[index]->send(bytes, to.remote);
}

void OwnPort::use_relays(std::vector<webrtc::RelayServer> servers) {
  // As browsers prefer them: the fewer layers the better.
  std::ranges::stable_sort(servers, {}, &webrtc::RelayServer::transport);
  if (servers.size() > kMaxRelays) servers.resize(kMaxRelays);
  relay_servers_ = std::move(servers);
}

void OwnPort::try_next_relay(base::TimePoint now) {
  if (outlets_ == nullptr || transport_ == nullptr || relays_.size() == relay_servers_.size()) return;
  const auto& peer = transport_->peer();
  if (peer.state() == webrtc::PeerState::kNew) return relay_alarm_.set(now + kRelayDelay);
  if (peer.path()) return;
  const auto via = static_cast<webrtc::IcePath::Via>(webrtc::IcePath::kFirstRelay + relays_.size());
  relays_.push_back(std::make_unique<Relay>(worker_, *outlets_, relay_servers_[relays_.size()], via,
                                            static_cast<Relay::Owner&>(*this)));
  relay_alarm_.set(now + kNextRelayDelay);
}

void OwnPort::on_relay_ready(webrtc::IcePath::Via via) {
  if (transport_ != nullptr) transport_->add_relay(via);
}

}  // namespace ringback::webrtc_transport
