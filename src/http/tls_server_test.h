#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace ringback::http {

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

/// An HTTPS and wss server on the loop of the test: answers each request with its target, notes the SNI, and
/// echoes WebSocket messages.
class TlsServer {
 public:
  TlsServer(boost::asio::io_context& io, const TestCertificate& certificate)
      : io_(io), acceptor_(io, {boost::asio::ip::address_v4::loopback(), 0}) {
    SSL_CTX_use_certificate(context_.native_handle(), certificate.x509());
    SSL_CTX_use_PrivateKey(context_.native_handle(), certificate.key());
    accept();
  }
  ~TlsServer() { acceptor_.close(); }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] const std::string& server_name() const { return server_name_; }

 private:
  using Stream = boost::asio::ssl::stream<boost::beast::tcp_stream>;
  struct Session {
    explicit Session(Stream stream) : socket(std::move(stream)) {}
    boost::beast::websocket::stream<Stream> socket;
    boost::beast::flat_buffer buffer;
    boost::beast::http::request<boost::beast::http::string_body> request;
    boost::beast::http::response<boost::beast::http::string_body> response;
  };
  using SessionPtr = std::shared_ptr<Session>;

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      auto session = std::make_shared<Session>(Stream(boost::beast::tcp_stream(std::move(socket)), context_));
      session->socket.next_layer().async_handshake(
          boost::asio::ssl::stream_base::server, [this, session](boost::system::error_code failed) {
            const char* const name =
                SSL_get_servername(session->socket.next_layer().native_handle(), TLSEXT_NAMETYPE_host_name);
            if (name != nullptr) server_name_ = name;
            if (!failed) read(session);
          });
      accept();
    });
  }
  static void read(const SessionPtr& session) {
    boost::beast::http::async_read(session->socket.next_layer(), session->buffer, session->request,
                                   [session](boost::system::error_code error, std::size_t) {
                                     if (error) return;
                                     if (boost::beast::websocket::is_upgrade(session->request)) {
                                       return session->socket.async_accept(
                                           session->request, [session](boost::system::error_code failed) {
                                             if (!failed) echo(session);
                                           });
                                     }
                                     answer(session);
                                   });
  }
  static void answer(const SessionPtr& session) {
    session->response.body() = std::string(session->request.target()) + " " + session->request.body();
    session->response.prepare_payload();
    boost::beast::http::async_write(session->socket.next_layer(), session->response,
                                    [session](boost::system::error_code, std::size_t) {});
  }
  static void echo(const SessionPtr& session) {
    session->socket.async_read(session->buffer, [session](boost::system::error_code error, std::size_t) {
      if (error) return;
      session->socket.text(session->socket.got_text());
      session->socket.async_write(session->buffer.data(),
                                  [session](boost::system::error_code failed, std::size_t bytes) {
                                    session->buffer.consume(bytes);
                                    if (!failed) echo(session);
                                  });
    });
  }

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ssl::context context_{boost::asio::ssl::context::tls_server};
  std::string server_name_;
};

}  // namespace ringback::http
