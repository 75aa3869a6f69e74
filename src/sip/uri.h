#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/parameters.h"

namespace ringback::sip {

/// A SIP, SIPS or tel URI (RFC 3261 19.1, RFC 3966). Other schemes keep their text in `opaque`.
struct Uri {
  std::string scheme = "sip";  ///< lower case
  std::string user;            ///< as written, escapes kept; the number of a tel URI
  std::string password;
  std::string host;        ///< IPv6 in brackets
  std::uint16_t port = 0;  ///< 0: none written
  Parameters parameters;
  std::string headers;  ///< what follows '?', as written
  std::string opaque;   ///< everything after the colon, for schemes that we do not know

  /// Bounded, never throws. Blanks, controls, angle brackets and bad ports are refused.
  static std::optional<Uri> parse(std::string_view text);

  [[nodiscard]] bool is_sip() const { return scheme == "sip" || scheme == "sips"; }
  [[nodiscard]] bool is_secure() const { return scheme == "sips"; }
  /// The user part with %HH resolved.
  [[nodiscard]] std::string decoded_user() const;
  /// "udp", "tcp", "tls" or what the transport parameter says in lower case; "" when there is none.
  [[nodiscard]] std::string transport() const;
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Uri&) const = default;
};

/// Percent-encodes what may not stand in the user part of a SIP URI.
[[nodiscard]] std::string escaped_user(std::string_view user);

}  // namespace ringback::sip
