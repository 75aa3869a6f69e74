#include "http/message.h"

#include <algorithm>
#include <cctype>

#include "http/url.h"

namespace ringback::http {
namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string decode_parameter(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced).value_or(spaced);
}

/// "http://host/path" is allowed in a request line (RFC 9112 section 3.2.2); the authority is not looked at.
std::string_view without_authority(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || target.starts_with('/')) return target;
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

bool climbs(std::string_view path) {
  return path.find("/../") != std::string_view::npos || path.ends_with("/..");
}

std::optional<std::string_view> find(const Parameters& parameters, std::string_view name) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  if (found == parameters.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& field) { return same_name(field.first, name); });
  if (found == fields_.end()) return std::nullopt;
  return found->second;
}

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const Field& field) { return same_name(field.first, name); });
  fields_.emplace_back(std::string(name), std::move(value));
}

std::optional<std::string_view> Request::query_parameter(std::string_view name) const {
  return find(query, name);
}

std::string_view Request::path_parameter(std::string_view name) const {
  return find(path_parameters, name).value_or("");
}

std::string Request::content_type() const {
  std::string_view value = headers.get("Content-Type").value_or("");
  value = value.substr(0, value.find(';'));
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  std::string type(value);
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

Response Response::text(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::move(body),
          .shared_body = nullptr};
}

Response Response::json(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body),
          .shared_body = nullptr};
}

Response Response::empty(int status) {
  return {.status = status, .headers = {}, .body = {}, .shared_body = nullptr};
}

std::optional<Target> parse_target(std::string_view target) {
  target = without_authority(target.substr(0, target.find('#')));
  const std::size_t question = target.find('?');
  auto path = percent_decode(target.substr(0, question));
  if (!path || path->find('\0') != std::string::npos) return std::nullopt;
  if (path->empty()) path->assign(1, '/');
  if (path->front() != '/' && *path != "*") return std::nullopt;
  // SDKs whose base URL ends in a slash ask for "//rtc".
  path->erase(std::unique(path->begin(), path->end(), [](char a, char b) { return a == '/' && b == '/'; }),
              path->end());
  if (climbs(*path)) return std::nullopt;
  Target result{.path = std::move(*path), .query = {}};
  if (question != std::string_view::npos) result.query = parse_parameters(target.substr(question + 1));
  return result;
}

Parameters parse_parameters(std::string_view encoded) {
  Parameters parameters;
  while (!encoded.empty()) {
    const std::size_t end = encoded.find('&');
    const std::string_view pair = encoded.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (!pair.empty())
      parameters.emplace_back(
          decode_parameter(pair.substr(0, equals)),
          equals == std::string_view::npos ? std::string() : decode_parameter(pair.substr(equals + 1)));
    encoded = end == std::string_view::npos ? std::string_view{} : encoded.substr(end + 1);
  }
  return parameters;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

}  // namespace ringback::http
