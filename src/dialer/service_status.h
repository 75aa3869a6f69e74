#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "http/router.h"
#include "net/timer_queue.h"
#include "room/room_host.h"

namespace ringback::bridge {
class CallService;
}
namespace ringback::bus {
class Bus;
}
namespace ringback::net {
class Front;
class Worker;
}  // namespace ringback::net
namespace ringback::sip_transport {
class SipTransport;
}
namespace ringback::store {
class Store;
}

namespace ringback::dialer {

/// How the program is doing: /healthz (it runs), /readyz (it can take calls) and /metrics (Prometheus text
/// format).
///
/// Owner: the program; front thread. The workers' counters are plain integers that only their threads touch,
/// so they are copied over once a second. start() before the first request, stop() before the workers end.
class ServiceStatus {
 public:
  struct Parts {
    net::Front& front;
    std::vector<net::Worker*> workers;
    std::vector<room::RoomHost*> rooms;  ///< by worker
    bridge::CallService& calls;
    sip_transport::SipTransport* sip;  ///< null: somebody else's SIP service places the calls
    const bus::Bus* bus;               ///< of a LiveKit server; null: none
    store::Store& store;
    std::string version;
  };

  explicit ServiceStatus(Parts parts);

  void start();
  void stop();
  void mount(http::Router& router);

 private:
  class Scrape;
  struct WorkerSample {
    room::RoomHost::Stats rooms;
    std::size_t timers = 0;
    base::TimePoint taken{};
  };

  void sample();
  [[nodiscard]] http::Response health() const;
  [[nodiscard]] http::Response readiness() const;
  [[nodiscard]] http::Response metrics() const;
  void add_sip(Scrape& scrape) const;
  void add_bus(Scrape& scrape) const;
  void add_store(Scrape& scrape) const;

  Parts parts_;
  std::vector<WorkerSample> samples_;
  net::TimerId timer_{};
  bool running_ = false;
};

}  // namespace ringback::dialer
