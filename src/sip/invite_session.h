#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sip/invite_client.h"
#include "sip/invite_server.h"
#include "sip/offer_exchange.h"
#include "sip/session_host.h"
#include "sip/session_timer.h"

namespace ringback::sip {

/// One call, from the INVITE to the last message about it, calling or called. Joins the parts: InviteClient
/// or InviteServer until the answer, then the Dialog with OfferExchange and SessionTimer, then BYE. Owned by
/// UserAgent, which keeps it while client transactions of it live, so that late answers find somebody to end
/// them.
class InviteSession {
 public:
  InviteSession(SessionHost& host, SessionId id) : host_(host), id_(id) {}
  InviteSession(const InviteSession&) = delete;
  InviteSession& operator=(const InviteSession&) = delete;

  /// Makes it a call of ours; false for bad URIs.
  [[nodiscard]] bool call(base::TimePoint now, const OutboundInvite& invite);
  /// Makes it a call of the peer's; false when the INVITE has no usable Contact (it has been refused then).
  [[nodiscard]] bool receive_invite(base::TimePoint now, TransactionId id, const Message& invite,
                                    const Source& source, std::string authenticated_user);

  // From the transactions.
  void on_response(base::TimePoint now, TransactionId id, const Message& response, const Source& source);
  void on_timeout(base::TimePoint now, TransactionId id);
  void on_transport_failure(base::TimePoint now, TransactionId id, std::string_view why);
  void on_request(base::TimePoint now, TransactionId id, const Message& request, const Source& source);
  void on_cancel(base::TimePoint now, TransactionId cancelled, const Message& cancel);
  void on_ack(base::TimePoint now, const Message& ack, const Source& source);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;

  // From the owner; see UserAgent.
  using Outcome = base::Result<void, CommandError>;
  Outcome cancel(base::TimePoint now, const HeaderList& headers);
  Outcome bye(base::TimePoint now, const HeaderList& headers);
  Outcome hang_up(base::TimePoint now, const HeaderList& headers);
  Outcome ring(base::TimePoint now, std::uint16_t status, std::string_view reason, std::string_view sdp,
               const HeaderList& headers);
  Outcome accept(base::TimePoint now, std::string_view sdp, const HeaderList& headers);
  Outcome reject(base::TimePoint now, std::uint16_t status, std::string_view reason,
                 const HeaderList& headers);
  Outcome reinvite(base::TimePoint now, std::string_view sdp);
  Outcome answer_reinvite(base::TimePoint now, std::string_view sdp);
  Outcome reject_reinvite(base::TimePoint now, std::uint16_t status, std::string_view reason);
  Outcome send_dtmf_info(base::TimePoint now, char digit, std::uint32_t duration_ms);

  /// Its end has been reported; commands are refused from now on.
  [[nodiscard]] bool is_over() const { return state_ == State::kOver; }
  [[nodiscard]] SessionInfo info() const;

  std::size_t open_transactions = 0;         ///< client transactions of this session, counted by UserAgent
  base::TimePoint scheduled = base::kNever;  ///< for DeadlineQueue

 private:
  enum class State : std::uint8_t {
    kCalling,      ///< our INVITE is not answered
    kCalled,       ///< the peer's INVITE is not answered
    kEstablished,  ///< 2xx sent or received
    kEnding,       ///< our BYE is under way
    kOver,
  };

  void establish(base::TimePoint now, InviteClient::Established established);
  void receive_bye(base::TimePoint now, TransactionId id, const Message& request);
  void receive_info(base::TimePoint now, TransactionId id, const Message& request);
  void respond(base::TimePoint now, TransactionId id, const Message& request, std::uint16_t status);
  void on_bye_response(base::TimePoint now, const Message& response);
  void send_bye(base::TimePoint now);
  /// Ends an established call for a reason that is not the owner's.
  void end(base::TimePoint now, EndedBy by, bool tell_peer, const HeaderList& headers = {});
  void finish(EndedBy by, const HeaderList& headers = {});
  void handle(base::TimePoint now, OfferExchange::Outcome outcome);
  [[nodiscard]] Dialog* dialog_with(const std::string& remote_tag);
  [[nodiscard]] DigestClient& digest();
  [[nodiscard]] bool awaits_ack() const { return server_ && server_->awaits_ack(); }

  SessionHost& host_;
  SessionId id_;
  State state_ = State::kCalling;
  std::optional<InviteClient> client_;
  std::optional<InviteServer> server_;
  std::optional<DigestClient> server_digest_;  ///< a called side has no credentials, but the same interface
  std::optional<Dialog> dialog_;
  std::optional<OfferExchange> exchange_;
  SessionTimer timer_;

  TransactionId bye_id_ = TransactionId::kNone;
  bool bye_wanted_ = false;  ///< waits for the ACK of our 2xx (RFC 3261 15)
  HeaderList bye_headers_;
};

}  // namespace ringback::sip
