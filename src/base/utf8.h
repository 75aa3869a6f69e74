#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ringback::base {

/// The length in bytes of the character that `text`, which must not be empty, begins with (RFC 3629 section
/// 4); 0 when it begins with none.
[[nodiscard]] std::size_t utf8_character_length(std::string_view text);

/// `text` with a "?" in place of each byte that is no UTF-8. What a stranger sent (a SIP reason in Latin-1)
/// comes through here on its way into JSON or protobuf, whose readers throw away the whole message otherwise.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace ringback::base
