#pragma once

#include <cstddef>
#include <string>

#include "http/message.h"

namespace ringback::http {

/// Status line and header of an answer (RFC 9112 section 4), with Date, Content-Length and Connection. Line
/// breaks and other control characters in a value are dropped: they would let a value become a header.
/// Private to the module.
[[nodiscard]] std::string response_header(const Response& response, std::size_t content_length,
                                          bool keep_alive);

}  // namespace ringback::http
