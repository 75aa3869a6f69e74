#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "sip/dialog.h"
#include "sip/reliable_provisional.h"
#include "sip/session_host.h"
#include "sip/session_timer.h"
#include "sip/success_repeater.h"

namespace ringback::sip {

/// The called side until its 2xx is acknowledged: provisional responses, reliable ones when the peer requires
/// them, the 2xx and its repetitions, refusal, CANCEL. Owned by InviteSession.
class InviteServer {
 public:
  enum class Outcome : std::uint8_t {
    kNothing,
    kNoAck,    ///< the 2xx was never acknowledged
    kNoPrack,  ///< a reliable provisional response was never confirmed; the INVITE has been refused
  };

  /// `request` is the INVITE; 100 goes out at once.
  InviteServer(base::TimePoint now, SessionHost& host, SessionId session, TransactionId id,
               const Message& request, std::string local_tag, std::string contact);

  [[nodiscard]] bool ring(base::TimePoint now, std::uint16_t status, std::string_view reason,
                          std::string_view sdp, const HeaderList& headers);
  [[nodiscard]] bool accept(base::TimePoint now, std::string_view sdp, const HeaderList& headers,
                            SessionTimer& timer);
  [[nodiscard]] bool reject(base::TimePoint now, std::uint16_t status, std::string_view reason,
                            const HeaderList& headers);

  void on_prack(base::TimePoint now, TransactionId id, const Message& request);
  /// True when the ACK belongs to this INVITE and was awaited.
  [[nodiscard]] bool on_ack(const Message& ack);

  Outcome advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const {
    return std::min({reliable_.next_deadline(), success_.next_deadline(), repeat_at_});
  }

  [[nodiscard]] bool is_open() const { return phase_ == Phase::kOpen; }
  [[nodiscard]] bool is_accepted() const { return phase_ == Phase::kAccepting || phase_ == Phase::kAccepted; }
  /// Nothing but the ACK, or a delayed 2xx, is missing.
  [[nodiscard]] bool awaits_ack() const { return phase_ == Phase::kAccepting || success_.waiting(); }
  [[nodiscard]] TransactionId id() const { return id_; }
  [[nodiscard]] bool offer_was_ours() const { return !offer_in_invite_; }
  /// What the 2xx or, when that has none, a provisional response described.
  [[nodiscard]] const std::string& local_sdp() const { return local_sdp_; }

 private:
  enum class Phase : std::uint8_t { kOpen, kAccepting, kAccepted, kRefused };
  [[nodiscard]] Message response(std::uint16_t status, std::string_view reason) const;
  void send_success(base::TimePoint now);

  SessionHost& host_;
  SessionId session_;
  TransactionId id_;
  Message request_;  ///< without body
  std::string local_tag_;
  std::string contact_;
  std::uint32_t cseq_ = 0;
  bool offer_in_invite_ = false;
  bool peer_requires_reliable_ = false;

  Phase phase_ = Phase::kOpen;
  ReliableProvisional reliable_;
  bool offered_reliably_ = false;  ///< our offer went out in a reliable response; its PRACK brings the answer
  SuccessRepeater success_;
  Message delayed_success_;  ///< 2xx that waits for PRACK (RFC 3262 3)
  std::string local_sdp_;
  std::optional<Message> repeated_;  ///< last unreliable provisional response
  base::TimePoint repeat_at_ = base::kNever;
};

}  // namespace ringback::sip
