#pragma once

#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/error.h"
#include "net/file_descriptor.h"

namespace ringback::net {

/// The address from which this machine would send to `peer`: what belongs into SDP, Via and Contact when we
/// listen on all addresses. Sends nothing. The error says that there is no route.
[[nodiscard]] base::ErrorOr<base::IpAddress> source_address_for(const base::IpAddress& peer);

struct InterfaceAddress {
  std::string interface;
  base::IpAddress address;
  bool loopback = false;
};
/// Addresses of all interfaces that are up, IPv6 link-local ones left out.
[[nodiscard]] std::vector<InterfaceAddress> interface_addresses();

enum class SocketKind { kUdp, kTcp };

/// A non-blocking, close-on-exec socket bound to `local` (port 0: any). The error is for people: "port 5060
/// (UDP) is in use by another program", "port 80 (TCP) needs root", "192.0.2.1 is not an address of this
/// machine".
[[nodiscard]] base::ErrorOr<FileDescriptor> bind_socket(SocketKind kind, const base::Endpoint& local);
/// The address a socket is bound to.
[[nodiscard]] base::Endpoint bound_endpoint(int fd);

}  // namespace ringback::net
