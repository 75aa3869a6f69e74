#include "sip/invite_session.h"

#include <algorithm>
#include <utility>

#include "sip/dtmf_info.h"

namespace ringback::sip {
namespace {

base::Failure<CommandError> refused(CommandError error) {
  return base::Failure{error};
}

}  // namespace

bool InviteSession::call(base::TimePoint now, const OutboundInvite& invite) {
  state_ = State::kCalling;
  client_.emplace(host_, id_, invite);
  return client_->start(now);
}

bool InviteSession::receive_invite(base::TimePoint now, TransactionId id, const Message& invite,
                                   const Source& source, std::string authenticated_user) {
  state_ = State::kCalled;
  const std::string tag = host_.minter().tag();
  const std::string contact =
      contact_for(host_, host_.minter().contact_user(), source.transport, source.remote);
  dialog_ = Dialog::of_server(invite, tag, source);
  if (!dialog_) {
    host_.transactions().respond(now, id, make_response(invite, 400, "Missing Contact", tag));
    state_ = State::kOver;
    return false;
  }
  server_.emplace(now, host_, id_, id, invite, tag, contact);
  server_digest_.emplace(std::nullopt, host_.minter().random());
  exchange_.emplace(host_, id_, contact);
  exchange_->note_allow(invite);

  IncomingInvite event;
  event.session = id_;
  event.source = source;
  event.request_uri = invite.request_uri;
  event.from = from_of(invite).value_or(NameAddr{});
  event.to = to_of(invite).value_or(NameAddr{});
  event.call_id = call_id_of(invite);
  event.sdp = sdp_of(invite);
  event.headers = invite.headers;
  event.authenticated_user = std::move(authenticated_user);
  host_.emit(std::move(event));
  return true;
}

DigestClient& InviteSession::digest() {
  return client_ ? client_->digest() : *server_digest_;
}

SessionInfo InviteSession::info() const {
  SessionInfo info;
  info.answered = state_ == State::kEstablished || state_ == State::kEnding;
  if (dialog_) {
    info.call_id = dialog_->call_id();
    info.local_tag = dialog_->local_tag();
    info.remote_tag = dialog_->remote_tag();
  } else if (client_) {
    info.call_id = client_->call_id();
    info.local_tag = client_->local_tag();
    info.remote_tag = client_->newest_remote_tag();
  }
  return info;
}

Dialog* InviteSession::dialog_with(const std::string& remote_tag) {
  if (dialog_) return dialog_->remote_tag() == remote_tag ? &*dialog_ : nullptr;
  return client_ ? client_->early_dialog(remote_tag) : nullptr;
}

// --- from the transactions
// ------------------------------------------------------------------------------------------

void InviteSession::on_response(base::TimePoint now, TransactionId id, const Message& response,
                                const Source& source) {
  if (id == bye_id_) {
    on_bye_response(now, response);
    return;
  }
  if (exchange_ && dialog_) {
    if (exchange_->owns(id)) {
      dialog_->note_source(source);
      handle(now, exchange_->on_response(now, *dialog_, response, digest(), timer_));
      return;
    }
    if (response.status >= 200 && response.status < 300) exchange_->on_late_success(id);
  }
  if (!client_) return;
  if (auto established = client_->on_response(now, id, response, source)) {
    establish(now, std::move(*established));
  } else if (client_->has_failed()) {
    state_ = State::kOver;
  }
}

void InviteSession::establish(base::TimePoint now, InviteClient::Established established) {
  state_ = State::kEstablished;
  dialog_ = std::move(established.dialog);
  exchange_.emplace(host_, id_, client_->contact());
  exchange_->set_local_sdp(client_->offer());
  exchange_->note_allow(established.response);
  timer_.receive_success(now, established.response);
  host_.emit(std::move(established.event));
}

void InviteSession::on_timeout(base::TimePoint now, TransactionId id) {
  if (id == bye_id_) {
    if (state_ == State::kEnding) finish(EndedBy::kLocal);
  } else if (exchange_ && exchange_->owns(id)) {
    handle(now, exchange_->on_timeout());
  } else if (client_) {
    client_->on_timeout(now, id);
    if (client_->has_failed()) state_ = State::kOver;
  }
}

void InviteSession::on_transport_failure(base::TimePoint now, TransactionId id, std::string_view why) {
  if (id == bye_id_) {
    if (state_ == State::kEnding) finish(EndedBy::kLocal);
  } else if (exchange_ && exchange_->owns(id)) {
    if (exchange_->on_transport_failure()) end(now, EndedBy::kTransport, true);
  } else if (client_) {
    client_->on_transport_failure(now, id, why);
    if (client_->has_failed()) state_ = State::kOver;
  }
}

void InviteSession::respond(base::TimePoint now, TransactionId id, const Message& request,
                            std::uint16_t status) {
  Message response = make_response(request, status, {}, info().local_tag);
  if (status == 405 || status == 200) response.headers.add("Allow", std::string(kAllow));
  host_.transactions().respond(now, id, response);
}

void InviteSession::on_request(base::TimePoint now, TransactionId id, const Message& request,
                               const Source& source) {
  const auto from = from_of(request);
  const auto cseq = cseq_of(request);
  Dialog* dialog = from && state_ != State::kOver ? dialog_with(from->tag()) : nullptr;
  if (!dialog || !cseq) {
    respond(now, id, request, 481);
    return;
  }
  if (!dialog->accept_cseq(cseq->number)) {
    respond(now, id, request, 500);
    return;
  }
  dialog->note_source(source);
  const std::string& method = request.method;
  if (method == "BYE") {
    receive_bye(now, id, request);
  } else if (method == "PRACK") {
    if (server_) {
      server_->on_prack(now, id, request);
    } else {
      respond(now, id, request, 481);
    }
  } else if (method == "INVITE" || method == "UPDATE") {
    if (state_ == State::kEnding || !exchange_ || (method == "INVITE" && state_ != State::kEstablished)) {
      respond(now, id, request, state_ == State::kEnding ? 481 : 491);
    } else if (awaits_ack() && server_->offer_was_ours()) {
      respond(now, id, request, 491);  // the ACK still owes us the answer to our offer
    } else {
      exchange_->on_offer(now, id, request, *dialog, timer_);
    }
  } else if (method == "INFO") {
    receive_info(now, id, request);
  } else if (method == "OPTIONS") {
    respond(now, id, request, 200);
  } else if (method == "REFER") {
    respond(now, id, request, 603);
  } else if (method == "NOTIFY" || method == "SUBSCRIBE") {
    respond(now, id, request, 489);
  } else {
    respond(now, id, request, 405);
  }
}

void InviteSession::receive_info(base::TimePoint now, TransactionId id, const Message& request) {
  const auto signal = dtmf_of(request);
  if (signal) host_.emit(DtmfInfo{id_, signal->digit, signal->duration_ms});
  if (signal || request.body.empty()) {
    respond(now, id, request, 200);
    return;
  }
  Message refusal = make_response(request, 415, {}, info().local_tag);
  refusal.headers.add("Accept", "application/dtmf-relay, application/dtmf");
  host_.transactions().respond(
      now, id, is_dtmf_type(request) ? make_response(request, 400, {}, info().local_tag) : refusal);
}

void InviteSession::receive_bye(base::TimePoint now, TransactionId id, const Message& request) {
  respond(now, id, request, 200);
  if (state_ == State::kCalled && server_) {
    [[maybe_unused]] const bool refused = server_->reject(now, 487, {}, {});
    finish(EndedBy::kRemote, request.headers);
  } else if (state_ == State::kEstablished || state_ == State::kEnding) {
    if (exchange_) exchange_->close(now, info().local_tag);
    finish(state_ == State::kEnding ? EndedBy::kLocal : EndedBy::kRemote, request.headers);
  }
  // A BYE in an early dialog of our own call ends that branch only; the INVITE's final response decides.
}

void InviteSession::on_cancel(base::TimePoint now, TransactionId cancelled, const Message& cancel) {
  if (server_ && server_->id() == cancelled) {
    if (state_ != State::kCalled) return;  // too late: it was answered
    [[maybe_unused]] const bool refused = server_->reject(now, 487, {}, {});
    finish(EndedBy::kRemote, cancel.headers);
  } else if (exchange_ && dialog_) {
    exchange_->on_cancel(now, *dialog_, cancelled);
  }
}

void InviteSession::on_ack(base::TimePoint now, const Message& ack, const Source& source) {
  const auto from = from_of(ack);
  if (state_ == State::kOver || !dialog_ || !from || from->tag() != dialog_->remote_tag()) return;
  dialog_->note_source(source);
  if (server_ && server_->on_ack(ack)) {
    if (bye_wanted_) send_bye(now);
    return;
  }
  if (exchange_) exchange_->on_ack(ack);
}

void InviteSession::handle(base::TimePoint now, OfferExchange::Outcome outcome) {
  switch (outcome) {
    case OfferExchange::Outcome::kNothing:
      return;
    case OfferExchange::Outcome::kDialogLost:
      end(now, EndedBy::kDialogLost, true);
      return;
    case OfferExchange::Outcome::kNoAck:
      end(now, EndedBy::kNoAck, true);
      return;
  }
}

// --- time
// -----------------------------------------------------------------------------------------------------------

base::TimePoint InviteSession::next_deadline() const {
  base::TimePoint deadline = base::kNever;
  if (client_) deadline = std::min(deadline, client_->next_deadline());
  if (state_ == State::kOver) return deadline;
  if (server_) deadline = std::min(deadline, server_->next_deadline());
  if (exchange_) deadline = std::min(deadline, exchange_->next_deadline());
  if (state_ == State::kEstablished) deadline = std::min(deadline, timer_.next_deadline());
  return deadline;
}

void InviteSession::advance(base::TimePoint now) {
  if (client_) {
    client_->advance(now);
    if (client_->has_failed()) state_ = State::kOver;
  }
  if (state_ == State::kOver) return;
  if (server_) {
    const InviteServer::Outcome outcome = server_->advance(now);
    if (outcome == InviteServer::Outcome::kNoAck) {
      end(now, EndedBy::kNoAck, true);
      return;
    }
    if (outcome == InviteServer::Outcome::kNoPrack) {
      finish(EndedBy::kNoAck);
      return;
    }
  }
  if (exchange_) {
    handle(now, exchange_->advance(now, dialog_ ? &*dialog_ : nullptr, digest(), timer_));
  }
  if (state_ == State::kEstablished && now >= timer_.next_deadline()) {
    if (timer_.role() == SessionTimer::Role::kRefresher && !timer_.is_refreshing()) {
      timer_.refreshing();
      exchange_->refresh(now, *dialog_, digest(), timer_);
    } else {
      end(now, EndedBy::kSessionTimer, true, {{"Reason", "SIP;cause=408;text=\"Session timer expired\""}});
    }
  }
}

// --- the end
// --------------------------------------------------------------------------------------------------------

void InviteSession::send_bye(base::TimePoint now) {
  bye_wanted_ = false;
  Message request = dialog_->make_request("BYE");
  if (!host_.config().user_agent.empty()) request.headers.add("User-Agent", host_.config().user_agent);
  add_extra_headers(request, bye_headers_);
  digest().authorize(request);
  bye_id_ = host_.transactions().start(now, std::move(request), dialog_->destination(), id_);
}

void InviteSession::on_bye_response(base::TimePoint now, const Message& response) {
  if (response.status < 200) return;
  if (response.status == 401 || response.status == 407) {
    const ClientTransaction* transaction = host_.transactions().client(bye_id_);
    if (transaction &&
        digest().receive_challenge(response, transaction->request()) == DigestClient::Verdict::kRetry) {
      send_bye(now);
      return;
    }
  }
  // Whatever it says, the call is over (RFC 3261 15.1.1).
  if (state_ == State::kEnding) finish(EndedBy::kLocal);
}

void InviteSession::end(base::TimePoint now, EndedBy by, bool tell_peer, const HeaderList& headers) {
  if (state_ == State::kOver) return;
  const bool bye_is_out = bye_id_ != TransactionId::kNone;
  if (exchange_) exchange_->close(now, info().local_tag);
  if (tell_peer && dialog_ && !bye_is_out) {
    if (!headers.empty()) bye_headers_ = headers;
    send_bye(now);
  }
  finish(state_ == State::kEnding ? EndedBy::kLocal : by);
}

void InviteSession::finish(EndedBy by, const HeaderList& headers) {
  if (state_ == State::kOver) return;
  state_ = State::kOver;
  timer_.stop();
  host_.emit(Ended{id_, by, headers});
}

// --- from the owner
// -------------------------------------------------------------------------------------------------

InviteSession::Outcome InviteSession::cancel(base::TimePoint now, const HeaderList& headers) {
  if (state_ != State::kCalling) return refused(CommandError::kWrongState);
  client_->cancel(now, headers);
  return {};
}

InviteSession::Outcome InviteSession::bye(base::TimePoint now, const HeaderList& headers) {
  if (state_ != State::kEstablished) return refused(CommandError::kWrongState);
  state_ = State::kEnding;
  bye_headers_ = headers;
  exchange_->close(now, dialog_->local_tag());
  if (awaits_ack()) {
    bye_wanted_ = true;
  } else {
    send_bye(now);
  }
  return {};
}

InviteSession::Outcome InviteSession::hang_up(base::TimePoint now, const HeaderList& headers) {
  switch (state_) {
    case State::kCalling:
      return cancel(now, headers);
    case State::kCalled:
      return reject(now, 480, {}, headers);
    case State::kEstablished:
      return bye(now, headers);
    case State::kEnding:
      return {};
    case State::kOver:
      return refused(CommandError::kUnknownSession);
  }
  return refused(CommandError::kWrongState);
}

InviteSession::Outcome InviteSession::ring(base::TimePoint now, std::uint16_t status, std::string_view reason,
                                           std::string_view sdp, const HeaderList& headers) {
  if (state_ != State::kCalled || !server_->ring(now, status, reason, sdp, headers)) {
    return refused(CommandError::kWrongState);
  }
  return {};
}

InviteSession::Outcome InviteSession::accept(base::TimePoint now, std::string_view sdp,
                                             const HeaderList& headers) {
  if (state_ != State::kCalled || !server_->accept(now, sdp, headers, timer_)) {
    return refused(CommandError::kWrongState);
  }
  state_ = State::kEstablished;
  exchange_->set_local_sdp(server_->local_sdp());
  return {};
}

InviteSession::Outcome InviteSession::reject(base::TimePoint now, std::uint16_t status,
                                             std::string_view reason, const HeaderList& headers) {
  if (state_ != State::kCalled || !server_->reject(now, status, reason, headers)) {
    return refused(CommandError::kWrongState);
  }
  finish(EndedBy::kLocal);
  return {};
}

InviteSession::Outcome InviteSession::reinvite(base::TimePoint now, std::string_view sdp) {
  if (state_ != State::kEstablished || awaits_ack()) return refused(CommandError::kWrongState);
  if (!exchange_->offer(now, *dialog_, sdp, digest(), timer_)) return refused(CommandError::kBusy);
  return {};
}

InviteSession::Outcome InviteSession::answer_reinvite(base::TimePoint now, std::string_view sdp) {
  if (state_ == State::kOver || !exchange_ || !dialog_ || !exchange_->answer(now, *dialog_, sdp, timer_)) {
    return refused(CommandError::kWrongState);
  }
  return {};
}

InviteSession::Outcome InviteSession::reject_reinvite(base::TimePoint now, std::uint16_t status,
                                                      std::string_view reason) {
  if (state_ == State::kOver || !exchange_ || !dialog_ || !exchange_->reject(now, *dialog_, status, reason)) {
    return refused(CommandError::kWrongState);
  }
  return {};
}

InviteSession::Outcome InviteSession::send_dtmf_info(base::TimePoint now, char digit,
                                                     std::uint32_t duration_ms) {
  if (state_ != State::kEstablished) return refused(CommandError::kWrongState);
  Message request = dialog_->make_request("INFO");
  set_dtmf(request, {digit, duration_ms});
  digest().authorize(request);
  host_.transactions().start(now, std::move(request), dialog_->destination(), id_);
  return {};
}

}  // namespace ringback::sip
