#include "sip/server_transaction.h"

#include <algorithm>
#include <utility>

#include "sip/header_values.h"
#include "sip/writer.h"

namespace ringback::sip {

ServerTransaction::ServerTransaction(Message request, Destination reply_to, const Timers& timers)
    : request_(std::move(request)),
      reply_to_(std::move(reply_to)),
      timers_(timers),
      invite_(request_.method == "INVITE"),
      state_(invite_ ? State::kProceeding : State::kTrying),
      interval_(timers.t1) {
  request_.body.clear();
}

void ServerTransaction::receive_again(Sink& sink) {
  // In Accepted the 2xx is repeated by the session on its own schedule, in Confirmed nothing is owed any
  // more.
  if (state_ != State::kProceeding && state_ != State::kCompleted) return;
  if (last_response_.empty()) return;
  ++retransmissions_;
  sink.send(last_response_, reply_to_);
}

void ServerTransaction::receive_ack(base::TimePoint now) {
  if (!invite_ || state_ != State::kCompleted) return;
  state_ = State::kConfirmed;
  resend_at_ = base::kNever;
  end_at_ = is_reliable(reply_to_.transport) ? now : now + timers_.t4;  // timer I
}

void ServerTransaction::respond(base::TimePoint now, const Message& response, Sink& sink) {
  const bool success = response.status >= 200 && response.status < 300;
  if (state_ == State::kAccepted) {
    if (success) sink.send(write(response), reply_to_);
    return;
  }
  if (has_final_response()) return;
  last_response_ = write(response);
  sink.send(last_response_, reply_to_);
  if (response.status < 200) {
    state_ = State::kProceeding;
    return;
  }
  if (invite_ && success) {
    state_ = State::kAccepted;
    end_at_ = now + timers_.give_up();  // timer L
    last_response_.clear();
    return;
  }
  state_ = State::kCompleted;
  if (invite_) {
    end_at_ = now + timers_.give_up();  // timer H
    if (!is_reliable(reply_to_.transport)) resend_at_ = now + interval_;
  } else {
    end_at_ = is_reliable(reply_to_.transport) ? now : now + timers_.give_up();  // timer J
  }
}

ServerTransaction::Outcome ServerTransaction::advance(base::TimePoint now, Sink& sink) {
  if (now >= end_at_) {
    const bool no_ack = invite_ && state_ == State::kCompleted;
    state_ = State::kTerminated;
    resend_at_ = base::kNever;
    end_at_ = base::kNever;
    return no_ack ? Outcome::kNoAck : Outcome::kNothing;
  }
  if (now >= resend_at_) {
    interval_ = std::min(interval_ * 2, timers_.t2);
    resend_at_ = now + interval_;
    ++retransmissions_;
    sink.send(last_response_, reply_to_);
  }
  return Outcome::kNothing;
}

base::TimePoint ServerTransaction::next_deadline() const {
  return std::min(resend_at_, end_at_);
}

std::size_t ServerTransaction::take_retransmissions() {
  return std::exchange(retransmissions_, 0);
}

Message make_response(const Message& request, std::uint16_t status, std::string_view reason,
                      std::string_view local_tag) {
  Message response;
  response.status = status;
  response.reason = reason.empty() ? reason_phrase(status) : reason;
  for (const std::string_view name : {"Via", "Record-Route", "From", "To", "Call-ID", "CSeq"}) {
    if (name == "Record-Route" && status >= 300) continue;
    for (const std::string_view value : request.headers.all(name))
      response.headers.add(name, std::string(value));
  }
  if (status > 100 && !local_tag.empty()) {
    const auto to = to_of(request);
    if (to && to->tag().empty()) {
      response.headers.set("To", std::string(*request.headers.get("To")) + ";tag=" + std::string(local_tag));
    }
  }
  return response;
}

}  // namespace ringback::sip
