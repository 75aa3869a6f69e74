#pragma once

#include <cstring>

#include <boost/asio/ip/tcp.hpp>

#include "base/endpoint.h"
#include "net/socket_address.h"

namespace ringback::net {

/// Endpoints to and from Asio's form; included by .cpp files only.
inline boost::asio::ip::tcp::endpoint to_asio(const base::Endpoint& endpoint) {
  const SocketAddress address(endpoint, endpoint.address.is_v6());
  boost::asio::ip::tcp::endpoint result;
  if (!address.valid()) return result;
  std::memcpy(result.data(), address.get(), address.size());
  result.resize(address.size());
  return result;
}

inline base::Endpoint from_asio(const boost::asio::ip::tcp::endpoint& endpoint) {
  return SocketAddress::endpoint_of(*endpoint.data());
}

}  // namespace ringback::net
