#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sip/header_values.h"
#include "sip/message.h"
#include "sip/transport.h"

namespace ringback::sip {

/// Names one call of one UserAgent; never used twice.
enum class SessionId : std::uint64_t { kNone = 0 };

/// Why a call that we placed was not answered, or a request of ours inside a call failed.
enum class FailureCause : std::uint8_t {
  kRejected,            ///< a final response 4xx-6xx; see status, reason and headers
  kNoResponse,          ///< nothing at all came back (timer B, or Config::no_response_timeout)
  kTransport,           ///< the shell could not deliver it
  kMissingCredentials,  ///< the peer wants a name and password and the invite had none
  kCredentialsRefused,  ///< the peer challenged again after it got our answer
  kUnknownChallenge,    ///< it wants an authentication scheme or algorithm that we do not have
  kRedirected,          ///< 3xx; the owner decides what to do with the contacts
  kCancelled,           ///< the owner cancelled it
  kBadResponse,         ///< a 2xx without what a dialog needs (tag, Contact)
};

/// 100 came: the next hop lives.
struct Trying {
  SessionId session;
};

/// A provisional response other than 100. With forking each branch has its own remote_tag.
struct Ringing {
  SessionId session;
  std::uint16_t status = 180;
  std::string reason;
  std::string sdp;  ///< early media; the answer to our offer (it may come again, or differ by branch)
  HeaderList headers;
  std::string remote_tag;
};

/// Our INVITE got its 2xx; the ACK has been sent.
struct Answered {
  SessionId session;
  std::string sdp;  ///< of the 2xx, else the last one of this branch's provisional responses; may be empty
  std::uint16_t status = 200;
  std::string reason;
  HeaderList headers;
  std::string remote_tag;
};

/// Our INVITE will not be answered. The session is over.
struct Failed {
  SessionId session;
  FailureCause cause = FailureCause::kRejected;
  std::uint16_t status = 0;  ///< 0: no final response came
  std::string reason;
  HeaderList headers;              ///< of the final response: Reason, X-Twilio-Error, Warning, ...
  std::vector<NameAddr> contacts;  ///< kRedirected: where to try, best first
  std::string detail;              ///< for kTransport: what the shell said
};

enum class EndedBy : std::uint8_t {
  kRemote,        ///< BYE, or CANCEL before our answer
  kLocal,         ///< our BYE was answered (or will never be), or our rejection was sent
  kNoAck,         ///< our 2xx was never acknowledged
  kSessionTimer,  ///< the session timer ran out without a refresh (RFC 4028)
  kDialogLost,    ///< the peer answered 481 or not at all to a request inside the call
  kTransport,     ///< the shell could not deliver a session refresh
};

/// A call that was answered, or an incoming one, is over. The session is gone.
struct Ended {
  SessionId session;
  EndedBy by = EndedBy::kRemote;
  HeaderList headers;  ///< of the BYE or CANCEL: Reason and the like
};

/// Somebody calls. 100 has been sent; the owner goes on with ring(), accept() or reject().
struct IncomingInvite {
  SessionId session;
  Source source;
  std::string request_uri;
  NameAddr from;
  NameAddr to;
  std::string call_id;
  std::string sdp;  ///< empty: the peer wants our offer (in accept() or a reliable ring())
  HeaderList headers;
  std::string authenticated_user;  ///< when Config::authentication is set
};

/// The peer acknowledged our 2xx (or PRACKed our reliable offer). `sdp` is its answer when the offer was
/// ours.
struct Acknowledged {
  SessionId session;
  std::string sdp;
};

/// The peer changes the session (re-INVITE or UPDATE): answer with answer_reinvite() or reject_reinvite().
struct ReinviteOffer {
  SessionId session;
  std::string sdp;  ///< empty: the peer wants an offer of ours; its answer comes as Acknowledged
  bool update = false;
  HeaderList headers;
};

/// Our reinvite() was answered.
struct ReinviteAnswered {
  SessionId session;
  std::string sdp;
  bool refresh = false;  ///< it was no command but the session timer, with our description unchanged
};

/// Our reinvite() was refused; the call goes on as it was.
struct ReinviteFailed {
  SessionId session;
  FailureCause cause = FailureCause::kRejected;
  std::uint16_t status = 0;
  std::string reason;
};

/// A key press by INFO (application/dtmf-relay or application/dtmf).
struct DtmfInfo {
  SessionId session;
  char digit = 0;  ///< 0-9 * # A-D
  std::uint32_t duration_ms = 160;
};

using Event = std::variant<Trying, Ringing, Answered, Failed, Ended, IncomingInvite, Acknowledged,
                           ReinviteOffer, ReinviteAnswered, ReinviteFailed, DtmfInfo>;

}  // namespace ringback::sip
