#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/front.h"
#include "net/stream.h"

namespace ringback::net {

struct TlsClient::Context {
  boost::asio::ssl::context ssl;
};

/// The part of a Stream that the asynchronous operations in flight keep alive. Once closed_, no operation
/// starts and the observer is gone.
class Stream::Impl : public std::enable_shared_from_this<Stream::Impl> {
 public:
  Impl(boost::asio::ip::tcp::socket socket, const base::Endpoint& remote, const StreamOptions& options);

  void connect(StreamObserver& observer);
  /// Before connect().
  void secure(std::shared_ptr<TlsClient> tls, boost::asio::ssl::context& context, std::string server_name,
              bool verify);
  void start(StreamObserver& observer);
  bool write(std::string bytes);
  /// No observer call follows.
  void close();
  void close_when_written(base::Duration linger);

  [[nodiscard]] bool connected() const { return connected_ && !closed_; }
  [[nodiscard]] base::Endpoint local() const;
  [[nodiscard]] const base::Endpoint& remote() const { return remote_; }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }

 private:
  void on_connect(const boost::system::error_code& error);
  void shake_hands();
  void on_handshake(const boost::system::error_code& error);
  void established();
  void on_read(const boost::system::error_code& error, std::size_t size);
  void on_written(const boost::system::error_code& error);
  void read_more();
  void write_more();
  void finish_sending();
  void fail(StreamError error);

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<TlsClient> tls_client_;  // owns what tls_ refers to
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  std::string server_name_;
  bool verify_ = true;
  std::string detail_;
  boost::asio::steady_timer timer_;  // of the connection attempt, later of lingering
  const base::Endpoint remote_;
  const StreamOptions options_;
  StreamObserver* observer_ = nullptr;
  bool connected_ = false;
  bool closed_ = false;
  bool finishing_ = false;  // the owner has let go; what is queued is written, what comes is thrown away
  bool writing_ = false;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  std::array<std::uint8_t, 8192> read_buffer_;
};

}  // namespace ringback::net
