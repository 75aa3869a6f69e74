#include "webrtc/ice_agent.h"

#include <algorithm>

#include "crypto/random.h"

namespace ringback::webrtc {
namespace {

using namespace std::chrono_literals;

/// Ta of RFC 8445 14.2: one new check at a time, so that a peer with many candidates causes no burst.
constexpr base::Duration kPacing = 50ms;
/// First retransmission of a check. RFC 8445 14.3 says at least 500 ms; here a lost check costs the caller
/// the wait, and there is one socket, so less is safe.
constexpr base::Duration kFirstTimeout = 250ms;
constexpr base::Duration kSlowestTimeout = 2s;
constexpr unsigned kMaxTransmissions = 8;  // about 10 s
/// How long a better pair may still come in after the first one works.
constexpr base::Duration kNominationDelay = 100ms;
/// RFC 7675 5.1 has 5 s; LiveKit's server counts a peer as gone after 10 s of silence, so be well below.
constexpr base::Duration kConsentInterval = 2s;

constexpr std::uint16_t kOnlyAddress = 65535;

}  // namespace

IceAgent::IceAgent(Role role, IceCredentials local, Sink& sink)
    : sink_(sink), role_(role), tie_breaker_(crypto::random_u64()), local_(std::move(local)) {}

void IceAgent::restart(IceCredentials local) {
  local_ = std::move(local);
  remote_.reset();
  settled_ = false;
  nominate_at_ = base::kNever;
  next_check_at_ = base::kNever;
  // Media still comes from and goes to the old path until a new pair is nominated; all pairs are checked
  // anew.
  for (Pair& pair : pairs_) {
    pair.state = PairState::kWaiting;
    pair.nominate = false;
    pair.retransmit_at = base::kNever;
  }
}

void IceAgent::set_remote(base::TimePoint now, IceCredentials remote) {
  if (remote_ == remote) return;
  remote_ = std::move(remote);
  if (!pairs_.empty()) next_check_at_ = now;
}

void IceAgent::add_remote_candidate(base::TimePoint now, const Candidate& candidate) {
  const auto endpoint = candidate.endpoint();
  if (!endpoint || candidate.transport != CandidateTransport::kUdp || candidate.component != 1) return;
  Pair* pair = find(*endpoint);
  if (pair != nullptr) {
    pair->remote_priority = candidate.priority;
    return;
  }
  if (add_pair(*endpoint, candidate.priority) != nullptr && remote_)
    next_check_at_ = std::min(next_check_at_, now);
}

IceAgent::Pair* IceAgent::find(const base::Endpoint& remote) {
  const auto pair =
      std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& p) { return p.remote == remote; });
  return pair == pairs_.end() ? nullptr : &*pair;
}

const IceAgent::Pair* IceAgent::find(const base::Endpoint& remote) const {
  const auto pair =
      std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& p) { return p.remote == remote; });
  return pair == pairs_.end() ? nullptr : &*pair;
}

IceAgent::Pair* IceAgent::add_pair(const base::Endpoint& remote, std::uint32_t priority) {
  if (pairs_.size() >= kMaxPairs) return nullptr;
  Pair& pair = pairs_.emplace_back();
  pair.remote = remote;
  pair.remote_priority = priority;
  return &pair;
}

bool IceAgent::is_peer(const base::Endpoint& endpoint) const {
  const Pair* pair = find(endpoint);
  return pair != nullptr && pair->heard;
}

bool IceAgent::exhausted() const {
  return !pairs_.empty() && !selected_ && std::all_of(pairs_.begin(), pairs_.end(), [](const Pair& p) {
    return p.state == PairState::kFailed;
  });
}

StunOutcome IceAgent::receive(base::TimePoint now, std::span<const std::uint8_t> datagram,
                              const base::Endpoint& from) {
  const auto message = StunMessage::parse(datagram);
  if (!message || message->method() != kStunBinding) return StunOutcome::kRefused;
  switch (message->message_class()) {
    case StunClass::kRequest:
      return on_request(now, *message, from);
    case StunClass::kSuccess:
    case StunClass::kError:
      return on_response(now, *message, from);
    case StunClass::kIndication:
      return StunOutcome::kRefused;  // keep-alives carry no integrity and need no answer
  }
  return StunOutcome::kRefused;
}

