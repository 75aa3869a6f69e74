#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"
#include "sip/message.h"
#include "sip/transaction_layer.h"

namespace ringback::sip {

/// Repeats a 2xx to INVITE until its ACK comes (RFC 3261 13.3.1.4): the transaction does not, because the ACK
/// comes from the far end and the loss may have happened on any hop, whatever the transport of the first one.
class SuccessRepeater {
 public:
  enum class Outcome : std::uint8_t { kNothing, kGivenUp };

  void start(base::TimePoint now, TransactionLayer& transactions, TransactionId id, std::uint32_t cseq,
             Message response, const Timers& timers) {
    id_ = id;
    cseq_ = cseq;
    response_ = std::move(response);
    interval_ = timers.t1;
    longest_ = timers.t2;
    resend_at_ = now + interval_;
    give_up_at_ = now + timers.give_up();
    transactions.respond(now, id_, response_);
  }

  [[nodiscard]] bool waiting() const { return give_up_at_ != base::kNever; }
  /// Takes the ACK with that CSeq number; false when it is not the one awaited.
  bool acknowledge(std::uint32_t cseq) {
    if (!waiting() || cseq != cseq_) return false;
    stop();
    return true;
  }
  void stop() {
    resend_at_ = base::kNever;
    give_up_at_ = base::kNever;
    response_ = {};
  }

  Outcome advance(base::TimePoint now, TransactionLayer& transactions) {
    if (now >= give_up_at_) {
      stop();
      return Outcome::kGivenUp;
    }
    if (now >= resend_at_) {
      interval_ = std::min(interval_ * 2, longest_);
      resend_at_ = now + interval_;
      transactions.respond(now, id_, response_);
    }
    return Outcome::kNothing;
  }
  [[nodiscard]] base::TimePoint next_deadline() const { return std::min(resend_at_, give_up_at_); }

 private:
  TransactionId id_ = TransactionId::kNone;
  std::uint32_t cseq_ = 0;
  Message response_;
  base::Duration interval_{};
  base::Duration longest_{};
  base::TimePoint resend_at_ = base::kNever;
  base::TimePoint give_up_at_ = base::kNever;
};

}  // namespace ringback::sip
