#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sip/dialog.h"
#include "sip/digest_auth.h"
#include "sip/session_host.h"

namespace ringback::sip {

/// The calling side until the answer: the initial INVITE, its challenges, its early dialogs (one per fork),
/// PRACK (RFC 3262), CANCEL, and afterwards the 2xx that come again or come from other forks. Owned by
/// InviteSession, and kept while the INVITE's transaction lives.
class InviteClient {
 public:
  InviteClient(SessionHost& host, SessionId session, OutboundInvite call);

  /// False when one of the URIs cannot be parsed; nothing was sent then.
  [[nodiscard]] bool start(base::TimePoint now);

  /// The call was answered; the ACK has gone out.
  struct Established {
    Dialog dialog;
    Message response;
    Answered event;
  };
  [[nodiscard]] std::optional<Established> on_response(base::TimePoint now, TransactionId id,
                                                       const Message& response, const Source& source);
  void on_timeout(base::TimePoint now, TransactionId id);
  void on_transport_failure(base::TimePoint now, TransactionId id, std::string_view why);
  void cancel(base::TimePoint now, const HeaderList& headers);
  /// A BYE of the peer in an early dialog, or UPDATE and the like: which one is meant.
  [[nodiscard]] Dialog* early_dialog(const std::string& remote_tag);

  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const { return std::min(no_response_at_, cancel_over_at_); }

  /// Failed was reported.
  [[nodiscard]] bool has_failed() const { return phase_ == Phase::kFailed; }
  [[nodiscard]] bool is_answered() const { return phase_ == Phase::kAnswered; }
  [[nodiscard]] const std::string& call_id() const { return call_id_; }
  [[nodiscard]] const std::string& local_tag() const { return local_tag_; }
  [[nodiscard]] const std::string& contact() const { return contact_; }
  [[nodiscard]] const std::string& offer() const { return call_.sdp; }
  [[nodiscard]] std::string newest_remote_tag() const {
    return forks_.empty() ? "" : forks_.back().dialog.remote_tag();
  }
  [[nodiscard]] DigestClient& digest() { return digest_; }

 private:
  enum class Phase : std::uint8_t { kCalling, kProceeding, kAnswered, kFailed };
  struct Fork {
    Dialog dialog;
    std::uint32_t rseq = 0;  ///< of the last reliable provisional response
    std::string sdp;
  };
  /// What was sent for a 2xx, to be sent again when it comes again.
  struct SentAck {
    std::string bytes;
    Destination to;
  };

  void send_invite(base::TimePoint now);
  void send_cancel(base::TimePoint now);
  void receive_provisional(base::TimePoint now, const Message& response, const Source& source);
  std::optional<Established> receive_success(base::TimePoint now, const Message& response,
                                             const Source& source);
  void receive_failure(base::TimePoint now, TransactionId id, const Message& response);
  [[nodiscard]] bool retry_with_credentials(base::TimePoint now, TransactionId id, const Message& response,
                                            FailureCause& cause);
  void prack(base::TimePoint now, Fork& fork, std::uint32_t rseq);
  SentAck acknowledge(Dialog& dialog);
  void end_unwanted(base::TimePoint now, Dialog dialog);
  void fail(FailureCause cause, const Message* response = nullptr, std::string_view detail = {});
  [[nodiscard]] Fork* find_fork(const std::string& remote_tag);

  SessionHost& host_;
  SessionId session_;
  OutboundInvite call_;
  DigestClient digest_;
  std::string call_id_;
  std::string local_tag_;
  std::string contact_;
  Message invite_;  ///< as sent last, without Via
  std::uint32_t cseq_ = 1;

  Phase phase_ = Phase::kCalling;
  TransactionId invite_id_ = TransactionId::kNone;
  std::vector<Fork> forks_;
  std::map<std::string, SentAck> acks_;  ///< by remote tag
  bool trying_reported_ = false;
  bool interval_raised_ = false;  ///< 422 was obeyed once
  bool cancel_wanted_ = false;
  bool cancel_sent_ = false;
  HeaderList cancel_headers_;
  base::TimePoint no_response_at_ = base::kNever;
  base::TimePoint cancel_over_at_ =
      base::kNever;  ///< RFC 3261 9.1: 64*T1 after CANCEL the INVITE counts as ended
};

}  // namespace ringback::sip
