#include "sip/user_agent.h"

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "sip/invite_session.h"
#include "sip/parser.h"
#include "sip/session_host.h"

namespace ringback::sip {
namespace {

/// Methods that exist and that we do not take outside of a call: 405 says so, 501 is for those nobody knows.
constexpr std::array<std::string_view, 5> kForeignMethods = {"REGISTER", "MESSAGE", "PUBLISH", "INFO",
                                                             "UPDATE"};

std::string dialog_key(std::string_view call_id, std::string_view local_tag) {
  return std::string(call_id) + '|' + std::string(local_tag);
}

std::uint64_t seconds_of(base::TimePoint now) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

/// Option tags in Require that we do not have (RFC 3261 8.2.2.3), as one list.
std::string unsupported_extensions(const Message& request) {
  std::string list;
  for (const std::string_view tag : request.headers.elements("Require")) {
    if (equal_ignoring_case(tag, "100rel") || equal_ignoring_case(tag, "timer")) continue;
    if (!list.empty()) list += ", ";
    list += tag;
  }
  return list;
}

/// Whether the peer can take a session description in the answer.
bool accepts_sdp(const Message& request) {
  const auto types = request.headers.elements("Accept");
  if (types.empty()) return true;
  return std::ranges::any_of(types, [](std::string_view type) {
    type = trimmed(type.substr(0, type.find(';')));
    return equal_ignoring_case(type, kSdpType) || type == "*/*" || equal_ignoring_case(type, "application/*");
  });
}

}  // namespace

class UserAgent::Core final : public SessionHost, public TransactionUser {
 public:
  Core(Config settings, Sink& sink, RandomSource random)
      : config_(std::move(settings)),
        minter_(config_.prefix, random),
        transactions_(config_.timers, config_.local_address, minter_, sink, *this) {
    if (config_.authentication) {
      verifier_.emplace(config_.authentication->realm, config_.authentication->password_of,
                        std::move(random));
    }
  }

  void receive(base::TimePoint now, std::string_view bytes, const Source& source) {
    // A lone CRLF or CRLF CRLF is a keep-alive (RFC 5626 4.4.1).
    if (bytes.find_first_not_of("\r\n") == std::string_view::npos) return;
    auto parsed = parse(bytes);
    if (parsed) {
      transactions_.receive(now, std::move(*parsed), source);
    } else {
      receive_bad(parsed.error(), source);
    }
    settle();
  }

  void advance(base::TimePoint now) {
    transactions_.advance(now);
    SessionId id{};
    while (deadlines_.pop_due(now, id)) {
      const auto found = sessions_.find(id);
      if (found == sessions_.end()) continue;
      found->second->scheduled = base::kNever;
      if (found->second->next_deadline() <= now) found->second->advance(now);
      touched_.push_back(id);
    }
    settle();
  }

  void transport_failed(base::TimePoint now, const Destination& to, std::string_view why) {
    transactions_.transport_failed(now, to, why);
    settle();
  }

  base::Result<SessionId, CommandError> invite(base::TimePoint now, const OutboundInvite& call) {
    const SessionId id = new_id();
    InviteSession& session = *sessions_.emplace(id, std::make_unique<InviteSession>(*this, id)).first->second;
    if (!session.call(now, call)) {
      sessions_.erase(id);
      return base::Failure{CommandError::kBadUri};
    }
    add_to_index(id, session);
    touched_.push_back(id);
    settle();
    return id;
  }

