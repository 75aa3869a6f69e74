#pragma once

#include <optional>
#include <string>
#include <vector>

#include "webrtc/ice_transport.h"

namespace ringback::webrtc {

/// The server's ICE (RFC 8445 2.5 and 6.1.1, "lite"): it announces its addresses, answers the peer's checks
/// and uses the path that the peer nominates. It never sends a check, so it needs neither the peer's
/// candidates nor the peer's credentials, and starts to answer before the peer's description is there.
///
/// Left out on purpose: choice among several nominated pairs by priority (the latest nomination wins; after
/// nomination peers only keep the chosen pair alive), consent checks (a lite agent sends none, RFC 7675 5:
/// the peer's own checks tell that it is there).
class IceLite final : public IceTransport {
 public:
  IceLite(IceCredentials local, Sink& sink);

  [[nodiscard]] const IceCredentials& local() const override { return present_; }
  [[nodiscard]] std::vector<std::string> local_ufrags() const override;
  void restart(IceCredentials local) override;
  void set_remote(base::TimePoint now, IceCredentials remote) override;
  void add_remote_candidate(base::TimePoint now, const Candidate& candidate) override;
  StunOutcome receive(base::TimePoint now, std::span<const std::uint8_t> datagram,
                      const IcePath& from) override;
  void advance(base::TimePoint now) override;
  [[nodiscard]] base::TimePoint next_deadline() const override { return base::kNever; }
  [[nodiscard]] bool is_peer(const IcePath& path) const override;
  [[nodiscard]] const std::optional<IcePath>& selected() const override { return selected_; }
  [[nodiscard]] base::TimePoint last_heard() const override { return last_heard_; }
  [[nodiscard]] bool exhausted() const override { return false; }

  [[nodiscard]] bool nominated() const { return nominated_; }

 private:
  /// A peer address that passed a check. A peer has a few; more than this means that it changes ports
  /// forever, then the longest silent one is forgotten.
  struct Seen {
    base::Endpoint endpoint;
    base::TimePoint last_check;
  };
  static constexpr std::size_t kMaxPaths = 16;

  void note_path(base::TimePoint now, const base::Endpoint& from);
  void nominate(const base::Endpoint& endpoint, bool with_present_credentials);

  Sink& sink_;
  IceCredentials present_;
  std::optional<IceCredentials>
      replaced_;  ///< before the restart; dropped when the new ones are nominated with
  std::vector<Seen> paths_;
  std::optional<IcePath> selected_;
  bool nominated_ = false;
  base::TimePoint last_heard_{};
};

}  // namespace ringback::webrtc
