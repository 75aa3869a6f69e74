#include "webrtc/peer_connection.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <deque>
#include <utility>

#include "rtp/packet.h"
#include "rtp/srtp.h"
#include "webrtc/dtls_transport.h"
#include "webrtc/ice_agent.h"
#include "webrtc/ice_lite.h"

namespace ringback::webrtc {
namespace {

/// SSRCs in each direction. A subscriber in a room of some hundred tracks needs that many; each costs about
/// 300 bytes, and a peer gets a place only by authenticated packets.
constexpr std::size_t kMaxSources = 1024;

}  // namespace

std::string_view to_string(PeerState state) {
  switch (state) {
    case PeerState::kNew:
      return "new";
    case PeerState::kConnecting:
      return "connecting";
    case PeerState::kConnected:
      return "connected";
    case PeerState::kDisconnected:
      return "disconnected";
    case PeerState::kFailed:
      return "failed";
    case PeerState::kClosed:
      return "closed";
  }
  return "unknown";
}

struct PeerConnection::Impl final : IceTransport::Sink, crypto::DtlsEngine::Sink {
  Impl(Config settings, PeerConnection::Sink& owner)
      : config(std::move(settings)),
        sink(owner),
        dtls(*config.certificate, config.setup_when_answering, *this) {
    IceCredentials credentials = IceCredentials::generate(config.ufrag_prefix);
    if (config.ice == IceRole::kLite) {
      ice = std::make_unique<IceLite>(std::move(credentials), *this);
    } else {
      const auto role =
          config.ice == IceRole::kControlling ? IceAgent::Role::kControlling : IceAgent::Role::kControlled;
      ice = std::make_unique<IceAgent>(role, std::move(credentials), *this);
    }
  }

  // IceTransport::Sink
  std::span<std::uint8_t> prepare() override {
    const auto free = sink.prepare();
    if (free.empty()) ++stats.no_slot;
    return free;
  }
  void commit(std::size_t size, const IcePath& to) override {
    stats.bytes_out += size;
    sink.commit(size, to);
  }

  // crypto::DtlsEngine::Sink
  void send_dtls(std::span<const std::uint8_t> datagram) override {
    const auto& to = ice->selected();
    if (!to) return;
    const auto free = prepare();
    if (free.size() < datagram.size()) return;
    std::memcpy(free.data(), datagram.data(), datagram.size());
    commit(datagram.size(), *to);
  }
  void on_dtls_data(base::TimePoint now, std::span<const std::uint8_t> data) override {
    sink.on_sctp(now, data);
  }

  [[nodiscard]] bool over() const { return state == PeerState::kFailed || state == PeerState::kClosed; }
  [[nodiscard]] bool can_send_media() const { return srtp.has_value() && !over(); }

  void enter(PeerState next, std::string_view reason) {
    if (state == next) return;
    state = next;
    events.push_back({next, reason});
  }

  /// Follows ICE and DTLS after anything may have moved them.
  void update(base::TimePoint now) {
    if (over() || state == PeerState::kNew) return;
    if (ice->selected()) dtls.start(now);
    switch (dtls.state()) {
      case crypto::DtlsState::kNew:
      case crypto::DtlsState::kHandshaking:
        if (ice->exhausted()) enter(PeerState::kFailed, "no ICE candidate pair works");
        return;
      case crypto::DtlsState::kFailed:
        enter(PeerState::kFailed, crypto::to_string(dtls.fault()));
        return;
      case crypto::DtlsState::kClosed:
        enter(PeerState::kClosed, "peer closed DTLS");
        return;
      case crypto::DtlsState::kConnected:
        break;
    }
    if (!srtp) {
      srtp = dtls.make_srtp(kMaxSources);
      if (!srtp) {
        enter(PeerState::kFailed, "no SRTP keys from DTLS");
        return;
      }
      media_heard = now;
    }
    const base::Duration silence = now - last_heard();
    if (silence >= config.disconnected_after + config.failed_after) {
      // Even when advance() came so late that the state in between was skipped, the owner sees both.
      enter(PeerState::kDisconnected, "peer is silent");
      enter(PeerState::kFailed, "peer stayed silent");
    } else if (silence >= config.disconnected_after) {
      enter(PeerState::kDisconnected, "peer is silent");
    } else {
      enter(PeerState::kConnected,
            state == PeerState::kDisconnected ? "peer is back" : "ICE and DTLS are up");
    }
  }

  [[nodiscard]] base::TimePoint last_heard() const { return std::max(media_heard, ice->last_heard()); }

  [[nodiscard]] bool from_peer(const IcePath& from) const {
    return ice->selected() == from || ice->is_peer(from);
  }

