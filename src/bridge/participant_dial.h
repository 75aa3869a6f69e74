#pragma once

#include <functional>

#include "base/time.h"
#include "bridge/call_event.h"
#include "livekit/sip_api.h"

namespace ringback::net {
class Front;
}

namespace ringback::bridge {

class SipService;

/// LiveKit's defaults for calls that name no limits of their own.
inline constexpr base::Duration kLiveKitRinging = std::chrono::minutes(3);
inline constexpr base::Duration kLiveKitLongestCall = std::chrono::hours(24);

/// CreateSIPParticipant, whichever way it was asked for (server API, bus): a call and how its caller waits
/// for it.
struct ParticipantDial {
  DialRequest request;
  /// The answer comes when the phone was answered and its digits are pressed, else as soon as the phone's
  /// participant is in the room.
  bool wait_until_answered = false;
  /// The caller is told the failure then, so the phone is not left ringing.
  base::TimePoint deadline = base::kNever;
};

using ParticipantAnswer = std::function<void(livekit::TwirpResult<livekit::SipParticipantInfo>)>;

/// Dials and answers once. `observer`, if any, sees every event of the call, before the answer that it
/// causes. Front thread; front and service outlive the call.
void dial_participant(net::Front& front, SipService& service, ParticipantDial dial, ParticipantAnswer answer,
                      CallObserver observer = nullptr);

/// How the end of a call is told to the caller who waited for it.
[[nodiscard]] livekit::TwirpError participant_error(const CallFailure& why);

}  // namespace ringback::bridge
