#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/front.h"
#include "net/stream.h"

namespace ringback::net {

/// The part of a Stream that the asynchronous operations in flight keep alive. Once closed_, no operation
/// starts and the observer is gone.
class Stream::Impl : public std::enable_shared_from_this<Stream::Impl> {
 public:
  Impl(boost::asio::ip::tcp::socket socket, const base::Endpoint& remote, const StreamOptions& options);

  void connect(StreamObserver& observer);
  void start(StreamObserver& observer);
  bool write(std::string bytes);
  /// No observer call follows.
  void close();
  void close_when_written(base::Duration linger);

  [[nodiscard]] bool connected() const { return connected_ && !closed_; }
  [[nodiscard]] base::Endpoint local() const;
  [[nodiscard]] const base::Endpoint& remote() const { return remote_; }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  void on_connect(const boost::system::error_code& error);
  void read_more();
  void write_more();
  void finish_sending();
  void fail(StreamError error);

  boost::asio::ip::tcp::socket socket_;
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
