#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

/// Twirp, the RPC over HTTP of LiveKit's server API: `POST /twirp/livekit.<Service>/<Method>`, body in JSON
/// or protobuf. The codecs of the messages are in room_api.h and sip_api.h.
namespace ringback::livekit {

enum class TwirpCode : std::uint8_t {
  kCanceled,
  kUnknown,
  kInvalidArgument,
  kMalformed,
  kDeadlineExceeded,
  kNotFound,
  kBadRoute,
  kAlreadyExists,
  kPermissionDenied,
  kUnauthenticated,
  kResourceExhausted,
  kFailedPrecondition,
  kAborted,
  kOutOfRange,
  kUnimplemented,
  kInternal,
  kUnavailable,
  kDataLoss
};

struct TwirpError {
  TwirpCode code = TwirpCode::kUnknown;
  std::string msg;
  std::map<std::string, std::string> meta;
};

/// "invalid_argument"
[[nodiscard]] std::string_view name_of(TwirpCode code);
[[nodiscard]] int http_status_of(TwirpCode code);
/// The JSON body; always sent as exactly `application/json`, whatever the request's type was.
[[nodiscard]] std::string encode(const TwirpError& error);

/// Reads the answer to a request of ours whose status was not 200. What is no Twirp error (LiveKit's plain
/// refusals of a token, a proxy's page) gets the code that its status suggests and its text as the message.
[[nodiscard]] TwirpError decode_twirp_error(int http_status, std::string_view body);

enum class TwirpFormat : std::uint8_t { kJson, kProtobuf };

/// Content type of an answer in this format.
[[nodiscard]] std::string_view content_type_of(TwirpFormat format);

/// A request that has found its way: which service and method, and how its body is encoded.
struct TwirpRoute {
  std::string service;  ///< "RoomService": the part after "livekit."
  std::string method;   ///< "CreateRoom"
  TwirpFormat format = TwirpFormat::kJson;
};

/// Reads method, path and content type of a request below `/twirp/`. Which services and methods exist is for
/// the caller to know: answer `no_such_method()` for an unknown method, and the plain 404 page for an unknown
/// service.
[[nodiscard]] base::Result<TwirpRoute, TwirpError> route_twirp(std::string_view http_method,
                                                               std::string_view path,
                                                               std::string_view content_type);

/// Where a request of ours goes: "/twirp/livekit.RoomService/CreateRoom".
[[nodiscard]] std::string twirp_path(std::string_view service, std::string_view method);

[[nodiscard]] TwirpError no_such_method(std::string_view http_method, std::string_view path);
/// A method of LiveKit's API that this server knows but does not serve: unimplemented, 501. `service` without
/// its package: "RoomService".
[[nodiscard]] TwirpError not_offered(std::string_view service, std::string_view method);
[[nodiscard]] TwirpError permissions_denied();  ///< missing token or grant: unauthenticated, 401
[[nodiscard]] TwirpError invalid_argument(std::string msg);
[[nodiscard]] TwirpError not_found(std::string msg);

template <class T>
using TwirpResult = base::Result<T, TwirpError>;

}  // namespace ringback::livekit
