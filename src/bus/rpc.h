#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "bus/channel.h"
#include "livekit/bus_message.h"

/// What the two cores of the bus, rpc_server.h and rpc_client.h, have in common.
namespace ringback::bus {

/// The bus compares absolute times between machines, so its cores need the time of day beside the monotonic
/// one.
struct BusTime {
  base::TimePoint now;
  std::int64_t wall_ns = 0;  ///< since the Unix epoch
};

/// What a core wants from Redis. None of it calls the core back before it returns.
class BusPort {
 public:
  virtual void subscribe(const std::string& channel) = 0;
  virtual void unsubscribe(const std::string& channel) = 0;
  /// What cannot be published now waits, at most until `until`.
  virtual void publish(std::string channel, std::string payload, base::TimePoint until) = 0;
  /// Asks for the key that only one taker gets; the answer comes to RpcServer::lock_decided() with this
  /// ticket.
  virtual void take_lock(std::uint64_t ticket, std::string key) = 0;

 protected:
  ~BusPort() = default;
};

/// The outcome of a request: the encoded answer, or the error.
using RpcResult = base::Result<std::string, livekit::BusError>;

}  // namespace ringback::bus
