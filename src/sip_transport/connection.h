#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "net/stream.h"
#include "sip/stream_framer.h"
#include "sip/transport.h"

namespace ringback::sip_transport {

class Connection;

class ConnectionObserver {
 public:
  /// A whole message; the observer must not destroy the connection inside.
  virtual void on_message(Connection& connection, std::string_view bytes) = 0;
  /// It is over, and the observer destroys it. `broken` when the bytes were not SIP.
  virtual void on_connection_closed(Connection& connection, std::string_view why, bool broken) = 0;
  [[nodiscard]] virtual base::TimePoint now() const = 0;

 protected:
  ~ConnectionObserver() = default;
};

/// One TCP connection that carries SIP, and which workers depend on it. Front thread; owned by the
/// SipTransport.
class Connection final : private net::StreamObserver {
 public:
  enum class Origin { kAccepted, kOpenedByUs };
  Connection(sip::FlowId flow, Origin origin, ConnectionObserver& observer)
      : flow_(flow),
        origin_(origin),
        observer_(observer),
        opened_at_(observer.now()),
        last_used_(opened_at_) {}

  void connect(net::Front& front, const base::Endpoint& to, const net::StreamOptions& options);
  void accept(std::unique_ptr<net::Stream> stream);

  /// False when the connection is failing; on_connection_closed() follows.
  bool send(std::string bytes);
  /// Writes what is queued, then closes; for a connection about to be destroyed.
  void finish();

  /// How a worker found this connection: what it must be told when it breaks.
  enum class Via { kFlow, kEndpoint };
  struct Use {
    std::size_t worker = 0;
    bool by_flow = false;
    bool by_endpoint = false;
  };
  void note_use(std::size_t worker, Via via);
  [[nodiscard]] const std::vector<Use>& uses() const { return uses_; }

  [[nodiscard]] sip::FlowId flow() const { return flow_; }
  [[nodiscard]] Origin origin() const { return origin_; }
  [[nodiscard]] const base::Endpoint& remote() const { return stream_->remote(); }
  [[nodiscard]] base::Endpoint local() const { return stream_->local(); }
  [[nodiscard]] base::TimePoint opened_at() const { return opened_at_; }
  [[nodiscard]] base::TimePoint last_used() const { return last_used_; }
  [[nodiscard]] bool has_received() const { return has_received_; }

 private:
  void on_data(std::span<const std::uint8_t> bytes) override;
  void on_closed(net::StreamError error) override;

  const sip::FlowId flow_;
  const Origin origin_;
  ConnectionObserver& observer_;
  const base::TimePoint opened_at_;
  base::TimePoint last_used_;
  bool has_received_ = false;  // a whole message
  sip::StreamFramer framer_;
  std::vector<Use> uses_;
  std::unique_ptr<net::Stream> stream_;
};

}  // namespace ringback::sip_transport
