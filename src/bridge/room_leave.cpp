#include "bridge/room_leave.h"

namespace ringback::bridge {

livekit::DisconnectReason disconnect_reason(CallCause cause) {
  using livekit::DisconnectReason;
  switch (cause) {
    case CallCause::kBusy:
    case CallCause::kDeclined:
    case CallCause::kBlocked:
    case CallCause::kForbidden:
    case CallCause::kNotAcceptable:
    case CallCause::kRejected:
    case CallCause::kBadAnswer:
    case CallCause::kCredentialsMissing:
    case CallCause::kCredentialsRefused:
      return DisconnectReason::kUserRejected;
    case CallCause::kNumberNotFound:
    case CallCause::kNumberIncomplete:
    case CallCause::kUnavailable:
    case CallCause::kNoAnswer:
      return DisconnectReason::kUserUnavailable;
    case CallCause::kTrunkNameUnknown:
    case CallCause::kTrunkNameTimeout:
    case CallCause::kTrunkUnreachable:
    case CallCause::kTrunkSilent:
    case CallCause::kRedirected:
    case CallCause::kProviderOverloaded:
    case CallCause::kProviderError:
    case CallCause::kConnectionLost:
      return DisconnectReason::kSipTrunkFailure;
    case CallCause::kMediaTimeout:
      return DisconnectReason::kMediaFailure;
    case CallCause::kShuttingDown:
      return DisconnectReason::kServerShutdown;
    default:
      return DisconnectReason::kClientInitiated;
  }
}

CallCause cause_of(livekit::DisconnectReason reason) {
  switch (reason) {
    case livekit::DisconnectReason::kParticipantRemoved:
      return CallCause::kRemoved;
    case livekit::DisconnectReason::kServerShutdown:
      return CallCause::kShuttingDown;
    case livekit::DisconnectReason::kDuplicateIdentity:
      return CallCause::kRemoved;
    case livekit::DisconnectReason::kConnectionTimeout:
    case livekit::DisconnectReason::kJoinFailure:
      return CallCause::kLiveKitUnreachable;
    default:
      return CallCause::kRoomClosed;
  }
}

}  // namespace ringback::bridge
