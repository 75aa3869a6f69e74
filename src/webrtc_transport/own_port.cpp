#include "webrtc_transport/own_port.h"

#include "net/worker.h"
#include "webrtc_transport/transport.h"

namespace ringback::webrtc_transport {

base::ErrorOr<> OwnPort::open(net::Worker& worker, net::Front* front, const base::IpAddress& address) {
  auto opened = net::UdpPort::open(worker, net::UdpPort::Options::for_leg({address, 0}), *this);
  if (!opened) return base::Failure{opened.error()};
  port_ = std::move(*opened);
  if (front != nullptr) tcp_ = std::make_unique<TcpPaths>(*front, worker, static_cast<PathReceiver&>(*this));
  for (const auto& announced : announced_) endpoints_.push_back({announced, port_->local().port});
  return {};
}

std::uint64_t OwnPort::add_transport(Transport& transport) {
  transport_ = &transport;
  return DelegatedContext::add_transport(transport);
}

void OwnPort::remove_transport(Transport& transport, std::uint64_t link) {
  transport_ = nullptr;
  DelegatedContext::remove_transport(transport, link);
}

void OwnPort::on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) {
  if (demultiplexer_.receive(now, bytes, from) != nullptr && transport_ != nullptr) {
    transport_->after_receive(now);
  }
}

void OwnPort::on_path_datagram(std::span<std::uint8_t> bytes, const webrtc::IcePath& from) {
  if (transport_ != nullptr) transport_->receive(now(), bytes, from);
}

void OwnPort::send_elsewhere(std::span<const std::uint8_t> bytes, const webrtc::IcePath& to) {
  if (to.via == webrtc::IcePath::kTcp && tcp_) tcp_->send(bytes, to.remote);
}

}  // namespace ringback::webrtc_transport