StunOutcome IceAgent::on_request(base::TimePoint now, const StunMessage& request,
                                 const base::Endpoint& from) {
  const auto username = request.username();
  if (!username || !username->starts_with(local_.ufrag + ":") || !request.check_integrity(local_.password)) {
    return StunOutcome::kRefused;
  }
  if (request.unknown_attribute() != 0) {
    answer_binding(sink_, request, from, local_.password, stun_error::kUnknownAttribute);
    return StunOutcome::kRefused;
  }
  // RFC 8445 7.3.1.1: the larger tie-breaker controls.
  if (role_ == Role::kControlling && request.ice_controlling()) {
    if (tie_breaker_ >= *request.ice_controlling()) {
      answer_binding(sink_, request, from, local_.password, stun_error::kRoleConflict);
      return StunOutcome::kRefused;
    }
    role_ = Role::kControlled;
  } else if (role_ == Role::kControlled && request.ice_controlled()) {
    if (tie_breaker_ < *request.ice_controlled()) {
      answer_binding(sink_, request, from, local_.password, stun_error::kRoleConflict);
      return StunOutcome::kRefused;
    }
    role_ = Role::kControlling;
  }
  answer_binding(sink_, request, from, local_.password);

  Pair* pair = find(from);
  if (pair == nullptr) pair = add_pair(from, request.priority().value_or(0));
  if (pair == nullptr) return StunOutcome::kRefused;
  pair->heard = true;
  if (selected_ == from) last_heard_ = now;
  if (role_ == Role::kControlled && request.use_candidate()) {
    pair->nominate = true;
    if (pair->state == PairState::kSucceeded) select(now, *pair);
  }
  // A triggered check (RFC 8445 7.3.1.4): what the peer can reach us by probably works the other way.
  if (remote_ && (pair->state == PairState::kWaiting || pair->state == PairState::kFailed)) {
    start_check(now, *pair, pair->nominate && role_ == Role::kControlling);
  }
  return StunOutcome::kAuthenticated;
}

StunOutcome IceAgent::on_response(base::TimePoint now, const StunMessage& response,
                                  const base::Endpoint& from) {
  Pair* pair = find(from);
  if (pair == nullptr || !remote_ || !response.check_integrity(remote_->password))
    return StunOutcome::kRefused;
  const StunTransactionId id = response.transaction_id();

  if (response.message_class() == StunClass::kSuccess && selected_ == from && id == consent_transaction_) {
    last_heard_ = now;
    return StunOutcome::kAuthenticated;
  }
  if (pair->state != PairState::kInProgress || id != pair->transaction) return StunOutcome::kRefused;
  if (response.message_class() == StunClass::kError) {
    if (response.error_code() == stun_error::kRoleConflict) {
      role_ = role_ == Role::kControlling ? Role::kControlled : Role::kControlling;
      start_check(now, *pair, false);
    } else {
      pair->state = PairState::kFailed;
      pair->retransmit_at = base::kNever;
    }
    return StunOutcome::kAuthenticated;
  }
  on_valid(now, *pair);
  return StunOutcome::kAuthenticated;
}

void IceAgent::on_valid(base::TimePoint now, Pair& pair) {
  pair.state = PairState::kSucceeded;
  pair.retransmit_at = base::kNever;
  pair.heard = true;
  last_heard_ = now;
  if (pair.nominate) {
    select(now, pair);
    return;
  }
  if (!selected_) selected_ = pair.remote;
  if (role_ == Role::kControlling && !settled_ && nominate_at_ == base::kNever)
    nominate_at_ = now + kNominationDelay;
}

void IceAgent::select(base::TimePoint now, const Pair& pair) {
  if (!settled_ || selected_ != pair.remote) consent_at_ = now + kConsentInterval;
  selected_ = pair.remote;
  settled_ = true;
  nominate_at_ = base::kNever;
}

