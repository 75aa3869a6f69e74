#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sip/digest_auth.h"
#include "sip/event.h"
#include "sip/timers.h"
#include "sip/transport.h"

namespace ringback::sip {

/// Settings of one UserAgent; fixed for its life.
struct Config {
  /// Worker prefix of every token we mint: one lower-case letter and one to three digits.
  std::string prefix = "w0";
  std::string user_agent = "ringback";
  /// The address of ours that a peer at `remote` can reach: goes into Via and Contact. Behind a NAT the
  /// public one.
  std::function<base::Endpoint(Transport transport, const base::Endpoint& remote)> local_address;
  Timers timers;
  /// An INVITE without any response is given up after this time, so that the owner can try the next target
  /// long before timer B (32 s). kNever-like large values leave it to timer B.
  base::Duration no_response_timeout = std::chrono::seconds(32);
  /// What a call sends at least; peers that want shorter session timers get 422 (RFC 4028 4 demands 90 s or
  /// more).
  std::uint32_t least_session_expires = 90;

  /// When set, initial INVITEs from outside must authenticate.
  struct Authentication {
    std::string realm;
    DigestServer::PasswordOf password_of;
  };
  std::optional<Authentication> authentication;
  /// Concurrent sessions beyond this are answered 503 with Retry-After.
  std::size_t max_sessions = 100000;
};

/// A call to place.
struct OutboundInvite {
  Destination destination;          ///< the next hop, resolved
  std::string request_uri;          ///< "sip:+15551234567@sip.example.com"
  std::string from_uri;             ///< "sip:+15550001111@example.com"
  std::string from_name;            ///< display name; may be empty
  std::string to_uri;               ///< empty: the request URI
  std::vector<std::string> routes;  ///< preloaded Route URIs, usually none
  HeaderList headers;  ///< more headers; those that the dialog owns (Via, From, CSeq, ...) are ignored
  std::optional<Credentials> credentials;
  std::string sdp;                    ///< our offer
  std::uint32_t session_expires = 0;  ///< seconds that we ask for; 0: leave it to the peer
};

enum class CommandError : std::uint8_t {
  kUnknownSession,  ///< it never existed or is over
  kWrongState,      ///< not possible now: accept() after accept(), reinvite() before the answer, ...
  kBusy,            ///< another offer is under way in this session
  kBadUri,          ///< the request, From or To URI cannot be parsed
};

struct SessionInfo {
  std::string call_id;
  std::string local_tag;
  std::string remote_tag;  ///< empty before the first dialog
  bool answered = false;
};

/// Counted since the start.
struct UserAgentStatistics {
  std::size_t dropped_messages = 0;    ///< unparsable, stray responses, stray ACKs
  std::size_t refused_requests = 0;    ///< answered by ourselves with 4xx or 5xx
  std::size_t retransmissions = 0;     ///< sent again by us
  std::size_t oversized_requests = 0;  ///< above 1300 bytes on UDP
};

/// Transactions, dialogs and sessions of one worker: all of SIP above the sockets (RFC 3261 as a user agent,
/// with RFC 3262, 3311, 3581, 4028, 6026, 7616). The only class that other modules use to place and take
/// calls.
///
/// Owner: the worker; one thread. Sans-IO: bytes go out through the Sink, which never re-enters; time is an
/// argument. After every call that takes `now`, drain the events: `while (auto event = agent.next_event())
/// ...`; commands may be given while draining. Call advance() when next_deadline() has come.
class UserAgent {
 public:
  UserAgent(Config config, Sink& sink, RandomSource random);
  ~UserAgent();
  UserAgent(const UserAgent&) = delete;
  UserAgent& operator=(const UserAgent&) = delete;

  /// One datagram, or one message cut out of a stream by StreamFramer.
  void receive(base::TimePoint now, std::string_view message, const Source& source);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;
  [[nodiscard]] std::optional<Event> next_event();

  /// The shell could not send to that destination, or its connection broke with something under way. A
  /// destination with a flow concerns what went by that flow; without one, what went to that endpoint by that
  /// transport.
  void transport_failed(base::TimePoint now, const Destination& to, std::string_view why);

  using Outcome = base::Result<void, CommandError>;

  /// Places a call; what becomes of it are events. Fails only for URIs that make no sense.
  base::Result<SessionId, CommandError> invite(base::TimePoint now, const OutboundInvite& call);
  /// Gives up a call that we placed and that is not answered: CANCEL, as soon as that is allowed. Ends with
  /// Failed{kCancelled}. If the answer crosses it, the call is acknowledged and ended by BYE.
  Outcome cancel(base::TimePoint now, SessionId session, const HeaderList& headers = {});
  /// Ends an answered call. Ends with Ended{kLocal} when the peer has confirmed it, or never will.
  Outcome bye(base::TimePoint now, SessionId session, const HeaderList& headers = {});
  /// cancel(), bye() or reject(), whichever the state of the call needs.
  Outcome hang_up(base::TimePoint now, SessionId session, const HeaderList& headers = {});

  /// Provisional response (101-199) to an incoming call, with SDP for early media. Sent reliably when the
  /// peer requires it (100rel).
  Outcome ring(base::TimePoint now, SessionId session, std::uint16_t status = 180,
               std::string_view reason = {}, std::string_view sdp = {}, const HeaderList& headers = {});
  Outcome accept(base::TimePoint now, SessionId session, std::string_view sdp,
                 const HeaderList& headers = {});
  /// Final refusal (300-699); the session is over with Ended{kLocal}.
  Outcome reject(base::TimePoint now, SessionId session, std::uint16_t status, std::string_view reason = {},
                 const HeaderList& headers = {});

  /// Changes an answered session; 491 is retried after the back-off of RFC 3261 14.1.
  Outcome reinvite(base::TimePoint now, SessionId session, std::string_view sdp);
  Outcome answer_reinvite(base::TimePoint now, SessionId session, std::string_view sdp);
  Outcome reject_reinvite(base::TimePoint now, SessionId session, std::uint16_t status,
                          std::string_view reason = {});
  /// Sends a key press by INFO (application/dtmf-relay); for peers without telephone-event.
  Outcome send_dtmf_info(base::TimePoint now, SessionId session, char digit, std::uint32_t duration_ms = 160);

  [[nodiscard]] std::optional<SessionInfo> info(SessionId session) const;
  /// Sessions whose end has not been reported yet.
  [[nodiscard]] std::size_t session_count() const;
  /// Transactions and sessions in memory, lingering ones included; 0 some time after the last call.
  [[nodiscard]] std::size_t live_objects() const;
  [[nodiscard]] const UserAgentStatistics& statistics() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace ringback::sip
