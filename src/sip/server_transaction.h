#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "sip/message.h"
#include "sip/timers.h"
#include "sip/transport.h"

namespace ringback::sip {

/// One request of a peer until its final response is safe: the INVITE and non-INVITE server state machines of
/// RFC 3261 17.2 with the Accepted state of RFC 6026. Owned by TransactionLayer, one thread, no clock.
class ServerTransaction {
 public:
  enum class State : std::uint8_t { kTrying, kProceeding, kCompleted, kConfirmed, kAccepted, kTerminated };
  enum class Outcome : std::uint8_t { kNothing, kNoAck };

  /// `request`: with received and rport filled in. `reply_to`: where responses go (RFC 3261 18.2.2, RFC
  /// 3581).
  ServerTransaction(Message request, Destination reply_to, const Timers& timers);

  /// The same request came again.
  void receive_again(Sink& sink);
  /// The ACK of a refusal.
  void receive_ack(base::TimePoint now);
  /// Sends a response. After a 2xx to INVITE more of the same 2xx may follow; any other response after a
  /// final one is ignored.
  void respond(base::TimePoint now, const Message& response, Sink& sink);
  Outcome advance(base::TimePoint now, Sink& sink);
  [[nodiscard]] base::TimePoint next_deadline() const;

  [[nodiscard]] bool is_invite() const { return invite_; }
  [[nodiscard]] bool is_terminated() const { return state_ == State::kTerminated; }
  [[nodiscard]] bool has_final_response() const {
    return state_ != State::kTrying && state_ != State::kProceeding;
  }
  [[nodiscard]] const Message& request() const { return request_; }
  [[nodiscard]] std::size_t take_retransmissions();

  base::TimePoint scheduled = base::kNever;  ///< for DeadlineQueue

 private:
  Message request_;  ///< without its body
  Destination reply_to_;
  Timers timers_;
  bool invite_;
  State state_;
  std::string last_response_;
  base::Duration interval_;
  base::TimePoint resend_at_ = base::kNever;  ///< timer G
  base::TimePoint end_at_ = base::kNever;     ///< timer H, I, J or L, by state
  std::size_t retransmissions_ = 0;
};

/// A response with the headers that RFC 3261 8.2.6.2 copies. `local_tag` is added to a To without tag unless
/// the status is 100.
[[nodiscard]] Message make_response(const Message& request, std::uint16_t status,
                                    std::string_view reason = {}, std::string_view local_tag = {});

}  // namespace ringback::sip
