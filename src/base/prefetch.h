#pragma once

#include <cstddef>

namespace ringback::base {

/// Asks for the memory of an object that is about to be used, without waiting for it. A worker with hundreds
/// of legs finds a leg's state in no cache: lines that are asked for together come in the time of one. Only a
/// hint: the address may be anything.
inline void prefetch(const void* object, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  const auto* const begin = static_cast<const char*>(object);
  for (std::size_t offset = 0; offset < bytes; offset += kLine) __builtin_prefetch(begin + offset);
}

}  // namespace ringback::base