  ReceiveOutcome receive_stun(base::TimePoint now, std::span<const std::uint8_t> datagram,
                              const IcePath& from) {
    ++stats.stun_in;
    if (ice->receive(now, datagram, from) == StunOutcome::kRefused) {
      ++stats.stun_refused;
      return ReceiveOutcome::kDropped;
    }
    update(now);
    return ReceiveOutcome::kAuthenticated;
  }

  ReceiveOutcome receive_dtls(base::TimePoint now, std::span<const std::uint8_t> datagram) {
    dtls.receive(now, datagram);
    update(now);
    return ReceiveOutcome::kAccepted;
  }

  ReceiveOutcome receive_media(base::TimePoint now, std::span<std::uint8_t> datagram, bool rtcp) {
    if (!srtp) {
      ++stats.too_early;
      return ReceiveOutcome::kDropped;
    }
    const auto size = rtcp ? srtp->unprotect_rtcp(datagram) : srtp->unprotect_rtp(datagram);
    if (!size) {
      ++stats.srtp_refused;
      return ReceiveOutcome::kDropped;
    }
    media_heard = now;
    if (state == PeerState::kDisconnected) update(now);
    if (rtcp) {
      ++stats.rtcp_in;
      sink.on_rtcp(now, datagram.first(*size));
    } else {
      ++stats.rtp_in;
      sink.on_rtp(now, datagram.first(*size));
    }
    return ReceiveOutcome::kAccepted;
  }

  bool commit_media(std::size_t size, bool rtcp) {
    const auto buffer = std::exchange(slot, {});
    const auto& to = ice->selected();
    if (!can_send_media() || !to || size > buffer.size()) return false;
    const auto protected_size = rtcp ? srtp->protect_rtcp(buffer, size) : srtp->protect_rtp(buffer, size);
    if (!protected_size) return false;
    ++(rtcp ? stats.rtcp_out : stats.rtp_out);
    commit(*protected_size, *to);
    return true;
  }

