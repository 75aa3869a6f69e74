#include "webrtc/ice_lite.h"

#include <algorithm>

namespace ringback::webrtc {
namespace {

/// Whether a USERNAME is "<ufrag>:...".
bool addressed_to(std::string_view username, std::string_view ufrag) {
  return username.size() > ufrag.size() && username.starts_with(ufrag) && username[ufrag.size()] == ':';
}

}  // namespace

IceLite::IceLite(IceCredentials local, Sink& sink) : sink_(sink), present_(std::move(local)) {
  paths_.reserve(kMaxPaths);
}

std::vector<std::string> IceLite::local_ufrags() const {
  std::vector<std::string> ufrags{present_.ufrag};
  if (replaced_) ufrags.push_back(replaced_->ufrag);
  return ufrags;
}

void IceLite::restart(IceCredentials local) {
  // Two restarts in a row: the credentials in between were never used, the selected path belongs to the older
  // ones.
  if (!replaced_) replaced_ = std::move(present_);
  present_ = std::move(local);
}

void IceLite::set_remote(base::TimePoint, IceCredentials) {}

void IceLite::add_remote_candidate(base::TimePoint, const Candidate&) {}

void IceLite::advance(base::TimePoint) {}

StunOutcome IceLite::receive(base::TimePoint now, std::span<const std::uint8_t> datagram,
                             const IcePath& from) {
  const auto message = StunMessage::parse(datagram);
  if (!message || message->method() != kStunBinding) return StunOutcome::kRefused;
  if (message->message_class() != StunClass::kRequest) return StunOutcome::kRefused;
  // RFC 8445 7.3: without the right USERNAME and MESSAGE-INTEGRITY it is nobody's business. It gets no error
  // answer either: that would let anybody use the port as a reflector.
  const auto username = message->username();
  if (!username) return StunOutcome::kRefused;
  const bool present = addressed_to(*username, present_.ufrag);
  const bool replaced = !present && replaced_ && addressed_to(*username, replaced_->ufrag);
  if (!present && !replaced) return StunOutcome::kRefused;
  const std::string& password = present ? present_.password : replaced_->password;
  if (!message->check_integrity(password)) return StunOutcome::kRefused;

  if (message->unknown_attribute() != 0) {
    answer_binding(sink_, *message, from, password, stun_error::kUnknownAttribute);
    return StunOutcome::kRefused;
  }
  // A lite agent is always controlled; a peer that thinks the same of itself must switch (RFC 8445 7.3.1.1).
  if (message->ice_controlled()) {
    answer_binding(sink_, *message, from, password, stun_error::kRoleConflict);
    return StunOutcome::kRefused;
  }
  answer_binding(sink_, *message, from, password);
  note_path(now, from.remote);
  if (message->use_candidate()) nominate(from.remote, present);
  return StunOutcome::kAuthenticated;
}

void IceLite::note_path(base::TimePoint now, const base::Endpoint& from) {
  last_heard_ = now;
  // Before nomination any path that works may carry the peer's first DTLS flight and our answer.
  if (!selected_) selected_ = from;
  const auto known =
      std::find_if(paths_.begin(), paths_.end(), [&](const Seen& p) { return p.endpoint == from; });
  if (known != paths_.end()) {
    known->last_check = now;
    return;
  }
  if (paths_.size() == kMaxPaths) {
    const auto silent = std::min_element(paths_.begin(), paths_.end(), [this](const Seen& a, const Seen& b) {
      const bool a_selected = a.endpoint == selected_;
      const bool b_selected = b.endpoint == selected_;
      return a_selected != b_selected ? b_selected : a.last_check < b.last_check;
    });
    paths_.erase(silent);
  }
  paths_.push_back({from, now});
}

void IceLite::nominate(const base::Endpoint& endpoint, bool with_present_credentials) {
  // While a restart is under way the peer keeps its old path alive; once the new one is nominated, a late
  // check with the old credentials must not move media back, which is why they end here.
  if (with_present_credentials) replaced_.reset();
  selected_ = endpoint;
  nominated_ = true;
}

bool IceLite::is_peer(const IcePath& path) const {
  return std::any_of(paths_.begin(), paths_.end(), [&](const Seen& seen) { return path == seen.endpoint; });
}

}  // namespace ringback::webrtc
