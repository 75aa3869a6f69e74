#pragma once

#include <cstdint>

#include "base/time.h"
#include "sip/event.h"
#include "sip/message.h"
#include "sip/timers.h"
#include "sip/transport.h"

namespace ringback::sip {

/// One request of ours on its way to a final response: the INVITE and non-INVITE client state machines of RFC
/// 3261 17.1 with the Accepted state of RFC 6026. Owned by TransactionLayer, one thread, no clock. Sends
/// through the Sink.
class ClientTransaction {
 public:
  enum class State : std::uint8_t { kCalling, kTrying, kProceeding, kCompleted, kAccepted, kTerminated };
  /// What the owner has to be told after advance().
  enum class Outcome : std::uint8_t { kNothing, kTimedOut };

  /// Sends the request, which has its Via already.
  ClientTransaction(base::TimePoint now, Message request, Destination to, SessionId owner,
                    const Timers& timers, Sink& sink);

  /// Returns true when the response is news for the owner, false for a retransmission.
  bool receive(base::TimePoint now, const Message& response, Sink& sink);
  Outcome advance(base::TimePoint now, Sink& sink);
  [[nodiscard]] base::TimePoint next_deadline() const;

  /// Nothing more goes out by itself, but responses are still taken until timer B.
  void stop_retransmitting() { resend_at_ = base::kNever; }
  void terminate();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool is_invite() const { return invite_; }
  [[nodiscard]] bool has_final_response() const {
    return state_ == State::kCompleted || state_ == State::kAccepted || state_ == State::kTerminated;
  }
  [[nodiscard]] bool is_terminated() const { return state_ == State::kTerminated; }
  [[nodiscard]] const Message& request() const { return request_; }
  [[nodiscard]] const Destination& destination() const { return to_; }
  [[nodiscard]] SessionId owner() const { return owner_; }
  [[nodiscard]] std::size_t take_retransmissions();
  /// CANCEL for this INVITE: same Via, Request-URI, CSeq number and Route (RFC 3261 9.1).
  [[nodiscard]] Message make_cancel() const;

  base::TimePoint scheduled = base::kNever;  ///< for DeadlineQueue
  bool moved_to_tcp = false;                 ///< too large for UDP; UDP is still there if TCP fails

 private:
  void send_request(Sink& sink);
  /// For a final response other than 2xx (RFC 3261 17.1.1.3).
  void send_ack(const Message& response, Sink& sink);

  Message request_;
  Destination to_;
  SessionId owner_;
  Timers timers_;
  bool invite_;
  State state_;
  base::Duration interval_;                   ///< of timer A or E
  base::TimePoint resend_at_ = base::kNever;  ///< timer A or E
  base::TimePoint end_at_ = base::kNever;     ///< timer B, D, F, K or M, by state
  std::size_t retransmissions_ = 0;
};

}  // namespace ringback::sip
