#include "dialer/service_status.h"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <nlohmann/json.hpp>

#include "bridge/call_service.h"
#include "bus/bus.h"
#include "net/front.h"
#include "net/worker.h"
#include "sip_transport/sip_transport.h"
#include "store/store.h"

namespace ringback::dialer {
namespace {

constexpr base::Duration kSampleInterval = std::chrono::seconds(1);
// So old may the oldest write that waits become before somebody should look.
constexpr auto kDatabasePatience = std::chrono::seconds(10);
// A worker that has not answered for so long is stuck; calls on it have no sound.
constexpr base::Duration kWorkerPatience = std::chrono::seconds(5);

}  // namespace

/// Builds the metrics of one scrape: everything is read at that moment, nothing is kept between scrapes.
class ServiceStatus::Scrape {
 public:
  void gauge(const std::string& name, const std::string& help, double value,
             const prometheus::Labels& labels = {}) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels).Set(value);
  }
  void counter(const std::string& name, const std::string& help, double value,
               const prometheus::Labels& labels = {}) {
    prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels).Increment(value);
  }
  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

 private:
  prometheus::Registry registry_;
};

ServiceStatus::ServiceStatus(Parts parts) : parts_(std::move(parts)), samples_(parts_.workers.size()) {}

void ServiceStatus::start() {
  running_ = true;
  for (auto& taken : samples_) taken.taken = parts_.front.now();
  sample();
}

void ServiceStatus::stop() {
  running_ = false;
  parts_.front.cancel(timer_);
}

void ServiceStatus::sample() {
  for (std::size_t i = 0; i < parts_.workers.size(); ++i) {
    net::Worker& worker = *parts_.workers[i];
    const bool posted = worker.post([this, i, &worker, rooms = parts_.rooms[i], &front = parts_.front] {
      const bool returned = front.post([this, i, stats = rooms->stats(), timers = worker.timers().size()] {
        if (running_) samples_[i] = {stats, timers, parts_.front.now()};
      });
      (void)returned;  // a full front misses one sample
    });
    (void)posted;  // a full worker misses one sample; readiness() notices when it misses many
  }
  timer_ = parts_.front.schedule(parts_.front.now() + kSampleInterval, [this] { sample(); });
}

void ServiceStatus::mount(http::Router& router) {
  router.add("GET", "/healthz",
             [this](http::Request, http::Responder responder) { responder.respond(health()); });
  router.add("GET", "/readyz",
             [this](http::Request, http::Responder responder) { responder.respond(readiness()); });
  router.add("GET", "/metrics",
             [this](http::Request, http::Responder responder) { responder.respond(metrics()); });
}

http::Response ServiceStatus::health() const {
  return http::Response::json(200,
                              nlohmann::ordered_json{{"status", "ok"}, {"version", parts_.version}}.dump());
}

http::Response ServiceStatus::readiness() const {
  nlohmann::ordered_json problems = nlohmann::ordered_json::array();
  const auto store = parts_.store.health();
  if (store.stuck) {
    problems.push_back(fmt::format("the database {}: {}; {} writes wait",
                                   store.away ? "is away" : "refuses writes", store.last_error,
                                   store.queue_depth + store.spooled));
  } else if (store.behind > kDatabasePatience) {
    problems.push_back(fmt::format("the database is {} s behind; {} writes wait",
                                   store.behind / std::chrono::seconds(1),
                                   store.queue_depth + store.spooled));
  }
  if (parts_.bus != nullptr && !parts_.bus->health().up) {
    const auto& problem = parts_.bus->health().problem;
    problems.push_back("the bus of the LiveKit server cannot be reached" +
                       (problem.empty() ? "" : " (" + problem + ")"));
  }
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (parts_.front.now() - samples_[i].taken > kWorkerPatience) {
      problems.push_back(fmt::format("worker {} does not answer", i));
    }
  }
  if (parts_.calls.draining()) {
    problems.push_back(
        fmt::format("the node drains: it takes no new calls, and {} are live", parts_.calls.counters().live));
  }
  nlohmann::ordered_json body = {{"status", problems.empty() ? "ready" : "not ready"},
                                 {"problems", problems}};
  // Without a trunk the service is as ready as its operator made it; it says so all the same.
  const std::string trunk = parts_.calls.trunk_id();
  body["trunk"] = trunk.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(trunk);
  return http::Response::json(problems.empty() ? 200 : 503, body.dump());
}

