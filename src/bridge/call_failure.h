#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringback::bridge {

/// The steps of a call, in order. Also the `stage` of an error as the API shows it.
enum class CallStage { kRequest, kRoom, kTrunk, kResolve, kInvite, kAuth, kRinging, kAnswer, kMedia, kEnd };

[[nodiscard]] std::string_view to_string(CallStage stage);

/// Every way in which a call can fail, and every reason for which one can end. The names returned by
/// code_of() are stable: they are in the API, in the database and in docs/errors.md.
enum class CallCause {
  // The request could not be used.
  kInvalidRequest,
  kInvalidNumber,
  kImpossibleNumber,
  kTooManyCalls,
  // This machine or its settings.
  kRoomFailed,
  kLiveKitUnreachable,
  kLiveKitKeysRefused,
  kLiveKitError,
  kRoomEncrypted,
  kNoTrunk,
  kUnknownTrunk,
  kSipServiceUnreachable,
  kSipServiceKeysRefused,
  kSipServiceMissing,
  kSipServiceError,
  kNoMediaPorts,
  kDraining,
  kShuttingDown,
  kInternal,
  // The way to the provider.
  kTrunkNameUnknown,
  kTrunkNameTimeout,
  kTrunkUnreachable,
  kTrunkSilent,
  // What the provider or the callee answered.
  kCredentialsMissing,
  kCredentialsRefused,
  kForbidden,
  kNumberNotFound,
  kNumberIncomplete,
  kBusy,
  kDeclined,
  kBlocked,
  kUnavailable,
  kNoAnswer,
  kRedirected,
  kNotAcceptable,
  kProviderOverloaded,
  kProviderError,
  kRejected,
  kBadAnswer,
  // The end of a call that was, or was about to be, connected.
  kMediaTimeout,
  kConnectionLost,
  kPhoneHungUp,
  kUserHungUp,
  kCancelled,
  kRoomClosed,
  kRoomEmpty,
  kRemoved,
  kMaxDuration,
  kInterrupted,
};

/// One row of the catalogue that API, page, log and docs/errors.md share.
struct CauseInfo {
  CallCause cause;
  std::string_view code;     ///< "credentials_refused"
  CallStage stage;           ///< where it usually happens
  int http_status;           ///< when it is the answer to the call request
  std::string_view message;  ///< what a person reads
  std::string_view action;   ///< what to do about it; empty when nothing is wrong
};

[[nodiscard]] std::span<const CauseInfo> call_causes();
[[nodiscard]] const CauseInfo& info_of(CallCause cause);
[[nodiscard]] inline std::string_view code_of(CallCause cause) {
  return info_of(cause).code;
}

/// The inverse; nullopt for a code that is not in the catalogue.
[[nodiscard]] std::optional<CallCause> cause_of_code(std::string_view code);

/// Why one call failed (or ended): a catalogue row with what was seen on this call.
struct CallFailure {
  CallCause cause = CallCause::kInternal;
  CallStage stage = CallStage::kRequest;
  std::string message;
  std::string action;
  int sip_status = 0;  ///< 0: no SIP answer was involved
  std::string sip_reason;
  std::string provider_code;  ///< such as the number in X-Twilio-Error

  [[nodiscard]] std::string_view code() const { return code_of(cause); }
};

/// The catalogue row as it stands; `detail`, if any, is added to the message after a colon.
[[nodiscard]] CallFailure make_failure(CallCause cause, std::string_view detail = {});

/// Reads a final SIP status (300..699): which cause it is, the provider's own words, and what to do.
/// `provider_error` is the value of X-Twilio-Error or a Reason text, if there was one.
[[nodiscard]] CallFailure failure_from_sip(int status, std::string_view reason,
                                           std::string_view provider_error);

}  // namespace ringback::bridge
