#include "sip/offer_exchange.h"

#include <algorithm>
#include <utility>

namespace ringback::sip {
namespace {

/// After a refresh that was refused for another reason than a lost dialog (RFC 4028 10: try again before the
/// end).
constexpr base::Duration kRefreshRetry = std::chrono::seconds(10);

}  // namespace

OfferExchange::OfferExchange(SessionHost& host, SessionId session, std::string contact)
    : host_(host), session_(session), contact_(std::move(contact)) {}

void OfferExchange::note_allow(const Message& message) {
  if (message.headers.has("Allow")) peer_allows_update_ = message.headers.has_token("Allow", "UPDATE");
}

bool OfferExchange::offer(base::TimePoint now, Dialog& dialog, std::string_view sdp, DigestClient& digest,
                          const SessionTimer& timer) {
  if (own_ || theirs_ || success_.waiting()) return false;
  send(now, dialog, Own{TransactionId::kNone, std::string(sdp), false, false}, digest, timer);
  return true;
}

void OfferExchange::refresh(base::TimePoint now, Dialog& dialog, DigestClient& digest,
                            const SessionTimer& timer) {
  if (own_ || theirs_ || success_.waiting()) return;
  Own own{TransactionId::kNone, peer_allows_update_ ? std::string() : local_sdp_, peer_allows_update_, true};
  send(now, dialog, std::move(own), digest, timer);
}

void OfferExchange::send(base::TimePoint now, Dialog& dialog, Own own, DigestClient& digest,
                         const SessionTimer& timer) {
  Message request = dialog.make_request(own.update ? "UPDATE" : "INVITE");
  add_capabilities(request, contact_);
  timer.decorate(request);
  set_sdp(request, own.sdp);
  digest.authorize(request);
  retry_at_ = base::kNever;
  own_ = std::move(own);
  own_->id = host_.transactions().start(now, std::move(request), dialog.destination(), session_);
}

void OfferExchange::acknowledge(Dialog& dialog, TransactionId id, std::uint32_t cseq) {
  sent_ack_.id = id;
  sent_ack_.to = dialog.destination();
  Message ack = dialog.make_ack(cseq);
  // RFC 3261 22.1: the ACK repeats the credentials of its INVITE.
  if (const ClientTransaction* invite = host_.transactions().client(id)) {
    for (const std::string_view name : {"Authorization", "Proxy-Authorization"}) {
      for (const std::string_view value : invite->request().headers.all(name)) {
        ack.headers.add(name, std::string(value));
      }
    }
  }
  sent_ack_.bytes = host_.transactions().send_ack(std::move(ack), sent_ack_.to);
}

void OfferExchange::on_late_success(TransactionId id) {
  if (id == sent_ack_.id && !sent_ack_.bytes.empty())
    host_.transactions().send_bytes(sent_ack_.bytes, sent_ack_.to);
}

void OfferExchange::retry_later(base::TimePoint now, base::Duration delay) {
  own_->id = TransactionId::kNone;
  retry_at_ = now + delay;
}

void OfferExchange::finish(FailureCause cause, std::uint16_t status, std::string_view reason) {
  const bool refresh = own_->refresh;
  own_.reset();
  retry_at_ = base::kNever;
  if (!refresh) host_.emit(ReinviteFailed{session_, cause, status, std::string(reason)});
}

OfferExchange::Outcome OfferExchange::on_response(base::TimePoint now, Dialog& dialog,
                                                  const Message& response, DigestClient& digest,
                                                  SessionTimer& timer) {
  if (response.status < 200) return Outcome::kNothing;
  const TransactionId id = own_->id;
  if (response.status < 300) {
    dialog.refresh_target(response);
    note_allow(response);
    timer.receive_success(now, response);
    const auto cseq = cseq_of(response);
    if (!own_->update && cseq) acknowledge(dialog, id, cseq->number);
    if (!own_->sdp.empty()) local_sdp_ = own_->sdp;
    const Own done = std::move(*own_);
    own_.reset();
    if (!done.update || !done.refresh) {
      host_.emit(ReinviteAnswered{session_, std::string(sdp_of(response)), done.refresh});
    }
    return Outcome::kNothing;
  }
  switch (response.status) {
    case 401:
    case 407: {
      const ClientTransaction* transaction = host_.transactions().client(id);
      auto verdict = DigestClient::Verdict::kRefused;
      if (transaction) verdict = digest.receive_challenge(response, transaction->request());
      if (verdict == DigestClient::Verdict::kRetry) {
        send(now, dialog, std::move(*own_), digest, timer);
        return Outcome::kNothing;
      }
      finish(verdict == DigestClient::Verdict::kNoCredentials   ? FailureCause::kMissingCredentials
             : verdict == DigestClient::Verdict::kUnknownScheme ? FailureCause::kUnknownChallenge
                                                                : FailureCause::kCredentialsRefused,
             response.status, response.reason);
      return Outcome::kNothing;
    }
    case 408:
    case 481:
      finish(FailureCause::kRejected, response.status, response.reason);
      return Outcome::kDialogLost;
    case 491: {
      // RFC 3261 14.1: the side that made the Call-ID waits longer, so that the other one gets through.
      const std::uint32_t steps =
          dialog.we_called() ? 210 + host_.minter().below(191) : host_.minter().below(201);
      retry_later(now, std::chrono::milliseconds(10) * steps);
      return Outcome::kNothing;
    }
    default:
      if (own_->refresh) {
        retry_later(now, kRefreshRetry);
      } else {
        finish(FailureCause::kRejected, response.status, response.reason);
      }
      return Outcome::kNothing;
  }
}

OfferExchange::Outcome OfferExchange::on_timeout() {
  finish(FailureCause::kNoResponse, 0, {});
  return Outcome::kDialogLost;
}

bool OfferExchange::on_transport_failure() {
  const bool refresh = own_->refresh;
  finish(FailureCause::kTransport, 0, {});
  return refresh;
}

void OfferExchange::on_offer(base::TimePoint now, TransactionId id, const Message& request, Dialog& dialog,
                             SessionTimer& timer) {
  auto& transactions = host_.transactions();
  const std::string& tag = dialog.local_tag();
  if (SessionTimer::is_too_short(request, host_.config().least_session_expires)) {
    Message refusal = make_response(request, 422, {}, tag);
    refusal.headers.add("Min-SE", std::to_string(host_.config().least_session_expires));
    transactions.respond(now, id, refusal);
    return;
  }
  const bool update = request.method == "UPDATE";
  const std::string sdp(sdp_of(request));
  if (update && sdp.empty()) {
    dialog.refresh_target(request);
    Message answer = make_response(request, 200, {}, tag);
    add_capabilities(answer, contact_);
    timer.answer(now, request, answer);
    transactions.respond(now, id, answer);
    return;
  }
  if (own_ && own_->id != TransactionId::kNone) {
    transactions.respond(now, id, make_response(request, 491, {}, tag));
    return;
  }
  if (theirs_ || (success_.waiting() && answer_in_ack_)) {
    Message refusal = make_response(request, 500, {}, tag);
    refusal.headers.add("Retry-After", std::to_string(host_.minter().below(11)));
    transactions.respond(now, id, refusal);
    return;
  }
  success_.stop();  // the peer goes on, so it has our last 2xx even if the ACK was lost
  dialog.refresh_target(request);
  note_allow(request);
  if (!update) transactions.respond(now, id, make_response(request, 100));
  theirs_ = Theirs{id, request, update, sdp.empty()};
  theirs_->request.body.clear();
  host_.emit(ReinviteOffer{session_, sdp, update, request.headers});
}

bool OfferExchange::answer(base::TimePoint now, Dialog& dialog, std::string_view sdp, SessionTimer& timer) {
  if (!theirs_) return false;
  const Theirs theirs = std::move(*theirs_);
  theirs_.reset();
  Message response = make_response(theirs.request, 200, {}, dialog.local_tag());
  add_capabilities(response, contact_);
  timer.answer(now, theirs.request, response);
  set_sdp(response, sdp);
  local_sdp_ = sdp;
  if (theirs.update) {
    host_.transactions().respond(now, theirs.id, response);
    return true;
  }
  answer_in_ack_ = theirs.wants_offer;
  const auto cseq = cseq_of(theirs.request);
  success_.start(now, host_.transactions(), theirs.id, cseq ? cseq->number : 0, std::move(response),
                 host_.config().timers);
  return true;
}

bool OfferExchange::reject(base::TimePoint now, Dialog& dialog, std::uint16_t status,
                           std::string_view reason) {
  if (!theirs_ || status < 300 || status > 699) return false;
  host_.transactions().respond(now, theirs_->id,
                               make_response(theirs_->request, status, reason, dialog.local_tag()));
  theirs_.reset();
  return true;
}

void OfferExchange::on_cancel(base::TimePoint now, Dialog& dialog, TransactionId cancelled) {
  if (theirs_ && theirs_->id == cancelled) {
    [[maybe_unused]] const bool refused = reject(now, dialog, 487, {});
  }
}

void OfferExchange::on_ack(const Message& ack) {
  const auto cseq = cseq_of(ack);
  if (!cseq || !success_.acknowledge(cseq->number)) return;
  if (answer_in_ack_) host_.emit(Acknowledged{session_, std::string(sdp_of(ack))});
  answer_in_ack_ = false;
}

void OfferExchange::close(base::TimePoint now, const std::string& local_tag) {
  if (theirs_) {
    host_.transactions().respond(now, theirs_->id, make_response(theirs_->request, 487, {}, local_tag));
  }
  theirs_.reset();
  own_.reset();
  retry_at_ = base::kNever;
  success_.stop();
}

OfferExchange::Outcome OfferExchange::advance(base::TimePoint now, Dialog* dialog, DigestClient& digest,
                                              const SessionTimer& timer) {
  if (success_.advance(now, host_.transactions()) == SuccessRepeater::Outcome::kGivenUp)
    return Outcome::kNoAck;
  if (now >= retry_at_ && dialog) {
    if (theirs_ || success_.waiting()) {
      retry_at_ = now + std::chrono::seconds(1);
    } else {
      send(now, *dialog, std::move(*own_), digest, timer);
    }
  }
  return Outcome::kNothing;
}

}  // namespace ringback::sip