http::Response ServiceStatus::metrics() const {
  Scrape scrape;
  const auto& calls = parts_.calls.counters();
  scrape.counter("ringback_calls_started_total", "Calls that were asked for",
                 static_cast<double>(calls.started));
  scrape.counter("ringback_calls_answered_total", "Calls that a phone answered",
                 static_cast<double>(calls.answered));
  for (const auto& [cause, count] : calls.ended) {
    scrape.counter("ringback_calls_ended_total", "Calls that are over, by reason", static_cast<double>(count),
                   {{"reason", std::string(bridge::code_of(cause))}});
  }
  scrape.gauge("ringback_calls_live", "Calls that are not over", static_cast<double>(calls.live));

  for (std::size_t i = 0; i < samples_.size(); ++i) {
    const prometheus::Labels worker = {{"worker", std::to_string(i)}};
    const auto& rooms = samples_[i].rooms;
    scrape.gauge("ringback_rooms", "Open rooms", static_cast<double>(rooms.rooms), worker);
    scrape.gauge("ringback_participants", "Participants in rooms", static_cast<double>(rooms.participants),
                 worker);
    scrape.gauge("ringback_tracks", "Published tracks", static_cast<double>(rooms.tracks), worker);
    scrape.counter("ringback_room_packets_received_total", "Media packets from clients",
                   static_cast<double>(rooms.packets_in), worker);
    scrape.counter("ringback_room_packets_sent_total", "Media packets to clients",
                   static_cast<double>(rooms.packets_out), worker);
    scrape.counter("ringback_room_bytes_received_total", "Media bytes from clients",
                   static_cast<double>(rooms.bytes_in), worker);
    scrape.counter("ringback_room_bytes_sent_total", "Media bytes to clients",
                   static_cast<double>(rooms.bytes_out), worker);
    scrape.gauge("ringback_worker_cpu_share", "CPU time of the worker's thread by wall time, 0 to 1",
                 parts_.workers[i]->cpu_share(), worker);
    scrape.gauge("ringback_worker_timers", "Timers that wait", static_cast<double>(samples_[i].timers),
                 worker);
  }
  scrape.gauge("ringback_front_cpu_share", "CPU time of the front thread by wall time, 0 to 1",
               parts_.front.cpu_share());
  scrape.gauge("ringback_front_timers", "Timers that wait",
               static_cast<double>(parts_.front.pending_timers()));

  if (parts_.sip != nullptr) add_sip(scrape);
  if (parts_.bus != nullptr) add_bus(scrape);
  add_store(scrape);

  http::Response response = http::Response::text(200, scrape.text());
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

void ServiceStatus::add_sip(Scrape& scrape) const {
  const auto sip = parts_.sip->counters();
  scrape.counter("ringback_sip_messages_received_total", "SIP messages received",
                 static_cast<double>(sip.received));
  scrape.counter("ringback_sip_messages_sent_total", "SIP messages sent", static_cast<double>(sip.sent));
  scrape.counter("ringback_sip_dropped_total", "SIP messages dropped",
                 static_cast<double>(sip.dropped_not_ours), {{"reason", "not_ours"}});
  scrape.counter("ringback_sip_dropped_total", "SIP messages dropped",
                 static_cast<double>(sip.dropped_over_limit), {{"reason", "over_limit"}});
  scrape.counter("ringback_sip_dropped_total", "SIP messages dropped",
                 static_cast<double>(sip.dropped_overload), {{"reason", "overload"}});
  scrape.gauge("ringback_sip_connections", "Open SIP connections", static_cast<double>(sip.connections));
}

void ServiceStatus::add_bus(Scrape& scrape) const {
  const auto& redis = parts_.bus->health();
  scrape.gauge("ringback_bus_up", "1 when the bus of the LiveKit server can be reached",
               redis.up ? 1.0 : 0.0);
  scrape.counter("ringback_bus_connects_total", "Times that the bus was reached",
                 static_cast<double>(redis.connected));
  scrape.counter("ringback_bus_messages_received_total", "Messages received on the bus",
                 static_cast<double>(redis.received));
  scrape.counter("ringback_bus_messages_published_total", "Messages published on the bus",
                 static_cast<double>(redis.published));
  scrape.counter("ringback_bus_messages_lost_total", "Messages that could not be published in time",
                 static_cast<double>(redis.lost));
  const auto& requests = parts_.bus->counters();
  const std::pair<const char*, std::uint64_t> outcomes[] = {{"served", requests.served},
                                                            {"passed_full", requests.passed},
                                                            {"served_elsewhere", requests.outrun},
                                                            {"expired", requests.expired},
                                                            {"malformed", requests.malformed}};
  for (const auto& [outcome, count] : outcomes) {
    scrape.counter("ringback_bus_requests_total", "Requests of LiveKit servers, by what became of them",
                   static_cast<double>(count), {{"outcome", outcome}});
  }
}

void ServiceStatus::add_store(Scrape& scrape) const {
  const auto store = parts_.store.health();
  scrape.gauge("ringback_store_queue", "Database operations that wait",
               static_cast<double>(store.queue_depth));
  scrape.gauge("ringback_store_spooled", "Writes that wait in the spool file",
               static_cast<double>(store.spooled));
  scrape.gauge("ringback_store_behind_seconds", "Age of the oldest write that waits",
               std::chrono::duration<double>(store.behind).count());
  scrape.gauge("ringback_store_up", "1 when the database takes writes, 0 when it is away or refuses them",
               store.stuck ? 0.0 : 1.0);
  scrape.counter("ringback_store_writes_total", "Rows written", static_cast<double>(store.writes_done));
  scrape.counter("ringback_store_writes_refused_total", "Writes refused because the queue was full",
                 static_cast<double>(store.writes_refused));
  scrape.counter("ringback_store_writes_lost_total", "Writes that the database refused for good",
                 static_cast<double>(store.writes_lost));
}

}  // namespace ringback::dialer
