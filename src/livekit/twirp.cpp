#include "livekit/twirp.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

namespace ringback::livekit {
namespace {

/// The media type without parameters, in lower case: "application/json;charset=UTF-8" is "application/json".
std::string media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && (content_type.back() == ' ' || content_type.back() == '\t'))
    content_type.remove_suffix(1);
  std::string type(content_type);
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

TwirpError bad_route(std::string msg, std::string_view http_method, std::string_view path) {
  return {.code = TwirpCode::kBadRoute,
          .msg = std::move(msg),
          .meta = {{"twirp_invalid_route", std::string(http_method) + " " + std::string(path)}}};
}

}  // namespace

std::string_view name_of(TwirpCode code) {
  switch (code) {
    case TwirpCode::kCanceled:
      return "canceled";
    case TwirpCode::kUnknown:
      return "unknown";
    case TwirpCode::kInvalidArgument:
      return "invalid_argument";
    case TwirpCode::kMalformed:
      return "malformed";
    case TwirpCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case TwirpCode::kNotFound:
      return "not_found";
    case TwirpCode::kBadRoute:
      return "bad_route";
    case TwirpCode::kAlreadyExists:
      return "already_exists";
    case TwirpCode::kPermissionDenied:
      return "permission_denied";
    case TwirpCode::kUnauthenticated:
      return "unauthenticated";
    case TwirpCode::kResourceExhausted:
      return "resource_exhausted";
    case TwirpCode::kFailedPrecondition:
      return "failed_precondition";
    case TwirpCode::kAborted:
      return "aborted";
    case TwirpCode::kOutOfRange:
      return "out_of_range";
    case TwirpCode::kUnimplemented:
      return "unimplemented";
    case TwirpCode::kInternal:
      return "internal";
    case TwirpCode::kUnavailable:
      return "unavailable";
    case TwirpCode::kDataLoss:
      return "dataloss";
  }
  return "unknown";
}

int http_status_of(TwirpCode code) {
  switch (code) {
    case TwirpCode::kCanceled:
    case TwirpCode::kDeadlineExceeded:
      return 408;
    case TwirpCode::kInvalidArgument:
    case TwirpCode::kMalformed:
    case TwirpCode::kOutOfRange:
      return 400;
    case TwirpCode::kNotFound:
    case TwirpCode::kBadRoute:
      return 404;
    case TwirpCode::kAlreadyExists:
    case TwirpCode::kAborted:
      return 409;
    case TwirpCode::kPermissionDenied:
      return 403;
    case TwirpCode::kUnauthenticated:
      return 401;
    case TwirpCode::kResourceExhausted:
      return 429;
    case TwirpCode::kFailedPrecondition:
      return 412;
    case TwirpCode::kUnimplemented:
      return 501;
    case TwirpCode::kUnavailable:
      return 503;
    case TwirpCode::kUnknown:
    case TwirpCode::kInternal:
    case TwirpCode::kDataLoss:
      return 500;
  }
  return 500;
}

std::string encode(const TwirpError& error) {
  nlohmann::ordered_json json{{"code", std::string(name_of(error.code))}, {"msg", error.msg}};
  if (!error.meta.empty()) json["meta"] = error.meta;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

namespace {

TwirpCode code_of_status(int http_status) {
  switch (http_status) {
    case 400:
      return TwirpCode::kInternal;
    case 401:
      return TwirpCode::kUnauthenticated;
    case 403:
      return TwirpCode::kPermissionDenied;
    case 404:
      return TwirpCode::kBadRoute;
    case 429:
    case 502:
    case 503:
    case 504:
      return TwirpCode::kUnavailable;
    default:
      return TwirpCode::kUnknown;
  }
}

/// These words go into rows and answers: no more of them than a person reads, and no half character at the
/// end.
std::string shortened(std::string text) {
  constexpr std::size_t kMaxText = 500;
  if (text.size() <= kMaxText) return text;
  std::size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

/// The first line of what need not be text at all.
std::string first_line(std::string_view body) {
  std::string line(body.substr(0, std::min<std::size_t>(body.find_first_of("\r\n"), 200)));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return line;
}

}  // namespace

TwirpError decode_twirp_error(int http_status, std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("code") && json["code"].is_string()) {
    TwirpError error{.code = TwirpCode::kUnknown, .msg = {}, .meta = {}};
    for (int code = 0; code <= static_cast<int>(TwirpCode::kDataLoss); ++code)
      if (json["code"] == name_of(static_cast<TwirpCode>(code))) error.code = static_cast<TwirpCode>(code);
    if (const auto msg = json.find("msg"); msg != json.end() && msg->is_string()) error.msg = shortened(*msg);
    if (const auto meta = json.find("meta"); meta != json.end() && meta->is_object())
      for (const auto& [name, value] : meta->items())
        if (value.is_string()) error.meta[name] = shortened(value);
    return error;
  }
  const std::string text = first_line(body);
  return {.code = code_of_status(http_status),
          .msg = "HTTP " + std::to_string(http_status) + (text.empty() ? "" : ": " + text),
          .meta = {}};
}

std::string_view content_type_of(TwirpFormat format) {
  return format == TwirpFormat::kJson ? "application/json" : "application/protobuf";
}

TwirpResult<TwirpRoute> route_twirp(std::string_view http_method, std::string_view path,
                                    std::string_view content_type) {
  constexpr std::string_view kPrefix = "/twirp/livekit.";
  if (http_method != "POST")
    return base::Failure{bad_route(
        "unsupported method \"" + std::string(http_method) + "\" (only POST is allowed)", http_method, path)};
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with(kPrefix) || slash < kPrefix.size() || slash + 1 >= path.size())
    return base::Failure{no_such_method(http_method, path)};
  TwirpRoute route{.service = std::string(path.substr(kPrefix.size(), slash - kPrefix.size())),
                   .method = std::string(path.substr(slash + 1)),
                   .format = TwirpFormat::kJson};
  const std::string type = media_type(content_type);
  if (type == "application/protobuf") {
    route.format = TwirpFormat::kProtobuf;
  } else if (type != "application/json") {
    return base::Failure{
        bad_route("unexpected Content-Type: \"" + std::string(content_type) + "\"", http_method, path)};
  }
  return route;
}

std::string twirp_path(std::string_view service, std::string_view method) {
  return "/twirp/livekit." + std::string(service) + "/" + std::string(method);
}

TwirpError no_such_method(std::string_view http_method, std::string_view path) {
  return bad_route("no handler for path \"" + std::string(path) + "\"", http_method, path);
}

TwirpError not_offered(std::string_view service, std::string_view method) {
  return {.code = TwirpCode::kUnimplemented,
          .msg = std::string(method) + " of " + std::string(service) + " is not offered by this server",
          .meta = {}};
}

TwirpError permissions_denied() {
  return {.code = TwirpCode::kUnauthenticated, .msg = "permissions denied", .meta = {}};
}

TwirpError invalid_argument(std::string msg) {
  return {.code = TwirpCode::kInvalidArgument, .msg = std::move(msg), .meta = {}};
}

TwirpError not_found(std::string msg) {
  return {.code = TwirpCode::kNotFound, .msg = std::move(msg), .meta = {}};
}

}  // namespace ringback::livekit
