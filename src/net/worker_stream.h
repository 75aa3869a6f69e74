#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/executor.h"
#include "net/stream.h"

namespace ringback::net {

/// Told on the worker, from its loop, never inside a call of the stream.
class WorkerStreamObserver {
 public:
  /// The observer may destroy the stream inside the call.
  virtual void on_stream_data(std::span<const std::uint8_t> bytes) = 0;
  /// Once, and nothing follows: it never stood, or it ended.
  virtual void on_stream_closed(std::string_view reason) = 0;

 protected:
  ~WorkerStreamObserver() = default;
};

/// A connection by TCP or TLS that a worker uses as if it were its own: the Stream lives on the front thread,
/// bytes and news hop between the two. For media that finds no way by UDP: a hop costs some 30 us per packet,
/// and such a packet is late for other reasons.
///
/// Created, used and destroyed on the worker; destroying it closes the connection. Front and worker must
/// outlive it.
class WorkerStream {
 public:
  struct Options {
    base::Duration connect_timeout = std::chrono::seconds(5);
    /// What is written while more than this many bytes wait is dropped, whole: sound that cannot leave in
    /// time is not worth sending, and the stream stays readable.
    std::size_t lag_limit = 16 << 10;
  };

  WorkerStream(Front& front, base::Executor& worker, const base::Endpoint& to, const Options& options,
               WorkerStreamObserver& observer);
  /// By TLS; the certificate must be one for `server_name`.
  WorkerStream(Front& front, base::Executor& worker, const base::Endpoint& to, std::shared_ptr<TlsClient> tls,
               std::string server_name, const Options& options, WorkerStreamObserver& observer);
  ~WorkerStream();

  /// One message in its framing. What is written before the connection stands waits for it.
  void write(std::string bytes);

 private:
  class FrontEnd;
  Front& front_;
  const std::shared_ptr<WorkerStreamObserver*> observer_;  ///< null inside when the worker has let go
  std::shared_ptr<FrontEnd> end_;
};

}  // namespace ringback::net
