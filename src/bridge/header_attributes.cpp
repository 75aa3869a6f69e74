#include "bridge/header_attributes.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/utf8.h"

namespace ringback::bridge {
namespace {

constexpr std::pair<std::string_view, std::string_view> kProviderHeaders[] = {
    {"X-Twilio-AccountSid", "sip.twilio.accountSid"},
    {"X-Twilio-CallSid", "sip.twilio.callSid"},
    {"X-call_leg_id", "sip.telnyx.callLegID"},
    {"X-call_session_id", "sip.telnyx.callSessionID"},
    {"X-Amzn-ConnectContactId", "sip.amazon.contactId"},
    {"X-Amzn-ConnectInitialContactId", "sip.amazon.initialContactId"},
    {"X-Amzn-SourceAccount", "sip.amazon.sourceAccount"},
    {"X-Amzn-SourceArn", "sip.amazon.sourceArn"},
    {"X-Amzn-TargetArn", "sip.amazon.targetArn"},
    {"X-Lk-Test-Id", "lktest.id"},
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

}  // namespace

AttributeMap provider_attributes(const sip::HeaderList& headers) {
  AttributeMap attributes;
  for (const auto& [header, attribute] : kProviderHeaders) {
    if (const auto value = headers.get(header)) attributes[std::string(attribute)] = base::valid_utf8(*value);
  }
  return attributes;
}

AttributeMap answer_attributes(const sip::HeaderList& headers,
                               const std::map<std::string, std::string>& mapping,
                               livekit::SipHeaderOptions include) {
  using livekit::SipHeaderOptions;
  AttributeMap attributes;
  if (include != SipHeaderOptions::kNone) {
    for (const auto& header : headers) {
      const std::string name = lower(header.name);
      if (include == SipHeaderOptions::kAll || name.starts_with("x-"))
        attributes["sip.h." + name] = base::valid_utf8(header.value);
    }
  }
  for (const auto& [header, attribute] : mapping) {
    if (const auto value = headers.get(header)) attributes[attribute] = base::valid_utf8(*value);
  }
  return attributes;
}

}  // namespace ringback::bridge
