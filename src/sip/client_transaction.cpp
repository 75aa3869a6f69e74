#include "sip/client_transaction.h"

#include <algorithm>
#include <utility>

#include "sip/header_values.h"
#include "sip/writer.h"

namespace ringback::sip {
namespace {

/// A request of the same transaction: CANCEL and the ACK of a refusal repeat the INVITE's routing headers.
Message companion(const Message& invite, std::string_view method) {
  Message request;
  request.method = method;
  request.request_uri = invite.request_uri;
  for (const std::string_view name : {"Via", "Max-Forwards", "Route", "From", "To", "Call-ID", "CSeq"}) {
    for (const std::string_view value : invite.headers.all(name))
      request.headers.add(name, std::string(value));
  }
  if (const auto cseq = cseq_of(invite))
    request.headers.set("CSeq", CSeq{cseq->number, request.method}.to_string());
  return request;
}

}  // namespace

ClientTransaction::ClientTransaction(base::TimePoint now, Message request, Destination to, SessionId owner,
                                     const Timers& timers, Sink& sink)
    : request_(std::move(request)),
      to_(std::move(to)),
      owner_(owner),
      timers_(timers),
      invite_(request_.method == "INVITE"),
      state_(invite_ ? State::kCalling : State::kTrying),
      interval_(timers.t1) {
  end_at_ = now + timers_.give_up();  // timer B, timer F
  if (!is_reliable(to_.transport)) resend_at_ = now + interval_;
  send_request(sink);
}

void ClientTransaction::send_request(Sink& sink) {
  sink.send(write(request_), to_);
}

bool ClientTransaction::receive(base::TimePoint now, const Message& response, Sink& sink) {
  const bool provisional = response.status < 200;
  const bool success = response.status >= 200 && response.status < 300;
  switch (state_) {
    case State::kCalling:
    case State::kTrying:
    case State::kProceeding:
      if (provisional) {
        state_ = State::kProceeding;
        if (invite_) {
          resend_at_ = base::kNever;
          end_at_ = base::kNever;  // a phone may ring as long as the owner lets it
        } else {
          interval_ = timers_.t2;
        }
        return true;
      }
      resend_at_ = base::kNever;
      if (invite_ && success) {
        state_ = State::kAccepted;
        end_at_ = now + timers_.give_up();  // timer M
      } else {
        state_ = State::kCompleted;
        const base::Duration linger = invite_ ? timers_.response_repeats() : timers_.t4;  // timers D, K
        end_at_ = is_reliable(to_.transport) ? now : now + linger;
        if (invite_) send_ack(response, sink);
      }
      return true;
    case State::kCompleted:
      if (invite_ && response.status >= 300) send_ack(response, sink);
      return false;
    case State::kAccepted:
      return success;  // each 2xx, repeated or of another branch, needs the owner's ACK
    case State::kTerminated:
      return false;
  }
  return false;
}

ClientTransaction::Outcome ClientTransaction::advance(base::TimePoint now, Sink& sink) {
  if (now >= end_at_) {
    const bool unanswered = !has_final_response();
    terminate();
    return unanswered ? Outcome::kTimedOut : Outcome::kNothing;
  }
  if (now >= resend_at_) {
    // Timer A doubles without bound, timer E up to T2.
    interval_ = invite_ ? interval_ * 2 : std::min(interval_ * 2, timers_.t2);
    if (state_ == State::kProceeding) interval_ = timers_.t2;
    resend_at_ = now + interval_;
    ++retransmissions_;
    send_request(sink);
  }
  return Outcome::kNothing;
}

base::TimePoint ClientTransaction::next_deadline() const {
  return std::min(resend_at_, end_at_);
}

void ClientTransaction::terminate() {
  state_ = State::kTerminated;
  resend_at_ = base::kNever;
  end_at_ = base::kNever;
}

std::size_t ClientTransaction::take_retransmissions() {
  return std::exchange(retransmissions_, 0);
}

Message ClientTransaction::make_cancel() const {
  return companion(request_, "CANCEL");
}

void ClientTransaction::send_ack(const Message& response, Sink& sink) {
  Message ack = companion(request_, "ACK");
  if (const auto to = response.headers.get("To")) ack.headers.set("To", std::string(*to));
  sink.send(write(ack), to_);
}

}  // namespace ringback::sip
