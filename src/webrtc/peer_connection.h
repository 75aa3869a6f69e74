#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "sdp/webrtc_profile.h"
#include "webrtc/ice_path.h"

namespace ringback::webrtc {

enum class PeerState : std::uint8_t {
  kNew,           ///< the peer's description is not known yet
  kConnecting,    ///< ICE or DTLS under way
  kConnected,     ///< media and data flow
  kDisconnected,  ///< was connected; nothing valid from the peer for a while; may come back
  kFailed,        ///< final: DTLS failed, or the peer stayed away
  kClosed,        ///< final: close() or the peer's close_notify
};
[[nodiscard]] std::string_view to_string(PeerState state);

/// A state that a PeerConnection entered, with the reason in words of the protocol (static text, for logs).
struct PeerEvent {
  PeerState state;
  std::string_view reason;
};

/// Counters of one connection; plain integers, read by its thread.
struct PeerStats {
  std::uint64_t packets_in = 0;  ///< every datagram
  std::uint64_t bytes_in = 0;
  std::uint64_t rtp_in = 0;  ///< decrypted
  std::uint64_t rtcp_in = 0;
  std::uint64_t rtp_out = 0;
  std::uint64_t rtcp_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t stun_in = 0;
  std::uint64_t stun_refused = 0;    ///< bad credentials, malformed, role conflict
  std::uint64_t srtp_refused = 0;    ///< replayed, forged or malformed
  std::uint64_t foreign_source = 0;  ///< not from an address that passed an ICE check
  std::uint64_t too_early = 0;       ///< media before the keys
  std::uint64_t no_slot = 0;         ///< the sink had no room for a packet of ours
};

/// One WebRTC transport: ICE, DTLS, SRTP and the demultiplexing of RFC 7983 between them. Knows no tracks, no
/// SDP sections, no sockets: the room owns those.
///
/// Belongs to the worker thread of its room. Sink calls must not re-enter; state changes are queued, drain
/// next_event() after receive(), advance() and the set_... calls. No allocation for RTP and RTCP once
/// connected.
///
/// Server use (ICE-lite):
///   PeerConnection peer(config, sink);                 // role kLite, candidates = our UDP port
///   demultiplexer.insert(peer);
///   description.transport = peer.local();              // into the offer or answer
///   peer.set_remote(now, remote.transport);            // from the client's answer or offer
///   ... demultiplexer.receive(now, datagram, from) ... while (auto event = peer.next_event()) ...
class PeerConnection {
 public:
  enum class IceRole : std::uint8_t {
    kLite,         ///< RFC 8445 2.5: answers checks, never sends its own; the server's role
    kControlling,  ///< full agent that checks the peer's candidates and nominates: a client that offers, or
                   ///< one whose peer is lite
    kControlled,   ///< full agent whose peer nominates: a client that answers a full agent
  };

  struct Config {
    IceRole ice = IceRole::kLite;
    std::string ufrag_prefix;  ///< the worker's token ("w0"), so that the front can route by it
    std::optional<crypto::Certificate>
        certificate;  ///< required; the same one for all connections of the process
    std::vector<base::Endpoint> local_endpoints;  ///< host candidates to announce: what peers can reach us by
    /// Who opens DTLS when the peer leaves it to us (it offered actpass). LiveKit's answers are always
    /// active.
    sdp::SetupRole setup_when_answering = sdp::SetupRole::kActive;
    base::Duration disconnected_after = std::chrono::seconds(10);  ///< silence until kDisconnected
    base::Duration failed_after = std::chrono::seconds(5);         ///< further silence until kFailed
  };

