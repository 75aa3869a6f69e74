#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "crypto/digest.h"

namespace ringback::crypto {

/// HMAC (RFC 2104) in one call; any thread. The second form authenticates several pieces as one message, e.g.
/// a STUN message whose length field differs from what is in the buffer.
[[nodiscard]] Sha1Digest hmac_sha1(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data);
[[nodiscard]] Sha1Digest hmac_sha1(std::span<const std::uint8_t> key,
                                   std::initializer_list<std::span<const std::uint8_t>> pieces);
[[nodiscard]] Sha256Digest hmac_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data);

[[nodiscard]] inline Sha1Digest hmac_sha1(std::string_view key, std::string_view data) {
  return hmac_sha1(bytes_of(key), bytes_of(data));
}
[[nodiscard]] inline Sha256Digest hmac_sha256(std::string_view key, std::string_view data) {
  return hmac_sha256(bytes_of(key), bytes_of(data));
}

/// Compares secrets (authentication tags, digest responses, tokens) in a time that does not tell where they
/// differ. Different lengths are unequal at once: lengths are not secret.
[[nodiscard]] bool constant_time_equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);
[[nodiscard]] inline bool constant_time_equal(std::string_view a, std::string_view b) {
  return constant_time_equal(bytes_of(a), bytes_of(b));
}

/// HMAC-SHA1 under one key for many small messages (SRTP tags, STUN integrity of one session).
///
/// The states after the inner and the outer key block are computed once, so that each message costs two
/// compressions less and no set-up. Does not allocate. A value that the owner's thread uses; the key material
/// inside is wiped on destruction.
class HmacSha1 {
 public:
  explicit HmacSha1(std::span<const std::uint8_t> key);
  ~HmacSha1();
  HmacSha1(const HmacSha1&) = default;
  HmacSha1& operator=(const HmacSha1&) = default;

  [[nodiscard]] Sha1Digest compute(std::span<const std::uint8_t> data) const;
  /// The digest of `data` followed by `tail`; SRTP appends the roll-over counter that is not on the wire.
  [[nodiscard]] Sha1Digest compute(std::span<const std::uint8_t> data,
                                   std::span<const std::uint8_t> tail) const;

  /// Bytes of the digest library's running state; checked against it in the source.
  static constexpr std::size_t kStateSize = 96;

 private:
  struct alignas(8) State {
    std::array<std::byte, kStateSize> bytes{};
  };
  State inner_;  ///< after key XOR ipad
  State outer_;  ///< after key XOR opad
};

}  // namespace ringback::crypto
