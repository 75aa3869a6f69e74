#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/dtls_engine.h"
#include "rtp/srtp.h"
#include "sdp/webrtc_profile.h"

namespace ringback::webrtc {

/// DTLS-SRTP of one connection (RFC 5764, RFC 8842): settles who opens the association from the two setup
/// attributes, checks the peer against the fingerprints of its SDP, and turns the finished handshake into
/// SRTP keys.
///
/// Part of a PeerConnection and used on its thread only.
class DtlsTransport {
 public:
  DtlsTransport(crypto::Certificate certificate, sdp::SetupRole setup_when_answering,
                crypto::DtlsEngine::Sink& sink);

  /// actpass until the peer's description is known, then active or passive.
  [[nodiscard]] sdp::SetupRole setup() const { return setup_; }
  [[nodiscard]] const crypto::Certificate& certificate() const { return certificate_; }

  /// The peer's side. False, and nothing changed, when there is no usable fingerprint, or when it differs
  /// from what was set before: another certificate would be another peer.
  [[nodiscard]] bool set_remote(sdp::SetupRole remote, const std::vector<sdp::Fingerprint>& fingerprints);

  /// Begins the handshake once the peer is known; call when there is a path. Repeated calls do nothing.
  void start(base::TimePoint now);
  void receive(base::TimePoint now, std::span<const std::uint8_t> datagram);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;
  bool send(std::span<const std::uint8_t> data);
  void close();

  [[nodiscard]] crypto::DtlsState state() const;
  [[nodiscard]] crypto::DtlsFault fault() const;
  [[nodiscard]] bool is_client() const { return setup_ == sdp::SetupRole::kActive; }
  /// The SRTP session of the finished handshake; nullopt before, and when the profile is none that we speak.
  [[nodiscard]] std::optional<rtp::SrtpSession> make_srtp(std::size_t max_sources) const;

 private:
  crypto::Certificate certificate_;
  sdp::SetupRole setup_when_answering_;
  crypto::DtlsEngine::Sink& sink_;
  sdp::SetupRole setup_ = sdp::SetupRole::kActPass;
  std::vector<sdp::Fingerprint> fingerprints_;
  std::optional<crypto::DtlsEngine> engine_;
};

}  // namespace ringback::webrtc
