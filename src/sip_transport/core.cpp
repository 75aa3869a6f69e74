#include "sip_transport/core.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "net/local_address.h"
#include "sip/token.h"

namespace ringback::sip_transport {
namespace {

// The shortest thing that can be SIP: "OPTIONS a SIP/2.0" is 17 bytes without a single header. What is
// shorter is a keep-alive (CRLF, a NUL, a STUN-less ping) that some NAT helpers send.
constexpr std::size_t kShortestMessage = 20;

constexpr base::Duration kLongestSweepPeriod = std::chrono::seconds(10);

bool is_response(std::string_view message) {
  return message.starts_with("SIP/2.0 ");
}

void add(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

SipTransport::Core::Core(net::Front& front, const Options& options)
    : front_(front),
      options_(options),
      limiter_(options_.new_requests_per_second, options_.new_requests_burst) {}

base::ErrorOr<> SipTransport::Core::open() {
  if (options_.udp) {
    auto socket = net::DatagramSocket::open(front_, *options_.udp, *this);
    if (!socket) return base::Failure{socket.error()};
    udp_ = std::move(*socket);
    udp_endpoint_ = udp_->local();
  }
  if (options_.tcp) {
    auto listener = net::Listener::open(front_, *options_.tcp, {}, *this);
    if (!listener) return base::Failure{listener.error()};
    listener_ = std::move(*listener);
    tcp_endpoint_ = listener_->local();
  }
  schedule_sweep();
  return {};
}

void SipTransport::Core::close() {
  closed_ = true;
  front_.cancel(sweep_timer_);
  for (auto& [flow, connection] : connections_) connection->finish();
  connections_.clear();
  flows_by_remote_.clear();
  listener_.reset();
  udp_.reset();
}

std::size_t SipTransport::Core::add_worker(std::string prefix, base::Executor& executor,
                                           std::shared_ptr<Route> route) {
  workers_.push_back({&executor, std::move(route)});
  workers_by_prefix_.emplace(std::move(prefix), workers_.size() - 1);
  return workers_.size() - 1;
}

void SipTransport::Core::send(std::size_t worker, std::string bytes, const sip::Destination& to) {
  if (closed_) return;
  switch (to.transport) {
    case sip::Transport::kUdp:
      return send_by_udp(worker, bytes, to);
    case sip::Transport::kTcp:
      return send_by_tcp(worker, std::move(bytes), to);
    case sip::Transport::kTls:
      return report_failure(worker, to, "SIP over TLS is not available");
  }
}

void SipTransport::Core::send_by_udp(std::size_t worker, const std::string& bytes,
                                     const sip::Destination& to) {
  if (!udp_) return report_failure(worker, to, "SIP over UDP is switched off");
  if (const auto sent = udp_->send(bytes, to.endpoint); !sent)
    return report_failure(worker, to, sent.error().message);
  add(counters_.sent);
}

void SipTransport::Core::send_by_tcp(std::size_t worker, std::string bytes, const sip::Destination& to) {
  auto via = Connection::Via::kEndpoint;
  Connection* const connection = connection_to(to, via);
  if (connection == nullptr) {
    const bool full = connections_.size() >= options_.max_connections;
    return report_failure(worker, to, full ? "too many connections" : "the connection is closed");
  }
  connection->note_use(worker, via);
  if (connection->send(std::move(bytes))) add(counters_.sent);
}

Connection* SipTransport::Core::connection_to(const sip::Destination& to, Connection::Via& via) {
  if (to.flow != 0) {
    if (const auto found = connections_.find(to.flow); found != connections_.end()) {
      via = Connection::Via::kFlow;
      return found->second.get();
    }
  }
  // RFC 3261 18.2.2: when the connection is gone, a new one to the address.
  if (to.endpoint.address.empty() || to.endpoint.port == 0) return nullptr;
  if (const auto found = flows_by_remote_.find(to.endpoint); found != flows_by_remote_.end()) {
    return connections_.at(found->second).get();
  }
  if (connections_.size() >= options_.max_connections) return nullptr;
  auto connection = std::make_unique<Connection>(++last_flow_, Connection::Origin::kOpenedByUs, *this);
  Connection* const result = connection.get();
  result->connect(front_, to.endpoint, {.connect_timeout = options_.connect_timeout});
  connections_.emplace(result->flow(), std::move(connection));
  flows_by_remote_.emplace(to.endpoint, result->flow());
  counters_.connections = connections_.size();
  return result;
}

void SipTransport::Core::report_failure(std::size_t worker, const sip::Destination& to, std::string why) {
  add(counters_.send_failures);
  const Worker& target = workers_[worker];
  const bool posted = target.executor->post([route = target.route, to, why = std::move(why)]() mutable {
    if (route->receiver != nullptr) route->receiver->on_transport_failed(to, std::move(why));
  });
  // Then the worker's own timers (RFC 3261 timers B and F) find out.
  if (!posted) add(counters_.dropped_overload);
}

void SipTransport::Core::on_datagram(base::TimePoint, std::span<const std::uint8_t> bytes,
                                     const base::Endpoint& from) {
  if (bytes.size() < kShortestMessage) return;
  const std::string_view message(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const auto worker = worker_for(message, from.address)) {
    deliver(*worker, message,
            {sip::Transport::kUdp, from, local_endpoint_for(sip::Transport::kUdp, from), 0});
  }
}

void SipTransport::Core::on_unreachable(const base::Endpoint& to, std::string_view reason) {
  // The network does not say which message it was. All workers are told; those without a transaction there
  // ignore it.
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    report_failure(i, {.transport = sip::Transport::kUdp, .endpoint = to, .server_name = {}},
                   std::string(reason));
  }
}

void SipTransport::Core::on_accept(std::unique_ptr<net::Stream> stream) {
  if (connections_.size() >= options_.max_connections ||
      connections_of(stream->remote().address) >= options_.max_connections_per_source) {
    return add(counters_.refused_connections);
  }
  auto connection = std::make_unique<Connection>(++last_flow_, Connection::Origin::kAccepted, *this);
  Connection& accepted = *connection;
  connections_.emplace(accepted.flow(), std::move(connection));
  counters_.connections = connections_.size();
  accepted.accept(std::move(stream));
  flows_by_remote_.emplace(accepted.remote(), accepted.flow());
}

std::size_t SipTransport::Core::connections_of(const base::IpAddress& source) const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(), [&](const auto& entry) {
        return entry.second->origin() == Connection::Origin::kAccepted &&
               entry.second->remote().address == source;
      }));
}

