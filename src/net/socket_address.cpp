#include "net/socket_address.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace ringback::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

SocketAddress::SocketAddress(const base::Endpoint& endpoint, bool v6_socket) : storage_{} {
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4() && !v6_socket) {
    storage_.v4 = {};
    storage_.v4.sin_family = AF_INET;
    storage_.v4.sin_port = htons(endpoint.port);
    std::memcpy(&storage_.v4.sin_addr, bytes.data(), 4);
    size_ = sizeof(sockaddr_in);
    return;
  }
  if (endpoint.address.empty() || !v6_socket) return;
  storage_.v6 = {};
  storage_.v6.sin6_family = AF_INET6;
  storage_.v6.sin6_port = htons(endpoint.port);
  auto* const to = storage_.v6.sin6_addr.s6_addr;
  if (endpoint.address.is_v6()) {
    std::memcpy(to, bytes.data(), 16);
  } else if (!endpoint.address.is_unspecified()) {
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), to);
    std::memcpy(to + kMappedPrefix.size(), bytes.data(), 4);
  }
  size_ = sizeof(sockaddr_in6);
}

base::Endpoint SocketAddress::endpoint() const {
  return endpoint_of(*get());
}

base::Endpoint SocketAddress::endpoint_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return {base::IpAddress::v4(bytes), ntohs(v4.sin_port)};
  }
  if (address.sa_family != AF_INET6) return {};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  const std::uint16_t port = ntohs(v6.sin6_port);
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) {
    return {base::IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]}), port};
  }
  return {base::IpAddress::v6(bytes), port};
}

}  // namespace ringback::net
