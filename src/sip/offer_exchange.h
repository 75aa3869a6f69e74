#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sip/dialog.h"
#include "sip/digest_auth.h"
#include "sip/session_host.h"
#include "sip/session_timer.h"
#include "sip/success_repeater.h"

namespace ringback::sip {

/// Changes and refreshes of a session that is set up: re-INVITE and UPDATE in both directions, one at a time,
/// with the glare rules of RFC 3261 14 and RFC 3311 5. Owned by InviteSession.
class OfferExchange {
 public:
  /// What an event means for the session as a whole.
  enum class Outcome : std::uint8_t {
    kNothing,
    kDialogLost,  ///< 481, 408 or no answer: the peer does not know this call any more (RFC 3261 12.2.1.2)
    kNoAck,       ///< our 2xx to a re-INVITE was never acknowledged
  };

  OfferExchange(SessionHost& host, SessionId session, std::string contact);

  /// Ours. False when another change is under way.
  [[nodiscard]] bool offer(base::TimePoint now, Dialog& dialog, std::string_view sdp, DigestClient& digest,
                           const SessionTimer& timer);
  /// The session timer wants a sign of life; by UPDATE when the peer allows it. Does nothing while a change
  /// is under way, for that is a refresh too.
  void refresh(base::TimePoint now, Dialog& dialog, DigestClient& digest, const SessionTimer& timer);
  [[nodiscard]] bool owns(TransactionId id) const { return own_ && own_->id == id; }
  Outcome on_response(base::TimePoint now, Dialog& dialog, const Message& response, DigestClient& digest,
                      SessionTimer& timer);
  Outcome on_timeout();
  /// True when it was a refresh: then the call hangs on a peer that cannot be reached.
  [[nodiscard]] bool on_transport_failure();
  /// A 2xx that came again after its exchange was over.
  void on_late_success(TransactionId id);

  /// The peer's re-INVITE or UPDATE.
  void on_offer(base::TimePoint now, TransactionId id, const Message& request, Dialog& dialog,
                SessionTimer& timer);
  [[nodiscard]] bool answer(base::TimePoint now, Dialog& dialog, std::string_view sdp, SessionTimer& timer);
  [[nodiscard]] bool reject(base::TimePoint now, Dialog& dialog, std::uint16_t status,
                            std::string_view reason);
  void on_cancel(base::TimePoint now, Dialog& dialog, TransactionId cancelled);
  void on_ack(const Message& ack);
  /// The call ends: whatever is open is refused or forgotten.
  void close(base::TimePoint now, const std::string& local_tag);

  Outcome advance(base::TimePoint now, Dialog* dialog, DigestClient& digest, const SessionTimer& timer);
  [[nodiscard]] base::TimePoint next_deadline() const {
    return std::min(retry_at_, success_.next_deadline());
  }

  void set_local_sdp(std::string sdp) { local_sdp_ = std::move(sdp); }
  /// The Allow header of the peer's INVITE or 2xx.
  void note_allow(const Message& message);

 private:
  struct Own {
    TransactionId id = TransactionId::kNone;
    std::string sdp;
    bool update = false;
    bool refresh = false;
  };
  struct Theirs {
    TransactionId id = TransactionId::kNone;
    Message request;  ///< without body
    bool update = false;
    bool wants_offer = false;
  };
  struct SentAck {
    TransactionId id = TransactionId::kNone;
    std::string bytes;
    Destination to;
  };

  void send(base::TimePoint now, Dialog& dialog, Own own, DigestClient& digest, const SessionTimer& timer);
  void finish(FailureCause cause, std::uint16_t status, std::string_view reason);
  void acknowledge(Dialog& dialog, TransactionId id, std::uint32_t cseq);
  void retry_later(base::TimePoint now, base::Duration delay);

  SessionHost& host_;
  SessionId session_;
  std::string contact_;
  std::string local_sdp_;  ///< our description in force, for refreshes by re-INVITE
  bool peer_allows_update_ = false;

  std::optional<Own> own_;  ///< under way, or waiting for its retry
  base::TimePoint retry_at_ = base::kNever;
  SentAck sent_ack_;              ///< of our last re-INVITE
  std::optional<Theirs> theirs_;  ///< not yet answered
  SuccessRepeater success_;       ///< of our answer to a re-INVITE
  bool answer_in_ack_ = false;
};

}  // namespace ringback::sip
