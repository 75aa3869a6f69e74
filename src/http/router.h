#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace ringback::http {

/// Sends each request to the handler of its method and path. Built once, before the server starts; then
/// immutable.
///
/// Patterns are literal segments, `{name}` for one segment, and `*` as the last segment for the rest of the
/// path:
/// "/api/livekit/calls/{id}", "/twirp/*". The more literal pattern wins, whatever the order of adding. A HEAD
/// request falls to GET. A known path with another method is 405 with Allow; an unknown path goes to the
/// fallback.
class Router {
 public:
  /// `method` "" takes every method.
  void add(std::string_view method, std::string_view pattern, Handler handler);
  /// For paths without a route; else 404 "404 page not found".
  void set_fallback(Handler handler) { fallback_ = std::move(handler); }

  void handle(Request request, Responder responder) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    bool open_ended = false;
    Handler handler;
  };
  [[nodiscard]] static bool match(const Route& route, const std::vector<std::string_view>& segments);

  std::vector<Route> routes_;  // most literal first
  Handler fallback_;
};

/// "404 page not found" as plain text, the answer for what does not exist.
[[nodiscard]] Response not_found();

}  // namespace ringback::http
