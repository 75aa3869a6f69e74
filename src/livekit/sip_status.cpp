#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "crypto/base64.h"
#include "google_rpc.pb.h"
#include "livekit/protobuf_json.h"
#include "livekit/sip_api.h"
#include "livekit_sip.pb.h"

/// How the SIP API reports the final status of a call.
namespace ringback::livekit {
namespace {

namespace wire = ::livekit;

TwirpCode code_of(int sip_code) {
  switch (sip_code) {
    case 301:
    case 302:
    case 404:
    case 410:
    case 481:
    case 604:
      return TwirpCode::kNotFound;
    case 401:
    case 402:
    case 403:
    case 433:
    case 470:
    case 603:
    case 607:
    case 608:
      return TwirpCode::kPermissionDenied;
    case 407:
    case 428:
    case 436:
    case 437:
    case 438:
    case 494:
      return TwirpCode::kUnauthenticated;
    case 408:
    case 504:
      return TwirpCode::kDeadlineExceeded;
    case 409:
    case 412:
    case 482:
    case 483:
      return TwirpCode::kFailedPrecondition;
    case 416:
      return TwirpCode::kOutOfRange;
    case 440:
    case 480:
    case 486:
    case 600:
      return TwirpCode::kResourceExhausted;
    case 487:
    case 491:
      return TwirpCode::kAborted;
    // The two of their class that mean a wrong request rather than a failed server.
    case 505:
    case 513:
      return TwirpCode::kInvalidArgument;
    default:
      break;
  }
  if (sip_code < 300 || sip_code >= 700) return TwirpCode::kUnknown;
  return sip_code / 100 == 5 ? TwirpCode::kFailedPrecondition : TwirpCode::kInvalidArgument;
}

/// Numbers of google.rpc.Code, which the error detail repeats.
int grpc_code_of(TwirpCode code) {
  switch (code) {
    case TwirpCode::kCanceled:
      return 1;
    case TwirpCode::kUnknown:
    case TwirpCode::kBadRoute:
      return 2;
    case TwirpCode::kInvalidArgument:
    case TwirpCode::kMalformed:
      return 3;
    case TwirpCode::kDeadlineExceeded:
      return 4;
    case TwirpCode::kNotFound:
      return 5;
    case TwirpCode::kAlreadyExists:
      return 6;
    case TwirpCode::kPermissionDenied:
      return 7;
    case TwirpCode::kResourceExhausted:
      return 8;
    case TwirpCode::kFailedPrecondition:
      return 9;
    case TwirpCode::kAborted:
      return 10;
    case TwirpCode::kOutOfRange:
      return 11;
    case TwirpCode::kUnimplemented:
      return 12;
    case TwirpCode::kInternal:
      return 13;
    case TwirpCode::kUnavailable:
      return 14;
    case TwirpCode::kDataLoss:
      return 15;
    case TwirpCode::kUnauthenticated:
      return 16;
  }
  return 2;
}

}  // namespace

TwirpError sip_status_error(int sip_code, std::string_view text) {
  constexpr std::string_view kEnumPrefix = "SIP_STATUS_";
  std::string name = wire::SIPStatusCode_Name(static_cast<wire::SIPStatusCode>(sip_code));
  if (name.empty()) name = std::to_string(sip_code);
  const std::string short_name = name.starts_with(kEnumPrefix) ? name.substr(kEnumPrefix.size()) : name;

  const TwirpCode code = code_of(sip_code);
  const std::string message =
      "sip status " + std::to_string(sip_code) + ": " + (text.empty() ? short_name : std::string(text));

  wire::SIPStatus status;
  status.set_code(static_cast<wire::SIPStatusCode>(sip_code));
  status.set_status(std::string(text));
  google::rpc::Status detail;
  detail.set_code(grpc_code_of(code));
  detail.set_message(message);
  detail.add_details()->PackFrom(status);

  return {.code = code,
          .msg = "twirp error unknown: " + message,
          .meta = {{"sip_status_code", std::to_string(sip_code)},
                   {"sip_status", text.empty() ? name : std::string(text)},
                   {"error_details", crypto::base64_encode(write_binary(detail))}}};
}

std::optional<SipFinalStatus> sip_status_of(const TwirpError& error) {
  const auto code = error.meta.find("sip_status_code");
  if (code == error.meta.end()) return std::nullopt;
  SipFinalStatus status;
  const char* const end = code->second.data() + code->second.size();
  const auto [stop, problem] = std::from_chars(code->second.data(), end, status.code);
  if (problem != std::errc() || stop != end || status.code < 300 || status.code > 699) return std::nullopt;
  if (const auto text = error.meta.find("sip_status"); text != error.meta.end()) status.text = text->second;
  return status;
}

}  // namespace ringback::livekit
