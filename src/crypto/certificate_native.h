#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "crypto/certificate.h"

namespace ringback::crypto {

/// Calls OpenSSL's free function of a type; makes unique_ptr the owner of its objects.
template <auto Free>
struct OpenSslDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using X509Ptr = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpenSslDeleter<SSL_free>>;

/// Only for sources inside crypto. The DTLS context belongs to the certificate because both are set up once
/// and then only read: every association of the process is made from it, on any thread.
struct Certificate::Native {
  PrivateKeyPtr key;
  X509Ptr certificate;
  SslContextPtr dtls;
  std::string fingerprint;
};

/// The context for DTLS 1.2 with use_srtp that presents this certificate; empty when OpenSSL refuses.
[[nodiscard]] SslContextPtr make_dtls_context(X509& certificate, EVP_PKEY& key);

/// "AB:CD:..." of the certificate's DER form, or "" when it cannot be computed.
[[nodiscard]] std::string certificate_hash(const X509& certificate, const EVP_MD& digest);

}  // namespace ringback::crypto
