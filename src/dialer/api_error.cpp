#include "dialer/api_error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ringback::dialer {

ApiError invalid_request(std::string message) {
  ApiError error = from_failure(bridge::make_failure(bridge::CallCause::kInvalidRequest));
  error.message = std::move(message);
  return error;
}

ApiError call_not_found(const std::string& id) {
  return {.status = 404,
          .code = "call_not_found",
          .message = fmt::format("There is no call {}", id),
          .action = "Use the callId that POST /api/livekit/call returned."};
}

ApiError unauthorized() {
  return {.status = 401,
          .code = "unauthorized",
          .message = "An API key is needed",
          .action = "Send Authorization: Bearer <key> with one of the keys in API_KEYS."};
}

ApiError body_too_large(std::size_t limit) {
  return {.status = 413,
          .code = "body_too_large",
          .message = fmt::format("The request body is larger than {} bytes", limit),
          .action = "Send callerId, phoneNumber and at most a few short fields."};
}

ApiError node_silent(const std::string& id, const std::string& node) {
  return {
      .status = 504,
      .code = "node_silent",
      .message = fmt::format("The call runs on node {}, which does not answer", node),
      .stage = "end",
      .action = fmt::format("Look at node {}. If it is dead, the others close its calls within 30 seconds; "
                            "if it lives, ask again.",
                            node),
      .call_id = id};
}

ApiError store_failed(const std::string& why) {
  return {.status = 503,
          .code = "store_failed",
          .message = fmt::format("The database does not answer: {}", why),
          .action = "Look at /readyz and the log; calls go on meanwhile."};
}

ApiError from_failure(const bridge::CallFailure& failure) {
  return {.status = bridge::info_of(failure.cause).http_status,
          .code = std::string(failure.code()),
          .message = failure.message,
          .stage = std::string(to_string(failure.stage)),
          .action = failure.action,
          .sip_status = failure.sip_status,
          .sip_reason = failure.sip_reason,
          .provider_code = failure.provider_code,
          .call_id = {}};
}

http::Response to_response(const ApiError& error) {
  nlohmann::ordered_json body = {
      {"code", error.code}, {"message", error.message}, {"stage", error.stage}, {"action", error.action}};
  if (error.sip_status != 0) {
    body["sipStatus"] = error.sip_status;
    body["sipReason"] = error.sip_reason;
  }
  if (!error.provider_code.empty()) body["providerCode"] = error.provider_code;
  if (!error.call_id.empty()) body["callId"] = error.call_id;
  auto response = http::Response::json(error.status,
                                       nlohmann::ordered_json{{"error", body}}.dump(
                                           -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  if (error.status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace ringback::dialer
