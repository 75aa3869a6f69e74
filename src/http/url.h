#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ringback::http {

/// The parts of an absolute http, https, ws or wss URL (RFC 3986, RFC 6455 section 3), as a client needs
/// them.
struct Url {
  bool secure = false;  ///< https or wss
  std::string host;     ///< lower case; IPv6 without brackets
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query, percent-encoded as given; the fragment is dropped
  std::string user_info;     ///< "name:password", percent-decoded; only proxies use it

  /// "host:port" as a Host header has it: IPv6 in brackets, without the port when it is the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// "https://host:port": what messages may show.
  [[nodiscard]] std::string origin() const;
};

/// The error is a sentence for people and does not repeat the URL, which may hold a secret.
[[nodiscard]] base::ErrorOr<Url> parse_url(std::string_view text);

/// `base` with `path` (and query) behind its own path: join_url("wss://x/sub/", "/rtc?a=1") is
/// "wss://x/sub/rtc?a=1".
[[nodiscard]] std::string join_url(std::string_view base, std::string_view path);

/// Percent-encodes what is not unreserved (RFC 3986 section 2.3): for the value of a query parameter.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// The inverse; nullopt for an escape that is none.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace ringback::http
