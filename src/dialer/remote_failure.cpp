#include "dialer/remote_failure.h"

#include <string_view>

namespace ringback::dialer {
namespace {

using bridge::CallCause;
using livekit::TwirpCode;

bool contains(const livekit::TwirpError& error, std::string_view part) {
  return error.msg.find(part) != std::string::npos;
}

/// LiveKit's words where no SIP status came; ringback's own room server says them, too.
std::optional<CallCause> cause_of_words(const livekit::TwirpError& error) {
  if (const auto code = error.meta.find("ringback_code"); code != error.meta.end()) {
    if (const auto cause = bridge::cause_of_code(code->second)) return cause;
  }
  if (contains(error, "no response from servers") || contains(error, "sip not connected"))
    return CallCause::kSipServiceMissing;
  if (contains(error, "requested sip trunk does not exist") || contains(error, "object cannot be found"))
    return CallCause::kUnknownTrunk;
  if (contains(error, "no username or password")) return CallCause::kCredentialsMissing;
  if (contains(error, "max auth retry")) return CallCause::kCredentialsRefused;
  if (contains(error, "transaction failed to complete")) return CallCause::kTrunkSilent;
  if (contains(error, "sip request timed out") || error.code == TwirpCode::kDeadlineExceeded)
    return CallCause::kNoAnswer;
  if (contains(error, "cpu exhausted")) return CallCause::kTooManyCalls;
  return std::nullopt;
}

}  // namespace

bridge::CallFailure failure_of_room_api(const ServerApiError& error) {
  if (error.unanswered) return make_failure(CallCause::kLiveKitUnreachable, error.message());
  const bool refused =
      error.refusal.code == TwirpCode::kUnauthenticated || error.refusal.code == TwirpCode::kPermissionDenied;
  return make_failure(refused ? CallCause::kLiveKitKeysRefused : CallCause::kLiveKitError, error.message());
}

bridge::CallFailure failure_of_sip_api(const ServerApiError& error) {
  if (error.unanswered) return make_failure(CallCause::kSipServiceUnreachable, error.message());
  if (const auto status = livekit::sip_status_of(error.refusal))
    return bridge::failure_from_sip(status->code, status->text, {});
  if (const auto cause = cause_of_words(error.refusal)) return make_failure(*cause, error.message());
  const bool refused =
      error.refusal.code == TwirpCode::kUnauthenticated || error.refusal.code == TwirpCode::kPermissionDenied;
  return make_failure(refused ? CallCause::kSipServiceKeysRefused : CallCause::kSipServiceError,
                      error.message());
}

bool says_trunk_is_unknown(const ServerApiError& error) {
  return !error.unanswered && !livekit::sip_status_of(error.refusal) &&
         cause_of_words(error.refusal) == CallCause::kUnknownTrunk;
}

std::optional<CallCause> cause_of_leaving(livekit::DisconnectReason reason, bool answered) {
  using livekit::DisconnectReason;
  switch (reason) {
    case DisconnectReason::kClientInitiated:
      // Before the answer LiveKit says so for every trouble of the trunk, too.
      return answered ? std::optional(CallCause::kPhoneHungUp) : std::nullopt;
    case DisconnectReason::kParticipantRemoved:
      return CallCause::kRemoved;
    case DisconnectReason::kRoomDeleted:
    case DisconnectReason::kRoomClosed:
      return CallCause::kRoomClosed;
    case DisconnectReason::kUserUnavailable:
      return CallCause::kUnavailable;
    case DisconnectReason::kUserRejected:
      return CallCause::kDeclined;
    case DisconnectReason::kSipTrunkFailure:
      return CallCause::kProviderError;
    case DisconnectReason::kMediaFailure:
      return CallCause::kMediaTimeout;
    case DisconnectReason::kServerShutdown:
    case DisconnectReason::kConnectionTimeout:
    case DisconnectReason::kSignalClose:
      return CallCause::kInterrupted;
    case DisconnectReason::kUnknown:
    case DisconnectReason::kDuplicateIdentity:
    case DisconnectReason::kStateMismatch:
    case DisconnectReason::kJoinFailure:
    case DisconnectReason::kMigration:
    case DisconnectReason::kAgentError:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace ringback::dialer
