#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/id.h"
#include "base/masked.h"
#include "base/time.h"
#include "bridge/call_failure.h"
#include "bridge/trunk.h"
#include "livekit/sip_api.h"

namespace ringback::bridge {

/// "SCL_" and 12 characters: the id of a call everywhere (row, log, attribute sip.callID, API).
using CallId = base::Id<struct CallIdTag>;

/// A new id. Any thread.
[[nodiscard]] CallId make_call_id();

/// What a call to a phone needs to know. A value: made on the front, moved to the worker that owns the call.
struct DialRequest {
  CallId call_id;
  std::string room_name;
  std::string participant_identity;
  std::string participant_name;
  std::string participant_metadata;
  std::map<std::string, std::string> participant_attributes;

  Trunk trunk;
  base::Masked number;                      ///< what is dialled: digits or a SIP user
  std::optional<base::Masked> caller;       ///< caller ID; absent: the trunk's
  std::optional<std::string> display_name;  ///< of the From header; absent: none
  std::map<std::string, std::string> headers;
  std::map<std::string, std::string> headers_to_attributes;  ///< header of the 200 -> participant attribute
  livekit::SipHeaderOptions include_headers = livekit::SipHeaderOptions::kNone;  ///< of the 200, as sip.h.*

  bool ringback_tone = true;  ///< into the room until early media or the answer
  bool hide_number = false;   ///< leave the number out of the participant's attributes
  std::string dtmf;           ///< pressed after the answer, before the audio is bridged
  base::Duration ringing_timeout = std::chrono::seconds(60);
  base::Duration max_duration = std::chrono::hours(4);
  std::optional<base::Duration> media_timeout;  ///< absent: the settings'

  std::string room_url;            ///< of the LiveKit server that has the room; empty: that of the settings
  std::string room_token;          ///< to enter it; empty: we sign one
  bool room_first = false;         ///< the INVITE waits until the phone's participant is in the room
  bool hang_up_when_alone = true;  ///< when everybody else has left the room
};

/// A step of a call, as everybody sees it: API, log, room attributes, LiveKit's SIP API.
struct CallEvent {
  enum class Kind {
    kJoined,     ///< the phone's participant is in the room
    kDialing,    ///< the INVITE is on its way
    kRinging,    ///< the phone rings (or early media plays)
    kAnswered,   ///< the phone was answered; ACK is out
    kConnected,  ///< answered and, if digits were to be pressed, they have been
    kEnded,      ///< final; `end` says why. Nothing follows
  };
  Kind kind = Kind::kDialing;
  CallId call_id;
  base::WallMillis at = 0;
  bool was_answered = false;       ///< kEnded: the phone had been answered
  std::optional<CallFailure> end;  ///< kEnded: the reason, which need not be a failure (kPhoneHungUp, ...)
  std::string participant_id;      ///< kJoined: "PA_..."
  std::string sip_call_id;         ///< kDialing: the Call-ID header
  std::string trunk_id;            ///< kDialing: where it was not known when the call was placed
  int sip_status = 0;              ///< kRinging, kAnswered
  bool early_media = false;        ///< kRinging: the phone's side plays its own sound
  std::string codec;               ///< kAnswered: "PCMU"
};

/// Runs on the front thread. The last event is kEnded.
using CallObserver = std::function<void(const CallEvent&)>;

}  // namespace ringback::bridge
