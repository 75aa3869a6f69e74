#include "webrtc_transport/relay.h"

#include <string>

#include "base/log.h"
#include "net/front.h"
#include "net/resolver.h"

namespace ringback::webrtc_transport {
namespace {

using Transport = webrtc::RelayServer::Transport;

std::string_view name_of(Transport transport) {
  switch (transport) {
    case Transport::kUdp:
      return "UDP";
    case Transport::kTcp:
      return "TCP";
    case Transport::kTls:
      return "TLS";
  }
  return "UDP";
}

}  // namespace

Relay::Relay(net::Worker& worker, const Outlets& outlets, webrtc::RelayServer server,
             webrtc::IcePath::Via via, Owner& owner)
    : worker_(worker),
      outlets_(outlets),
      server_(std::move(server)),
      via_(via),
      owner_(owner),
      client_(server_.username, server_.password, server_.transport != Transport::kUdp,
              static_cast<webrtc::TurnClient::Sink&>(*this)),
      alarm_(worker.timers(),
             [this](base::TimePoint now) {
               client_.advance(now);
               follow();
             }),
      self_(std::make_shared<Relay*>(this)) {
  find_address();
}

Relay::~Relay() {
  *self_ = nullptr;
  client_.release();
}

void Relay::find_address() {
  if (const auto address = base::IpAddress::parse(server_.host)) return connect(*address);
  // When the front refuses the work, there is no such relay.
  static_cast<void>(outlets_.front->post(
      [resolver = outlets_.resolver, &worker = worker_, self = self_, host = server_.host] {
        resolver->resolve_addresses(host, [&worker, self](const net::Resolver::Addresses& found) {
          auto tell = [self, address = found ? found->front() : base::IpAddress{},
                       why = found ? std::string() : found.error().message] {
            if (*self == nullptr) return;
            if (!why.empty()) return (*self)->give_up(why);
            (*self)->connect(address);
          };
          static_cast<void>(worker.post(std::move(tell)));
        });
      }));
}

void Relay::connect(const base::IpAddress& address) {
  const base::Endpoint to{address, server_.port};
  auto& observer = static_cast<net::WorkerStreamObserver&>(*this);
  switch (server_.transport) {
    case Transport::kUdp:
      udp_ = to;
      break;
    case Transport::kTcp:
      stream_ = std::make_unique<net::WorkerStream>(*outlets_.front, worker_, to,
                                                    net::WorkerStream::Options{}, observer);
      break;
    case Transport::kTls:
      if (!outlets_.tls) return give_up("there is no TLS");
      stream_ = std::make_unique<net::WorkerStream>(*outlets_.front, worker_, to, outlets_.tls, server_.host,
                                                    net::WorkerStream::Options{}, observer);
      break;
  }
  client_.allocate(worker_.now());
  follow();
}

void Relay::send(std::span<const std::uint8_t> datagram, const base::Endpoint& peer) {
  client_.send(worker_.now(), datagram, peer);
  alarm_.set_by(client_.next_deadline());
}

void Relay::receive(std::span<std::uint8_t> packet) {
  client_.receive(worker_.now(), packet);
  follow();
}

void Relay::follow() {
  if (over_) return;
  if (client_.state() == webrtc::TurnClient::State::kFailed) return give_up(client_.failure());
  const auto deadline = client_.next_deadline();
  if (deadline == base::kNever) {
    alarm_.cancel();
  } else {
    alarm_.set(deadline);
  }
  if (ready_ || client_.state() != webrtc::TurnClient::State::kReady) return;
  ready_ = true;
  base::log(base::LogLevel::kInfo, "media", {}, "TURN server {}:{} ({}) relays as {}", server_.host,
            server_.port, name_of(server_.transport), client_.relayed()->to_string());
  owner_.on_relay_ready(via_);
}

void Relay::give_up(std::string_view why) {
  if (over_) return;
  over_ = true;
  alarm_.cancel();
  base::log(base::LogLevel::kWarn, "media", {}, "TURN server {}:{} ({}) cannot be used: {}", server_.host,
            server_.port, name_of(server_.transport), why);
}

void Relay::send_to_server(std::span<const std::uint8_t> packet) {
  if (udp_) return owner_.send_udp(packet, *udp_);
  if (stream_) stream_->write(webrtc::framed(webrtc::StreamFraming::kTurn, packet));
}

void Relay::on_relayed(std::span<std::uint8_t> data, const base::Endpoint& peer) {
  owner_.on_path_datagram(data, {peer, via_});
}

void Relay::on_stream_data(std::span<const std::uint8_t> bytes) {
  packets_.append(bytes);
  while (const auto packet = packets_.next()) client_.receive(worker_.now(), *packet);
  if (packets_.broken()) return on_stream_closed("what comes is no TURN");
  follow();
}

void Relay::on_stream_closed(std::string_view reason) {
  stream_.reset();
  give_up(reason);
}

}  // namespace ringback::webrtc_transport
