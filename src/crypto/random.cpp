#include "crypto/random.h"

#include <cstring>

#include <openssl/rand.h>

#include "crypto/openssl_check.h"

namespace ringback::crypto {
namespace {

template <class T>
T random_integer() {
  std::array<std::uint8_t, sizeof(T)> bytes;
  fill_random(bytes);
  T value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

}  // namespace

void fill_random(std::span<std::uint8_t> out) {
  if (out.empty()) return;
  check_openssl(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1, "RAND_bytes");
}

std::uint16_t random_u16() {
  return random_integer<std::uint16_t>();
}
std::uint32_t random_u32() {
  return random_integer<std::uint32_t>();
}
std::uint64_t random_u64() {
  return random_integer<std::uint64_t>();
}

std::uint32_t random_below(std::uint32_t bound) {
  // Values under 2^32 mod bound are rejected: without that the small results would be more likely.
  const std::uint32_t rejected = (0U - bound) % bound;
  std::uint32_t value = random_u32();
  while (value < rejected) value = random_u32();
  return value % bound;
}

std::string random_token(std::size_t length) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr unsigned kSymbols = sizeof(kAlphabet) - 1;
  std::string out;
  out.reserve(length);
  std::array<std::uint8_t, 32> pool;
  while (out.size() < length) {
    fill_random(pool);
    for (const std::uint8_t byte : pool) {
      const unsigned index = byte & 63;
      if (index < kSymbols && out.size() < length) out.push_back(kAlphabet[index]);
    }
  }
  return out;
}

}  // namespace ringback::crypto
