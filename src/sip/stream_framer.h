#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringback::sip {

/// Cuts a TCP or TLS byte stream into SIP messages by Content-Length (RFC 3261 18.3). One per connection,
/// owned by the connection; no clock. A stream that breaks the rules cannot be resynchronised: close it.
///
/// Use: `append(bytes)`, then `while (auto message = next()) ...` and look at `pings()` and `broken()`.
class StreamFramer {
 public:
  /// Keeps a copy of the bytes. After the stream broke, they are dropped.
  void append(std::string_view bytes);
  /// The next whole message; valid until the next call of append() or next().
  [[nodiscard]] std::optional<std::string_view> next();
  /// Number of keep-alive pings (CRLF CRLF, RFC 5626 4.4.1) since the last call; answer each with one CRLF.
  [[nodiscard]] std::size_t take_pings();
  /// Headers too long, Content-Length missing, malformed or too large.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  void skip_line_ends();

  std::string buffer_;
  std::size_t start_ = 0;      ///< first byte not yet handed out
  std::size_t searched_ = 0;   ///< where to look on for the end of the headers
  std::size_t line_ends_ = 0;  ///< CR and LF bytes in a row between messages
  std::size_t pings_ = 0;
  bool broken_ = false;
};

}  // namespace ringback::sip
