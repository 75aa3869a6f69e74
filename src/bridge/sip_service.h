#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "bridge/call_service.h"
#include "bridge/sip_settings.h"
#include "bridge/trunk_book.h"
#include "net/resolver.h"

namespace ringback::net {
class Front;
class Worker;
}  // namespace ringback::net
namespace ringback::sip_transport {
class SipTransport;
}

namespace ringback::bridge {

class RoomDoor;
class SipWorker;

/// Our own SIP service places the calls: the front's view of all phone legs.
///
/// Owner: the program; all functions on the front thread. Created before the threads start, destroyed after
/// they have joined.
class SipService final : public CallService {
 public:
  /// A worker and the way into the rooms that its calls use. Both outlive the service.
  struct Place {
    net::Worker* worker;
    RoomDoor* rooms;
  };
  struct Options {
    SipSettings settings;
    base::IpAddress bind;    ///< for RTP; empty: all addresses
    std::string user_agent;  ///< "ringback/0.1.0"
  };

  /// How much this node has to do.
  struct Load {
    bool accepting = true;  ///< false: it is full, its media thread is too busy, it drains or stops
    bool full = false;      ///< it has all the calls that it may have
    double share = 0;       ///< 0..1: of what it can carry
  };

  SipService(net::Front& front, std::vector<Place> places, sip_transport::SipTransport& transport,
             net::Resolver& resolver, TrunkBook trunks, Options options);
  ~SipService() override;

  void place(PhoneCall call, CallObserver observer) override;
  /// A call in all its details, as the SIP API asks for it. Everything that follows, failure included, comes
  /// to the observer, the first event possibly before this returns. Whether the node takes it is the caller's
  /// question, to refusal() or, before it bids for it on a bus, to load().
  void dial(DialRequest request, CallObserver observer);
  bool hang_up(const CallId& call, CallCause cause) override;

  [[nodiscard]] TrunkBook& trunks() { return trunks_; }
  [[nodiscard]] const SipSettings& settings() const { return *settings_; }

  /// For one more call into this room, `coming` others being about to be placed.
  [[nodiscard]] Load load(const std::string& room_name, std::size_t coming = 0) const;

  /// Why a call into this room cannot be taken now, whoever asks; nullopt: it can.
  [[nodiscard]] std::optional<CallCause> refusal(const std::string& room_name) const;

  [[nodiscard]] std::string trunk_id() const override;
  [[nodiscard]] const Counters& counters() const override { return counters_; }

  void drain() override { draining_ = true; }
  [[nodiscard]] bool draining() const override { return draining_; }
  /// The live calls end by BYE and CANCEL, which their far sides confirm.
  void shut_down(base::Duration grace, base::Task done) override;

 private:
  struct LiveCall {
    CallObserver observer;
    std::size_t place = 0;
    bool on_worker = false;               ///< handed over; before that the front ends it
    std::optional<CallCause> hanging_up;  ///< asked for while the trunk's name was being resolved
  };

  void resolved(DialRequest request, net::Resolver::Targets targets);
  void on_event(const CallEvent& event);
  void end_here(const CallId& call, CallFailure why);
  void await_silence(base::TimePoint until, base::Task done);

  net::Front& front_;
  std::vector<Place> places_;
  net::Resolver& resolver_;
  TrunkBook trunks_;
  std::shared_ptr<const SipSettings> settings_;
  std::vector<std::unique_ptr<SipWorker>> workers_;
  std::unordered_map<CallId, LiveCall> live_;
  Counters counters_;
  bool draining_ = false;
  bool shutting_down_ = false;
};

}  // namespace ringback::bridge
