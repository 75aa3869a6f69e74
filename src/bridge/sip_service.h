#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "bridge/call_event.h"
#include "bridge/sip_settings.h"
#include "bridge/trunk_book.h"
#include "net/resolver.h"

namespace ringback::net {
class Front;
class Worker;
}  // namespace ringback::net
namespace ringback::room {
class RoomHost;
}
namespace ringback::sip_transport {
class SipTransport;
}

namespace ringback::bridge {

class SipWorker;

/// Places calls to phones: the front's view of all phone legs.
///
/// Owner: the program; all functions on the front thread. Created before the threads start, destroyed after
/// they have joined.
class SipService {
 public:
  /// A worker and the rooms that live on it.
  struct Place {
    net::Worker* worker;
    room::RoomHost* rooms;
  };
  struct Options {
    SipSettings settings;
    base::IpAddress bind;    ///< for RTP; empty: all addresses
    std::string user_agent;  ///< "ringback/0.1.0"
  };

  SipService(net::Front& front, std::vector<Place> places, sip_transport::SipTransport& transport,
             net::Resolver& resolver, TrunkBook trunks, Options options);
  ~SipService();

  /// Calls a phone. Everything that follows, failure included, comes to the observer, the first event
  /// possibly before this returns.
  void dial(DialRequest request, CallObserver observer);
  /// False when there is no such call (any more). The observer gets kEnded.
  bool hang_up(const CallId& call, CallCause cause);

  [[nodiscard]] TrunkBook& trunks() { return trunks_; }
  [[nodiscard]] const SipSettings& settings() const { return *settings_; }

  struct Counters {
    std::uint64_t started = 0;
    std::uint64_t answered = 0;
    std::map<CallCause, std::uint64_t> ended;  ///< by cause
    std::size_t live = 0;
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }

  /// Refuses new calls, ends the live ones (BYE, CANCEL) and runs `done` when the far sides have confirmed,
  /// at the latest after `grace`.
  void shut_down(base::Duration grace, base::Task done);

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
  bool shutting_down_ = false;
};

}  // namespace ringback::bridge
