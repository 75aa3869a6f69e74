#include "net/datagram_socket.h"

#include <linux/errqueue.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/clock.h"
#include "net/file_descriptor.h"
#include "net/front.h"
#include "net/local_address.h"
#include "net/socket_address.h"

namespace ringback::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kLargestDatagram = 65535;
// Read at once before other sockets of the front get their turn.
constexpr int kDatagramsPerTurn = 64;
// A burst of a thousand SIP messages; what the kernel does not grant is not needed to work.
constexpr int kSocketBuffer = 2 << 20;

std::string_view phrase(unsigned error) {
  switch (error) {
    case ECONNREFUSED:
      return "port unreachable";
    case EHOSTUNREACH:
      return "host unreachable";
    case ENETUNREACH:
      return "network unreachable";
    case EMSGSIZE:
      return "message too long for the path";
    default:
      return "not deliverable";
  }
}

}  // namespace

class DatagramSocket::Impl : public std::enable_shared_from_this<DatagramSocket::Impl> {
 public:
  Impl(Front& front, DatagramSocketObserver& observer)
      : descriptor_(front.context()), observer_(&observer), buffer_(kLargestDatagram) {}

  base::ErrorOr<> bind(const base::Endpoint& local) {
    auto socket = bind_socket(SocketKind::kUdp, local);
    if (!socket) return base::Failure{socket.error()};
    const int fd = socket->get();
    is_v6_ = local.address.is_v6();
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kSocketBuffer, sizeof kSocketBuffer);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);
    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    if (is_v6_) setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    local_ = bound_endpoint(fd);
    error_code error;
    descriptor_.assign(fd, error);
    if (error) return base::fail("cannot use " + local.to_string() + " (UDP): " + error.message());
    [[maybe_unused]] const int owned_by_descriptor = socket->release();
    return {};
  }

  void receive_more() {
    if (observer_ == nullptr) return;
    // An error in the queue makes the socket "readable" too.
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const error_code& error) {
                             if (error || self->observer_ == nullptr) return;
                             self->read_errors();
                             self->read_datagrams();
                             self->receive_more();
                           });
  }

  base::ErrorOr<> send(std::string_view bytes, const base::Endpoint& to) {
    const SocketAddress address(to, is_v6_);
    if (!address.valid()) return base::fail(to.to_string() + " has another IP version than our socket");
    // A pending ICMP error of an earlier datagram is reported by the next call of any kind; it is not about
    // this datagram (the error queue tells whose it is), so it is tried again.
    for (int attempt = 0;; ++attempt) {
      const ssize_t sent = sendto(descriptor_.native_handle(), bytes.data(), bytes.size(),
                                  MSG_DONTWAIT | MSG_NOSIGNAL, address.get(), address.size());
      if (sent >= 0) return {};
      const int error = errno;
      const bool of_another = error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH;
      if ((error != EINTR && !of_another) || attempt == 3) return base::fail(std::strerror(error));
    }
  }

  void close() {
    observer_ = nullptr;
    error_code ignored;
    descriptor_.close(ignored);
  }

  [[nodiscard]] const base::Endpoint& local() const { return local_; }

 private:
  void read_datagrams() {
    for (int i = 0; i < kDatagramsPerTurn && observer_ != nullptr; ++i) {
      SocketAddress from;
      socklen_t from_size = SocketAddress::capacity();
      const ssize_t size = recvfrom(descriptor_.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                    from.get(), &from_size);
      if (size < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        continue;  // a pending ICMP error, which read_errors() has reported or will
      }
      observer_->on_datagram(monotonic_now(), {buffer_.data(), static_cast<std::size_t>(size)},
                             from.endpoint());
    }
  }

  void read_errors() {
    for (int i = 0; i < kDatagramsPerTurn && observer_ != nullptr; ++i) {
      SocketAddress to;
      alignas(cmsghdr) std::array<char, 512> control;
      std::array<char, 64> start_of_datagram;
      iovec part{.iov_base = start_of_datagram.data(), .iov_len = start_of_datagram.size()};
      msghdr message{};
      message.msg_name = to.get();
      message.msg_namelen = SocketAddress::capacity();
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      if (recvmsg(descriptor_.native_handle(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
      for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
           header = CMSG_NXTHDR(&message, header)) {
        const bool is_error = (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
                              (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR);
        if (!is_error) continue;
        sock_extended_err error{};
        std::memcpy(&error, CMSG_DATA(header), sizeof error);
        observer_->on_unreachable(to.endpoint(), phrase(error.ee_errno));
        break;
      }
    }
  }

  asio::posix::stream_descriptor descriptor_;
  DatagramSocketObserver* observer_;  // null after close()
  std::vector<std::uint8_t> buffer_;
  base::Endpoint local_;
  bool is_v6_ = false;
};

DatagramSocket::DatagramSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

DatagramSocket::~DatagramSocket() {
  impl_->close();
}

base::ErrorOr<std::unique_ptr<DatagramSocket>> DatagramSocket::open(Front& front, const base::Endpoint& local,
                                                                    DatagramSocketObserver& observer) {
  auto impl = std::make_shared<Impl>(front, observer);
  if (auto bound = impl->bind(local); !bound) return base::Failure{bound.error()};
  impl->receive_more();
  return std::unique_ptr<DatagramSocket>(new DatagramSocket(std::move(impl)));
}

const base::Endpoint& DatagramSocket::local() const {
  return impl_->local();
}

base::ErrorOr<> DatagramSocket::send(std::string_view bytes, const base::Endpoint& to) {
  return impl_->send(bytes, to);
}

}  // namespace ringback::net
