#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crypto/hex.h"

namespace ringback::crypto {

/// Message digests in one call. All are pure functions and callable from any thread.
///
/// MD5 and SHA-1 are here because SIP digest (RFC 7616), STUN (RFC 8489) and SRTP (RFC 3711) demand them;
/// nothing new may rely on them against collisions.
using Md5Digest = std::array<std::uint8_t, 16>;
using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha256Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Md5Digest md5(std::span<const std::uint8_t> data);
[[nodiscard]] Sha1Digest sha1(std::span<const std::uint8_t> data);
[[nodiscard]] Sha256Digest sha256(std::span<const std::uint8_t> data);
/// SHA-512/256 (FIPS 180-4, RFC 7616's "SHA-512-256"): not a truncated SHA-512, its start values differ.
[[nodiscard]] Sha256Digest sha512_256(std::span<const std::uint8_t> data);

[[nodiscard]] inline Md5Digest md5(std::string_view data) {
  return md5(bytes_of(data));
}
[[nodiscard]] inline Sha1Digest sha1(std::string_view data) {
  return sha1(bytes_of(data));
}
[[nodiscard]] inline Sha256Digest sha256(std::string_view data) {
  return sha256(bytes_of(data));
}
[[nodiscard]] inline Sha256Digest sha512_256(std::string_view data) {
  return sha512_256(bytes_of(data));
}

/// The digests that SIP digest authentication may name (RFC 7616, RFC 8760).
enum class DigestAlgorithm : std::uint8_t { kMd5, kSha256, kSha512_256 };

/// Lower-case hexadecimal digest of a text, as SIP and HTTP digest authentication use it.
[[nodiscard]] std::string digest_hex(DigestAlgorithm algorithm, std::string_view text);

}  // namespace ringback::crypto
