#pragma once

#include <memory>
#include <string>

#include "base/error.h"

// OpenSSL's own names for SSL and SSL_CTX: who drives a TLS stream through another library (Asio) hands its
// objects here without including OpenSSL.
struct ssl_st;
struct ssl_ctx_st;

namespace ringback::crypto {

struct TlsContextDeleter {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContextPtr = std::unique_ptr<ssl_ctx_st, TlsContextDeleter>;

/// Files are PEM; an empty name means none.
struct TlsClientOptions {
  std::string ca_file;           ///< authorities beside the system's
  std::string certificate_file;  ///< ours, shown to a server that asks for one; with `key_file`
  std::string key_file;
  std::string alpn;         ///< the one protocol that we speak (RFC 7301): "http/1.1"; empty: none is said
  bool verify_peer = true;  ///< false: anybody may be the server
};

/// What all TLS connections of one purpose share: TLS 1.2 or later, the peer's certificate verified against
/// the system's authorities (OpenSSL's paths, SSL_CERT_FILE and SSL_CERT_DIR) and the given ones. The error
/// names the file.
[[nodiscard]] base::ErrorOr<TlsContextPtr> make_tls_client_context(const TlsClientOptions& options);

/// Call before the handshake: the certificate must be one for `host`, a name or a numeric address (RFC 6125,
/// no partial wildcards), and a name is told to the server (SNI, RFC 6066 section 3). False: out of memory or
/// not a name.
[[nodiscard]] bool expect_tls_server(ssl_st& connection, const std::string& host);

/// After a failed handshake: why the certificate is not to be trusted, as a sentence that names the host; ""
/// when the certificate was not the reason.
[[nodiscard]] std::string certificate_complaint(const ssl_st& connection, const std::string& host);

}  // namespace ringback::crypto
