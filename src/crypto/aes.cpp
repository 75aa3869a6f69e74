#include "crypto/aes.h"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/openssl_check.h"

namespace ringback::crypto {
namespace {

EVP_CIPHER_CTX* context_of(const CipherContext& owner) {
  return static_cast<EVP_CIPHER_CTX*>(owner.get());
}

int length_of(std::span<const std::uint8_t> data) {
  return static_cast<int>(data.size());
}

/// A context with the cipher and its key schedule set, waiting for an IV.
CipherContext make_context(const EVP_CIPHER* cipher, std::span<const std::uint8_t> key, bool encrypt) {
  CipherContext context(EVP_CIPHER_CTX_new());
  check_openssl(context != nullptr, "cipher context");
  check_openssl(key.size() == static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher)), "AES key size");
  check_openssl(
      EVP_CipherInit_ex(context_of(context), cipher, nullptr, key.data(), nullptr, encrypt ? 1 : 0) == 1,
      "AES key");
  return context;
}

CipherContext make_gcm_context(std::span<const std::uint8_t> key, bool encrypt) {
  return make_context(key.size() == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), key, encrypt);
}

void associate(EVP_CIPHER_CTX* context, std::span<const std::uint8_t> data) {
  if (data.empty()) return;
  int written = 0;
  check_openssl(EVP_CipherUpdate(context, nullptr, &written, data.data(), length_of(data)) == 1, "GCM data");
}

void transform(EVP_CIPHER_CTX* context, std::span<std::uint8_t> data) {
  if (data.empty()) return;
  int written = 0;
  check_openssl(EVP_CipherUpdate(context, data.data(), &written, data.data(), length_of(data)) == 1,
                "AES data");
}

void set_iv(EVP_CIPHER_CTX* context, const std::uint8_t* iv) {
  // -1 keeps the direction; null cipher and key keep the key schedule.
  check_openssl(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, iv, -1) == 1, "AES IV");
}

}  // namespace

void CipherContextDeleter::operator()(void* context) const {
  EVP_CIPHER_CTX_free(static_cast<EVP_CIPHER_CTX*>(context));
}

AesCtr::AesCtr(std::span<const std::uint8_t> key)
    : context_(make_context(key.size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), key, true)) {}

void AesCtr::apply(const AesBlock& counter, std::span<std::uint8_t> data) {
  set_iv(context_of(context_), counter.data());
  transform(context_of(context_), data);
}

AesGcmSealer::AesGcmSealer(std::span<const std::uint8_t> key) : context_(make_gcm_context(key, true)) {}

void AesGcmSealer::seal(const GcmNonce& nonce, std::span<const std::uint8_t> associated,
                        std::span<const std::uint8_t> associated_tail, std::span<std::uint8_t> data,
                        std::span<std::uint8_t, kGcmTagSize> tag) {
  EVP_CIPHER_CTX* context = context_of(context_);
  set_iv(context, nonce.data());
  associate(context, associated);
  associate(context, associated_tail);
  transform(context, data);
  int written = 0;
  check_openssl(EVP_CipherFinal_ex(context, tag.data(), &written) == 1, "GCM end");
  check_openssl(
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()), tag.data()) == 1,
      "GCM tag");
}

AesGcmOpener::AesGcmOpener(std::span<const std::uint8_t> key) : context_(make_gcm_context(key, false)) {}

bool AesGcmOpener::open(const GcmNonce& nonce, std::span<const std::uint8_t> associated,
                        std::span<const std::uint8_t> associated_tail, std::span<std::uint8_t> data,
                        std::span<const std::uint8_t, kGcmTagSize> tag) {
  EVP_CIPHER_CTX* context = context_of(context_);
  set_iv(context, nonce.data());
  associate(context, associated);
  associate(context, associated_tail);
  transform(context, data);
  // The control call only reads the tag but its C signature has no const.
  std::array<std::uint8_t, kGcmTagSize> expected;
  std::copy(tag.begin(), tag.end(), expected.begin());
  check_openssl(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(expected.size()),
                                    expected.data()) == 1,
                "GCM tag");
  std::array<std::uint8_t, kAesBlockSize> rest;
  int written = 0;
  if (EVP_CipherFinal_ex(context, rest.data(), &written) == 1) return true;
  OPENSSL_cleanse(data.data(), data.size());
  return false;
}

}  // namespace ringback::crypto
