#include "bridge/participant_dial.h"

#include <memory>

#include "bridge/sip_service.h"
#include "net/front.h"
#include "net/timer_queue.h"

namespace ringback::bridge {

using livekit::TwirpCode;
using livekit::TwirpError;

TwirpError participant_error(const CallFailure& why) {
  if (why.sip_status >= 300) {
    TwirpError error = livekit::sip_status_error(why.sip_status, why.sip_reason);
    error.meta["ringback_code"] = std::string(why.code());
    error.meta["action"] = why.action;
    return error;
  }
  TwirpCode code = TwirpCode::kInternal;
  std::string message = why.message;
  switch (why.cause) {
    case CallCause::kNoAnswer:
    case CallCause::kCancelled:
    case CallCause::kUserHungUp:
    case CallCause::kRemoved:
    case CallCause::kRoomClosed:
    case CallCause::kRoomEmpty:
      code = TwirpCode::kCanceled;
      message = "sip request timed out";
      break;
    case CallCause::kTrunkSilent:
      code = TwirpCode::kCanceled;
      message = "transaction failed to complete (0 intermediate responses)";
      break;
    case CallCause::kCredentialsMissing:
      code = TwirpCode::kFailedPrecondition;
      message = "sip server required auth, but no username or password was provided";
      break;
    case CallCause::kCredentialsRefused:
      code = TwirpCode::kFailedPrecondition;
      message = "max auth retry attempts reached for SIP invite";
      break;
    case CallCause::kTrunkNameUnknown:
    case CallCause::kTrunkNameTimeout:
      code = TwirpCode::kInvalidArgument;
      break;
    case CallCause::kTrunkUnreachable:
    case CallCause::kBadAnswer:
      code = TwirpCode::kFailedPrecondition;
      break;
    case CallCause::kNoMediaPorts:
    case CallCause::kTooManyCalls:
    case CallCause::kDraining:
    case CallCause::kShuttingDown:
      code = TwirpCode::kUnavailable;
      break;
    default:
      break;
  }
  TwirpError error{code, std::move(message), {}};
  error.meta["ringback_code"] = std::string(why.code());
  error.meta["ringback_message"] = why.message;
  error.meta["action"] = why.action;
  return error;
}

void dial_participant(net::Front& front, SipService& service, ParticipantDial dial, ParticipantAnswer answer,
                      CallObserver observer) {
  // What the events of the call and the deadline share until one of them has answered.
  struct Pending {
    ParticipantAnswer answer;
    livekit::SipParticipantInfo info;
    net::TimerId deadline;
  };
  auto pending = std::make_shared<Pending>();
  pending->answer = std::move(answer);
  pending->info.participant_identity = dial.request.participant_identity;
  pending->info.room_name = dial.request.room_name;
  pending->info.sip_call_id = dial.request.call_id.str();

  pending->deadline = front.schedule(dial.deadline, [&service, pending, id = dial.request.call_id] {
    if (!pending->answer) return;
    const auto tell = std::exchange(pending->answer, nullptr);
    service.hang_up(id, CallCause::kNoAnswer);
    tell(base::Failure{TwirpError{TwirpCode::kDeadlineExceeded, "context deadline exceeded", {}}});
  });

  const auto tell = [&front, pending](livekit::TwirpResult<livekit::SipParticipantInfo> result) {
    if (!pending->answer) return;
    front.cancel(pending->deadline);
    std::exchange(pending->answer, nullptr)(std::move(result));
  };
  const auto good = dial.wait_until_answered ? CallEvent::Kind::kConnected : CallEvent::Kind::kJoined;
  service.dial(
      std::move(dial.request), [pending, good, tell, observer = std::move(observer)](const CallEvent& event) {
        if (observer) observer(event);
        if (event.kind == CallEvent::Kind::kJoined) pending->info.participant_id = event.participant_id;
        if (event.kind == good) {
          tell(pending->info);
        } else if (event.kind == CallEvent::Kind::kEnded) {
          tell(base::Failure{participant_error(event.end ? *event.end : make_failure(CallCause::kInternal))});
        }
      });
}

}  // namespace ringback::bridge
