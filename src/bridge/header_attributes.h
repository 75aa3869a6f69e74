#pragma once

#include <map>
#include <string>

#include "livekit/sip_api.h"
#include "sip/message.h"

namespace ringback::bridge {

/// What the headers of the far side's responses become as attributes of the phone's participant, as LiveKit
/// has it.
using AttributeMap = std::map<std::string, std::string>;

/// Ids by which providers find a call again (X-Twilio-CallSid and its like), from any response.
[[nodiscard]] AttributeMap provider_attributes(const sip::HeaderList& headers);

/// From the 200: headers that the trunk maps to attributes by name, and all or all X- headers as
/// "sip.h.<name>".
[[nodiscard]] AttributeMap answer_attributes(const sip::HeaderList& headers,
                                             const std::map<std::string, std::string>& mapping,
                                             livekit::SipHeaderOptions include);

}  // namespace ringback::bridge
