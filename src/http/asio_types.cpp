#include "http/asio_types.h"

#include <algorithm>

namespace ringback::http {

tcp::endpoint to_asio(const base::Endpoint& endpoint) {
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v6()) {
    asio::ip::address_v6::bytes_type v6{};
    std::copy(bytes.begin(), bytes.end(), v6.begin());
    return {asio::ip::address_v6(v6), endpoint.port};
  }
  asio::ip::address_v4::bytes_type v4{};
  std::copy(bytes.begin(), bytes.end(), v4.begin());
  return {asio::ip::address_v4(v4), endpoint.port};
}

base::Endpoint from_asio(const tcp::endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
  if (address.is_v4()) return {base::IpAddress::v4(address.to_v4().to_bytes()), endpoint.port()};
  return {base::IpAddress::v6(address.to_v6().to_bytes()), endpoint.port()};
}

}  // namespace ringback::http
