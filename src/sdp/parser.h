#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sdp/session_description.h"

namespace ringback::sdp {

/// Why a text is not a session description.
enum class ParseFault {
  kTooLarge,         ///< more bytes, lines, sections or attributes than the limits below
  kNotADescription,  ///< the first line is not v=0
  kBadLine,          ///< a line without `x=`
  kBadOrigin,
  kBadConnection,
  kBadBandwidth,
  kBadMedia,  ///< an m= line without its four fields, or with a port that is no number
};

struct ParseError {
  ParseFault fault;
  std::size_t line = 0;  ///< counted from 1

  /// A sentence for people, without quoting the peer's text.
  [[nodiscard]] std::string to_string() const;
};

/// Bounds on what a peer may make us keep. A browser in a large room sends some hundred sections of 2-4 kB.
inline constexpr std::size_t kMaxBytes = 512 * 1024;
inline constexpr std::size_t kMaxMedia = 512;
inline constexpr std::size_t kMaxAttributesPerSection = 2048;
inline constexpr std::size_t kMaxFormatsPerMedia = 256;

/// Parses a session description. Never throws. Tolerant where real peers are sloppy: bare LF, trailing blank
/// lines and zeros, missing s= or t=, lines out of order inside a section, unknown line types (ignored).
[[nodiscard]] base::Result<SessionDescription, ParseError> parse(std::string_view text);

}  // namespace ringback::sdp
