#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "http/asio_types.h"

namespace ringback::http {

/// The handler of a read or a write, its type erased. Beast's operations are large types; without this each
/// of them instantiates the sockets' and TLS's machinery anew, which takes the compiler minutes.
class TransferHandler {
 public:
  template <class F>
    requires(!std::is_same_v<std::decay_t<F>, TransferHandler>)
  explicit TransferHandler(F&& function)
      : body_(std::make_unique<Body<std::decay_t<F>>>(std::forward<F>(function))) {}

  void operator()(beast::error_code error, std::size_t transferred) { body_->run(error, transferred); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void run(beast::error_code error, std::size_t transferred) = 0;
  };
  template <class F>
  struct Body final : Base {
    explicit Body(F&& function) : function_(std::move(function)) {}
    explicit Body(const F& function) : function_(function) {}
    void run(beast::error_code error, std::size_t transferred) override {
      // The operation may begin its next step, and so another body, inside the call.
      F function = std::move(function_);
      function(error, transferred);
    }
    F function_;
  };
  std::unique_ptr<Base> body_;
};

/// The first buffers of any sequence: reads and writes of "some" may leave the rest to the next one.
template <class Buffer>
class BufferList {
 public:
  using value_type = Buffer;
  using const_iterator = const Buffer*;

  template <class Buffers>
  explicit BufferList(const Buffers& buffers) {
    for (auto at = asio::buffer_sequence_begin(buffers);
         at != asio::buffer_sequence_end(buffers) && count_ < items_.size(); ++at) {
      items_[count_++] = *at;
    }
  }
  [[nodiscard]] const_iterator begin() const { return items_.data(); }
  [[nodiscard]] const_iterator end() const { return items_.data() + count_; }

 private:
  std::array<Buffer, 8> items_;
  std::size_t count_ = 0;
};

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

  // Asio's AsyncReadStream and AsyncWriteStream, for handlers that are callbacks. Their types end here.
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    read_some(BufferList<asio::mutable_buffer>(buffers), TransferHandler(std::forward<Handler>(handler)));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    write_some(BufferList<asio::const_buffer>(buffers), TransferHandler(std::forward<Handler>(handler)));
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

  void read_some(const BufferList<asio::mutable_buffer>& buffers, TransferHandler handler);
  void write_some(const BufferList<asio::const_buffer>& buffers, TransferHandler handler);

  std::variant<beast::tcp_stream, Tls> stream_;
};

}  // namespace ringback::http
