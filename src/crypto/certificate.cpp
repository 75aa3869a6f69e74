#include "crypto/certificate.h"

#include <array>

#include <openssl/ec.h>

#include "crypto/certificate_native.h"
#include "crypto/random.h"

namespace ringback::crypto {
namespace {

constexpr long kSecondsPerDay = 24 * 60 * 60;
constexpr long kValidDays = 365;

/// A subject says nothing that a peer checks; a random one does not let certificates be told by their maker.
bool name_at_random(X509& certificate) {
  const std::string name = random_token(16);
  X509_NAME* subject = X509_get_subject_name(&certificate);
  return subject != nullptr &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(&certificate, subject) == 1;
}

bool fill(X509& certificate, EVP_PKEY& key, base::WallMillis now) {
  const auto seconds = static_cast<time_t>(now / 1000);
  // 63 bits: the number must be positive (RFC 5280 4.1.2.2).
  const std::uint64_t serial = random_u64() >> 1;
  return X509_set_version(&certificate, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(&certificate), serial) == 1 &&
         ASN1_TIME_set(X509_getm_notBefore(&certificate), seconds - kSecondsPerDay) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), seconds + kValidDays * kSecondsPerDay) != nullptr &&
         name_at_random(certificate) && X509_set_pubkey(&certificate, &key) == 1 &&
         X509_sign(&certificate, &key, EVP_sha256()) > 0;
}

}  // namespace

base::ErrorOr<Certificate> Certificate::generate(base::WallMillis now) {
  auto native = std::make_shared<Native>();
  native->key.reset(EVP_EC_gen("P-256"));
  native->certificate.reset(X509_new());
  if (!native->key || !native->certificate || !fill(*native->certificate, *native->key, now)) {
    return base::fail("OpenSSL cannot make a P-256 certificate for DTLS");
  }
  native->dtls = make_dtls_context(*native->certificate, *native->key);
  native->fingerprint = certificate_hash(*native->certificate, *EVP_sha256());
  if (!native->dtls || native->fingerprint.empty()) {
    return base::fail("OpenSSL cannot make a DTLS 1.2 context with use_srtp");
  }
  return Certificate(std::move(native));
}

const std::string& Certificate::fingerprint() const {
  return native_->fingerprint;
}

std::string certificate_hash(const X509& certificate, const EVP_MD& digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  if (X509_digest(&certificate, &digest, bytes.data(), &size) != 1) return {};
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(size * 3);
  for (unsigned int i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 0x0f];
  }
  return text;
}

}  // namespace ringback::crypto
