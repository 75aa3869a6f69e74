#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "net/datagram_socket.h"
#include "net/front.h"
#include "net/listener.h"
#include "sip_transport/connection.h"
#include "sip_transport/sip_transport.h"
#include "sip_transport/source_limiter.h"

namespace ringback::sip_transport {

/// The part of SipTransport that lives on the front. Shared with the workers' links only so that a message on
/// its way finds it, or finds it closed.
class SipTransport::Core final : public std::enable_shared_from_this<SipTransport::Core>,
                                 private net::DatagramSocketObserver,
                                 private net::ListenerObserver,
                                 public ConnectionObserver {
 public:
  /// Where a worker's messages end. `receiver` belongs to the worker's thread: null once the link is gone.
  struct Route {
    explicit Route(Receiver& to) : receiver(&to) {}
    Receiver* receiver;
  };

  Core(net::Front& front, const Options& options);
  base::ErrorOr<> open();
  void close();

  std::size_t add_worker(std::string prefix, base::Executor& executor, std::shared_ptr<Route> route);
  void send(std::size_t worker, std::string bytes, const sip::Destination& to);
  /// Any thread.
  void report_failure(std::size_t worker, const sip::Destination& to, std::string why);

  [[nodiscard]] base::Endpoint local_endpoint_for(sip::Transport transport,
                                                  const base::Endpoint& remote) const;
  [[nodiscard]] std::optional<base::Endpoint> udp_endpoint() const { return udp_endpoint_; }
  [[nodiscard]] std::optional<base::Endpoint> tcp_endpoint() const { return tcp_endpoint_; }
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] net::Front& front() { return front_; }

 private:
  struct Worker {
    base::Executor* executor = nullptr;
    std::shared_ptr<Route> route;
  };
  /// Read from any thread, written by the front.
  struct AtomicCounters {
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> dropped_not_ours{0};
    std::atomic<std::uint64_t> dropped_over_limit{0};
    std::atomic<std::uint64_t> dropped_overload{0};
    std::atomic<std::uint64_t> refused_connections{0};
    std::atomic<std::uint64_t> broken_streams{0};
    std::atomic<std::uint64_t> send_failures{0};
    std::atomic<std::size_t> connections{0};
  };

  void on_datagram(base::TimePoint now, std::span<const std::uint8_t> bytes,
                   const base::Endpoint& from) override;
  void on_unreachable(const base::Endpoint& to, std::string_view reason) override;
  void on_accept(std::unique_ptr<net::Stream> stream) override;
  void on_message(Connection& connection, std::string_view bytes) override;
  void on_connection_closed(Connection& connection, std::string_view why, bool broken) override;
  [[nodiscard]] base::TimePoint now() const override { return front_.now(); }

  void send_by_udp(std::size_t worker, const std::string& bytes, const sip::Destination& to);
  void send_by_tcp(std::size_t worker, std::string bytes, const sip::Destination& to);
  Connection* connection_to(const sip::Destination& to, Connection::Via& via);
  [[nodiscard]] std::optional<std::size_t> worker_for(std::string_view message,
                                                      const base::IpAddress& source);
  void deliver(std::size_t worker, std::string_view bytes, const sip::Source& source);
  void remove(sip::FlowId flow);
  void sweep();
  void schedule_sweep();
  [[nodiscard]] std::size_t connections_of(const base::IpAddress& source) const;

  net::Front& front_;
  const Options options_;
  SourceLimiter limiter_;
  bool closed_ = false;
  std::vector<Worker> workers_;
  std::unordered_map<std::string, std::size_t> workers_by_prefix_;
  std::optional<base::Endpoint> udp_endpoint_;
  std::optional<base::Endpoint> tcp_endpoint_;
  std::unique_ptr<net::DatagramSocket> udp_;
  std::unique_ptr<net::Listener> listener_;
  sip::FlowId last_flow_ = 0;
  std::unordered_map<sip::FlowId, std::unique_ptr<Connection>> connections_;
  std::unordered_map<base::Endpoint, sip::FlowId> flows_by_remote_;
  net::TimerId sweep_timer_;
  AtomicCounters counters_;
};

}  // namespace ringback::sip_transport
