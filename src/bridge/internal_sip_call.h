#pragma once

#include "bridge/call_event.h"
#include "livekit/sip_internal.h"

namespace ringback::bridge {

/// A call that a livekit-server asks its SIP service for, as our own service dials it. The server has checked
/// the request and filled in its trunk; the errors are those of LiveKit's SIP service.
[[nodiscard]] livekit::TwirpResult<DialRequest> dial_request_of(const livekit::InternalSipCall& call);

}  // namespace ringback::bridge
