#include "net/local_address.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "net/socket_address.h"

namespace ringback::net {
namespace {

bool is_link_local_v6(const base::IpAddress& address) {
  const auto bytes = address.bytes();
  return address.is_v6() && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

std::string explain_bind_error(SocketKind kind, const base::Endpoint& local, int error) {
  const char* const protocol = kind == SocketKind::kUdp ? "UDP" : "TCP";
  switch (error) {
    case EADDRINUSE:
      return fmt::format("port {} ({}) is in use by another program", local.port, protocol);
    case EACCES:
      return fmt::format("port {} ({}) needs root or the capability CAP_NET_BIND_SERVICE", local.port,
                         protocol);
    case EADDRNOTAVAIL:
      return fmt::format("{} is not an address of this machine", local.address.to_string());
    case EMFILE:
    case ENFILE:
      return "too many open files; raise the limit (ulimit -n)";
    case EAFNOSUPPORT:
      return fmt::format("this machine has no {}", local.address.is_v6() ? "IPv6" : "IPv4");
    default:
      return fmt::format("cannot listen on {} ({}): {}", local.to_string(), protocol, std::strerror(error));
  }
}

}  // namespace

base::ErrorOr<base::IpAddress> source_address_for(const base::IpAddress& peer) {
  const bool v6 = peer.is_v6();
  const FileDescriptor socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // Connecting a UDP socket makes the kernel choose a route and its source address, and sends nothing.
  const SocketAddress to({peer, 9}, v6);
  if (!socket || !to.valid() || connect(socket.get(), to.get(), to.size()) != 0) {
    return base::fail(fmt::format("no route to {}: {}", peer.to_string(), std::strerror(errno)));
  }
  return bound_endpoint(socket.get()).address;
}

std::vector<InterfaceAddress> interface_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  std::vector<InterfaceAddress> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    const base::IpAddress address = SocketAddress::endpoint_of(*entry->ifa_addr).address;
    if (address.empty() || is_link_local_v6(address)) continue;
    addresses.push_back({entry->ifa_name, address, (entry->ifa_flags & IFF_LOOPBACK) != 0});
  }
  return addresses;
}

base::ErrorOr<FileDescriptor> bind_socket(SocketKind kind, const base::Endpoint& local) {
  const bool v6 = local.address.is_v6();
  const int type = (kind == SocketKind::kUdp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  FileDescriptor socket(::socket(v6 ? AF_INET6 : AF_INET, type, 0));
  if (!socket) return base::fail(explain_bind_error(kind, local, errno));
  const int on = 1;
  const int off = 0;
  // Connections of the program's previous run may linger in TIME_WAIT; that is not "in use by another
  // program".
  if (kind == SocketKind::kTcp) setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (v6) {
    const int* const v6_only = local.address.is_unspecified() ? &off : &on;
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, v6_only, sizeof *v6_only);
  }
  const SocketAddress address(local, v6);
  if (!address.valid() || bind(socket.get(), address.get(), address.size()) != 0) {
    return base::fail(explain_bind_error(kind, local, address.valid() ? errno : EADDRNOTAVAIL));
  }
  return socket;
}

base::Endpoint bound_endpoint(int fd) {
  SocketAddress address;
  socklen_t size = SocketAddress::capacity();
  if (getsockname(fd, address.get(), &size) != 0) return {};
  return address.endpoint();
}

}  // namespace ringback::net
