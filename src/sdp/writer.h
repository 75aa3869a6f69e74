#pragma once

#include <string>

#include "sdp/session_description.h"

namespace ringback::sdp {

/// The description as text with CRLF line ends, in the order that RFC 8866 5 fixes. What parse() accepts and
/// write() prints parses to the same value again.
[[nodiscard]] std::string write(const SessionDescription& description);

}  // namespace ringback::sdp
