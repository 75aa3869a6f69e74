#pragma once

#include <memory>

#include "base/endpoint.h"
#include "base/error.h"
#include "net/stream.h"

namespace ringback::net {

class ListenerObserver {
 public:
  /// The stream does nothing before start(); destroying it refuses the connection.
  virtual void on_accept(std::unique_ptr<Stream> stream) = 0;

 protected:
  ~ListenerObserver() = default;
};

/// A listening TCP socket on the front thread. Survives a shortage of file descriptors: it pauses and goes
/// on.
class Listener {
 public:
  /// The error is a sentence such as "port 5060 (TCP) is in use by another program".
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<Listener>> open(Front& front,
                                                                     const base::Endpoint& local,
                                                                     const StreamOptions& options,
                                                                     ListenerObserver& observer);
  ~Listener();
  [[nodiscard]] const base::Endpoint& local() const;

 private:
  class Impl;
  explicit Listener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace ringback::net
