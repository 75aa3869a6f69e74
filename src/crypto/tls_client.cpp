#include "crypto/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/endpoint.h"

namespace ringback::crypto {
void TlsContextDeleter::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

base::ErrorOr<TlsContextPtr> make_tls_client_context(const TlsClientOptions& options) {
  TlsContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
    return base::fail("OpenSSL cannot be set up for TLS");
  SSL_CTX_set_verify(context.get(), options.verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  // An idle connection then holds no 32 KiB of buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_default_verify_paths(context.get()) != 1)
    return base::fail("the system's certificate authorities cannot be read");
  if (!options.ca_file.empty() && SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()) != 1) {
    ERR_clear_error();
    return base::fail(options.ca_file + " holds no certificates in PEM form, or cannot be read");
  }
  if (!options.certificate_file.empty() &&
      SSL_CTX_use_certificate_chain_file(context.get(), options.certificate_file.c_str()) != 1) {
    ERR_clear_error();
    return base::fail(options.certificate_file + " holds no certificate in PEM form, or cannot be read");
  }
  if (!options.key_file.empty() &&
      (SSL_CTX_use_PrivateKey_file(context.get(), options.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
       SSL_CTX_check_private_key(context.get()) != 1)) {
    ERR_clear_error();
    return base::fail(options.key_file +
                      " holds no key in PEM form, cannot be read, or is not that of the certificate");
  }
  if (!options.alpn.empty()) {
    const std::string wire = static_cast<char>(options.alpn.size()) + options.alpn;
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
  }
  return context;
}

bool expect_tls_server(ssl_st& connection, const std::string& host) {
  if (host.empty() || host.find('\0') != std::string::npos) return false;
  if (base::IpAddress::parse(host))
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&connection), host.c_str()) == 1;
  SSL_set_hostflags(&connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(&connection, host.c_str()) == 1 &&
         SSL_set_tlsext_host_name(&connection, host.c_str()) == 1;
}

std::string certificate_complaint(const ssl_st& connection, const std::string& host) {
  const long verdict = SSL_get_verify_result(&connection);
  const std::string certificate = "the certificate of " + host;
  switch (verdict) {
    case X509_V_OK:
      return "";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return certificate + " is for another name";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return certificate + " has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return certificate + " is not valid yet; is the clock of this machine right?";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return certificate + " is signed by itself, not by an authority that this machine trusts";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return certificate +
             " comes from an authority that this machine does not trust, or an intermediate one is missing";
    default:
      return certificate + " is not to be trusted: " + X509_verify_cert_error_string(verdict);
  }
}

}  // namespace ringback::crypto
