#pragma once

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "http/asio_types.h"

namespace ringback::http {

/// The TCP stream below a WebSocket. It differs from Beast's own in one thing: once the close frames are
/// exchanged the server closes first and at once (RFC 6455 section 7.1.1), where Beast would wait for the
/// client to do it.
class WebSocketTcpStream : public beast::tcp_stream {
 public:
  explicit WebSocketTcpStream(beast::tcp_stream stream) : beast::tcp_stream(std::move(stream)) {}

  friend void teardown(beast::role_type, WebSocketTcpStream& stream, beast::error_code& error) {
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
  }

  template <class Handler>
  friend void async_teardown(beast::role_type, WebSocketTcpStream& stream, Handler&& handler) {
    beast::error_code error;
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    asio::post(stream.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error));
  }
};

}  // namespace ringback::http
