#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/time.h"
#include "sip/transport.h"

namespace ringback::net {
class Front;
}

namespace ringback::sip_transport {

/// What a worker gets from the network. Called on the worker's thread only.
class Receiver {
 public:
  /// One whole message, as it came.
  virtual void on_sip_message(std::string bytes, const sip::Source& source) = 0;
  /// What went to `to` did not arrive, or its connection broke: hand it to
  /// sip::UserAgent::transport_failed(). `why` is a phrase for people ("connection refused", "port
  /// unreachable").
  virtual void on_transport_failed(const sip::Destination& to, std::string why) = 0;

 protected:
  ~Receiver() = default;
};

struct Options {
  std::optional<base::Endpoint> udp = {};  ///< address to listen on; port 0: chosen by the kernel
  std::optional<base::Endpoint> tcp = {};
  /// PUBLIC_ADDRESS: what peers outside our private network must use to reach us.
  std::optional<base::IpAddress> public_address = {};
  base::Duration connect_timeout = std::chrono::seconds(5);
  /// A connection on which nothing moves for so long is closed. Long enough for a call's silence between two
  /// refreshes of its session (RFC 4028: at least 90 s, usually 30 minutes, half of it).
  base::Duration idle_timeout = std::chrono::minutes(20);
  /// A connection from outside that has not sent a whole message after this time is closed.
  base::Duration first_message_timeout = std::chrono::seconds(30);
  std::size_t max_connections = 4096;
  std::size_t max_connections_per_source = 64;
  /// New requests (outside of our dialogs) that one source address may send: per second, and at once. What
  /// exceeds it is dropped before it costs a worker anything.
  unsigned new_requests_per_second = 50;
  unsigned new_requests_burst = 200;
};

struct Counters {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t dropped_not_ours = 0;     ///< responses and in-dialog requests that name no worker of ours
  std::uint64_t dropped_over_limit = 0;   ///< new requests beyond the limit of their source
  std::uint64_t dropped_overload = 0;     ///< the worker's mailbox was full
  std::uint64_t refused_connections = 0;  ///< beyond a limit
  std::uint64_t broken_streams = 0;       ///< closed because the bytes were not SIP
  std::uint64_t send_failures = 0;
  std::size_t connections = 0;
};

/// One worker's door to the network: the Sink of its sip::UserAgent. Used and destroyed on the worker's
/// thread, or when neither thread runs; may outlive the SipTransport (then what is sent is dropped).
class WorkerLink : public sip::Sink {
 public:
  ~WorkerLink() override = default;
};

/// The sockets of the SIP service, on the front thread: UDP and TCP, connections reused and closed when idle.
/// It makes no protocol decision: a message that carries a token of ours (sip::owner_of) goes to the worker
/// that the token names, any other request to the worker that its Call-ID hashes to, so that retransmissions,
/// ACK and CANCEL follow their INVITE.
///
/// Threads: local_endpoint_for() and counters() anywhere; the rest on the front, or while neither it nor the
/// workers run.
class SipTransport {
 public:
  /// The error is a sentence such as "port 5060 (UDP) is in use by another program".
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<SipTransport>> open(net::Front& front,
                                                                         const Options& options);
  /// Closes all sockets; connections first write what is queued, within two seconds.
  ~SipTransport();

  /// Adds a worker; call for all of them before the first message. `prefix` is that of its tokens ("w0"). The
  /// receiver is called through `worker`, which must outlive the SipTransport, until the link is destroyed.
  [[nodiscard]] std::unique_ptr<WorkerLink> attach(std::string prefix, base::Executor& worker,
                                                   Receiver& receiver);

  /// Our address as a peer at `remote` can use it: for Via and Contact (sip::Config::local_address). The
  /// public address for public peers if one is set, else the address listened on, else that of the route to
  /// the peer.
  [[nodiscard]] base::Endpoint local_endpoint_for(sip::Transport transport,
                                                  const base::Endpoint& remote) const;
  /// The listening sockets, with the ports that were chosen.
  [[nodiscard]] std::optional<base::Endpoint> udp_endpoint() const;
  [[nodiscard]] std::optional<base::Endpoint> tcp_endpoint() const;

  [[nodiscard]] Counters counters() const;

 private:
  class Core;
  class Link;
  explicit SipTransport(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace ringback::sip_transport
