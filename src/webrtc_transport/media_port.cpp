#include "webrtc_transport/media_port.h"

#include "net/clock.h"
#include "net/local_address.h"
#include "net/worker.h"
#include "webrtc_transport/own_port.h"
#include "webrtc_transport/transport.h"

namespace ringback::webrtc_transport {
namespace {

/// Seconds from 1900 (NTP) to 1970 (Unix).
constexpr std::uint64_t kNtpEpochOffset = 2'208'988'800;

/// What peers can reach the port by: told ones, else the address it is bound to, else all of this machine.
std::vector<base::Endpoint> announced_endpoints(const std::vector<base::IpAddress>& told,
                                                const base::Endpoint& local) {
  std::vector<base::Endpoint> endpoints;
  if (!told.empty()) {
    for (const auto& address : told) endpoints.push_back({address, local.port});
    return endpoints;
  }
  if (!local.address.is_unspecified()) return {local};
  const auto interfaces = net::interface_addresses();
  // A peer on this machine may have no other interface; peers elsewhere fail a loopback candidate and go
  // on.
  for (const bool loopback : {false, true}) {
    for (const auto& interface : interfaces) {
      const bool reachable = interface.address.is_v4() || local.address.is_v6();
      if (interface.loopback == loopback && reachable) endpoints.push_back({interface.address, local.port});
    }
  }
  return endpoints;
}

}  // namespace

base::ErrorOr<std::unique_ptr<MediaPort>> MediaPort::open(net::Worker& worker, const Options& options,
                                                          DataLinks* data_links) {
  auto certificate = crypto::Certificate::generate(net::wall_millis());
  if (!certificate) return base::Failure{certificate.error()};
  std::unique_ptr<MediaPort> self(new MediaPort(worker, data_links, std::move(*certificate)));
  const auto number = static_cast<std::uint16_t>(options.port == 0 ? 0 : options.port + worker.index());
  auto opened = net::UdpPort::open(worker, {.local = {options.address, number}}, *self);
  if (!opened) return base::Failure{opened.error()};
  self->port_ = std::move(*opened);
  self->outlets_ = options.outlets;
  self->endpoints_ = announced_endpoints(options.public_addresses, self->port_->local());
  return self;
}

MediaPort::MediaPort(net::Worker& worker, DataLinks* data_links, crypto::Certificate certificate)
    : worker_(worker),
      data_links_(data_links),
      certificate_(std::move(certificate)),
      epoch_(worker.now()),
      epoch_wall_(net::wall_millis()) {}

MediaPort::~MediaPort() = default;

base::TimePoint MediaPort::now() const {
  return worker_.now();
}

base::TimerWheel& MediaPort::timers() {
  return worker_.timers();
}

unsigned MediaPort::worker_index() const {
  return worker_.index();
}

std::uint64_t MediaPort::ntp(base::TimePoint at) const {
  const auto micros = static_cast<std::uint64_t>(epoch_wall_ * 1000 + (at - epoch_).count());
  const std::uint64_t seconds = micros / 1'000'000 + kNtpEpochOffset;
  const std::uint64_t fraction = ((micros % 1'000'000) << 32) / 1'000'000;
  return seconds << 32 | fraction;
}

std::uint64_t MediaPort::add_transport(Transport& transport) {
  const std::uint64_t link = std::uint64_t{worker_.index()} << 48 | ++next_link_;
  by_link_[link] = &transport;
  by_peer_[&transport.peer()] = &transport;
  return link;
}

void MediaPort::remove_transport(Transport& transport, std::uint64_t link) {
  by_link_.erase(link);
  by_peer_.erase(&transport.peer());
}

base::ErrorOr<std::unique_ptr<DelegatedContext>> MediaPort::open_own_port() {
  std::vector<base::IpAddress> announced;
  for (const auto& endpoint : endpoints_) announced.push_back(endpoint.address);
  auto port = std::make_unique<OwnPort>(*this, worker_, std::move(announced));
  if (auto opened = port->open(outlets_, port_->local().address); !opened) {
    return base::Failure{opened.error()};
  }
  return std::unique_ptr<DelegatedContext>(std::move(port));
}

void MediaPort::on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) {
  const webrtc::PeerConnection* peer = demultiplexer_.receive(now, bytes, from);
  if (peer == nullptr) return;
  const auto found = by_peer_.find(peer);
  if (found != by_peer_.end()) found->second->after_receive(now);
}

void MediaPort::send_sctp(std::uint64_t link, std::string_view packet) {
  const auto found = by_link_.find(link);
  if (found == by_link_.end()) return;
  found->second->send_sctp({reinterpret_cast<const std::uint8_t*>(packet.data()), packet.size()});
}

void MediaPort::data_received(std::uint64_t link, bool reliable, std::string message) {
  const auto found = by_link_.find(link);
  if (found != by_link_.end()) found->second->data_received(reliable, std::move(message));
}

}  // namespace ringback::webrtc_transport
