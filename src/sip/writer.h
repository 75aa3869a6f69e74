#pragma once

#include <string>

#include "sip/message.h"

namespace ringback::sip {

/// The message as bytes, with a Content-Length. Header values must be single lines; line ends inside a value
/// (from configuration or an API) are replaced by blanks so that no caller can smuggle in a header.
[[nodiscard]] std::string write(const Message& message);

}  // namespace ringback::sip
