#pragma once

#include "base/time.h"
#include "livekit/sip_api.h"

/// Conversions that the server API and the bus share. Private to the module's sources.
namespace google::protobuf {
class Duration;
}
namespace livekit {
class SIPMediaConfig;
class SIPNamedDest;
class SIPRequestDest;
class SIPUri;
}  // namespace livekit

namespace ringback::livekit {

namespace wire = ::livekit;

/// Clamped to what microseconds can hold: 100 years are "for ever" to a phone call.
[[nodiscard]] base::Duration from_wire(const google::protobuf::Duration& from);
[[nodiscard]] SipMediaConfig from_wire(const wire::SIPMediaConfig& from);
[[nodiscard]] SipUri from_wire(const wire::SIPUri& from);
[[nodiscard]] SipRequestDest from_wire(const wire::SIPRequestDest& from);
[[nodiscard]] SipNamedDest from_wire(const wire::SIPNamedDest& from);

void to_wire(base::Duration from, google::protobuf::Duration* to);
void to_wire(const SipMediaConfig& from, wire::SIPMediaConfig* to);
void to_wire(const SipUri& from, wire::SIPUri* to);
void to_wire(const SipRequestDest& from, wire::SIPRequestDest* to);
void to_wire(const SipNamedDest& from, wire::SIPNamedDest* to);

}  // namespace ringback::livekit