  /// Runs a command of the owner on a session that is alive.
  template <class Command>
  Outcome on_session(SessionId id, Command command) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second->is_over())
      return base::Failure{CommandError::kUnknownSession};
    Outcome outcome = command(*found->second);
    touched_.push_back(id);
    settle();
    return outcome;
  }

  [[nodiscard]] base::TimePoint next_deadline() const {
    return std::min(transactions_.next_deadline(), deadlines_.next());
  }
  [[nodiscard]] std::optional<Event> next_event() {
    if (events_.empty()) return std::nullopt;
    std::optional<Event> event(std::move(events_.front()));
    events_.pop_front();
    return event;
  }
  [[nodiscard]] std::optional<SessionInfo> info(SessionId id) const {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? std::nullopt : std::optional(found->second->info());
  }
  [[nodiscard]] std::size_t session_count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(sessions_, [](const auto& entry) { return !entry.second->is_over(); }));
  }
  [[nodiscard]] std::size_t live_objects() const { return sessions_.size() + transactions_.size(); }
  [[nodiscard]] const UserAgentStatistics& statistics() const {
    statistics_.dropped_messages = bad_messages_ + transactions_.dropped();
    statistics_.retransmissions = transactions_.retransmissions();
    statistics_.oversized_requests = transactions_.oversized();
    return statistics_;
  }

  // SessionHost
  [[nodiscard]] const Config& config() const override { return config_; }
  TransactionLayer& transactions() override { return transactions_; }
  TokenMinter& minter() override { return minter_; }
  void emit(Event event) override { events_.push_back(std::move(event)); }

  // TransactionUser
  void on_response(base::TimePoint now, SessionId owner, TransactionId id, const Message& response,
                   const Source& source) override {
    if (InviteSession* session = touch(owner)) session->on_response(now, id, response, source);
  }
  void on_timeout(base::TimePoint now, SessionId owner, TransactionId id) override {
    if (InviteSession* session = touch(owner)) session->on_timeout(now, id);
  }
  void on_transport_failure(base::TimePoint now, SessionId owner, TransactionId id,
                            std::string_view why) override {
    if (InviteSession* session = touch(owner)) session->on_transport_failure(now, id, why);
  }
  void on_client_started(SessionId owner) override {
    if (InviteSession* session = touch(owner)) ++session->open_transactions;
  }
  void on_client_gone(base::TimePoint, SessionId owner, TransactionId) override {
    if (InviteSession* session = touch(owner)) --session->open_transactions;
  }

  void on_request(base::TimePoint now, TransactionId id, const Message& request,
                  const Source& source) override {
    if (const std::string missing = unsupported_extensions(request); !missing.empty()) {
      Message refusal = make_response(request, 420, {}, minter_.tag());
      refusal.headers.add("Unsupported", missing);
      refuse(now, id, refusal);
      return;
    }
    const auto to = to_of(request);
    if (to && !to->tag().empty()) {
      InviteSession* session = find(call_id_of(request), to->tag());
      if (session) {
        session->on_request(now, id, request, source);
      } else {
        refuse(now, id, make_response(request, 481));
      }
    } else if (request.method == "INVITE") {
      receive_invite(now, id, request, source);
    } else {
      receive_other(now, id, request);
    }
  }

  void on_cancel(base::TimePoint now, TransactionId cancelled, const Message& cancel) override {
    // A CANCEL has the To of its INVITE, which has no tag for a new call: there the transaction tells the
    // session.
    const auto to = to_of(cancel);
    const auto initial = incoming_.find(cancelled);
    InviteSession* session = nullptr;
    if (initial != incoming_.end()) {
      session = touch(initial->second);
    } else if (to) {
      session = find(call_id_of(cancel), to->tag());
    }
    if (session) session->on_cancel(now, cancelled, cancel);
  }

  void on_ack(base::TimePoint now, const Message& ack, const Source& source) override {
    const auto to = to_of(ack);
    InviteSession* session = to ? find(call_id_of(ack), to->tag()) : nullptr;
    if (session) session->on_ack(now, ack, source);
  }

 private:
  SessionId new_id() { return static_cast<SessionId>(++last_id_); }

  void add_to_index(SessionId id, const InviteSession& session) {
    const SessionInfo known = session.info();
    index_[dialog_key(known.call_id, known.local_tag)] = id;
  }

  InviteSession* touch(SessionId id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return nullptr;
    touched_.push_back(id);
    return found->second.get();
  }

  InviteSession* find(std::string_view call_id, const std::string& local_tag) {
    const auto found = index_.find(dialog_key(call_id, local_tag));
    return found == index_.end() ? nullptr : touch(found->second);
  }

  /// Sessions are only destroyed here, when nothing of them is on the stack any more.
  void settle() {
    for (std::size_t i = 0; i < touched_.size(); ++i) {
      const SessionId id = touched_[i];
      const auto found = sessions_.find(id);
      if (found == sessions_.end()) continue;
      InviteSession& session = *found->second;
      if (!session.is_over() || session.open_transactions != 0) {
        deadlines_.update(id, session);
        continue;
      }
      const SessionInfo known = session.info();
      index_.erase(dialog_key(known.call_id, known.local_tag));
      if (const auto origin = origins_.find(id); origin != origins_.end()) {
        incoming_.erase(origin->second.invite);
        merge_keys_.erase(origin->second.merge_key);
        origins_.erase(origin);
      }
      sessions_.erase(found);
    }
    touched_.clear();
  }

  void refuse(base::TimePoint now, TransactionId id, const Message& response) {
    ++statistics_.refused_requests;
    transactions_.respond(now, id, response);
  }

  void receive_bad(const ParseError& error, const Source& source) {
    ++bad_messages_;
    const Message& request = error.partial;
    const bool answerable = request.is_request() && !request.method.empty() && request.method != "ACK" &&
                            top_via(request) && request.headers.has("From") && request.headers.has("To") &&
                            request.headers.has("Call-ID") && request.headers.has("CSeq");
    if (!answerable) return;
    std::uint16_t status = 400;
    if (error.fault == ParseFault::kBadVersion) status = 505;
    if (error.fault == ParseFault::kTooLarge) status = 513;
    ++statistics_.refused_requests;
    transactions_.respond_statelessly(
        request, make_response(request, status, error.sentence(), minter_.tag()), source);
  }

  void receive_invite(base::TimePoint now, TransactionId id, const Message& request, const Source& source) {
    const std::string tag = minter_.tag();
    const auto uri = Uri::parse(request.request_uri);
    if (!uri || (!uri->is_sip() && uri->scheme != "tel")) {
      refuse(now, id,
             make_response(request, uri || request.request_uri.find(':') != std::string::npos ? 416 : 400, {},
                           tag));
      return;
    }
    if (!request.body.empty() && sdp_of(request).empty()) {
      Message refusal = make_response(request, 415, {}, tag);
      refusal.headers.add("Accept", std::string(kSdpType));
      refuse(now, id, refusal);
      return;
    }
    if (!accepts_sdp(request)) {
      refuse(now, id, make_response(request, 406, {}, tag));
      return;
    }
    if (SessionTimer::is_too_short(request, config_.least_session_expires)) {
      Message refusal = make_response(request, 422, {}, tag);
      refusal.headers.add("Min-SE", std::to_string(config_.least_session_expires));
      refuse(now, id, refusal);
      return;
    }
    std::string merge_key = merge_key_of(request);
    if (merge_keys_.contains(merge_key)) {
      refuse(now, id, make_response(request, 482, {}, tag));
      return;
    }
    std::string user;
    if (verifier_) {
      DigestServer::Check check = verifier_->check(request, seconds_of(now));
      if (check.verdict != DigestServer::Verdict::kAccepted) {
        Message challenge = make_response(request, 401, {}, tag);
        verifier_->challenge(challenge, seconds_of(now), check.verdict == DigestServer::Verdict::kStale);
        refuse(now, id, challenge);
        return;
      }
      user = std::move(check.username);
    }
    if (sessions_.size() >= config_.max_sessions) {
      Message refusal = make_response(request, 503, {}, tag);
      refusal.headers.add("Retry-After", "5");
      refuse(now, id, refusal);
      return;
    }
    const SessionId session_id = new_id();
    InviteSession& session =
        *sessions_.emplace(session_id, std::make_unique<InviteSession>(*this, session_id)).first->second;
    touched_.push_back(session_id);
    if (!session.receive_invite(now, id, request, source, std::move(user))) return;
    add_to_index(session_id, session);
    incoming_[id] = session_id;
    merge_keys_.insert(merge_key);
    origins_[session_id] = {id, std::move(merge_key)};
  }

  /// Equal for one call that reached us by two ways (RFC 3261 8.2.2.2): only the branch differs.
  [[nodiscard]] static std::string merge_key_of(const Message& request) {
    const auto from = from_of(request);
    return std::string(call_id_of(request)) + '|' + (from ? from->tag() : std::string()) + '|' +
           std::string(request.headers.get("CSeq").value_or(""));
  }

  void receive_other(base::TimePoint now, TransactionId id, const Message& request) {
    const std::string tag = minter_.tag();
    const std::string& method = request.method;
    if (method == "OPTIONS") {
      Message answer = make_response(request, 200, {}, tag);
      answer.headers.add("Allow", std::string(kAllow));
      answer.headers.add("Accept", std::string(kSdpType));
      answer.headers.add("Supported", std::string(kSupported));
      if (!config_.user_agent.empty()) answer.headers.add("Server", config_.user_agent);
      transactions_.respond(now, id, answer);
      return;
    }
    std::uint16_t status = 501;
    if (method == "BYE" || method == "PRACK" || method == "UPDATE" || method == "INFO") {
      status = 481;
    } else if (method == "REFER") {
      status = 603;
    } else if (method == "NOTIFY" || method == "SUBSCRIBE") {
      status = 489;
    } else if (std::ranges::find(kForeignMethods, method) != kForeignMethods.end()) {
      status = 405;
    }
    Message refusal = make_response(request, status, {}, tag);
    if (status == 405 || status == 501) refusal.headers.add("Allow", std::string(kAllow));
    refuse(now, id, refusal);
  }

  Config config_;
  TokenMinter minter_;
  TransactionLayer transactions_;
  std::optional<DigestServer> verifier_;

  std::uint64_t last_id_ = 0;
  std::unordered_map<SessionId, std::unique_ptr<InviteSession>> sessions_;
  std::unordered_map<std::string, SessionId> index_;  ///< by Call-ID and local tag
  struct Origin {
    TransactionId invite;
    std::string merge_key;
  };
  std::unordered_map<TransactionId, SessionId> incoming_;  ///< initial INVITEs of the peers
  std::unordered_map<SessionId, Origin>
      origins_;  ///< the way back from a session to incoming_ and merge_keys_
  std::unordered_set<std::string> merge_keys_;
  DeadlineQueue<SessionId> deadlines_;
  std::vector<SessionId> touched_;
  std::deque<Event> events_;
  std::size_t bad_messages_ = 0;
  mutable UserAgentStatistics statistics_;
};

