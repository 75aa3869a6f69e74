#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sip/message.h"

namespace ringback::sip {

enum class ParseFault : std::uint8_t {
  kTooLarge,          ///< more bytes or header fields than the limits below
  kBadStartLine,      ///< neither a request line nor a status line
  kBadVersion,        ///< a request or response of another SIP version: answer 505
  kBadHeader,         ///< a line without a name and a colon, or a control character
  kBadContentLength,  ///< negative, not a number, contradictory
  kTruncated,         ///< Content-Length promises more than arrived
  kMissingHeader,     ///< To, From, CSeq, Call-ID or Via is missing (RFC 3261 8.1.1)
  kBadValue,          ///< one of those is malformed or repeated
  kMethodMismatch,    ///< CSeq names another method than the request line
};

struct ParseError {
  ParseFault fault;
  /// What could be read; enough to answer a request with 400 when it has a usable Via
  /// (respond_to_bad_request).
  Message partial;

  [[nodiscard]] std::string_view sentence() const;
};

/// Bounds on what a stranger may make us keep.
inline constexpr std::size_t kMaxMessageBytes = 65535;
inline constexpr std::size_t kMaxHeaders = 256;
inline constexpr std::size_t kMaxBodyBytes = 65535;

/// Parses one complete message: a datagram, or what StreamFramer cut out of a stream. Leading CRLFs are
/// skipped. In a datagram Content-Length may be absent and surplus bytes are ignored (RFC 3261 18.3). Never
/// throws.
[[nodiscard]] base::Result<Message, ParseError> parse(std::string_view bytes);

}  // namespace ringback::sip