void SipTransport::Core::on_message(Connection& connection, std::string_view bytes) {
  const auto worker = worker_for(bytes, connection.remote().address);
  if (!worker) return;
  connection.note_use(*worker, Connection::Via::kFlow);
  deliver(*worker, bytes, {sip::Transport::kTcp, connection.remote(), connection.local(), connection.flow()});
}

std::optional<std::size_t> SipTransport::Core::worker_for(std::string_view message,
                                                          const base::IpAddress& source) {
  add(counters_.received);
  if (const auto prefix = sip::owner_of(message)) {
    const auto found = workers_by_prefix_.find(std::string(*prefix));
    if (found != workers_by_prefix_.end()) return found->second;
  }
  // A response without our branch answers nobody here; a request with a tag that is not ours gets its 481
  // from whichever worker its Call-ID names.
  if (is_response(message) || workers_.empty()) {
    add(counters_.dropped_not_ours);
    return std::nullopt;
  }
  if (!limiter_.admit(now(), source)) {
    add(counters_.dropped_over_limit);
    return std::nullopt;
  }
  const std::string_view call_id = sip::raw_call_id(message).value_or(std::string_view());
  return std::hash<std::string_view>{}(call_id) % workers_.size();
}

void SipTransport::Core::deliver(std::size_t worker, std::string_view bytes, const sip::Source& source) {
  const Worker& target = workers_[worker];
  const bool posted =
      target.executor->post([route = target.route, message = std::string(bytes), source]() mutable {
        if (route->receiver != nullptr) route->receiver->on_sip_message(std::move(message), source);
      });
  if (!posted) add(counters_.dropped_overload);
}

