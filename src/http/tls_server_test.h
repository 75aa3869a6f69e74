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

#include "crypto/certificate_fixture.h"

namespace ringback::http {

using crypto::TestCertificate;

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
