#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bridge/call_event.h"
#include "bridge/sip_service.h"
#include "bus/bus.h"
#include "livekit/sip_internal.h"

namespace ringback::bridge {

/// livekit-sip's place on the bus of a LiveKit server: serves SIPInternal, so that the server's own
/// CreateSIPParticipant dials through our SIP service into the server's rooms, and reports the calls to
/// IOInfo.
///
/// Owner: the program; front thread. Front, resolver and service outlive it.
class BusService {
 public:
  struct Options {
    bus::RedisSettings redis;
    std::shared_ptr<net::TlsClient> tls;  ///< of bus::make_tls_client()
    std::string cluster_id;               ///< the topic that calls are asked for on; "" in livekit-server
  };
  /// How much this node has to do, for one more call into the room while `coming` others are about to be
  /// placed.
  using LoadOf = std::function<SipService::Load(const std::string& room_name, std::size_t coming)>;

  BusService(net::Front& front, net::Resolver& resolver, SipService& service, Options options, LoadOf load);

  void start();
  /// Leaves the bus; live calls go on.
  void stop();

  [[nodiscard]] const bus::Bus& bus() const { return bus_; }

 private:
  [[nodiscard]] bus::RpcServer::Bid bid(const bus::Method& method, std::string_view body) const;
  void create_participant(const bus::RpcRequest& request);
  void transfer_participant(const bus::RpcRequest& request);
  void on_event(const CallEvent& event);
  void report(const livekit::SipCallInfo& info);
  void report_all();

  net::Front& front_;
  SipService& service_;
  const Options options_;
  const LoadOf load_;
  bus::Bus bus_;
  std::unordered_map<std::string, livekit::SipCallInfo> live_;  ///< by call id
  net::TimerId keep_alive_;
};

}  // namespace ringback::bridge
