// The low-level SHA-1 functions are deprecated in favour of EVP, whose contexts allocate when copied; copying
// the state after the key block is what makes a tag cheap here. Deprecation is not removal: OpenSSL 3 keeps
// them.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hmac.h"

#include <cstring>
#include <type_traits>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "crypto/openssl_check.h"

namespace ringback::crypto {
namespace {

static_assert(sizeof(SHA_CTX) == HmacSha1::kStateSize);
static_assert(alignof(SHA_CTX) <= 8);
static_assert(std::is_trivially_copyable_v<SHA_CTX>);

constexpr std::size_t kBlockSize = 64;

using Block = std::array<std::uint8_t, kBlockSize>;

/// The key as one block: hashed when it is longer, zero-filled when it is shorter (RFC 2104 section 2).
Block key_block(std::span<const std::uint8_t> key) {
  Block block{};
  if (key.size() > kBlockSize) {
    const Sha1Digest hashed = sha1(key);
    std::memcpy(block.data(), hashed.data(), hashed.size());
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  return block;
}

SHA_CTX state_after(Block block, std::uint8_t pad) {
  for (std::uint8_t& byte : block) byte ^= pad;
  SHA_CTX state;
  SHA1_Init(&state);
  SHA1_Update(&state, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  return state;
}

void update(SHA_CTX& state, std::span<const std::uint8_t> data) {
  if (!data.empty()) SHA1_Update(&state, data.data(), data.size());
}

}  // namespace

Sha1Digest hmac_sha1(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data) {
  return HmacSha1(key).compute(data);
}

Sha1Digest hmac_sha1(std::span<const std::uint8_t> key,
                     std::initializer_list<std::span<const std::uint8_t>> pieces) {
  Block block = key_block(key);
  SHA_CTX inner = state_after(block, 0x36);
  SHA_CTX outer = state_after(block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
  for (const auto piece : pieces) update(inner, piece);
  Sha1Digest digest;
  SHA1_Final(digest.data(), &inner);
  update(outer, digest);
  SHA1_Final(digest.data(), &outer);
  return digest;
}

Sha256Digest hmac_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data) {
  // HMAC() treats a null key as "use the previous one"; an empty span may be null.
  static constexpr std::uint8_t kEmpty = 0;
  Sha256Digest out;
  unsigned int length = 0;
  const auto* result = HMAC(EVP_sha256(), key.empty() ? &kEmpty : key.data(), static_cast<int>(key.size()),
                            data.data(), data.size(), out.data(), &length);
  check_openssl(result != nullptr && length == out.size(), "HMAC-SHA256");
  return out;
}

bool constant_time_equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

HmacSha1::HmacSha1(std::span<const std::uint8_t> key) {
  Block block = key_block(key);
  const SHA_CTX inner = state_after(block, 0x36);
  const SHA_CTX outer = state_after(block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
  std::memcpy(inner_.bytes.data(), &inner, sizeof(inner));
  std::memcpy(outer_.bytes.data(), &outer, sizeof(outer));
}

HmacSha1::~HmacSha1() {
  OPENSSL_cleanse(inner_.bytes.data(), inner_.bytes.size());
  OPENSSL_cleanse(outer_.bytes.data(), outer_.bytes.size());
}

Sha1Digest HmacSha1::compute(std::span<const std::uint8_t> data) const {
  return compute(data, {});
}

Sha1Digest HmacSha1::compute(std::span<const std::uint8_t> data, std::span<const std::uint8_t> tail) const {
  SHA_CTX state;
  std::memcpy(&state, inner_.bytes.data(), sizeof(state));
  update(state, data);
  update(state, tail);
  Sha1Digest digest;
  SHA1_Final(digest.data(), &state);
  std::memcpy(&state, outer_.bytes.data(), sizeof(state));
  update(state, digest);
  SHA1_Final(digest.data(), &state);
  return digest;
}

}  // namespace ringback::crypto