void SipTransport::Core::on_connection_closed(Connection& connection, std::string_view why, bool broken) {
  if (broken) {
    add(counters_.broken_streams);
    base::log(base::LogLevel::kInfo, "sip", "", "closed the connection from {}: {}",
              connection.remote().to_string(), why);
  }
  for (const Connection::Use& use : connection.uses()) {
    sip::Destination to{
        .transport = sip::Transport::kTcp, .endpoint = connection.remote(), .server_name = {}};
    if (use.by_endpoint) report_failure(use.worker, to, std::string(why));
    to.flow = connection.flow();
    if (use.by_flow) report_failure(use.worker, to, std::string(why));
  }
  remove(connection.flow());
}

void SipTransport::Core::remove(sip::FlowId flow) {
  const auto found = connections_.find(flow);
  if (found == connections_.end()) return;
  const auto by_remote = flows_by_remote_.find(found->second->remote());
  if (by_remote != flows_by_remote_.end() && by_remote->second == flow) flows_by_remote_.erase(by_remote);
  connections_.erase(found);
  counters_.connections = connections_.size();
}

void SipTransport::Core::schedule_sweep() {
  const base::Duration period =
      std::min({kLongestSweepPeriod, options_.idle_timeout / 4, options_.first_message_timeout / 4});
  sweep_timer_ = front_.schedule(now() + period, [self = weak_from_this()] {
    const auto core = self.lock();
    if (core && !core->closed_) core->sweep();
  });
}

void SipTransport::Core::sweep() {
  std::vector<sip::FlowId> idle;
  for (const auto& [flow, connection] : connections_) {
    const bool silent_stranger = connection->origin() == Connection::Origin::kAccepted &&
                                 !connection->has_received() &&
                                 now() - connection->opened_at() >= options_.first_message_timeout;
    if (silent_stranger || now() - connection->last_used() >= options_.idle_timeout) idle.push_back(flow);
  }
  for (const sip::FlowId flow : idle) remove(flow);
  schedule_sweep();
}

base::Endpoint SipTransport::Core::local_endpoint_for(sip::Transport transport,
                                                      const base::Endpoint& remote) const {
  const auto& listening = transport == sip::Transport::kUdp ? udp_endpoint_ : tcp_endpoint_;
  const auto& any = listening ? listening : (udp_endpoint_ ? udp_endpoint_ : tcp_endpoint_);
  base::Endpoint local = any.value_or(base::Endpoint{});
  const bool public_peer = !remote.address.is_private() && !remote.address.is_loopback();
  if (options_.public_address && public_peer) {
    local.address = *options_.public_address;
  } else if (local.address.is_unspecified() || local.address.empty()) {
    if (auto source = net::source_address_for(remote.address)) local.address = *source;
  }
  return local;
}

Counters SipTransport::Core::counters() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  return {.received = counters_.received.load(kRelaxed),
          .sent = counters_.sent.load(kRelaxed),
          .dropped_not_ours = counters_.dropped_not_ours.load(kRelaxed),
          .dropped_over_limit = counters_.dropped_over_limit.load(kRelaxed),
          .dropped_overload = counters_.dropped_overload.load(kRelaxed),
          .refused_connections = counters_.refused_connections.load(kRelaxed),
          .broken_streams = counters_.broken_streams.load(kRelaxed),
          .send_failures = counters_.send_failures.load(kRelaxed),
          .connections = counters_.connections.load(kRelaxed)};
}

}  // namespace ringback::sip_transport
