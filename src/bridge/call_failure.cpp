#include "bridge/call_failure.h"

#include <cassert>
#include <cctype>

#include <fmt/format.h>

#include "base/utf8.h"

namespace ringback::bridge {
namespace {

using enum CallCause;
using enum CallStage;

constexpr CauseInfo kCauses[] = {
    {kInvalidRequest, "invalid_request", kRequest, 400, "The request is not valid",
     "Send JSON with callerId and phoneNumber as text, as README.md shows."},
    {kInvalidNumber, "invalid_number", kRequest, 400, "The phone number is not a number that can be dialled",
     "Write it with + and country code, e.g. +15551230000, or set DEFAULT_REGION to the country of numbers "
     "without +."},
    {kImpossibleNumber, "impossible_number", kRequest, 400, "The numbering plan knows no such number",
     "Check the digits, or set NUMBER_CHECK=lenient to dial it all the same."},
    {kTooManyCalls, "too_many_calls", kRequest, 503, "This machine has all the calls it can carry",
     "Try again when calls have ended, or run ringback on a larger machine."},
    {kRoomFailed, "room_failed", kRoom, 500, "The room could not be made",
     "Look into the log for the reason."},
    {kLiveKitUnreachable, "livekit_unreachable", kRoom, 502, "The LiveKit server cannot be reached",
     "Check LIVEKIT_URL, and that this machine reaches it by TCP (HTTPS_PROXY, if it needs a proxy) "
     "and, where the phone joins its rooms, by UDP."},
    {kLiveKitKeysRefused, "livekit_keys_refused", kRoom, 502, "The LiveKit server refuses the API key",
     "Set LIVEKIT_API_KEY and LIVEKIT_API_SECRET to a key of the project or server that LIVEKIT_URL names, "
     "and "
     "check this machine's clock."},
    {kLiveKitError, "livekit_error", kRoom, 502, "The LiveKit server refuses to make the room",
     "Look at the server's own words and into its log."},
    {kRoomEncrypted, "room_encrypted", kRoom, 409,
     "The room is end-to-end encrypted: a phone cannot be heard there, nor hear anybody",
     "Switch end-to-end encryption off in rooms that phones are called into."},
    {kNoTrunk, "no_trunk", kTrunk, 503, "No SIP trunk is configured, so there is no way to reach a phone",
     "Put these lines into .env and start again: SIP_TRUNK_URI=sip:<your provider's host>, "
     "SIP_TRUNK_USERNAME=<user name>, SIP_TRUNK_PASSWORD=<password> (and SIP_TRUNK_NUMBER=<your number in "
     "E.164>), "
     "or try ./run --demo."},
    {kUnknownTrunk, "unknown_trunk", kTrunk, 404, "The SIP trunk that was asked for does not exist",
     "Use the id of a trunk that ringback lists at start or that the SIP API returned."},
    {kSipServiceUnreachable, "sip_service_unreachable", kTrunk, 502, "LiveKit's SIP API cannot be reached",
     "Check LIVEKIT_SIP_URL, and that this machine reaches it (HTTPS_PROXY, if it needs a proxy)."},
    {kSipServiceKeysRefused, "sip_service_keys_refused", kTrunk, 502, "LiveKit's SIP API refuses the API key",
     "Set LIVEKIT_SIP_API_KEY and LIVEKIT_SIP_API_SECRET (or LIVEKIT_API_KEY and LIVEKIT_API_SECRET) to a "
     "key of "
     "the project that LIVEKIT_SIP_URL names, and check this machine's clock."},
    {kSipServiceMissing, "sip_service_missing", kInvite, 502,
     "No SIP service stands behind the LiveKit server",
     "Start livekit-sip beside the server (both need the same Redis), or unset LIVEKIT_SIP_URL so that "
     "ringback "
     "dials itself."},
    {kSipServiceError, "sip_service_error", kInvite, 502, "LiveKit's SIP service could not place the call",
     "Look at the service's own words and into its log."},
    {kNoMediaPorts, "no_media_ports", kInvite, 503, "No UDP port is free for the phone's audio",
     "Widen RTP_PORT_RANGE; each call takes two ports."},
    {kDraining, "draining", kRequest, 503,
     "This node takes no new calls: it lets its live ones finish and then stops",
     "Send the call to another node, or again when this one has started anew."},
    {kShuttingDown, "shutting_down", kRequest, 503, "ringback is being stopped",
     "Call again when it runs again."},
    {kInternal, "internal_error", kRequest, 500, "Something inside ringback went wrong",
     "This is a defect of ringback: please report it with the log lines of this call."},
    {kTrunkNameUnknown, "trunk_name_unknown", kResolve, 502,
     "The host name of the SIP trunk does not exist in DNS",
     "Check the host in SIP_TRUNK_URI against the provider's console."},
    {kTrunkNameTimeout, "trunk_name_timeout", kResolve, 502,
     "DNS gave no answer for the SIP trunk's host name", "Check this machine's DNS server and network."},
    {kTrunkUnreachable, "trunk_unreachable", kInvite, 502, "The SIP trunk's address refuses the connection",
     "Check host, port and transport in SIP_TRUNK_URI, and that a firewall lets SIP out."},
    {kTrunkSilent, "trunk_silent", kInvite, 504, "The SIP trunk never answered the INVITE",
     "Check host, port and transport in SIP_TRUNK_URI (try ;transport=tcp) and that UDP 5060 may leave this "
     "machine; "
     "some providers drop calls silently when the host name is not the one of their console."},
    {kCredentialsMissing, "credentials_missing", kAuth, 502, "The provider asks for a user name and password",
     "Set SIP_TRUNK_USERNAME and SIP_TRUNK_PASSWORD."},
    {kCredentialsRefused, "credentials_refused", kAuth, 502,
     "The provider refuses the user name or the password",
     "Re-enter SIP_TRUNK_USERNAME and SIP_TRUNK_PASSWORD from the trunk's credential list (not the account's "
     "login)."},
    {kForbidden, "forbidden", kInvite, 502, "The provider does not allow this call",
     "Look at the provider's text: usual causes are this machine's address missing in its access list, a "
     "caller ID "
     "(SIP_TRUNK_NUMBER) that is not yours, or a country that is not enabled."},
    {kNumberNotFound, "number_not_found", kInvite, 404, "The provider knows no such number",
     "Check the number; providers expect E.164 with +."},
    {kNumberIncomplete, "number_incomplete", kInvite, 404, "The provider calls the number incomplete",
     "Check the number; providers expect E.164 with +."},
    {kBusy, "busy", kRinging, 409, "The phone is busy", "Call again later."},
    {kDeclined, "declined", kRinging, 409, "The call was declined",
     "If nobody declined it, look at the provider's text: blocked calls end the same way."},
    {kBlocked, "blocked", kRinging, 409, "The call was blocked as unwanted on its way",
     "Do not call this number again; check the reputation of your caller ID."},
    {kUnavailable, "unavailable", kRinging, 409, "The phone cannot be reached at the moment",
     "It is switched off, not registered or out of coverage: call again later."},
    {kNoAnswer, "no_answer", kRinging, 409, "Nobody answered", "Call again later, or raise RINGING_TIMEOUT."},
    {kRedirected, "redirected", kInvite, 502, "The provider wants the call to go to another address",
     "Set SIP_TRUNK_URI to the address that the provider names."},
    {kNotAcceptable, "not_acceptable", kInvite, 502,
     "The provider accepts none of the audio formats that were offered",
     "Enable G.711 (PCMU or PCMA) without encryption on the trunk."},
    {kProviderOverloaded, "provider_overloaded", kInvite, 503, "The provider cannot take the call now",
     "Often the limit of calls per second or of concurrent calls: place calls more slowly or ask for a "
     "higher limit."},
    {kProviderError, "provider_error", kInvite, 502, "The provider had an internal failure",
     "Try again; if it stays, ask the provider with the time and the number."},
    {kRejected, "rejected", kInvite, 502, "The provider refused the call",
     "Look at the provider's status and text."},
    {kBadAnswer, "bad_answer", kAnswer, 502,
     "The phone was answered, but its audio description cannot be used",
     "Enable G.711 (PCMU or PCMA) without encryption on the trunk."},
    {kMediaTimeout, "media_timeout", kMedia, 504, "The phone's audio stopped arriving",
     "Check that UDP from the provider reaches RTP_PORT_RANGE; behind NAT set PUBLIC_ADDRESS."},
    {kConnectionLost, "connection_lost", kEnd, 502,
     "The connection to the provider broke in the middle of the call", "Check the network to the provider."},
    {kPhoneHungUp, "phone_hung_up", kEnd, 200, "The phone hung up", ""},
    {kUserHungUp, "user_hung_up", kEnd, 200, "The call was hung up", ""},
    {kCancelled, "cancelled", kRinging, 200, "The call was hung up before the phone answered", ""},
    {kRoomClosed, "room_closed", kEnd, 200, "The room was closed", ""},
    {kRoomEmpty, "room_empty", kEnd, 200, "Everybody else had left the room", ""},
    {kRemoved, "removed", kEnd, 200, "The phone was removed from the room", ""},
    {kMaxDuration, "max_duration", kEnd, 200, "The call reached its maximum duration",
     "Raise MAX_CALL_DURATION if calls may last longer."},
    {kInterrupted, "interrupted", kEnd, 500, "ringback stopped in the middle of the call",
     "Look into the log for why it stopped."},
};

constexpr bool in_order() {
  int index = 0;
  for (const auto& info : kCauses) {
    if (static_cast<int>(info.cause) != index++) return false;
  }
  return index == static_cast<int>(kInterrupted) + 1;
}
static_assert(in_order(), "kCauses must list every CallCause in the order of the enum");

CallCause cause_of_status(int status) {
  switch (status) {
    case 401:
    case 407:
      return kCredentialsRefused;
    case 403:
      return kForbidden;
    case 404:
    case 410:
    case 604:
      return kNumberNotFound;
    case 484:
      return kNumberIncomplete;
    case 486:
    case 600:
      return kBusy;
    case 603:
      return kDeclined;
    case 607:
    case 608:
      return kBlocked;
    case 408:
    case 480:
      return kUnavailable;
    case 487:
      return kCancelled;
    case 406:
    case 415:
    case 488:
    case 606:
      return kNotAcceptable;
    case 503:
      return kProviderOverloaded;
    default:
      break;
  }
  if (status >= 300 && status < 400) return kRedirected;
  if (status >= 500 && status < 600) return kProviderError;
  return kRejected;
}

// "32201 Source IP address not in ACL" -> "32201"; Telnyx puts "D35" and the like at the end of its reason
// phrase.
std::string provider_code_of(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
  if (end >= 4) return std::string(text.substr(0, end));
  const auto last = text.rfind(' ');
  const auto word = last == std::string_view::npos ? text : text.substr(last + 1);
  if (word.size() >= 2 && word.size() <= 4 && std::isupper(static_cast<unsigned char>(word.front())) &&
      std::isdigit(static_cast<unsigned char>(word.back()))) {
    return std::string(word);
  }
  return {};
}

}  // namespace

std::string_view to_string(CallStage stage) {
  switch (stage) {
    case kRequest:
      return "request";
    case kRoom:
      return "room";
    case kTrunk:
      return "trunk";
    case kResolve:
      return "resolve";
    case kInvite:
      return "invite";
    case kAuth:
      return "auth";
    case kRinging:
      return "ringing";
    case kAnswer:
      return "answer";
    case kMedia:
      return "media";
    case kEnd:
      return "end";
  }
  return "";
}

std::span<const CauseInfo> call_causes() {
  return kCauses;
}

const CauseInfo& info_of(CallCause cause) {
  return kCauses[static_cast<std::size_t>(cause)];
}

std::optional<CallCause> cause_of_code(std::string_view code) {
  for (const CauseInfo& info : kCauses)
    if (info.code == code) return info.cause;
  return std::nullopt;
}

CallFailure make_failure(CallCause cause, std::string_view detail) {
  const CauseInfo& info = info_of(cause);
  CallFailure failure;
  failure.cause = cause;
  failure.stage = info.stage;
  failure.message = detail.empty() ? std::string(info.message) : fmt::format("{}: {}", info.message, detail);
  failure.action = std::string(info.action);
  return failure;
}

CallFailure failure_from_sip(int status, std::string_view raw_reason, std::string_view raw_provider_error) {
  // Both go into JSON and protobuf.
  const std::string reason = base::valid_utf8(raw_reason);
  const std::string provider_error = base::valid_utf8(raw_provider_error);
  CallFailure failure = make_failure(cause_of_status(status));
  failure.sip_status = status;
  failure.sip_reason = reason;
  failure.provider_code = provider_code_of(provider_error.empty() ? reason : provider_error);
  failure.message += provider_error.empty() ? fmt::format(" (SIP {} {})", status, reason)
                                            : fmt::format(" (SIP {} {}; {})", status, reason, provider_error);
  return failure;
}

}  // namespace ringback::bridge
