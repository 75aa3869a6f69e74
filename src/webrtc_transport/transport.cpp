#include "webrtc_transport/transport.h"

#include "webrtc/demultiplexer.h"
#include "webrtc_transport/data_links.h"

namespace ringback::webrtc_transport {
namespace {

webrtc::PeerConnection::Config config_for(TransportContext& context, Transport::IceRole ice) {
  webrtc::PeerConnection::Config config;
  config.ice = ice;
  config.ufrag_prefix = "w" + std::to_string(context.worker_index());
  config.certificate = context.certificate();
  config.local_endpoints = context.media_endpoints();
  return config;
}

}  // namespace

Transport::Transport(TransportContext& context, Owner& owner, IceRole ice)
    : context_(context),
      owner_(owner),
      peer_(config_for(context, ice), *this),
      alarm_(context.timers(),
             [this](base::TimePoint now) {
               peer_.advance(now);
               drain_events();
             }),
      link_(context.add_transport(*this)) {
  context_.demultiplexer().insert(peer_);
}

Transport::~Transport() {
  if (data_started_) context_.data_links()->stop(link_);
  peer_.close(context_.now());
  context_.demultiplexer().erase(peer_);
  context_.remove_transport(*this, link_);
}

bool Transport::set_remote(const sdp::TransportDescription& remote) {
  const auto outcome = peer_.set_remote(context_.now(), remote);
  if (outcome == webrtc::PeerConnection::RemoteOutcome::kRestarted) context_.demultiplexer().insert(peer_);
  drain_events();
  return outcome != webrtc::PeerConnection::RemoteOutcome::kRefused;
}

void Transport::restart_ice() {
  peer_.restart_ice();
  context_.demultiplexer().insert(peer_);
  drain_events();
}

void Transport::add_remote_candidate(std::string_view candidate) {
  peer_.add_remote_candidate(context_.now(), candidate);
  drain_events();
}

void Transport::add_relay(webrtc::IcePath::Via relay) {
  peer_.add_relay(context_.now(), relay);
  drain_events();
}

void Transport::want_data(const sdp::WebRtcSection& section, bool open_channels) {
  if (data_wanted_ || context_.data_links() == nullptr) return;
  data_wanted_ = true;
  open_channels_ = open_channels;
  sctp_port_ = section.sctp_port;
  max_message_size_ = section.max_message_size;
  if (connected()) start_data();
}

void Transport::start_data() {
  if (!data_wanted_ || data_started_) return;
  data_started_ = true;
  context_.data_links()->start(link_, {.worker = context_.worker_index(),
                                       .dtls_client = peer_.dtls_client(),
                                       .remote_port = sctp_port_,
                                       .remote_max_message_size = max_message_size_,
                                       .open_channels = open_channels_});
}

void Transport::send_data(bool reliable, std::shared_ptr<const std::string> message) {
  if (data_started_) context_.data_links()->send(link_, reliable, std::move(message));
}

void Transport::drain_events() {
  while (const auto event = peer_.next_event()) {
    if (event->state == webrtc::PeerState::kConnected) start_data();
    owner_.on_transport_state(*this, event->state, event->reason);
  }
  const base::TimePoint deadline = peer_.next_deadline();
  if (deadline == base::kNever) {
    alarm_.cancel();
  } else {
    alarm_.set_by(deadline);
  }
}

void Transport::after_receive(base::TimePoint now) {
  drain_events();
  if (!received_media_) return;
  received_media_ = false;
  owner_.on_received(now, *this);
}

void Transport::send_sctp(std::span<const std::uint8_t> packet) {
  peer_.send_sctp(packet);
}

std::span<std::uint8_t> Transport::prepare() {
  return context_.prepare_datagram();
}

void Transport::commit(std::size_t size, const webrtc::IcePath& to) {
  context_.commit_datagram(size, to);
}

void Transport::on_rtp(base::TimePoint now, std::span<std::uint8_t> packet) {
  received_media_ = true;
  owner_.on_rtp(now, *this, packet);
}

void Transport::on_rtcp(base::TimePoint now, std::span<const std::uint8_t> compound) {
  owner_.on_rtcp(now, *this, compound);
}

void Transport::on_sctp(base::TimePoint, std::span<const std::uint8_t> packet) {
  if (!data_started_) return;
  context_.data_links()->receive(link_,
                                 std::string(reinterpret_cast<const char*>(packet.data()), packet.size()));
}

}  // namespace ringback::webrtc_transport
