#include "net/worker_stream.h"

#include <utility>

#include "net/front.h"

namespace ringback::net {

/// The front's end. Front thread, except for its construction.
class WorkerStream::FrontEnd final : public StreamObserver {
 public:
  FrontEnd(base::Executor& worker, std::shared_ptr<WorkerStreamObserver*> observer, std::size_t lag_limit)
      : worker_(worker), observer_(std::move(observer)), lag_limit_(lag_limit) {}

  void open(Front& front, const base::Endpoint& to, std::shared_ptr<TlsClient> tls, std::string server_name,
            const StreamOptions& options) {
    stream_ = tls ? Stream::connect_tls(front, to, std::move(tls), std::move(server_name), options, *this)
                  : Stream::connect(front, to, options, *this);
  }

  void write(std::string bytes) {
    if (stream_ && stream_->queued_bytes() <= lag_limit_) stream_->write(std::move(bytes));
  }

  void close() { stream_.reset(); }

 private:
  void on_data(std::span<const std::uint8_t> bytes) override {
    const bool posted =
        worker_.post([observer = observer_,
                      copy = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())] {
          if (*observer == nullptr) return;
          (*observer)->on_stream_data({reinterpret_cast<const std::uint8_t*>(copy.data()), copy.size()});
        });
    // With a piece missing nobody could read the rest.
    if (!posted) fail("the worker is overloaded");
  }

  void on_closed(StreamError error) override {
    fail(stream_->detail().empty() ? std::string(describe(error)) : stream_->detail());
  }

  void fail(std::string reason) {
    stream_.reset();
    static_cast<void>(worker_.post([observer = observer_, reason = std::move(reason)] {
      if (*observer != nullptr) (*observer)->on_stream_closed(reason);
    }));
  }

  base::Executor& worker_;
  const std::shared_ptr<WorkerStreamObserver*> observer_;
  const std::size_t lag_limit_;
  std::unique_ptr<Stream> stream_;
};

WorkerStream::WorkerStream(Front& front, base::Executor& worker, const base::Endpoint& to,
                           const Options& options, WorkerStreamObserver& observer)
    : WorkerStream(front, worker, to, nullptr, {}, options, observer) {}

WorkerStream::WorkerStream(Front& front, base::Executor& worker, const base::Endpoint& to,
                           std::shared_ptr<TlsClient> tls, std::string server_name, const Options& options,
                           WorkerStreamObserver& observer)
    : front_(front),
      observer_(std::make_shared<WorkerStreamObserver*>(&observer)),
      end_(std::make_shared<FrontEnd>(worker, observer_, options.lag_limit)) {
  const StreamOptions stream{.connect_timeout = options.connect_timeout};
  // When the front refuses the work, the user's own timers tell it.
  static_cast<void>(
      front_.post([&front, end = end_, to, tls = std::move(tls), name = std::move(server_name),
                   stream]() mutable { end->open(front, to, std::move(tls), std::move(name), stream); }));
}

WorkerStream::~WorkerStream() {
  *observer_ = nullptr;
  static_cast<void>(front_.post([end = std::move(end_)] { end->close(); }));
}

void WorkerStream::write(std::string bytes) {
  static_cast<void>(
      front_.post([end = end_, bytes = std::move(bytes)]() mutable { end->write(std::move(bytes)); }));
}

}  // namespace ringback::net