UserAgent::UserAgent(Config config, Sink& sink, RandomSource random)
    : core_(std::make_unique<Core>(std::move(config), sink, std::move(random))) {}
UserAgent::~UserAgent() = default;

void UserAgent::receive(base::TimePoint now, std::string_view message, const Source& source) {
  core_->receive(now, message, source);
}
void UserAgent::advance(base::TimePoint now) {
  core_->advance(now);
}
base::TimePoint UserAgent::next_deadline() const {
  return core_->next_deadline();
}
std::optional<Event> UserAgent::next_event() {
  return core_->next_event();
}
void UserAgent::transport_failed(base::TimePoint now, const Destination& to, std::string_view why) {
  core_->transport_failed(now, to, why);
}

base::Result<SessionId, CommandError> UserAgent::invite(base::TimePoint now, const OutboundInvite& call) {
  return core_->invite(now, call);
}
UserAgent::Outcome UserAgent::cancel(base::TimePoint now, SessionId session, const HeaderList& headers) {
  return core_->on_session(session, [&](InviteSession& target) { return target.cancel(now, headers); });
}
UserAgent::Outcome UserAgent::bye(base::TimePoint now, SessionId session, const HeaderList& headers) {
  return core_->on_session(session, [&](InviteSession& target) { return target.bye(now, headers); });
}
UserAgent::Outcome UserAgent::hang_up(base::TimePoint now, SessionId session, const HeaderList& headers) {
  return core_->on_session(session, [&](InviteSession& target) { return target.hang_up(now, headers); });
}
UserAgent::Outcome UserAgent::ring(base::TimePoint now, SessionId session, std::uint16_t status,
                                   std::string_view reason, std::string_view sdp, const HeaderList& headers) {
  return core_->on_session(
      session, [&](InviteSession& target) { return target.ring(now, status, reason, sdp, headers); });
}
UserAgent::Outcome UserAgent::accept(base::TimePoint now, SessionId session, std::string_view sdp,
                                     const HeaderList& headers) {
  return core_->on_session(session, [&](InviteSession& target) { return target.accept(now, sdp, headers); });
}
UserAgent::Outcome UserAgent::reject(base::TimePoint now, SessionId session, std::uint16_t status,
                                     std::string_view reason, const HeaderList& headers) {
  return core_->on_session(
      session, [&](InviteSession& target) { return target.reject(now, status, reason, headers); });
}
UserAgent::Outcome UserAgent::reinvite(base::TimePoint now, SessionId session, std::string_view sdp) {
  return core_->on_session(session, [&](InviteSession& target) { return target.reinvite(now, sdp); });
}
UserAgent::Outcome UserAgent::answer_reinvite(base::TimePoint now, SessionId session, std::string_view sdp) {
  return core_->on_session(session, [&](InviteSession& target) { return target.answer_reinvite(now, sdp); });
}
UserAgent::Outcome UserAgent::reject_reinvite(base::TimePoint now, SessionId session, std::uint16_t status,
                                              std::string_view reason) {
  return core_->on_session(
      session, [&](InviteSession& target) { return target.reject_reinvite(now, status, reason); });
}
UserAgent::Outcome UserAgent::send_dtmf_info(base::TimePoint now, SessionId session, char digit,
                                             std::uint32_t duration_ms) {
  return core_->on_session(
      session, [&](InviteSession& target) { return target.send_dtmf_info(now, digit, duration_ms); });
}

std::optional<SessionInfo> UserAgent::info(SessionId session) const {
  return core_->info(session);
}
std::size_t UserAgent::session_count() const {
  return core_->session_count();
}
std::size_t UserAgent::live_objects() const {
  return core_->live_objects();
}
const UserAgentStatistics& UserAgent::statistics() const {
  return core_->statistics();
}

}  // namespace ringback::sip
