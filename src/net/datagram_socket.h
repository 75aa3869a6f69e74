#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/time.h"

namespace ringback::net {

class Front;

class DatagramSocketObserver {
 public:
  virtual void on_datagram(base::TimePoint now, std::span<const std::uint8_t> bytes,
                           const base::Endpoint& from) = 0;
  /// The network says that a datagram sent to `to` cannot arrive (ICMP, or no route). `reason` is a phrase
  /// such as "port unreachable".
  virtual void on_unreachable(const base::Endpoint& to, std::string_view reason) = 0;

 protected:
  ~DatagramSocketObserver() = default;
};

/// A bound UDP socket on the front thread, for signalling: datagrams up to 65507 bytes, one system call each,
/// and ICMP errors reported (IP_RECVERR). Media uses UdpPort on a worker.
class DatagramSocket {
 public:
  /// The error is a sentence such as "port 5060 (UDP) is in use by another program".
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<DatagramSocket>> open(Front& front,
                                                                           const base::Endpoint& local,
                                                                           DatagramSocketObserver& observer);
  ~DatagramSocket();

  [[nodiscard]] const base::Endpoint& local() const;
  /// Sends at once. The error says why the kernel refuses ("network unreachable", "message too long").
  [[nodiscard]] base::ErrorOr<> send(std::string_view bytes, const base::Endpoint& to);

 private:
  class Impl;
  explicit DatagramSocket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace ringback::net
