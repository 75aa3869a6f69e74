#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.h"

namespace ringback::http {

/// Header fields in order; names compare without regard to case (RFC 9110 section 5.1).
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  /// The first field of this name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces all fields of this name by one.
  void set(std::string_view name, std::string value);
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// Decoded parameters of a query string or a form, in order.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// A request as handlers see it: complete, bounded, decoded.
struct Request {
  std::string method;  ///< upper case as sent: "GET"
  std::string target;  ///< request target as sent
  std::string path;    ///< percent-decoded, starts with '/', runs of slashes collapsed to one
  Parameters query;
  Headers headers;
  std::string body;
  base::Endpoint remote;           ///< socket peer
  bool websocket_upgrade = false;  ///< a valid RFC 6455 opening handshake: Responder::accept() is possible
  /// Values of `{name}` in the route's pattern, in its order.
  Parameters path_parameters;

  /// The first query parameter of this name.
  [[nodiscard]] std::optional<std::string_view> query_parameter(std::string_view name) const;
  /// "" when the route has no such parameter.
  [[nodiscard]] std::string_view path_parameter(std::string_view name) const;
  /// Media type of the body without parameters, in lower case; "" when there is none.
  [[nodiscard]] std::string content_type() const;
};

/// An answer. The server adds Date, Content-Length and Connection; a HEAD request gets the headers only.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// Used instead of `body` when set: content that many answers share.
  std::shared_ptr<const std::string> shared_body;

  static Response text(int status, std::string body);  ///< text/plain; charset=utf-8
  static Response json(int status, std::string body);  ///< exactly "application/json"
  static Response empty(int status);
};

/// Path and query of a request target; nullopt when it is not one (bad percent-encoding, NUL, "..").
struct Target {
  std::string path;
  Parameters query;
};
[[nodiscard]] std::optional<Target> parse_target(std::string_view target);

/// Decodes `a=1&b=%20+`; broken escapes are kept as they are.
[[nodiscard]] Parameters parse_parameters(std::string_view encoded);

/// "Bad Request"; "" for an unknown status.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace ringback::http
