#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

/// What every fuzz target shares: views of the input, and how a broken promise ends the run.
namespace ringback::fuzz {

[[nodiscard]] inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

[[nodiscard]] inline std::span<const std::uint8_t> as_bytes(const std::uint8_t* data, std::size_t size) {
  return {data, size};
}

/// A property that holds for every input; the fuzzer keeps the input for which it does not.
inline void promise(bool holds) {
  if (!holds) std::abort();
}

}  // namespace ringback::fuzz
