#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hex.h"

namespace ringback::crypto {

/// Base64 (RFC 4648). kStandard uses '+' and '/', kUrl uses '-' and '_'.
enum class Base64Alphabet : std::uint8_t { kStandard, kUrl };
enum class Base64Padding : std::uint8_t { kPadded, kUnpadded };

[[nodiscard]] std::string base64_encode(std::span<const std::uint8_t> bytes,
                                        Base64Alphabet alphabet = Base64Alphabet::kStandard,
                                        Base64Padding padding = Base64Padding::kPadded);
[[nodiscard]] inline std::string base64_encode(std::string_view text) {
  return base64_encode(bytes_of(text));
}

/// JSON Web Token flavour: url alphabet, no padding (RFC 7515).
[[nodiscard]] inline std::string base64url_encode(std::span<const std::uint8_t> bytes) {
  return base64_encode(bytes, Base64Alphabet::kUrl, Base64Padding::kUnpadded);
}
[[nodiscard]] inline std::string base64url_encode(std::string_view text) {
  return base64url_encode(bytes_of(text));
}

/// Accepts padded and unpadded text. nullopt for a character outside the alphabet (white space too), a wrong
/// length, misplaced padding, or non-zero bits after the last byte (two texts must not mean the same bytes).
[[nodiscard]] std::optional<std::vector<std::uint8_t>> base64_decode(
    std::string_view text, Base64Alphabet alphabet = Base64Alphabet::kStandard);
[[nodiscard]] inline std::optional<std::vector<std::uint8_t>> base64url_decode(std::string_view text) {
  return base64_decode(text, Base64Alphabet::kUrl);
}

}  // namespace ringback::crypto
