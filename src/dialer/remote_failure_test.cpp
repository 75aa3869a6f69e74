#include "dialer/remote_failure.h"

#include <gtest/gtest.h>

namespace ringback::dialer {
namespace {

using bridge::CallCause;
using livekit::TwirpCode;

ServerApiError refused(TwirpCode code, std::string msg, std::map<std::string, std::string> meta = {}) {
  return {.unanswered = {}, .refusal = {.code = code, .msg = std::move(msg), .meta = std::move(meta)}};
}

ServerApiError unanswered() {
  return {.unanswered = http::ClientError{http::ClientStage::kConnect, false, "no connection to x"},
          .refusal = {}};
}

TEST(RemoteFailure, NamesWhatTheSipApiSays) {
  const std::pair<ServerApiError, CallCause> cases[] = {
      {unanswered(), CallCause::kSipServiceUnreachable},
      {refused(TwirpCode::kUnauthenticated, "HTTP 401: invalid API key: x"),
       CallCause::kSipServiceKeysRefused},
      {refused(TwirpCode::kUnavailable, "twirp error unknown: no response from servers"),
       CallCause::kSipServiceMissing},
      {refused(TwirpCode::kInternal, "sip not connected (redis required)"), CallCause::kSipServiceMissing},
      {refused(TwirpCode::kNotFound, "twirp error unknown: requested sip trunk does not exist"),
       CallCause::kUnknownTrunk},
      {refused(TwirpCode::kResourceExhausted, "sip status 486", {{"sip_status_code", "486"}}),
       CallCause::kBusy},
      {refused(TwirpCode::kPermissionDenied, "sip status 603", {{"sip_status_code", "603"}}),
       CallCause::kDeclined},
      {refused(TwirpCode::kCanceled, "twirp error unknown: sip request timed out"), CallCause::kNoAnswer},
      {refused(TwirpCode::kFailedPrecondition, "max auth retry attempts reached for SIP invite"),
       CallCause::kCredentialsRefused},
      {refused(TwirpCode::kFailedPrecondition, "whatever", {{"ringback_code", "trunk_unreachable"}}),
       CallCause::kTrunkUnreachable},
      {refused(TwirpCode::kInternal, "whatever", {{"ringback_code", "no such code"}}),
       CallCause::kSipServiceError},
  };
  for (const auto& [error, cause] : cases) {
    const auto failure = failure_of_sip_api(error);
    EXPECT_EQ(failure.cause, cause) << error.message() << " gives " << failure.code();
    EXPECT_NE(failure.message.find(error.refusal.meta.contains("sip_status_code") ? "SIP" : error.message()),
              std::string::npos)
        << failure.message;
  }
}

TEST(RemoteFailure, NamesWhatTheRoomApiSays) {
  EXPECT_EQ(failure_of_room_api(unanswered()).cause, CallCause::kLiveKitUnreachable);
  EXPECT_EQ(failure_of_room_api(refused(TwirpCode::kUnauthenticated, "permissions denied")).cause,
            CallCause::kLiveKitKeysRefused);
  EXPECT_EQ(failure_of_room_api(refused(TwirpCode::kInternal, "x")).cause, CallCause::kLiveKitError);
}

TEST(RemoteFailure, ReadsWhyThePhoneLeft) {
  using livekit::DisconnectReason;
  EXPECT_EQ(cause_of_leaving(DisconnectReason::kClientInitiated, true), CallCause::kPhoneHungUp);
  EXPECT_EQ(cause_of_leaving(DisconnectReason::kClientInitiated, false), std::nullopt);
  EXPECT_EQ(cause_of_leaving(DisconnectReason::kUserUnavailable, false), CallCause::kUnavailable);
  EXPECT_EQ(cause_of_leaving(DisconnectReason::kParticipantRemoved, true), CallCause::kRemoved);
}

}  // namespace
}  // namespace ringback::dialer