  const Config config;
  PeerConnection::Sink& sink;
  std::unique_ptr<IceTransport> ice;
  DtlsTransport dtls;
  std::optional<rtp::SrtpSession> srtp;
  IceCredentials remote;           ///< empty until set_remote()
  bool restart_announced = false;  ///< restart_ice() was called and the peer has not answered yet
  PeerState state = PeerState::kNew;
  std::deque<PeerEvent> events;
  base::TimePoint media_heard{};  ///< last authenticated media packet
  std::span<std::uint8_t> slot;   ///< handed out by prepare() and not yet committed
  PeerStats stats;
};

PeerConnection::PeerConnection(Config config, Sink& sink) {
  assert(config.certificate.has_value());
  impl_ = std::make_unique<Impl>(std::move(config), sink);
}

PeerConnection::~PeerConnection() = default;

sdp::TransportDescription PeerConnection::local() const {
  const Impl& self = *impl_;
  sdp::TransportDescription description;
  description.ice_ufrag = self.ice->local().ufrag;
  description.ice_pwd = self.ice->local().password;
  description.ice_lite = self.config.ice == IceRole::kLite;
  description.fingerprints = {{"sha-256", self.dtls.certificate().fingerprint()}};
  description.setup = self.dtls.setup();
  std::uint16_t preference = 65535;
  for (const base::Endpoint& endpoint : self.config.local_endpoints) {
    description.candidates.push_back(Candidate::host_udp(endpoint, preference--).to_string());
  }
  description.end_of_candidates = !description.candidates.empty();
  return description;
}

std::vector<std::string> PeerConnection::local_ufrags() const {
  return impl_->ice->local_ufrags();
}

PeerConnection::RemoteOutcome PeerConnection::set_remote(base::TimePoint now,
                                                         const sdp::TransportDescription& remote) {
  Impl& self = *impl_;
  if (self.over() || remote.ice_ufrag.empty() || remote.ice_pwd.empty()) return RemoteOutcome::kRefused;
  if (!self.dtls.set_remote(remote.setup, remote.fingerprints)) return RemoteOutcome::kRefused;

  RemoteOutcome outcome = RemoteOutcome::kApplied;
  const IceCredentials credentials{remote.ice_ufrag, remote.ice_pwd};
  if (self.remote != credentials) {
    // New credentials out of the blue are the peer's restart, which ours must answer (RFC 8445 9).
    if (!self.remote.ufrag.empty() && !self.restart_announced) {
      self.ice->restart(IceCredentials::generate(self.config.ufrag_prefix));
      outcome = RemoteOutcome::kRestarted;
    }
    self.restart_announced = false;
    self.remote = credentials;
    self.ice->set_remote(now, credentials);
  }
  self.enter(self.state == PeerState::kNew ? PeerState::kConnecting : self.state,
             "peer's description is known");
  for (const std::string& candidate : remote.candidates) add_remote_candidate(now, candidate);
  self.update(now);
  return outcome;
}

bool PeerConnection::add_remote_candidate(base::TimePoint now, std::string_view candidate) {
  const auto parsed = Candidate::parse(candidate);
  if (!parsed) return false;
  impl_->ice->add_remote_candidate(now, *parsed);
  return true;
}

void PeerConnection::add_relay(base::TimePoint now, IcePath::Via relay) {
  impl_->ice->add_relay(now, relay);
}

void PeerConnection::restart_ice() {
  if (impl_->over()) return;
  impl_->ice->restart(IceCredentials::generate(impl_->config.ufrag_prefix));
  impl_->restart_announced = true;
}

PeerConnection::ReceiveOutcome PeerConnection::receive(base::TimePoint now, std::span<std::uint8_t> datagram,
                                                       const IcePath& from) {
  Impl& self = *impl_;
  ++self.stats.packets_in;
  self.stats.bytes_in += datagram.size();
  if (self.over()) return ReceiveOutcome::kDropped;
  const rtp::PacketKind kind = rtp::classify(datagram);
  if (kind == rtp::PacketKind::kStun) return self.receive_stun(now, datagram, from);
  if (!self.from_peer(from)) {
    ++self.stats.foreign_source;
    return ReceiveOutcome::kDropped;
  }
  switch (kind) {
    case rtp::PacketKind::kDtls:
      return self.receive_dtls(now, datagram);
    case rtp::PacketKind::kRtp:
      return self.receive_media(now, datagram, false);
    case rtp::PacketKind::kRtcp:
      return self.receive_media(now, datagram, true);
    case rtp::PacketKind::kStun:
    case rtp::PacketKind::kTurnChannel:
    case rtp::PacketKind::kUnknown:
      return ReceiveOutcome::kDropped;
  }
  return ReceiveOutcome::kDropped;
}

void PeerConnection::advance(base::TimePoint now) {
  Impl& self = *impl_;
  if (self.over()) return;
  self.ice->advance(now);
  self.dtls.advance(now);
  self.update(now);
}

base::TimePoint PeerConnection::next_deadline() const {
  const Impl& self = *impl_;
  if (self.over()) return base::kNever;
  base::TimePoint next = std::min(self.ice->next_deadline(), self.dtls.next_deadline());
  if (self.state == PeerState::kConnected) {
    next = std::min(next, self.last_heard() + self.config.disconnected_after);
  } else if (self.state == PeerState::kDisconnected) {
    next = std::min(next, self.last_heard() + self.config.disconnected_after + self.config.failed_after);
  }
  return next;
}

std::span<std::uint8_t> PeerConnection::prepare() {
  Impl& self = *impl_;
  self.slot = {};
  if (!self.can_send_media()) return {};
  const auto free = self.prepare();
  if (free.size() <= rtp::kSrtpMaxOverhead) return {};
  self.slot = free;
  return free.first(free.size() - rtp::kSrtpMaxOverhead);
}

bool PeerConnection::commit_rtp(std::size_t size) {
  return impl_->commit_media(size, false);
}

bool PeerConnection::commit_rtcp(std::size_t size) {
  return impl_->commit_media(size, true);
}

bool PeerConnection::send_rtp(std::span<const std::uint8_t> packet) {
  const auto free = prepare();
  if (free.size() < packet.size()) return false;
  std::memcpy(free.data(), packet.data(), packet.size());
  return commit_rtp(packet.size());
}

bool PeerConnection::send_rtcp(std::span<const std::uint8_t> compound) {
  const auto free = prepare();
  if (free.size() < compound.size()) return false;
  std::memcpy(free.data(), compound.data(), compound.size());
  return commit_rtcp(compound.size());
}

bool PeerConnection::send_sctp(std::span<const std::uint8_t> packet) {
  return !impl_->over() && impl_->dtls.send(packet);
}

void PeerConnection::forget_ssrc(std::uint32_t ssrc) {
  if (impl_->srtp) impl_->srtp->forget_source(ssrc);
}

void PeerConnection::close(base::TimePoint) {
  Impl& self = *impl_;
  if (self.over()) return;
  self.dtls.close();
  self.enter(PeerState::kClosed, "closed by us");
}

std::optional<PeerEvent> PeerConnection::next_event() {
  auto& events = impl_->events;
  if (events.empty()) return std::nullopt;
  const PeerEvent event = events.front();
  events.pop_front();
  return event;
}

PeerState PeerConnection::state() const {
  return impl_->state;
}

bool PeerConnection::dtls_client() const {
  return impl_->dtls.is_client();
}

std::optional<IcePath> PeerConnection::path() const {
  return impl_->ice->selected();
}

std::optional<base::Endpoint> PeerConnection::remote_endpoint() const {
  const auto& path = impl_->ice->selected();
  if (!path) return std::nullopt;
  return path->remote;
}

const PeerStats& PeerConnection::stats() const {
  return impl_->stats;
}

}  // namespace ringback::webrtc
