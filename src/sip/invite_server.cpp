#include "sip/invite_server.h"

#include <utility>

namespace ringback::sip {
namespace {

/// RFC 3261 13.3.1.1: proxies drop a call after three minutes without a provisional response.
constexpr base::Duration kProvisionalRepeat = std::chrono::seconds(60);
/// RFC 3262 3: the first RSeq is random, small enough not to wrap.
constexpr std::uint32_t kMaxFirstRseq = 0x7fffffff;

}  // namespace

InviteServer::InviteServer(base::TimePoint now, SessionHost& host, SessionId session, TransactionId id,
                           const Message& request, std::string local_tag, std::string contact)
    : host_(host),
      session_(session),
      id_(id),
      request_(request),
      local_tag_(std::move(local_tag)),
      contact_(std::move(contact)),
      cseq_(cseq_of(request) ? cseq_of(request)->number : 0),
      offer_in_invite_(!sdp_of(request).empty()),
      peer_requires_reliable_(request.headers.has_token("Require", "100rel")),
      reliable_(id, 1 + host.minter().below(kMaxFirstRseq), host.config().timers) {
  request_.body.clear();
  host_.transactions().respond(now, id_, make_response(request_, 100));
}

Message InviteServer::response(std::uint16_t status, std::string_view reason) const {
  Message message = make_response(request_, status, reason, local_tag_);
  if (!host_.config().user_agent.empty()) message.headers.add("Server", host_.config().user_agent);
  return message;
}

bool InviteServer::ring(base::TimePoint now, std::uint16_t status, std::string_view reason,
                        std::string_view sdp, const HeaderList& headers) {
  if (phase_ != Phase::kOpen || status <= 100 || status >= 200) return false;
  Message message = response(status, reason);
  add_capabilities(message, contact_);
  add_extra_headers(message, headers);
  set_sdp(message, sdp);
  if (!sdp.empty()) local_sdp_ = sdp;
  if (peer_requires_reliable_) {
    offered_reliably_ = offered_reliably_ || (!offer_in_invite_ && !sdp.empty());
    reliable_.send(now, host_.transactions(), std::move(message));
    return true;
  }
  host_.transactions().respond(now, id_, message);
  repeated_ = std::move(message);
  repeat_at_ = now + kProvisionalRepeat;
  return true;
}

bool InviteServer::accept(base::TimePoint now, std::string_view sdp, const HeaderList& headers,
                          SessionTimer& timer) {
  if (phase_ != Phase::kOpen) return false;
  Message message = response(200, {});
  add_capabilities(message, contact_);
  timer.answer(now, request_, message);
  add_extra_headers(message, headers);
  set_sdp(message, sdp);
  if (!sdp.empty()) local_sdp_ = sdp;
  repeated_.reset();
  repeat_at_ = base::kNever;
  delayed_success_ = std::move(message);
  phase_ = Phase::kAccepting;
  if (reliable_.idle()) send_success(now);
  return true;
}

void InviteServer::send_success(base::TimePoint now) {
  phase_ = Phase::kAccepted;
  success_.start(now, host_.transactions(), id_, cseq_, std::exchange(delayed_success_, {}),
                 host_.config().timers);
}

bool InviteServer::reject(base::TimePoint now, std::uint16_t status, std::string_view reason,
                          const HeaderList& headers) {
  if (phase_ != Phase::kOpen && phase_ != Phase::kAccepting) return false;
  if (status < 300 || status > 699) return false;
  Message message = response(status, reason);
  add_extra_headers(message, headers);
  phase_ = Phase::kRefused;
  reliable_.stop();
  repeated_.reset();
  repeat_at_ = base::kNever;
  host_.transactions().respond(now, id_, message);
  return true;
}

void InviteServer::on_prack(base::TimePoint now, TransactionId id, const Message& request) {
  const auto value = request.headers.get("RAck");
  const auto rack = value ? RAck::parse(*value) : std::nullopt;
  if (!rack || !reliable_.confirm(now, host_.transactions(), *rack, cseq_)) {
    host_.transactions().respond(now, id, make_response(request, rack ? 481 : 400, {}, local_tag_));
    return;
  }
  const std::string sdp(sdp_of(request));
  if (!sdp.empty() && !offered_reliably_) {
    // A new offer inside of PRACK; the call is not set up enough to change it.
    host_.transactions().respond(now, id, make_response(request, 488, {}, local_tag_));
  } else {
    host_.transactions().respond(now, id, make_response(request, 200, {}, local_tag_));
    if (!sdp.empty()) host_.emit(Acknowledged{session_, sdp});
  }
  if (phase_ == Phase::kAccepting && reliable_.idle()) send_success(now);
}

bool InviteServer::on_ack(const Message& ack) {
  const auto cseq = cseq_of(ack);
  if (phase_ != Phase::kAccepted || !cseq || !success_.acknowledge(cseq->number)) return false;
  host_.emit(Acknowledged{session_, offer_in_invite_ ? std::string() : std::string(sdp_of(ack))});
  return true;
}

InviteServer::Outcome InviteServer::advance(base::TimePoint now) {
  if (success_.advance(now, host_.transactions()) == SuccessRepeater::Outcome::kGivenUp)
    return Outcome::kNoAck;
  if (reliable_.advance(now, host_.transactions()) == ReliableProvisional::Outcome::kGivenUp) {
    [[maybe_unused]] const bool refused = reject(now, 504, "PRACK Missing", {});
    return Outcome::kNoPrack;
  }
  if (now >= repeat_at_ && repeated_) {
    repeat_at_ = now + kProvisionalRepeat;
    host_.transactions().respond(now, id_, *repeated_);
  }
  return Outcome::kNothing;
}

}  // namespace ringback::sip
