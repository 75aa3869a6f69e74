#pragma once

#include <string>

#include "bridge/call_failure.h"
#include "http/message.h"

namespace ringback::dialer {

/// What a caller of the API gets instead of what it asked for; the body is
/// `{"error": {"code", "message", "stage", "action", ...}}`.
struct ApiError {
  int status = 400;
  std::string code{};
  std::string message{};
  std::string stage = "request";
  std::string action{};
  int sip_status = 0;
  std::string sip_reason{};
  std::string provider_code{};
  std::string call_id{};  ///< of the row that tells the same; empty when there is none
};

[[nodiscard]] ApiError invalid_request(std::string message);
[[nodiscard]] ApiError call_not_found(const std::string& id);
[[nodiscard]] ApiError unauthorized();
[[nodiscard]] ApiError body_too_large(std::size_t limit);
/// The call is live on another node, which did not hang it up in time.
[[nodiscard]] ApiError node_silent(const std::string& id, const std::string& node);
[[nodiscard]] ApiError store_failed(const std::string& why);
[[nodiscard]] ApiError from_failure(const bridge::CallFailure& failure);

[[nodiscard]] http::Response to_response(const ApiError& error);

}  // namespace ringback::dialer