  /// What the connection wants from its owner.
  class Sink {
   public:
    virtual ~Sink() = default;
    /// A free slot of the UDP port's send batch (1500 bytes or more), or empty when there is none. A slot
    /// that is not committed may be handed out again.
    virtual std::span<std::uint8_t> prepare() = 0;
    /// Sends the first `size` bytes of the slot that prepare() gave.
    virtual void commit(std::size_t size, const IcePath& to) = 0;
    /// A decrypted RTP packet (valid RTP header), in the buffer that receive() was given. May be changed in
    /// place.
    virtual void on_rtp(base::TimePoint now, std::span<std::uint8_t> packet) = 0;
    /// A decrypted compound RTCP packet.
    virtual void on_rtcp(base::TimePoint now, std::span<const std::uint8_t> compound) = 0;
    /// An SCTP packet of the peer's data channels, for DataChannels::receive().
    virtual void on_sctp(base::TimePoint now, std::span<const std::uint8_t> packet) = 0;
  };

  PeerConnection(Config config, Sink& sink);
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  /// Our side, for an SDP: credentials, fingerprint, candidates, and the setup role: actpass until the peer's
  /// description is known, then what it resolved to.
  [[nodiscard]] sdp::TransportDescription local() const;
  /// The ICE user name fragments by which the peer's checks find us: the present one first, then the one that
  /// a restart replaced (still valid until the peer uses the new one).
  [[nodiscard]] std::vector<std::string> local_ufrags() const;

  enum class RemoteOutcome : std::uint8_t {
    kApplied,
    kRestarted,  ///< new credentials of the peer: ICE restarts and ours changed too (see local()); insert()
                 ///< again
    kRefused,    ///< unusable: no fingerprint, a fingerprint other than before, impossible setup role
  };
  /// The peer's side, from its SDP; again for every later SDP (unchanged values change nothing).
  RemoteOutcome set_remote(base::TimePoint now, const sdp::TransportDescription& remote);
  /// A trickled candidate line. Ignored by a lite agent, which learns addresses from checks. False: not
  /// understood.
  bool add_remote_candidate(base::TimePoint now, std::string_view candidate);
  /// The owner can send and receive by this TURN relay from now on.
  void add_relay(base::TimePoint now, IcePath::Via relay);
  /// New local credentials for an offer that restarts ICE. The old pair goes on until the new one works.
  void restart_ice();

  enum class ReceiveOutcome : std::uint8_t {
    kDropped,
    kAccepted,
    kAuthenticated,  ///< an ICE check with valid credentials: `from` belongs to this connection
  };
  /// One datagram of the peer; decrypted in place.
  ReceiveOutcome receive(base::TimePoint now, std::span<std::uint8_t> datagram, const IcePath& from);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;

  /// Builds a packet without a copy: write it into the span (empty when not connected or the sink has no
  /// slot; room for SRTP's trailer is kept back), then commit. False: not connected, or the packet is
  /// malformed.
  [[nodiscard]] std::span<std::uint8_t> prepare();
  bool commit_rtp(std::size_t size);
  bool commit_rtcp(std::size_t size);
  /// The same with a copy.
  bool send_rtp(std::span<const std::uint8_t> packet);
  bool send_rtcp(std::span<const std::uint8_t> compound);
  /// An SCTP packet of our DataChannels, into DTLS.
  bool send_sctp(std::span<const std::uint8_t> packet);

  /// Frees the SRTP state of a stream that ended, ours or the peer's; a stream of ours must not come back
  /// under that SSRC.
  void forget_ssrc(std::uint32_t ssrc);

  /// Tells the peer (DTLS close_notify) and stops.
  void close(base::TimePoint now);

  std::optional<PeerEvent> next_event();
  [[nodiscard]] PeerState state() const;
  /// Whether we are the DTLS client; known once connecting. Decides DataChannels::Config::dtls_client.
  [[nodiscard]] bool dtls_client() const;
  /// How and where we send; nothing before ICE chose.
  [[nodiscard]] std::optional<IcePath> path() const;
  [[nodiscard]] std::optional<base::Endpoint> remote_endpoint() const;
  [[nodiscard]] const PeerStats& stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringback::webrtc
