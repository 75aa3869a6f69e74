#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace ringback::crypto {

/// Cryptographically strong random values; callable from any thread. A process whose random source fails
/// cannot make keys and is ended at once: there is no error to handle.
void fill_random(std::span<std::uint8_t> out);

template <std::size_t N>
[[nodiscard]] std::array<std::uint8_t, N> random_array() {
  std::array<std::uint8_t, N> out;
  fill_random(out);
  return out;
}

[[nodiscard]] std::uint16_t random_u16();
[[nodiscard]] std::uint32_t random_u32();
[[nodiscard]] std::uint64_t random_u64();
/// Uniform in [0, bound); bound must not be 0.
[[nodiscard]] std::uint32_t random_below(std::uint32_t bound);

/// `length` characters of [A-Za-z0-9], uniformly: good for tags, branches, ICE passwords, ids (5.95 bits
/// each).
[[nodiscard]] std::string random_token(std::size_t length);

}  // namespace ringback::crypto
