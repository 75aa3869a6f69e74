#include "sip/reliable_provisional.h"

#include <utility>

namespace ringback::sip {
namespace {

/// More unconfirmed responses than this only come from an owner that does not look at its events.
constexpr std::size_t kMaxWaiting = 16;

}  // namespace

void ReliableProvisional::send(base::TimePoint now, TransactionLayer& transactions, Message response) {
  if (queue_.size() == kMaxWaiting) return;
  response.headers.set("Require", "100rel");
  queue_.push_back(std::move(response));
  if (queue_.size() == 1) send_first(now, transactions);
}

void ReliableProvisional::send_first(base::TimePoint now, TransactionLayer& transactions) {
  queue_.front().headers.set("RSeq", std::to_string(next_rseq_));
  interval_ = timers_.t1;
  resend_at_ = now + interval_;
  give_up_at_ = now + timers_.give_up();
  transactions.respond(now, id_, queue_.front());
}

bool ReliableProvisional::confirm(base::TimePoint now, TransactionLayer& transactions, const RAck& rack,
                                  std::uint32_t invite_cseq) {
  if (queue_.empty() || rack.rseq != next_rseq_ || rack.cseq != invite_cseq || rack.method != "INVITE")
    return false;
  queue_.pop_front();
  ++next_rseq_;
  resend_at_ = base::kNever;
  give_up_at_ = base::kNever;
  if (!queue_.empty()) send_first(now, transactions);
  return true;
}

void ReliableProvisional::stop() {
  queue_.clear();
  resend_at_ = base::kNever;
  give_up_at_ = base::kNever;
}

ReliableProvisional::Outcome ReliableProvisional::advance(base::TimePoint now,
                                                          TransactionLayer& transactions) {
  if (now >= give_up_at_) {
    stop();
    return Outcome::kGivenUp;
  }
  if (now >= resend_at_) {
    // Doubles without the bound T2 (RFC 3262 3).
    interval_ *= 2;
    resend_at_ = now + interval_;
    transactions.respond(now, id_, queue_.front());
  }
  return Outcome::kNothing;
}

}  // namespace ringback::sip
