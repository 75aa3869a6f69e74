#include "net/listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/asio_address.h"
#include "net/front.h"
#include "net/local_address.h"
#include "net/stream_impl.h"

namespace ringback::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Long enough for connections to end, short enough that a client's own retry finds us back.
constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(200);

}  // namespace

class Listener::Impl : public std::enable_shared_from_this<Listener::Impl> {
 public:
  Impl(Front& front, const StreamOptions& options, ListenerObserver& observer)
      : acceptor_(front.context()), pause_(front.context()), options_(options), observer_(&observer) {}

  base::ErrorOr<> listen(const base::Endpoint& local) {
    auto socket = bind_socket(SocketKind::kTcp, local);
    if (!socket) return base::Failure{socket.error()};
    // Linux reports a port taken by a listener only here when both sides allow the reuse of addresses.
    if (::listen(socket->get(), SOMAXCONN) != 0) {
      return base::fail(errno == EADDRINUSE
                            ? "port " + std::to_string(local.port) + " (TCP) is in use by another program"
                            : "cannot listen on " + local.to_string() + " (TCP): " + std::strerror(errno));
    }
    local_ = bound_endpoint(socket->get());
    error_code error;
    acceptor_.assign(local.address.is_v6() ? tcp::v6() : tcp::v4(), socket->get(), error);
    if (error) return base::fail("cannot listen on " + local.to_string() + " (TCP): " + error.message());
    [[maybe_unused]] const int owned_by_acceptor = socket->release();
    return {};
  }

  void accept_more() {
    if (observer_ == nullptr) return;
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
      if (self->observer_ == nullptr) return;
      if (!error) {
        self->deliver(std::move(socket));
      } else if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
                 error == asio::error::no_memory) {
        return self->accept_later();
      }
      self->accept_more();
    });
  }

  void close() {
    observer_ = nullptr;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

  [[nodiscard]] const base::Endpoint& local() const { return local_; }

 private:
  void deliver(tcp::socket socket) {
    error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;  // gone already
    auto impl = std::make_shared<Stream::Impl>(std::move(socket), from_asio(remote), options_);
    observer_->on_accept(std::unique_ptr<Stream>(new Stream(std::move(impl))));
  }

  void accept_later() {
    pause_.expires_after(kPauseWithoutDescriptors);
    pause_.async_wait([self = shared_from_this()](const error_code&) { self->accept_more(); });
  }

  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  const StreamOptions options_;
  ListenerObserver* observer_;  // null after close()
  base::Endpoint local_;
};

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() {
  impl_->close();
}

base::ErrorOr<std::unique_ptr<Listener>> Listener::open(Front& front, const base::Endpoint& local,
                                                        const StreamOptions& options,
                                                        ListenerObserver& observer) {
  auto impl = std::make_shared<Impl>(front, options, observer);
  if (auto listening = impl->listen(local); !listening) return base::Failure{listening.error()};
  impl->accept_more();
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

const base::Endpoint& Listener::local() const {
  return impl_->local();
}

}  // namespace ringback::net
