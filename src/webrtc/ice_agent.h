#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "webrtc/ice_transport.h"

namespace ringback::webrtc {

/// A full ICE agent (RFC 8445) with one UDP socket and one component: the client's side. Checks the peer's
/// candidates as they trickle in (RFC 8838), learns peer-reflexive ones from checks, nominates regularly (the
/// best pair that works, once), keeps consent (RFC 7675) and resolves role conflicts.
///
/// UDP goes first. Only when it has not worked for a second, the peer's TCP candidates are tried (RFC 6544,
/// ours are active ones), and the relays that the owner has allocated. The owner opens the connection of a
/// TCP path when a check is sent on it.
///
/// Left out on purpose: foundations and frozen states (one component of one stream has nothing to unfreeze),
/// announcing TCP, server-reflexive and relayed candidates of our own (the peer learns them from our checks
/// as peer-reflexive), passive and simultaneous-open TCP.
class IceAgent final : public IceTransport {
 public:
  enum class Role : std::uint8_t { kControlling, kControlled };

  IceAgent(Role role, IceCredentials local, Sink& sink);

  [[nodiscard]] const IceCredentials& local() const override { return local_; }
  [[nodiscard]] std::vector<std::string> local_ufrags() const override { return {local_.ufrag}; }
  void restart(IceCredentials local) override;
  void set_remote(base::TimePoint now, IceCredentials remote) override;
  void add_remote_candidate(base::TimePoint now, const Candidate& candidate) override;
  StunOutcome receive(base::TimePoint now, std::span<const std::uint8_t> datagram,
                      const IcePath& from) override;
  void advance(base::TimePoint now) override;
  [[nodiscard]] base::TimePoint next_deadline() const override;
  [[nodiscard]] bool is_peer(const IcePath& path) const override;
  [[nodiscard]] const std::optional<IcePath>& selected() const override { return selected_; }
  [[nodiscard]] base::TimePoint last_heard() const override { return last_heard_; }
  [[nodiscard]] bool exhausted() const override;

  /// The owner can send and receive by this relay from now on.
  void add_relay(base::TimePoint now, IcePath::Via relay) override;

  [[nodiscard]] Role role() const { return role_; }

 private:
  enum class PairState : std::uint8_t { kWaiting, kInProgress, kSucceeded, kFailed };

  /// One of our bases with one address of the peer.
  struct Pair {
    IcePath path;
    std::uint32_t remote_priority = 0;
    PairState state = PairState::kWaiting;
    bool heard = false;     ///< an authenticated message came from there
    bool nominate = false;  ///< the check under way carries USE-CANDIDATE (or: nominated by the peer)
    StunTransactionId transaction{};  ///< of the check under way
    unsigned transmissions = 0;
    base::TimePoint retransmit_at = base::kNever;
  };

  static constexpr std::size_t kMaxPairs = 64;

  Pair* find(const IcePath& path);
  [[nodiscard]] const Pair* find(const IcePath& path) const;
  Pair* add_pair(const IcePath& path, std::uint32_t priority);
  void offer_pair(base::TimePoint now, const IcePath& path, std::uint32_t priority);
  void expect_checks(base::TimePoint now);
  [[nodiscard]] bool any(PairState state) const;
  Pair* best(PairState state, IcePath::Via last);
  void start_check(base::TimePoint now, Pair& pair, bool nominate);
  void transmit(base::TimePoint now, Pair& pair);
  StunOutcome on_request(base::TimePoint now, const StunMessage& request, const IcePath& from);
  StunOutcome on_response(base::TimePoint now, const StunMessage& response, const IcePath& from);
  void on_valid(base::TimePoint now, Pair& pair);
  void nominate_best(base::TimePoint now);
  void select(base::TimePoint now, const Pair& pair);
  void send_consent(base::TimePoint now);
  [[nodiscard]] std::size_t write_request(std::span<std::uint8_t> slot, const StunTransactionId& id,
                                          IcePath::Via via, bool use_candidate) const;

  Sink& sink_;
  Role role_;
  std::uint64_t tie_breaker_;
  IceCredentials local_;
  std::optional<IceCredentials> remote_;
  std::vector<Pair> pairs_;
  std::vector<IcePath::Via> relays_;
  std::optional<IcePath> selected_;
  bool settled_ = false;  ///< the selected pair was nominated under the present credentials
  base::TimePoint next_check_at_ = base::kNever;
  base::TimePoint fallback_at_ = base::kNever;  ///< from then on other paths than UDP are checked too
  base::TimePoint nominate_at_ = base::kNever;
  base::TimePoint last_heard_{};
  StunTransactionId consent_transaction_{};
  base::TimePoint consent_at_ = base::kNever;
};

}  // namespace ringback::webrtc
