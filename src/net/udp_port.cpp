#include "net/udp_port.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "net/datagram_batch.h"
#include "net/local_address.h"
#include "net/socket_address.h"

namespace ringback::net {

base::ErrorOr<std::unique_ptr<UdpPort>> UdpPort::open(Worker& worker, const Options& options,
                                                      DatagramReceiver& receiver) {
  auto socket = bind_socket(SocketKind::kUdp, options.local);
  if (!socket) return base::Failure{socket.error()};
  const int fd = socket->get();
  // The kernel grants at most net.core.rmem_max and wmem_max; less than asked for is still usable.
  const auto receive_buffer = static_cast<int>(options.receive_buffer);
  const auto send_buffer = static_cast<int>(options.send_buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  if (options.traffic_class != 0) {
    const auto traffic_class = static_cast<int>(options.traffic_class);
    if (options.local.address.is_v6()) {
      setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof traffic_class);
    }
    setsockopt(fd, IPPROTO_IP, IP_TOS, &traffic_class, sizeof traffic_class);
  }
  const base::Endpoint local = bound_endpoint(fd);
  std::unique_ptr<UdpPort> port(new UdpPort(worker, options, receiver, std::move(*socket), local));
  if (!worker.watch(fd, EPOLLIN, *port)) {
    return base::fail("cannot watch " + local.to_string() + ": " + std::strerror(errno));
  }
  return port;
}

UdpPort::UdpPort(Worker& worker, const Options& options, DatagramReceiver& receiver, FileDescriptor socket,
                 const base::Endpoint& local)
    : worker_(worker),
      receiver_(receiver),
      socket_(std::move(socket)),
      local_(local),
      receive_batch_(options.receive_batch == 0 ? 1 : options.receive_batch),
      is_v6_(local.address.is_v6()),
      numbered_(options.local.port != 0) {}

UdpPort::~UdpPort() {
  worker_.datagrams().forget(*this);
  worker_.unwatch(socket_.get());
}

std::span<std::uint8_t> UdpPort::prepare() {
  return worker_.datagrams().prepare(*this);
}

void UdpPort::commit(std::size_t size, const base::Endpoint& to) {
  worker_.datagrams().commit(*this, size, to);
}

bool UdpPort::send(std::span<const std::uint8_t> bytes, const base::Endpoint& to) {
  if (bytes.size() > kMaxDatagram) {
    ++counters_.tx_dropped;
    return false;
  }
  const auto slot = prepare();
  std::memcpy(slot.data(), bytes.data(), bytes.size());
  commit(bytes.size(), to);
  return true;
}

bool UdpPort::connect(const base::Endpoint& peer) {
  const SocketAddress address(peer, is_v6_);
  connected_ = numbered_ && address.valid() && ::connect(socket_.get(), address.get(), address.size()) == 0;
  return connected_;
}

void UdpPort::disconnect() {
  if (!connected_) return;
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  connected_ = ::connect(socket_.get(), &nobody, sizeof nobody) != 0;
}

void UdpPort::on_io(std::uint32_t) {
  worker_.datagrams().receive(*this);
}

}  // namespace ringback::net
