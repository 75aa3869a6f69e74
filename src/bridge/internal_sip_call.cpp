#include "bridge/internal_sip_call.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/overloaded.h"
#include "bridge/participant_dial.h"
#include "bridge/trunk_book.h"
#include "sip/uri.h"

namespace ringback::bridge {
namespace {

using livekit::TwirpCode;
using livekit::TwirpError;

/// A SIP address that overrides what the trunk says. nullopt: it is none.
std::optional<sip::Uri> uri_of(const livekit::SipRequestDest& destination) {
  return std::visit(base::Overloaded{[](std::monostate) { return std::optional<sip::Uri>(); },
                                     [](const std::string& raw) {
                                       std::string_view text = raw;
                                       if (text.starts_with('<') && text.ends_with('>'))
                                         text = text.substr(1, text.size() - 2);
                                       auto uri = sip::Uri::parse(text);
                                       return uri && uri->is_sip() ? uri : std::nullopt;
                                     },
                                     [](const livekit::SipUri& parts) {
                                       const std::string& host = parts.host.empty() ? parts.ip : parts.host;
                                       if (parts.user.empty() || host.empty())
                                         return std::optional<sip::Uri>();
                                       std::string text =
                                           fmt::format("sip:{}@{}", sip::escaped_user(parts.user), host);
                                       if (parts.port != 0) text += fmt::format(":{}", parts.port);
                                       return sip::Uri::parse(text);
                                     }},
                    destination);
}

livekit::TwirpResult<Trunk> trunk_of(const livekit::InternalSipCall& call) {
  livekit::SipOutboundTrunk made;
  made.sip_trunk_id = call.sip_trunk_id;
  made.address = call.address;
  made.transport = call.transport;
  made.auth_username = call.username;
  made.auth_password = call.password;
  made.from_host = call.from_host;
  if (call.sip_request_uri) {
    const auto uri = uri_of(*call.sip_request_uri);
    if (!uri) return base::Failure{livekit::invalid_argument("invalid request URI: it is no SIP address")};
    if (uri->is_secure()) made.transport = livekit::SipTransport::kTls;
    if (uri->transport() == "tcp") made.transport = livekit::SipTransport::kTcp;
    if (uri->transport() == "udp") made.transport = livekit::SipTransport::kUdp;
    made.address = uri->port == 0 ? uri->host : fmt::format("{}:{}", uri->host, uri->port);
  }
  if (made.address.empty())
    return base::Failure{livekit::invalid_argument("invalid request URI: address must be set")};
  auto trunk = trunk_from_api(made);
  if (!trunk)
    return base::Failure{livekit::invalid_argument("invalid request URI: " + trunk.error().message)};
  return std::move(*trunk);
}

/// nullopt: the call's media settings can be met.
std::optional<TwirpError> media_problem(const livekit::InternalSipCall& call) {
  const bool encrypted = (call.media && call.media->encryption == livekit::SipMediaEncryption::kRequire) ||
                         (!(call.media && call.media->encryption) &&
                          call.media_encryption == livekit::SipMediaEncryption::kRequire);
  if (encrypted) return TwirpError{TwirpCode::kFailedPrecondition, "media encryption is not supported", {}};
  if (!call.media || !call.media->only_listed_codecs) return std::nullopt;
  const bool usable =
      std::any_of(call.media->codecs.begin(), call.media->codecs.end(),
                  [](const auto& codec) { return codec.name == "PCMU" || codec.name == "PCMA"; });
  if (usable) return std::nullopt;
  return TwirpError{
      TwirpCode::kFailedPrecondition, "none of the listed codecs is supported: list PCMU or PCMA", {}};
}

}  // namespace

livekit::TwirpResult<DialRequest> dial_request_of(const livekit::InternalSipCall& call) {
  if (call.room_name.empty()) return base::Failure{livekit::invalid_argument("missing room name")};
  if (call.sip_to_header)
    return base::Failure{
        livekit::invalid_argument("invalid To header: cannot use both CallTo and SipToHeader")};
  if (auto problem = media_problem(call)) return base::Failure{std::move(*problem)};
  auto trunk = trunk_of(call);
  if (!trunk) return base::Failure{trunk.error()};

  DialRequest dial;
  dial.trunk = std::move(*trunk);
  dial.call_id = call.sip_call_id.empty() ? make_call_id() : CallId(call.sip_call_id);
  dial.room_name = call.room_name;
  dial.room_url = call.ws_url;
  dial.room_token = call.token;
  dial.participant_identity =
      call.participant_identity.empty() ? "sip_" + call.call_to : call.participant_identity;
  dial.participant_name = call.participant_name;
  dial.participant_metadata = call.participant_metadata;
  dial.participant_attributes = {call.participant_attributes.begin(), call.participant_attributes.end()};
  // The server has written what may be seen of the number, or left it out.
  dial.hide_number = true;

  std::string number = call.call_to;
  if (call.sip_request_uri) {
    const auto uri = uri_of(*call.sip_request_uri);
    if (uri && !uri->user.empty()) number = uri->decoded_user();
  }
  if (number.empty())
    return base::Failure{livekit::invalid_argument("invalid request URI: user must be set")};
  dial.number = base::Masked(number);

  std::string caller = call.number;
  // Absent: the caller number stands as the name; empty: none at all.
  dial.display_name = call.display_name.value_or(caller);
  if (call.sip_from_header) {
    const auto uri = uri_of(call.sip_from_header->uri);
    if (!uri) return base::Failure{livekit::invalid_argument("invalid From header: it is no SIP address")};
    caller = uri->decoded_user();
    dial.trunk.from_host = uri->host;
    dial.display_name = call.sip_from_header->display_name;
  }
  if (dial.display_name->empty()) dial.display_name.reset();
  if (!caller.empty()) dial.caller = base::Masked(caller);

  for (const auto& [name, value] : dial.trunk.headers) dial.headers[name] = value;
  for (const auto& [name, value] : call.headers) dial.headers[name] = value;
  dial.headers_to_attributes = {call.headers_to_attributes.begin(), call.headers_to_attributes.end()};
  dial.include_headers = call.include_headers;
  dial.ringback_tone = call.play_dialtone;
  dial.dtmf = call.dtmf;
  dial.ringing_timeout =
      call.ringing_timeout > base::Duration::zero() ? call.ringing_timeout : kLiveKitRinging;
  dial.max_duration = call.max_call_duration > base::Duration::zero()
                          ? std::min(call.max_call_duration, kLiveKitLongestCall)
                          : kLiveKitLongestCall;
  if (call.media && call.media->media_timeout && *call.media->media_timeout > base::Duration::zero())
    dial.media_timeout = call.media->media_timeout;
  // A caller who does not wait learns from the room how the call fares: the phone must be there before
  // anything can go wrong with it.
  dial.room_first = !call.wait_until_answered;
  // LiveKit's SIP service stays until the phone or the application hangs up.
  dial.hang_up_when_alone = false;
  return dial;
}

}  // namespace ringback::bridge
