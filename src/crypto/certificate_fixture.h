#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace ringback::crypto {

/// A certificate with its key, as a test wants it.
class TestCertificate {
 public:
  struct Options {
    std::string name;                         ///< "DNS:localhost" or "IP:127.0.0.1"
    std::string subject = "leaf";             ///< common name
    long valid_until_seconds = 3600;          ///< from now; negative: expired
    const TestCertificate* issuer = nullptr;  ///< null: signed by itself
    bool authority = false;
  };

  explicit TestCertificate(const Options& options) : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509* const x509 = certificate_.get();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), next_serial());
    X509_gmtime_adj(X509_getm_notBefore(x509), -7200);
    X509_gmtime_adj(X509_getm_notAfter(x509), options.valid_until_seconds);
    X509_set_pubkey(x509, key_.get());
    X509_NAME* const name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(options.subject.c_str()), -1, -1, 0);
    const TestCertificate& issuer = options.issuer != nullptr ? *options.issuer : *this;
    X509_set_issuer_name(x509, X509_get_subject_name(issuer.certificate_.get()));
    if (options.authority) add_extension(NID_basic_constraints, "critical,CA:TRUE");
    if (!options.name.empty()) add_extension(NID_subject_alt_name, options.name);
    X509_sign(x509, issuer.key_.get(), EVP_sha256());
  }

  [[nodiscard]] X509* x509() const { return certificate_.get(); }
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
  void write_pem(const std::string& path) const {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
    PEM_write_X509(file.get(), certificate_.get());
  }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  };
  static long next_serial() {
    static long serial = 0;
    return ++serial;
  }
  void add_extension(int nid, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, Free> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
    X509_add_ext(certificate_.get(), extension.get(), -1);
  }

  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
};

}  // namespace ringback::crypto
