#pragma once

#include <optional>

#include "bridge/call_failure.h"
#include "dialer/server_api_client.h"
#include "livekit/model.h"

/// What a LiveKit server and the SIP service behind it say about a call, in the words of our catalogue.
namespace ringback::dialer {

/// Of RoomService at LIVEKIT_URL.
[[nodiscard]] bridge::CallFailure failure_of_room_api(const ServerApiError& error);

/// Of the SIP API at LIVEKIT_SIP_URL: unreachable, refused keys, no service behind it, no such trunk, and
/// what became of the call (`sip_status_code` in the error's metadata).
[[nodiscard]] bridge::CallFailure failure_of_sip_api(const ServerApiError& error);
[[nodiscard]] bool says_trunk_is_unknown(const ServerApiError& error);

/// Why the phone's participant left the room; nullopt when the reason tells nothing.
[[nodiscard]] std::optional<bridge::CallCause> cause_of_leaving(livekit::DisconnectReason reason,
                                                                bool answered);

}  // namespace ringback::dialer
