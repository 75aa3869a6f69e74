#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/time.h"
#include "crypto/tls_client.h"

namespace ringback::net {

class Front;

enum class StreamError : std::uint8_t {
  kClosedByPeer,
  kReset,           ///< connection reset, broken pipe
  kRefused,         ///< nobody listens there
  kUnreachable,     ///< no route to the host or network
  kConnectTimeout,  ///< no answer within StreamOptions::connect_timeout
  kTls,             ///< the handshake failed or the certificate is not to be trusted; see Stream::detail()
  kWriteQueueFull,  ///< the peer does not read; see StreamOptions::write_queue_limit
  kOther,
};
/// A phrase for people: "connection refused", "no answer to the connection request", ...
[[nodiscard]] std::string_view describe(StreamError error);

struct StreamOptions {
  base::Duration connect_timeout = std::chrono::seconds(5);
  std::size_t write_queue_limit =
      1 << 20;  ///< bytes that may wait to be written before the stream is given up
};

/// What the owner of a Stream learns. Every call is the last thing the stream does in its turn, so the owner
/// may destroy the stream inside any of them.
class StreamObserver {
 public:
  /// An outgoing connection stands. Not called for accepted ones.
  virtual void on_connected() {}
  virtual void on_data(std::span<const std::uint8_t> bytes) = 0;
  /// Once, and nothing follows. Not called after close() or destruction by the owner.
  virtual void on_closed(StreamError error) = 0;

 protected:
  ~StreamObserver() = default;
};

/// What the TLS connections of one purpose share. Front thread.
class TlsClient {
 public:
  [[nodiscard]] static base::ErrorOr<std::shared_ptr<TlsClient>> create(
      const crypto::TlsClientOptions& options);
  ~TlsClient();

 private:
  friend class Stream;
  struct Context;
  explicit TlsClient(std::unique_ptr<Context> context, bool verify);
  const std::unique_ptr<Context> context_;
  const bool verify_;
};

/// One TCP connection on the front thread, with or without TLS, with a bounded write queue.
///
/// Owner: whoever connected or accepted it. Thread: front. Destroying it closes the connection at once; data
/// still in the write queue is lost (use close_when_written()).
class Stream {
 public:
  /// Never calls the observer before it returns.
  [[nodiscard]] static std::unique_ptr<Stream> connect(Front& front, const base::Endpoint& to,
                                                       const StreamOptions& options,
                                                       StreamObserver& observer);
  /// The same by TLS: connected when the handshake is done and the certificate is one for `server_name`.
  [[nodiscard]] static std::unique_ptr<Stream> connect_tls(Front& front, const base::Endpoint& to,
                                                           std::shared_ptr<TlsClient> tls,
                                                           std::string server_name,
                                                           const StreamOptions& options,
                                                           StreamObserver& observer);
  ~Stream();

  /// Starts an accepted stream: from now on the observer is called.
  void start(StreamObserver& observer);
  /// Queues the bytes; before on_connected() they wait for the connection. False when the stream is closed,
  /// or when the queue is full: then the stream fails with kWriteQueueFull.
  bool write(std::string bytes);
  /// Closes after the queue has been written, or after `linger` at the latest. No observer call follows.
  static void close_when_written(std::unique_ptr<Stream> stream,
                                 base::Duration linger = std::chrono::seconds(2));

  [[nodiscard]] bool connected() const;
  [[nodiscard]] base::Endpoint local() const;
  [[nodiscard]] const base::Endpoint& remote() const;
  [[nodiscard]] std::size_t queued_bytes() const;
  /// Inside on_closed(kTls): why, as a sentence.
  [[nodiscard]] const std::string& detail() const;

 private:
  friend class Listener;
  class Impl;
  explicit Stream(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with the asynchronous operations in flight
};

}  // namespace ringback::net
