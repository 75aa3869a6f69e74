#include "sip/invite_client.h"

#include <algorithm>
#include <utility>

namespace ringback::sip {
namespace {

/// A peer may fork as it likes; more branches than this are a mistake or an attack.
constexpr std::size_t kMaxForks = 16;

/// Best first: by q (RFC 3261 20.10), the order of the response deciding between equals.
std::vector<NameAddr> sorted_contacts(const Message& response) {
  std::vector<NameAddr> contacts = contacts_of(response);
  const auto quality = [](const NameAddr& contact) {
    // "1", "0.75" ... as thousandths; a missing q is the highest.
    const std::string q = contact.parameters.get("q").value_or("1");
    if (q.empty() || q.front() != '0') return 1000;
    int value = 0;
    int weight = 100;
    for (const char c : q.size() > 2 ? q.substr(2) : std::string()) {
      if (c < '0' || c > '9' || weight == 0) break;
      value += (c - '0') * weight;
      weight /= 10;
    }
    return value;
  };
  std::ranges::stable_sort(contacts,
                           [&](const NameAddr& a, const NameAddr& b) { return quality(a) > quality(b); });
  return contacts;
}

}  // namespace

InviteClient::InviteClient(SessionHost& host, SessionId session, OutboundInvite call)
    : host_(host),
      session_(session),
      call_(std::move(call)),
      digest_(call_.credentials, host.minter().random()),
      call_id_(host.minter().call_id()),
      local_tag_(host.minter().tag()) {}

bool InviteClient::start(base::TimePoint now) {
  const auto target = Uri::parse(call_.request_uri);
  const auto from = Uri::parse(call_.from_uri);
  const auto to = call_.to_uri.empty() ? target : Uri::parse(call_.to_uri);
  if (!target || !from || !to) return false;

  NameAddr from_value{call_.from_name, *from, {}};
  from_value.parameters.set("tag", local_tag_);
  NameAddr to_value{{}, *to, {}};
  // A URI in From and To carries no transport or the like (RFC 3261 19.1.1, table 1).
  for (Uri* uri : {&from_value.uri, &to_value.uri}) {
    uri->headers.clear();
    for (const std::string_view name : {"transport", "lr", "maddr", "ttl", "method"})
      uri->parameters.remove(name);
  }
  invite_.method = "INVITE";
  invite_.request_uri = target->to_string();
  invite_.headers.add("Max-Forwards", "70");
  for (const std::string& route : call_.routes) {
    const auto uri = Uri::parse(route);
    if (!uri) return false;
    invite_.headers.add("Route", NameAddr{{}, *uri, {}}.to_string());
  }
  invite_.headers.add("From", from_value.to_string());
  invite_.headers.add("To", to_value.to_string());
  invite_.headers.add("Call-ID", call_id_);
  invite_.headers.add("CSeq", CSeq{cseq_, invite_.method}.to_string());
  contact_ = contact_for(host_, host_.minter().contact_user(), call_.destination.transport,
                         call_.destination.endpoint);
  add_capabilities(invite_, contact_);
  if (!host_.config().user_agent.empty()) invite_.headers.add("User-Agent", host_.config().user_agent);
  add_extra_headers(invite_, call_.headers);
  set_sdp(invite_, call_.sdp);
  send_invite(now);
  return true;
}

void InviteClient::send_invite(base::TimePoint now) {
  phase_ = Phase::kCalling;
  no_response_at_ = now + host_.config().no_response_timeout;
  forks_.clear();
  invite_.headers.set("CSeq", CSeq{cseq_, invite_.method}.to_string());
  if (call_.session_expires != 0) {
    invite_.headers.set("Session-Expires", std::to_string(call_.session_expires));
  }
  digest_.authorize(invite_);
  invite_id_ = host_.transactions().start(now, invite_, call_.destination, session_);
}

InviteClient::Fork* InviteClient::find_fork(const std::string& remote_tag) {
  const auto found =
      std::ranges::find_if(forks_, [&](const Fork& fork) { return fork.dialog.remote_tag() == remote_tag; });
  return found == forks_.end() ? nullptr : &*found;
}

Dialog* InviteClient::early_dialog(const std::string& remote_tag) {
  Fork* fork = find_fork(remote_tag);
  return fork ? &fork->dialog : nullptr;
}

std::optional<InviteClient::Established> InviteClient::on_response(base::TimePoint now, TransactionId id,
                                                                   const Message& response,
                                                                   const Source& source) {
  // Responses to CANCEL, PRACK and the BYE of an unwanted fork need no reaction.
  if (id != invite_id_) return std::nullopt;
  no_response_at_ = base::kNever;
  if (response.status < 200) {
    receive_provisional(now, response, source);
    return std::nullopt;
  }
  if (response.status < 300) return receive_success(now, response, source);
  receive_failure(now, id, response);
  return std::nullopt;
}

void InviteClient::receive_provisional(base::TimePoint now, const Message& response, const Source& source) {
  if (phase_ == Phase::kFailed && !cancel_sent_) send_cancel(now);  // given up for silence, and now it rings
  if (phase_ != Phase::kCalling && phase_ != Phase::kProceeding) return;
  phase_ = Phase::kProceeding;
  if (cancel_wanted_) {
    if (!cancel_sent_) send_cancel(now);
    return;
  }
  if (!trying_reported_) {
    trying_reported_ = true;
    host_.emit(Trying{session_});
  }
  if (response.status == 100) return;

  const auto to = to_of(response);
  const std::string remote_tag = to ? to->tag() : std::string();
  Fork* fork = find_fork(remote_tag);
  if (!fork && forks_.size() < kMaxForks) {
    if (auto dialog = Dialog::of_client(invite_, response, call_.destination, source)) {
      fork = &forks_.emplace_back(Fork{std::move(*dialog), 0, {}});
    }
  } else if (fork) {
    fork->dialog.refresh_target(response);
    fork->dialog.note_source(source);
  }
  const std::string sdp(sdp_of(response));
  if (fork && !sdp.empty()) fork->sdp = sdp;
  if (fork && response.headers.has_token("Require", "100rel")) {
    const auto rseq = number_of(response.headers, "RSeq");
    // RFC 3262 4: repetitions and responses out of order are dropped; the peer sends the missing one again.
    if (!rseq || (fork->rseq != 0 && *rseq != fork->rseq + 1)) return;
    prack(now, *fork, *rseq);
  }
  host_.emit(Ringing{session_, response.status, response.reason, sdp, response.headers, remote_tag});
}

void InviteClient::prack(base::TimePoint now, Fork& fork, std::uint32_t rseq) {
  fork.rseq = rseq;
  Message request = fork.dialog.make_request("PRACK");
  request.headers.add("RAck", std::to_string(rseq) + ' ' + CSeq{cseq_, "INVITE"}.to_string());
  digest_.authorize(request);
  host_.transactions().start(now, std::move(request), fork.dialog.destination(), session_);
}

InviteClient::SentAck InviteClient::acknowledge(Dialog& dialog) {
  Message ack = dialog.make_ack(cseq_);
  // RFC 3261 22.1: the ACK repeats the INVITE's credentials, for it cannot be challenged.
  for (const std::string_view name : {"Authorization", "Proxy-Authorization"}) {
    for (const std::string_view value : invite_.headers.all(name)) ack.headers.add(name, std::string(value));
  }
  SentAck sent;
  sent.to = dialog.destination();
  sent.bytes = host_.transactions().send_ack(std::move(ack), sent.to);
  return sent;
}

std::optional<InviteClient::Established> InviteClient::receive_success(base::TimePoint now,
                                                                       const Message& response,
                                                                       const Source& source) {
  const auto to = to_of(response);
  const std::string remote_tag = to ? to->tag() : std::string();
  if (const auto sent = acks_.find(remote_tag); sent != acks_.end()) {
    host_.transactions().send_bytes(sent->second.bytes, sent->second.to);
    return std::nullopt;
  }
  if (acks_.size() >= kMaxForks) return std::nullopt;
  Fork* fork = find_fork(remote_tag);
  std::optional<Dialog> dialog;
  if (fork) {
    dialog = fork->dialog;
    dialog->confirm(response, source);
  } else {
    dialog = Dialog::of_client(invite_, response, call_.destination, source);
  }
  if (!dialog) {
    // Without a tag there is no dialog that an ACK could belong to.
    if (phase_ != Phase::kAnswered && phase_ != Phase::kFailed) fail(FailureCause::kBadResponse, &response);
    return std::nullopt;
  }
  acks_[remote_tag] = acknowledge(*dialog);
  const bool wanted = (phase_ == Phase::kCalling || phase_ == Phase::kProceeding) && !cancel_wanted_;
  if (!wanted) {
    end_unwanted(now, std::move(*dialog));
    if (phase_ != Phase::kAnswered && phase_ != Phase::kFailed) fail(FailureCause::kCancelled);
    return std::nullopt;
  }
  phase_ = Phase::kAnswered;
  std::string sdp(sdp_of(response));
  if (sdp.empty() && fork) sdp = fork->sdp;
  Answered event{session_, std::move(sdp), response.status, response.reason, response.headers, remote_tag};
  forks_.clear();
  return Established{std::move(*dialog), response, std::move(event)};
}

/// A 2xx that nobody wants: of a second fork, or one that crossed our CANCEL (RFC 3261 13.2.2.4).
void InviteClient::end_unwanted(base::TimePoint now, Dialog dialog) {
  Message bye = dialog.make_request("BYE");
  add_extra_headers(bye, cancel_headers_);
  digest_.authorize(bye);
  host_.transactions().start(now, std::move(bye), dialog.destination(), session_);
}

bool InviteClient::retry_with_credentials(base::TimePoint now, TransactionId id, const Message& response,
                                          FailureCause& cause) {
  const ClientTransaction* transaction = host_.transactions().client(id);
  switch (digest_.receive_challenge(response, transaction ? transaction->request() : invite_)) {
    case DigestClient::Verdict::kRetry:
      ++cseq_;
      send_invite(now);
      return true;
    case DigestClient::Verdict::kNoCredentials:
      cause = FailureCause::kMissingCredentials;
      return false;
    case DigestClient::Verdict::kRefused:
      cause = FailureCause::kCredentialsRefused;
      return false;
    case DigestClient::Verdict::kUnknownScheme:
      cause = FailureCause::kUnknownChallenge;
      return false;
  }
  return false;
}

void InviteClient::receive_failure(base::TimePoint now, TransactionId id, const Message& response) {
  cancel_over_at_ = base::kNever;
  if (phase_ != Phase::kCalling && phase_ != Phase::kProceeding) return;
  if (cancel_wanted_) {
    fail(FailureCause::kCancelled, &response);
    return;
  }
  FailureCause cause = response.status < 400 ? FailureCause::kRedirected : FailureCause::kRejected;
  if (response.status == 401 || response.status == 407) {
    if (retry_with_credentials(now, id, response, cause)) return;
  } else if (response.status == 422 && !interval_raised_) {
    if (const auto least = number_of(response.headers, "Min-SE")) {
      interval_raised_ = true;
      call_.session_expires = std::max(call_.session_expires, *least);
      invite_.headers.set("Min-SE", std::to_string(*least));
      ++cseq_;
      send_invite(now);
      return;
    }
  }
  fail(cause, &response);
}

void InviteClient::on_timeout(base::TimePoint, TransactionId id) {
  if (id != invite_id_ || (phase_ != Phase::kCalling && phase_ != Phase::kProceeding)) return;
  fail(cancel_wanted_ ? FailureCause::kCancelled : FailureCause::kNoResponse);
}

void InviteClient::on_transport_failure(base::TimePoint, TransactionId id, std::string_view why) {
  if (id != invite_id_ || (phase_ != Phase::kCalling && phase_ != Phase::kProceeding)) return;
  fail(cancel_wanted_ ? FailureCause::kCancelled : FailureCause::kTransport, nullptr, why);
}

void InviteClient::cancel(base::TimePoint now, const HeaderList& headers) {
  if (cancel_wanted_ || (phase_ != Phase::kCalling && phase_ != Phase::kProceeding)) return;
  cancel_wanted_ = true;
  cancel_headers_ = headers;
  // Before the first provisional response a CANCEL could overtake its INVITE (RFC 3261 9.1).
  if (phase_ == Phase::kProceeding) send_cancel(now);
}

void InviteClient::send_cancel(base::TimePoint now) {
  cancel_sent_ = true;
  cancel_over_at_ = now + host_.config().timers.give_up();
  host_.transactions().start_cancel(now, invite_id_, cancel_headers_);
}

void InviteClient::advance(base::TimePoint now) {
  if (now >= no_response_at_) {
    no_response_at_ = base::kNever;
    if (phase_ == Phase::kCalling) {
      // The transaction stays to acknowledge and end a call that is answered after all.
      host_.transactions().stop_retransmitting(invite_id_);
      fail(cancel_wanted_ ? FailureCause::kCancelled : FailureCause::kNoResponse);
    }
  }
  if (now >= cancel_over_at_) {
    cancel_over_at_ = base::kNever;
    if (phase_ != Phase::kAnswered) {
      if (phase_ != Phase::kFailed) fail(FailureCause::kCancelled);
      host_.transactions().terminate(now, invite_id_);
    }
  }
}

void InviteClient::fail(FailureCause cause, const Message* response, std::string_view detail) {
  phase_ = Phase::kFailed;
  no_response_at_ = base::kNever;
  Failed event;
  event.session = session_;
  event.cause = cause;
  event.detail = detail;
  if (response) {
    event.status = response->status;
    event.reason = response->reason;
    event.headers = response->headers;
    if (cause == FailureCause::kRedirected) event.contacts = sorted_contacts(*response);
  }
  host_.emit(std::move(event));
}

}  // namespace ringback::sip
