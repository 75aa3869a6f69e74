#include "crypto/digest.h"

#include <openssl/evp.h>

#include "crypto/openssl_check.h"

namespace ringback::crypto {
namespace {

template <class Out>
Out digest_of(const EVP_MD* type, std::span<const std::uint8_t> data) {
  Out out;
  unsigned int length = 0;
  check_openssl(
      EVP_Digest(data.data(), data.size(), out.data(), &length, type, nullptr) == 1 && length == out.size(),
      "digest");
  return out;
}

}  // namespace

Md5Digest md5(std::span<const std::uint8_t> data) {
  return digest_of<Md5Digest>(EVP_md5(), data);
}
Sha1Digest sha1(std::span<const std::uint8_t> data) {
  return digest_of<Sha1Digest>(EVP_sha1(), data);
}
Sha256Digest sha256(std::span<const std::uint8_t> data) {
  return digest_of<Sha256Digest>(EVP_sha256(), data);
}
Sha256Digest sha512_256(std::span<const std::uint8_t> data) {
  return digest_of<Sha256Digest>(EVP_sha512_256(), data);
}

std::string digest_hex(DigestAlgorithm algorithm, std::string_view text) {
  switch (algorithm) {
    case DigestAlgorithm::kMd5:
      return to_hex(md5(text));
    case DigestAlgorithm::kSha256:
      return to_hex(sha256(text));
    case DigestAlgorithm::kSha512_256:
      return to_hex(sha512_256(text));
  }
  return {};
}

}  // namespace ringback::crypto
