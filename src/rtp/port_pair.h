#pragma once

#include <cstdint>
#include <optional>

#include "base/endpoint.h"
#include "base/time.h"

namespace ringback::rtp {

/// Decides whose packets an RTP port accepts and where to send: symmetric RTP (RFC 4961) with latching that a
/// stranger cannot hijack.
///
/// The address of the peer's SDP is accepted at once. A peer behind a NAT sends from elsewhere: such a source
/// is learned once, within a window after each offer or answer, when a few packets in a row agree on endpoint
/// and SSRC. Afterwards nobody else is accepted until the next offer or answer. One object for each of RTP
/// and RTCP. Sans-IO, owned by the leg's thread.
class PortPair {
 public:
  enum class Learning : std::uint8_t {
    kOff,             ///< only the signalled endpoint (trunks with fixed addresses)
    kSamePortOrHost,  ///< another port of the signalled host, or the signalled port of another host
    kAny,             ///< phones behind NAT: SDP may show a private address
  };
  struct Settings {
    Learning learning = Learning::kAny;
    /// Long enough for a phone that starts its media late after answering; a stranger's time to guess is
    /// bounded.
    base::Duration window{10'000'000};
    /// Packets that must agree; a single forged one does not suffice.
    unsigned packets_to_learn = 3;
  };
  enum class Verdict : std::uint8_t {
    kAccepted,
    kLearned,  ///< accepted, and from now on destination() is this source
    kRefused,  ///< drop it
  };

  explicit PortPair(const Settings& settings) : settings_(settings) {}
  PortPair() : PortPair(Settings{}) {}

  /// The peer's offer or answer names this endpoint; opens the learning window anew. The learned source of
  /// before is kept while the signalled endpoint stays the same (a re-INVITE that only changes direction must
  /// not cut the sound).
  void set_signalled(base::TimePoint now, const base::Endpoint& remote);

  /// A packet of any source; `ssrc` is its RTP (or RTCP sender) SSRC.
  Verdict receive(base::TimePoint now, const base::Endpoint& source, std::uint32_t ssrc);

  /// Where to send; nullopt before the first set_signalled() and for a signalled 0.0.0.0 or port 0 until
  /// learned.
  [[nodiscard]] std::optional<base::Endpoint> destination() const;
  /// Nobody but destination() will be accepted until another one is signalled.
  [[nodiscard]] bool settled() const { return signalled_seen_; }
  [[nodiscard]] bool learned() const { return learned_.has_value(); }

  [[nodiscard]] std::uint64_t accepted_packets() const { return accepted_; }
  [[nodiscard]] std::uint64_t refused_packets() const { return refused_; }

 private:
  struct Candidate {
    base::Endpoint source;
    std::uint32_t ssrc = 0;
    unsigned packets = 0;
  };
  [[nodiscard]] bool may_learn(base::TimePoint now, const base::Endpoint& source) const;

  Settings settings_;
  std::optional<base::Endpoint> signalled_;
  std::optional<base::Endpoint> learned_;
  Candidate candidate_;
  bool window_open_ = false;
  bool signalled_seen_ = false;  ///< the signalled endpoint itself has sent: nothing to learn
  base::TimePoint window_end_{};
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace ringback::rtp
