#include "http/cors.h"

#include <algorithm>
#include <utility>

namespace ringback::http {

bool CorsPolicy::allows(std::string_view origin) const {
  if (any_origin) return true;
  return std::any_of(origins.begin(), origins.end(), [&](std::string_view entry) {
    if (!entry.ends_with(":*")) return entry == origin;
    const std::string_view prefix = entry.substr(0, entry.size() - 1);
    if (origin == prefix.substr(0, prefix.size() - 1)) return true;
    // What stands for '*' must be a port and nothing else: "http://localhost:1.evil.example" must not pass.
    const std::string_view port =
        origin.starts_with(prefix) ? origin.substr(prefix.size()) : std::string_view{};
    return !port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos;
  });
}

Handler with_cors(CorsPolicy policy, Handler next) {
  return [policy = std::move(policy), next = std::move(next)](Request request, Responder responder) {
    const auto origin = request.headers.get("Origin");
    if (!origin) return next(std::move(request), std::move(responder));
    const bool allowed = policy.allows(*origin);
    // Caches must not give one origin's answer to another.
    responder.add_header("Vary", "Origin");
    if (allowed) responder.add_header("Access-Control-Allow-Origin", std::string(*origin));

    if (request.method == "OPTIONS" && request.headers.get("Access-Control-Request-Method")) {
      if (!allowed) return responder.respond(Response::text(403, "origin not allowed\n"));
      Response preflight = Response::empty(204);
      preflight.headers.add("Access-Control-Allow-Methods", policy.methods);
      if (const auto headers = request.headers.get("Access-Control-Request-Headers"))
        preflight.headers.add("Access-Control-Allow-Headers", std::string(*headers));
      preflight.headers.add("Access-Control-Max-Age", policy.max_age);
      return responder.respond(std::move(preflight));
    }
    if (allowed) responder.add_header("Access-Control-Expose-Headers", "*");
    next(std::move(request), std::move(responder));
  };
}

}  // namespace ringback::http
