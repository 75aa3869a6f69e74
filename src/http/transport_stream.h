#pragma once

#include <utility>
#include <variant>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "http/asio_types.h"

namespace ringback::http {

/// A TCP connection with or without TLS, decided at run time, so that HTTP and WebSocket above it are
/// compiled once. The only place outside `crypto` where TLS happens: Asio drives OpenSSL better than code of
/// ours would, and what is asked of OpenSSL itself is in crypto/tls_client.
class TransportStream {
 public:
  using executor_type = beast::tcp_stream::executor_type;

  explicit TransportStream(beast::tcp_stream stream) : stream_(std::move(stream)) {}

  [[nodiscard]] executor_type get_executor() { return tcp().get_executor(); }
  [[nodiscard]] beast::tcp_stream& tcp() {
    if (Tls* tls = std::get_if<Tls>(&stream_)) return tls->next_layer();
    return *std::get_if<beast::tcp_stream>(&stream_);
  }
  void close() { tcp().close(); }

  /// From now on bytes are TLS records; the handshake comes next. Call once.
  void secure(asio::ssl::context& context) {
    beast::tcp_stream plain = std::move(tcp());
    stream_.emplace<Tls>(std::move(plain), context);
  }
  /// OpenSSL's object; secure() must have been called.
  [[nodiscard]] ssl_st& tls() { return *std::get_if<Tls>(&stream_)->native_handle(); }
  template <class Handler>
  void async_tls_handshake(Handler&& handler) {
    std::get_if<Tls>(&stream_)->async_handshake(asio::ssl::stream_base::client,
                                                std::forward<Handler>(handler));
  }

  // Asio's AsyncReadStream and AsyncWriteStream, for handlers that are callbacks.
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    std::visit([&](auto& stream) { stream.async_read_some(buffers, std::forward<Handler>(handler)); },
               stream_);
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    std::visit([&](auto& stream) { stream.async_write_some(buffers, std::forward<Handler>(handler)); },
               stream_);
  }

  /// Once the WebSocket close frames are exchanged we close first and at once (RFC 6455 section 7.1.1), where
  /// Beast would wait for the other side to do it. No TLS close_notify: the close frames have said it.
  template <class Handler>
  friend void async_teardown(beast::role_type, TransportStream& stream, Handler&& handler) {
    beast::error_code error;
    stream.tcp().socket().shutdown(tcp::socket::shutdown_send, error);
    asio::post(stream.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error));
  }
  /// How Beast gives up a connection whose handshake takes too long.
  friend void beast_close_socket(TransportStream& stream) { stream.close(); }
  /// Beast asks for it, its synchronous functions would use it.
  friend void teardown(beast::role_type, TransportStream& stream, beast::error_code& error) {
    stream.tcp().socket().shutdown(tcp::socket::shutdown_send, error);
  }

 private:
  using Tls = asio::ssl::stream<beast::tcp_stream>;
  std::variant<beast::tcp_stream, Tls> stream_;
};

}  // namespace ringback::http
