#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/endpoint.h"

namespace ringback::net {

/// base::Endpoint in the kernel's form. IPv4 peers of an IPv6 socket are mapped (::ffff:0:0/96) on the way in
/// and back on the way out, so that the rest of the program never sees a mapped address.
class SocketAddress {
 public:
  SocketAddress() : storage_{} {}
  /// `v6_socket`: the family of the socket that will use it. valid() is false when it cannot reach the
  /// endpoint.
  SocketAddress(const base::Endpoint& endpoint, bool v6_socket);

  [[nodiscard]] bool valid() const { return size_ != 0; }
  [[nodiscard]] base::Endpoint endpoint() const;
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] static constexpr socklen_t capacity() { return sizeof(sockaddr_in6); }
  [[nodiscard]] static base::Endpoint endpoint_of(const sockaddr& address);

 private:
  union {
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_;
  socklen_t size_ = 0;
};

}  // namespace ringback::net
