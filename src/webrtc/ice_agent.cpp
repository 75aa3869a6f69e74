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
/// Other paths than UDP are slower to open, and TCP repeats what is lost by itself.
constexpr base::Duration kFirstFallbackTimeout = 1s;
constexpr unsigned kMaxFallbackTransmissions = 5;  // about 9 s
/// How long UDP is tried alone: three transmissions.
constexpr base::Duration kFallbackDelay = 1s;
/// How long a better pair may still come in after the first one works.
constexpr base::Duration kNominationDelay = 100ms;
/// RFC 7675 5.1 has 5 s; LiveKit's server counts a peer as gone after 10 s of silence, so be well below.
constexpr base::Duration kConsentInterval = 2s;

constexpr std::uint16_t kOnlyAddress = 65535;
constexpr IcePath::Via kLastVia = 255;

/// The PRIORITY of a check: what the peer shall think of the path that it learns from it. Type preferences of
/// peer-reflexive UDP and TCP, and of relays, as browsers have them.
std::uint32_t check_priority(IcePath::Via via) {
  if (via == IcePath::kUdp) return candidate_priority(CandidateType::kPeerReflexive, kOnlyAddress, 1);
  constexpr std::uint32_t kTcpPreference = 80;
  if (via == IcePath::kTcp) return kTcpPreference << 24 | std::uint32_t{kOnlyAddress} << 8 | 255U;
  return candidate_priority(CandidateType::kRelayed, static_cast<std::uint16_t>(kOnlyAddress - via), 1);
}

}  // namespace

IceAgent::IceAgent(Role role, IceCredentials local, Sink& sink)
    : sink_(sink), role_(role), tie_breaker_(crypto::random_u64()), local_(std::move(local)) {}

void IceAgent::restart(IceCredentials local) {
  local_ = std::move(local);
  remote_.reset();
  settled_ = false;
  nominate_at_ = base::kNever;
  next_check_at_ = fallback_at_ = base::kNever;
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
  if (!pairs_.empty()) expect_checks(now);
}

void IceAgent::expect_checks(base::TimePoint now) {
  if (!remote_) return;
  next_check_at_ = std::min(next_check_at_, now);
  if (fallback_at_ == base::kNever) fallback_at_ = now + kFallbackDelay;
}

void IceAgent::add_remote_candidate(base::TimePoint now, const Candidate& candidate) {
  const auto endpoint = candidate.endpoint();
  if (!endpoint || candidate.component != 1) return;
  if (candidate.transport == CandidateTransport::kTcp) {
    if (candidate.tcp_type == "passive") offer_pair(now, {*endpoint, IcePath::kTcp}, candidate.priority);
    return;
  }
  offer_pair(now, *endpoint, candidate.priority);
  for (const IcePath::Via relay : relays_) offer_pair(now, {*endpoint, relay}, candidate.priority);
}

void IceAgent::add_relay(base::TimePoint now, IcePath::Via relay) {
  relays_.push_back(relay);
  // By index: the list grows.
  for (std::size_t i = 0, known = pairs_.size(); i < known; ++i) {
    if (pairs_[i].path.via != IcePath::kUdp) continue;
    const base::Endpoint remote = pairs_[i].path.remote;
    offer_pair(now, {remote, relay}, pairs_[i].remote_priority);
  }
}

void IceAgent::offer_pair(base::TimePoint now, const IcePath& path, std::uint32_t priority) {
  // Our allocations are IPv4 ones.
  if (path.via >= IcePath::kFirstRelay && !path.remote.address.is_v4()) return;
  if (Pair* pair = find(path); pair != nullptr) {
    pair->remote_priority = priority;
  } else if (add_pair(path, priority) != nullptr) {
    expect_checks(now);
  }
}

IceAgent::Pair* IceAgent::find(const IcePath& path) {
  const auto pair = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& p) { return p.path == path; });
  return pair == pairs_.end() ? nullptr : &*pair;
}

const IceAgent::Pair* IceAgent::find(const IcePath& path) const {
  const auto pair = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& p) { return p.path == path; });
  return pair == pairs_.end() ? nullptr : &*pair;
}

IceAgent::Pair* IceAgent::add_pair(const IcePath& path, std::uint32_t priority) {
  if (pairs_.size() >= kMaxPairs) return nullptr;
  Pair& pair = pairs_.emplace_back();
  pair.path = path;
  pair.remote_priority = priority;
  return &pair;
}

