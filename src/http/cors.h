#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace ringback::http {

/// Which web pages of other origins may call us (the Fetch standard's CORS protocol).
struct CorsPolicy {
  /// Allow-list, e.g. "http://localhost:5173". An entry may leave the port open: "http://localhost:*".
  std::vector<std::string> origins;
  /// Any origin at all, echoed back: LiveKit's room server, whose only credential is the token in the
  /// request.
  bool any_origin = false;
  std::string methods = "OPTIONS, HEAD, GET, POST, PATCH, DELETE";
  std::string max_age = "86400";  ///< seconds that a browser may remember a preflight

  [[nodiscard]] bool allows(std::string_view origin) const;
};

/// Answers preflight requests (204) and adds the CORS headers to the answers of `next`. A request from an
/// origin that is not allowed is served without them, so that the browser keeps the answer from the page; its
/// preflight gets 403.
[[nodiscard]] Handler with_cors(CorsPolicy policy, Handler next);

}  // namespace ringback::http
