#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringback::crypto {

/// Owns a cipher context of the library; only this folder knows what is inside.
struct CipherContextDeleter {
  void operator()(void* context) const;
};
using CipherContext = std::unique_ptr<void, CipherContextDeleter>;

inline constexpr std::size_t kAesBlockSize = 16;
inline constexpr std::size_t kGcmNonceSize = 12;
inline constexpr std::size_t kGcmTagSize = 16;

using AesBlock = std::array<std::uint8_t, kAesBlockSize>;
using GcmNonce = std::array<std::uint8_t, kGcmNonceSize>;

/// AES in counter mode with one key for many packets: the key schedule is made once, a packet only sets its
/// counter block. Encryption and decryption are the same. Used by one thread; allocates at construction only.
class AesCtr {
 public:
  /// `key` must have 16 or 32 bytes.
  explicit AesCtr(std::span<const std::uint8_t> key);

  /// XORs `data` in place with the key stream that starts at `counter` (a 128-bit big-endian number).
  void apply(const AesBlock& counter, std::span<std::uint8_t> data);

 private:
  CipherContext context_;
};

/// AES-GCM with one key for many packets, in one direction. Used by one thread; allocates at construction
/// only. A nonce must never be used for two different messages under one key.
class AesGcmSealer {
 public:
  /// `key` must have 16 or 32 bytes.
  explicit AesGcmSealer(std::span<const std::uint8_t> key);

  /// Encrypts `data` in place and writes the tag over it and the associated data, which is `associated`
  /// followed by `associated_tail`. Any of them may be empty.
  void seal(const GcmNonce& nonce, std::span<const std::uint8_t> associated,
            std::span<const std::uint8_t> associated_tail, std::span<std::uint8_t> data,
            std::span<std::uint8_t, kGcmTagSize> tag);

 private:
  CipherContext context_;
};

class AesGcmOpener {
 public:
  explicit AesGcmOpener(std::span<const std::uint8_t> key);

  /// Decrypts `data` in place. False when the tag does not match; `data` is then zeroed, because
  /// unauthenticated plaintext must not be looked at.
  [[nodiscard]] bool open(const GcmNonce& nonce, std::span<const std::uint8_t> associated,
                          std::span<const std::uint8_t> associated_tail, std::span<std::uint8_t> data,
                          std::span<const std::uint8_t, kGcmTagSize> tag);

 private:
  CipherContext context_;
};

}  // namespace ringback::crypto
