#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "bridge/call_event.h"
#include "livekit/access_token.h"
#include "livekit/sip_api.h"
#include "livekit/twirp.h"

namespace ringback::net {
class Front;
}

namespace ringback::bridge {

class SipService;

/// LiveKit's SIP API (`livekit.SIP`) for outbound calls: trunks and CreateSIPParticipant, with LiveKit's own
/// errors.
///
/// Owner: the program; front thread. The caller has verified the token.
class SipApi {
 public:
  using Reply = std::function<void(livekit::TwirpResult<std::string>)>;

  struct Call {
    std::string_view method;
    std::string_view path;  ///< for the error about an unknown method
    std::string_view body;
    livekit::TwirpFormat format = livekit::TwirpFormat::kJson;
    livekit::Claims claims;
    /// X-Twirp-Timeout-Ms; zero: none given.
    base::Duration deadline{};
  };

  SipApi(net::Front& front, SipService& service) : front_(front), service_(service) {}

  /// `reply` gets the encoded answer or the error, now or later, once. With wait_until_answered that is when
  /// the phone was answered or the call failed.
  void handle(const Call& call, Reply reply);

 private:
  void create_participant(const Call& call, Reply reply);

  net::Front& front_;
  SipService& service_;
};

}  // namespace ringback::bridge
