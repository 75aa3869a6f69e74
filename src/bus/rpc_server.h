#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "bus/rpc.h"

namespace ringback::bus {

/// A request that was given to us.
struct RpcRequest {
  std::string request_id;
  std::string client_id;
  Method method;
  std::string body;
  base::TimePoint deadline;  ///< the client waits no longer
};

/// The server's side of psrpc, LiveKit's RPC over publish and subscribe:
///
///   request -> [wait by load] -> [take the lock in Redis] -> claim -> verdict of the client -> event ->
///   respond()
///
/// Every server of a method sees every request. Clients take the first claim (livekit-server from 1.10 on)
/// or, having waited 200 ms, the claim with the greatest affinity (before). The lock makes one server of many
/// claim, with either kind of client. The busier a server is, the longer it waits before it tries the lock,
/// so that the idlest takes the request; one that is full lets it pass.
///
/// A core: one owner thread, time as an argument, the port is never called back by it.
class RpcServer {
 public:
  /// How much work there is: a server that does not accept lets the request pass, 0..1 decides who is first.
  struct Bid {
    bool accept = true;
    double load = 0;
  };
  /// Asked when a request arrives and again before the lock is tried and before the claim.
  using Bidder = std::function<Bid(const Method& method, std::string_view body)>;

  struct Counters {
    std::uint64_t served = 0;     ///< given to us by the client
    std::uint64_t passed = 0;     ///< left to others because we are full
    std::uint64_t outrun = 0;     ///< another server had the lock, or was chosen
    std::uint64_t expired = 0;    ///< came after its deadline
    std::uint64_t malformed = 0;  ///< could not be read
  };

  /// The longest wait before the lock is tried; clients give up when nobody has claimed for 1 s.
  static constexpr base::Duration kLongestWait = std::chrono::milliseconds(300);
  /// A client has chosen long before; what it has not chosen by then was lost on the way.
  static constexpr base::Duration kVerdictPatience = std::chrono::seconds(5);
  static constexpr std::size_t kMaxPending = 4096;

  RpcServer(BusPort& port, std::string server_id, Bidder bidder)
      : port_(port), server_id_(std::move(server_id)), bidder_(std::move(bidder)) {}

  /// Begins to serve a method, or stops; requests that were given to us already go on.
  void serve(const Method& method);
  void stop(const Method& method);

  /// What was published on a channel that serve() has subscribed to. False: the channel is none of ours.
  bool receive(const BusTime& time, std::string_view channel, std::string_view payload);
  void lock_decided(const BusTime& time, std::uint64_t ticket, bool taken);
  void advance(const BusTime& time);
  [[nodiscard]] base::TimePoint next_deadline() const;

  [[nodiscard]] std::optional<RpcRequest> next_event();
  /// Once for each event.
  void respond(const BusTime& time, const RpcRequest& request, RpcResult result);

  /// Requests that we have claimed and that may be given to us any moment.
  [[nodiscard]] std::size_t claims() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }
  /// How late the last request came that had expired: the clocks of the machines differ.
  [[nodiscard]] base::Duration last_lateness() const { return last_lateness_; }

 private:
  enum class Phase : std::uint8_t { kWaiting, kLocking, kClaimed };
  struct Pending {
    Phase phase = Phase::kWaiting;
    RpcRequest request;
    std::string lock_key;
    base::TimePoint due;  ///< of the phase
  };

  void arrived(const BusTime& time, const Method& method, livekit::BusRequest request,
               std::string_view payload);
  void decided(const livekit::BusClaimVerdict& verdict);
  void try_lock(const BusTime& time, std::uint64_t ticket, Pending& pending);

  BusPort& port_;
  const std::string server_id_;
  const Bidder bidder_;
  std::map<std::string, Method, std::less<>> requests_on_;  ///< by channel
  std::set<std::string, std::less<>> verdicts_on_;
  std::map<std::uint64_t, Pending> pending_;  ///< by ticket
  std::uint64_t next_ticket_ = 1;
  std::deque<RpcRequest> events_;
  Counters counters_;
  base::Duration last_lateness_{};
};

}  // namespace ringback::bus
