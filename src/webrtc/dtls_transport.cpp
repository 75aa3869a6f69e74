#include "webrtc/dtls_transport.h"

namespace ringback::webrtc {

DtlsTransport::DtlsTransport(crypto::Certificate certificate, sdp::SetupRole setup_when_answering,
                             crypto::DtlsEngine::Sink& sink)
    : certificate_(std::move(certificate)), setup_when_answering_(setup_when_answering), sink_(sink) {}

bool DtlsTransport::set_remote(sdp::SetupRole remote, const std::vector<sdp::Fingerprint>& fingerprints) {
  if (fingerprints.empty()) return false;
  if (!fingerprints_.empty()) return fingerprints_ == fingerprints;

  switch (remote) {
    case sdp::SetupRole::kActPass:
      setup_ = setup_when_answering_;
      break;
    case sdp::SetupRole::kActive:
      setup_ = sdp::SetupRole::kPassive;
      break;
    case sdp::SetupRole::kPassive:
      setup_ = sdp::SetupRole::kActive;
      break;
  }
  fingerprints_ = fingerprints;
  crypto::DtlsEngine::Config config;
  config.role = is_client() ? crypto::DtlsRole::kClient : crypto::DtlsRole::kServer;
  for (const sdp::Fingerprint& fingerprint : fingerprints) {
    config.peer_hashes.push_back({fingerprint.algorithm, fingerprint.value});
  }
  engine_.emplace(certificate_, std::move(config), sink_);
  return true;
}

void DtlsTransport::start(base::TimePoint now) {
  if (engine_) engine_->start(now);
}

void DtlsTransport::receive(base::TimePoint now, std::span<const std::uint8_t> datagram) {
  if (engine_) engine_->receive(now, datagram);
}

void DtlsTransport::advance(base::TimePoint now) {
  if (engine_) engine_->advance(now);
}

base::TimePoint DtlsTransport::next_deadline() const {
  return engine_ ? engine_->next_deadline() : base::kNever;
}

bool DtlsTransport::send(std::span<const std::uint8_t> data) {
  return engine_ && engine_->send(data);
}

void DtlsTransport::close() {
  if (engine_) engine_->close();
}

crypto::DtlsState DtlsTransport::state() const {
  return engine_ ? engine_->state() : crypto::DtlsState::kNew;
}

crypto::DtlsFault DtlsTransport::fault() const {
  return engine_ ? engine_->fault() : crypto::DtlsFault::kNone;
}

std::optional<rtp::SrtpSession> DtlsTransport::make_srtp(std::size_t max_sources) const {
  if (!engine_ || !engine_->srtp_keys()) return std::nullopt;
  const crypto::DtlsSrtpKeys& keys = *engine_->srtp_keys();
  const auto suite = rtp::suite_from_dtls_profile(static_cast<std::uint16_t>(keys.profile));
  if (!suite) return std::nullopt;
  const auto side = [&keys](const crypto::DtlsSrtpKeys::Side& material) {
    return rtp::SrtpKey{.key = std::span(material.key).first(keys.key_size),
                        .salt = std::span(material.salt).first(keys.salt_size)};
  };
  return rtp::SrtpSession::create(*suite, side(keys.send), side(keys.receive), max_sources);
}

}  // namespace ringback::webrtc
