#include "http/router.h"

#include <algorithm>

namespace ringback::http {
namespace {

constexpr std::string_view kRest = "*";

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  Route route{
      .method = std::string(method), .segments = {}, .open_ended = false, .handler = std::move(handler)};
  for (const std::string_view segment : split(pattern)) route.segments.emplace_back(segment);
  route.open_ended = route.segments.back() == kRest;
  if (route.open_ended) route.segments.pop_back();

  // Most literal first: a literal beats a parameter, which beats the rest of the path; at the first
  // difference.
  const auto rank = [](const Route& of, std::size_t i) {
    if (i >= of.segments.size()) return of.open_ended ? 2 : 3;
    return is_parameter(of.segments[i]) ? 1 : 0;
  };
  const auto before = [&](const Route& a, const Route& b) {
    for (std::size_t i = 0; i < std::max(a.segments.size(), b.segments.size()); ++i)
      if (rank(a, i) != rank(b, i)) return rank(a, i) < rank(b, i);
    return !a.open_ended && b.open_ended;
  };
  routes_.insert(std::upper_bound(routes_.begin(), routes_.end(), route, before), std::move(route));
}

bool Router::match(const Route& route, const std::vector<std::string_view>& segments) {
  if (segments.size() < route.segments.size()) return false;
  if (!route.open_ended && segments.size() != route.segments.size()) return false;
  for (std::size_t i = 0; i < route.segments.size(); ++i) {
    const bool fits =
        is_parameter(route.segments[i]) ? !segments[i].empty() : route.segments[i] == segments[i];
    if (!fits) return false;
  }
  return true;
}

void Router::handle(Request request, Responder responder) const {
  const std::string path = request.path;
  const std::vector<std::string_view> segments = split(path);
  std::string allowed;
  for (const Route& route : routes_) {
    if (!match(route, segments)) continue;
    const bool serves = route.method.empty() || route.method == request.method ||
                        (route.method == "GET" && request.method == "HEAD");
    if (!serves) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    for (std::size_t i = 0; i < route.segments.size(); ++i) {
      const std::string_view segment = route.segments[i];
      if (is_parameter(segment))
        request.path_parameters.emplace_back(segment.substr(1, segment.size() - 2), segments[i]);
    }
    return route.handler(std::move(request), std::move(responder));
  }
  if (!allowed.empty()) {
    Response response = Response::text(405, "method not allowed\n");
    response.headers.add("Allow", allowed);
    return responder.respond(std::move(response));
  }
  if (fallback_) return fallback_(std::move(request), std::move(responder));
  responder.respond(not_found());
}

Response not_found() {
  return Response::text(404, "404 page not found\n");
}

}  // namespace ringback::http