void IceAgent::nominate_best(base::TimePoint now) {
  nominate_at_ = base::kNever;
  Pair* best = nullptr;
  for (Pair& pair : pairs_) {
    if (pair.state != PairState::kSucceeded) continue;
    if (best == nullptr || pair.remote_priority > best->remote_priority) best = &pair;
  }
  if (best != nullptr) start_check(now, *best, true);
}

IceAgent::Pair* IceAgent::best_waiting() {
  Pair* best = nullptr;
  for (Pair& pair : pairs_) {
    if (pair.state != PairState::kWaiting) continue;
    if (best == nullptr || pair.remote_priority > best->remote_priority) best = &pair;
  }
  return best;
}

void IceAgent::start_check(base::TimePoint now, Pair& pair, bool nominate) {
  pair.state = PairState::kInProgress;
  if (role_ == Role::kControlling) pair.nominate = nominate;
  pair.transaction = crypto::random_array<12>();
  pair.transmissions = 0;
  transmit(now, pair);
}

void IceAgent::transmit(base::TimePoint now, Pair& pair) {
  base::Duration timeout = kFirstTimeout;
  for (unsigned i = 0; i < pair.transmissions; ++i) timeout = std::min(timeout * 2, kSlowestTimeout);
  pair.retransmit_at = now + timeout;
  ++pair.transmissions;
  const auto slot = sink_.prepare();
  if (slot.empty()) return;
  const std::size_t size =
      write_request(slot, pair.transaction, pair.nominate && role_ == Role::kControlling);
  if (size > 0) sink_.commit(size, pair.remote);
}

std::size_t IceAgent::write_request(std::span<std::uint8_t> slot, const StunTransactionId& id,
                                    bool use_candidate) const {
  StunWriter writer(slot, StunClass::kRequest, kStunBinding, id);
  writer.add_username(remote_->ufrag + ":" + local_.ufrag);
  writer.add_priority(candidate_priority(CandidateType::kPeerReflexive, kOnlyAddress, 1));
  if (role_ == Role::kControlling) {
    writer.add_ice_controlling(tie_breaker_);
    if (use_candidate) writer.add_use_candidate();
  } else {
    writer.add_ice_controlled(tie_breaker_);
  }
  return writer.finish(remote_->password);
}

void IceAgent::send_consent(base::TimePoint now) {
  consent_at_ = now + kConsentInterval;
  const auto slot = sink_.prepare();
  if (slot.empty()) return;
  consent_transaction_ = crypto::random_array<12>();
  const std::size_t size = write_request(slot, consent_transaction_, role_ == Role::kControlling);
  if (size > 0) sink_.commit(size, *selected_);
}

void IceAgent::advance(base::TimePoint now) {
  if (!remote_) return;
  for (Pair& pair : pairs_) {
    if (pair.state != PairState::kInProgress || now < pair.retransmit_at) continue;
    if (pair.transmissions < kMaxTransmissions) {
      transmit(now, pair);
    } else {
      pair.state = PairState::kFailed;
      pair.retransmit_at = base::kNever;
      // A nomination that got lost for good: try the next best.
      if (role_ == Role::kControlling && pair.nominate && !settled_) nominate_at_ = now;
    }
  }
  if (now >= nominate_at_) nominate_best(now);
  if (now >= next_check_at_) {
    Pair* pair = settled_ ? nullptr : best_waiting();
    if (pair != nullptr) start_check(now, *pair, false);
    next_check_at_ = pair != nullptr ? now + kPacing : base::kNever;
  }
  if (settled_ && now >= consent_at_) send_consent(now);
}

base::TimePoint IceAgent::next_deadline() const {
  if (!remote_) return base::kNever;
  base::TimePoint next = std::min(next_check_at_, nominate_at_);
  if (settled_) next = std::min(next, consent_at_);
  for (const Pair& pair : pairs_) {
    if (pair.state == PairState::kInProgress) next = std::min(next, pair.retransmit_at);
  }
  return next;
}

}  // namespace ringback::webrtc
