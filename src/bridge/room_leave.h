#pragma once

#include "bridge/call_failure.h"
#include "livekit/model.h"

namespace ringback::bridge {

/// What the others in the room see as the reason why the phone left.
[[nodiscard]] livekit::DisconnectReason disconnect_reason(CallCause cause);

/// What it means for the call that a room server ended the phone's stay for this reason.
[[nodiscard]] CallCause cause_of(livekit::DisconnectReason reason);

}  // namespace ringback::bridge
