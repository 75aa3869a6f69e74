#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "base/time.h"
#include "sip/header_values.h"
#include "sip/message.h"
#include "sip/transaction_layer.h"

namespace ringback::sip {

/// Provisional responses of ours that the peer confirms by PRACK (RFC 3262 3), one at a time, in order.
class ReliableProvisional {
 public:
  enum class Outcome : std::uint8_t { kNothing, kGivenUp };

  ReliableProvisional(TransactionId id, std::uint32_t first_rseq, const Timers& timers)
      : id_(id), next_rseq_(first_rseq), timers_(timers) {}

  /// Sends the response now, or when those before it are confirmed.
  void send(base::TimePoint now, TransactionLayer& transactions, Message response);
  /// True when the RAck is that of the response under way, which is confirmed by it.
  bool confirm(base::TimePoint now, TransactionLayer& transactions, const RAck& rack,
               std::uint32_t invite_cseq);
  [[nodiscard]] bool idle() const { return queue_.empty(); }
  void stop();

  Outcome advance(base::TimePoint now, TransactionLayer& transactions);
  [[nodiscard]] base::TimePoint next_deadline() const { return std::min(resend_at_, give_up_at_); }

 private:
  void send_first(base::TimePoint now, TransactionLayer& transactions);

  TransactionId id_;
  std::uint32_t next_rseq_;
  Timers timers_;
  std::deque<Message> queue_;  ///< the first one is under way
  base::Duration interval_{};
  base::TimePoint resend_at_ = base::kNever;
  base::TimePoint give_up_at_ = base::kNever;
};

}  // namespace ringback::sip