bool IceAgent::is_peer(const IcePath& path) const {
  const Pair* pair = find(path);
  return pair != nullptr && pair->heard;
}

bool IceAgent::exhausted() const {
  return !pairs_.empty() && !selected_ && std::all_of(pairs_.begin(), pairs_.end(), [](const Pair& p) {
    return p.state == PairState::kFailed;
  });
}

StunOutcome IceAgent::receive(base::TimePoint now, std::span<const std::uint8_t> datagram,
                              const IcePath& from) {
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

StunOutcome IceAgent::on_request(base::TimePoint now, const StunMessage& request, const IcePath& from) {
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

StunOutcome IceAgent::on_response(base::TimePoint now, const StunMessage& response, const IcePath& from) {
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
  if (!selected_) selected_ = pair.path;
  if (role_ == Role::kControlling && !settled_ && nominate_at_ == base::kNever)
    nominate_at_ = now + kNominationDelay;
}

void IceAgent::select(base::TimePoint now, const Pair& pair) {
  if (!settled_ || selected_ != pair.path) consent_at_ = now + kConsentInterval;
  selected_ = pair.path;
  settled_ = true;
  nominate_at_ = base::kNever;
}

void IceAgent::nominate_best(base::TimePoint now) {
  nominate_at_ = base::kNever;
  if (Pair* pair = best(PairState::kSucceeded, kLastVia); pair != nullptr) start_check(now, *pair, true);
}

bool IceAgent::any(PairState state) const {
  return std::any_of(pairs_.begin(), pairs_.end(), [state](const Pair& pair) { return pair.state == state; });
}

/// UDP before TCP before relays, whatever the peer's priorities say: ours are lower for those.
IceAgent::Pair* IceAgent::best(PairState state, IcePath::Via last) {
  Pair* best = nullptr;
  for (Pair& pair : pairs_) {
    if (pair.state != state || pair.path.via > last) continue;
    if (best == nullptr || pair.path.via < best->path.via ||
        (pair.path.via == best->path.via && pair.remote_priority > best->remote_priority)) {
      best = &pair;
    }
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
  base::Duration timeout = pair.path.via == IcePath::kUdp ? kFirstTimeout : kFirstFallbackTimeout;
  for (unsigned i = 0; i < pair.transmissions; ++i) timeout = std::min(timeout * 2, kSlowestTimeout);
  pair.retransmit_at = now + timeout;
  ++pair.transmissions;
  const auto slot = sink_.prepare();
  if (slot.empty()) return;
  const std::size_t size =
      write_request(slot, pair.transaction, pair.path.via, pair.nominate && role_ == Role::kControlling);
  if (size > 0) sink_.commit(size, pair.path);
}

std::size_t IceAgent::write_request(std::span<std::uint8_t> slot, const StunTransactionId& id,
                                    IcePath::Via via, bool use_candidate) const {
  StunWriter writer(slot, StunClass::kRequest, kStunBinding, id);
  writer.add_username(remote_->ufrag + ":" + local_.ufrag);
  writer.add_priority(check_priority(via));
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
  const std::size_t size =
      write_request(slot, consent_transaction_, selected_->via, role_ == Role::kControlling);
  if (size > 0) sink_.commit(size, *selected_);
}

void IceAgent::advance(base::TimePoint now) {
  if (!remote_) return;
  for (Pair& pair : pairs_) {
    if (pair.state != PairState::kInProgress || now < pair.retransmit_at) continue;
    const unsigned most = pair.path.via == IcePath::kUdp ? kMaxTransmissions : kMaxFallbackTransmissions;
    if (pair.transmissions < most) {
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
    const bool fallback = now >= fallback_at_ && !any(PairState::kSucceeded);
    Pair* pair = settled_ ? nullptr : best(PairState::kWaiting, fallback ? kLastVia : IcePath::kUdp);
    if (pair != nullptr) start_check(now, *pair, false);
    next_check_at_ = pair != nullptr ? now + kPacing : base::kNever;
    if (pair == nullptr && !settled_ && now < fallback_at_ && any(PairState::kWaiting)) {
      next_check_at_ = fallback_at_;
    }
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
