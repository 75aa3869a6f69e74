#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringback::crypto {

/// Lower-case hexadecimal, two digits for each byte.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

/// The inverse of to_hex(); accepts both cases. nullopt for an odd length or any other character.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

/// The bytes of a string, for functions that take spans. Valid as long as the string is.
[[nodiscard]] inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace ringback::crypto
