#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "webrtc/ice_transport.h"

namespace ringback::webrtc {

/// A full ICE agent (RFC 8445) with one local socket and one component: the client's side. Checks the peer's
/// candidates as they trickle in (RFC 8838), learns peer-reflexive ones from checks, nominates regularly (the
/// best pair that works, once), keeps consent (RFC 7675) and resolves role conflicts.
///
/// Left out on purpose: foundations and frozen states (one component of one stream has nothing to unfreeze),
/// server-reflexive and relayed candidates of our own (a full-cone peer learns ours as peer-reflexive), TCP.
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
                      const base::Endpoint& from) override;
  void advance(base::TimePoint now) override;
  [[nodiscard]] base::TimePoint next_deadline() const override;
  [[nodiscard]] bool is_peer(const base::Endpoint& endpoint) const override;
  [[nodiscard]] const std::optional<base::Endpoint>& selected() const override { return selected_; }
  [[nodiscard]] base::TimePoint last_heard() const override { return last_heard_; }
  [[nodiscard]] bool exhausted() const override;

  [[nodiscard]] Role role() const { return role_; }

 private:
  enum class PairState : std::uint8_t { kWaiting, kInProgress, kSucceeded, kFailed };

  /// Our one base with one address of the peer.
  struct Pair {
    base::Endpoint remote;
    std::uint32_t remote_priority = 0;
    PairState state = PairState::kWaiting;
    bool heard = false;     ///< an authenticated message came from there
    bool nominate = false;  ///< the check under way carries USE-CANDIDATE (or: nominated by the peer)
    StunTransactionId transaction{};  ///< of the check under way
    unsigned transmissions = 0;
    base::TimePoint retransmit_at = base::kNever;
  };

  static constexpr std::size_t kMaxPairs = 64;

  Pair* find(const base::Endpoint& remote);
  [[nodiscard]] const Pair* find(const base::Endpoint& remote) const;
  Pair* add_pair(const base::Endpoint& remote, std::uint32_t priority);
  Pair* best_waiting();
  void start_check(base::TimePoint now, Pair& pair, bool nominate);
  void transmit(base::TimePoint now, Pair& pair);
  StunOutcome on_request(base::TimePoint now, const StunMessage& request, const base::Endpoint& from);
  StunOutcome on_response(base::TimePoint now, const StunMessage& response, const base::Endpoint& from);
  void on_valid(base::TimePoint now, Pair& pair);
  void nominate_best(base::TimePoint now);
  void select(base::TimePoint now, const Pair& pair);
  void send_consent(base::TimePoint now);
  [[nodiscard]] std::size_t write_request(std::span<std::uint8_t> slot, const StunTransactionId& id,
                                          bool use_candidate) const;

  Sink& sink_;
  Role role_;
  std::uint64_t tie_breaker_;
  IceCredentials local_;
  std::optional<IceCredentials> remote_;
  std::vector<Pair> pairs_;
  std::optional<base::Endpoint> selected_;
  bool settled_ = false;  ///< the selected pair was nominated under the present credentials
  base::TimePoint next_check_at_ = base::kNever;
  base::TimePoint nominate_at_ = base::kNever;
  base::TimePoint last_heard_{};
  StunTransactionId consent_transaction_{};
  base::TimePoint consent_at_ = base::kNever;
};

}  // namespace ringback::webrtc
