#include "http/server.h"

#include <algorithm>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "http/asio_types.h"
#include "http/connection.h"
#include "http/server_state.h"
#include "net/front.h"

namespace ringback::http {
namespace {

/// Pause after accept() has failed for want of descriptors or memory.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

std::string listen_failure(const base::Endpoint& address, const beast::error_code& error) {
  if (error == asio::error::address_in_use)
    return address.to_string() + " (TCP) is in use by another program";
  if (error == asio::error::access_denied)
    return address.to_string() + " (TCP) needs more rights: ports below 1024 are reserved";
  return "cannot listen on " + address.to_string() + " (TCP): " + error.message();
}

}  // namespace

/// The listening sockets. Shared by their pending accepts.
class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& context, const ServerLimits& limits, Handler handler)
      : state_(std::make_shared<ServerState>(context, limits, std::move(handler))), grace_timer_(context) {}

  base::ErrorOr<> listen(const std::vector<base::Endpoint>& addresses);
  void start();
  void stop(base::Duration grace, base::Task done);
  void close();

  [[nodiscard]] const std::vector<base::Endpoint>& endpoints() const { return endpoints_; }
  [[nodiscard]] std::size_t connection_count() const { return state_->members.size(); }

 private:
  struct Listening {
    explicit Listening(asio::io_context& context) : acceptor(context), pause(context) {}
    tcp::acceptor acceptor;
    asio::steady_timer pause;
  };

  void accept(const std::shared_ptr<Listening>& listening);
  void for_each_member(void (Member::*action)());
  void report_done();

  const std::shared_ptr<ServerState> state_;
  std::vector<std::shared_ptr<Listening>> listening_;
  std::vector<base::Endpoint> endpoints_;
  asio::steady_timer grace_timer_;
  base::Task done_;
};

base::ErrorOr<> Server::Impl::listen(const std::vector<base::Endpoint>& addresses) {
  for (const base::Endpoint& address : addresses) {
    auto listening = std::make_shared<Listening>(state_->context);
    const tcp::endpoint endpoint = to_asio(address);
    beast::error_code error;
    listening->acceptor.open(endpoint.protocol(), error);
    if (!error) listening->acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error && address.address.is_v6()) listening->acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) listening->acceptor.bind(endpoint, error);
    if (!error) listening->acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return base::fail(listen_failure(address, error));
    const tcp::endpoint bound = listening->acceptor.local_endpoint(error);
    if (error) return base::fail(listen_failure(address, error));
    endpoints_.push_back(from_asio(bound));
    listening_.push_back(std::move(listening));
  }
  return {};
}

void Server::Impl::start() {
  for (const auto& listening : listening_) accept(listening);
}

void Server::Impl::accept(const std::shared_ptr<Listening>& listening) {
  listening->acceptor.async_accept(
      [self = shared_from_this(), listening](beast::error_code error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || !listening->acceptor.is_open()) return;
        if (error) {
          listening->pause.expires_after(kAcceptPause);
          listening->pause.async_wait([self, listening](beast::error_code waited) {
            if (!waited) self->accept(listening);
          });
          return;
        }
        beast::error_code peer_error;
        const tcp::endpoint peer = socket.remote_endpoint(peer_error);
        if (!peer_error && self->state_->members.size() < self->state_->limits.connections)
          std::make_shared<Connection>(self->state_, std::move(socket), from_asio(peer))->start();
        self->accept(listening);
      });
}

void Server::Impl::for_each_member(void (Member::*action)()) {
  // Ending a member changes the map.
  std::vector<std::shared_ptr<Member>> members;
  for (const auto& entry : state_->members)
    if (auto member = entry.second.lock()) members.push_back(std::move(member));
  for (const auto& member : members) (member.get()->*action)();
}

void Server::Impl::report_done() {
  grace_timer_.cancel();
  state_->on_empty = nullptr;
  if (done_)
    asio::post(state_->context, [done = std::make_shared<base::Task>(std::move(done_))] { (*done)(); });
  done_ = {};
}

void Server::Impl::stop(base::Duration grace, base::Task done) {
  for (const auto& listening : listening_) {
    beast::error_code ignored;
    listening->acceptor.close(ignored);
    listening->pause.cancel();
  }
  state_->stopping = true;
  done_ = std::move(done);
  for_each_member(&Member::end);
  if (state_->members.empty()) return report_done();
  state_->on_empty = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->report_done();
  };
  grace_timer_.expires_after(grace);
  grace_timer_.async_wait([weak = weak_from_this()](beast::error_code error) {
    const auto self = weak.lock();
    if (!error && self) self->for_each_member(&Member::cut);
  });
}

void Server::Impl::close() {
  stop(base::Duration::zero(), {});
  grace_timer_.cancel();
  state_->on_empty = nullptr;
  state_->handler = nullptr;
  for_each_member(&Member::cut);
}

base::ErrorOr<std::unique_ptr<Server>> Server::listen(net::Front& front, ServerOptions options,
                                                      Handler handler) {
  auto impl = std::make_shared<Impl>(front.context(), options.limits, std::move(handler));
  if (auto listening = impl->listen(options.addresses); !listening) return base::Failure{listening.error()};
  impl->start();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->close();
}

const std::vector<base::Endpoint>& Server::endpoints() const {
  return impl_->endpoints();
}

std::size_t Server::connection_count() const {
  return impl_->connection_count();
}

void Server::stop(base::Duration grace, base::Task done) {
  impl_->stop(grace, std::move(done));
}

}  // namespace ringback::http
