#include "bridge/sip_service.h"

#include <algorithm>
#include <atomic>

#include "base/log.h"
#include "bridge/sip_worker.h"
#include "crypto/random.h"
#include "net/clock.h"
#include "net/front.h"
#include "net/worker.h"
#include "room/room_host.h"

namespace ringback::bridge {
namespace {

std::vector<sip::Destination> destinations(const std::vector<net::Target>& targets, TrunkTransport wanted) {
  std::vector<sip::Destination> list;
  for (const auto& target : targets) {
    sip::Destination destination;
    destination.endpoint = target.endpoint;
    destination.transport =
        target.transport == net::Transport::kTcp ? sip::Transport::kTcp : sip::Transport::kUdp;
    destination.tcp_allowed = wanted == TrunkTransport::kAuto;
    list.push_back(std::move(destination));
  }
  return list;
}

CallFailure failure_of(const net::ResolveError& error) {
  using Kind = net::ResolveError::Kind;
  const bool unknown =
      error.kind == Kind::kBadName || error.kind == Kind::kNoSuchName || error.kind == Kind::kNoRecords;
  return make_failure(unknown ? CallCause::kTrunkNameUnknown : CallCause::kTrunkNameTimeout, error.message);
}

}  // namespace

CallId make_call_id() {
  return CallId("SCL_" + crypto::random_token(12));
}

SipService::SipService(net::Front& front, std::vector<Place> places, sip_transport::SipTransport& transport,
                       net::Resolver& resolver, TrunkBook trunks, Options options)
    : front_(front),
      places_(std::move(places)),
      resolver_(resolver),
      trunks_(std::move(trunks)),
      settings_(std::make_shared<const SipSettings>(options.settings)) {
  // Each worker has its own share of the RTP ports, so that taking one needs no lock.
  const unsigned pairs = (settings_->rtp_last - settings_->rtp_first + 1U) / 2;
  const auto share = static_cast<unsigned>(pairs / places_.size());
  for (std::size_t i = 0; i < places_.size(); ++i) {
    SipWorker::Options worker_options;
    worker_options.settings = settings_;
    worker_options.bind = options.bind;
    worker_options.rtp_first = static_cast<std::uint16_t>(settings_->rtp_first + i * share * 2);
    worker_options.rtp_last = static_cast<std::uint16_t>(worker_options.rtp_first + share * 2 - 1);
    worker_options.user_agent = options.user_agent;
    worker_options.on_event = [this](CallEvent event) {
      if (!front_.post([this, event = std::move(event)] { on_event(event); })) {
        base::log(base::LogLevel::kError, "call", "",
                  "an event of a call was lost: the front thread is overloaded");
      }
    };
    workers_.push_back(std::make_unique<SipWorker>(*places_[i].worker, *places_[i].rooms, transport,
                                                   std::move(worker_options)));
  }
}

SipService::~SipService() = default;

SipService::Load SipService::load(const std::string& room_name, std::size_t coming) const {
  const std::size_t ports = (settings_->rtp_last - settings_->rtp_first + 1U) / 2;
  const std::size_t most = settings_->max_calls == 0 ? ports : std::min(settings_->max_calls, ports);
  const std::size_t calls = live_.size() + coming;
  const double cpu = places_[room::RoomHost::worker_of(room_name, places_.size())].worker->cpu_share();
  const bool full = calls >= most;
  const double taken = static_cast<double>(calls) / static_cast<double>(std::max<std::size_t>(most, 1));
  // The square: a thread that does a little this second and nothing the next is as idle as another; only much
  // counts.
  return {.accepting = !draining_ && !shutting_down_ && !full && cpu < settings_->max_cpu,
          .full = full,
          .share = std::min(1.0, taken + cpu * cpu)};
}

std::optional<CallCause> SipService::refusal(const std::string& room_name) const {
  if (shutting_down_) return CallCause::kShuttingDown;
  if (draining_) return CallCause::kDraining;
  if (load(room_name).full) return CallCause::kTooManyCalls;
  return std::nullopt;
}

std::string SipService::trunk_id() const {
  const Trunk* trunk = trunks_.preferred();
  return trunk == nullptr ? std::string() : trunk->id;
}

void SipService::place(PhoneCall call, CallObserver observer) {
  const CallId id = call.call_id;
  const Trunk* trunk = trunks_.preferred();
  const auto refused = refusal(call.room_name);
  if (trunk == nullptr || refused) {
    ++counters_.started;
    live_.emplace(
        id, LiveCall{.observer = std::move(observer), .place = 0, .on_worker = false, .hanging_up = {}});
    return end_here(id, make_failure(refused.value_or(CallCause::kNoTrunk)));
  }
  DialRequest dial_request;
  dial_request.call_id = id;
  dial_request.room_name = std::move(call.room_name);
  dial_request.participant_identity = std::move(call.participant_identity);
  dial_request.participant_name = std::move(call.participant_name);
  dial_request.trunk = *trunk;
  dial_request.number = std::move(call.number);
  dial_request.headers = trunk->headers;
  dial_request.ringing_timeout = settings_->ringing_timeout;
  dial_request.max_duration = settings_->max_call_duration;
  dial(std::move(dial_request), std::move(observer));
}

void SipService::dial(DialRequest request, CallObserver observer) {
  const CallId id = request.call_id;
  ++counters_.started;
  LiveCall call;
  call.observer = std::move(observer);
  call.place = room::RoomHost::worker_of(request.room_name, places_.size());
  live_.emplace(id, std::move(call));
  counters_.live = live_.size();
  if (shutting_down_) return end_here(id, make_failure(CallCause::kShuttingDown));

  net::ResolveRequest where;
  where.host = request.trunk.host;
  where.port = request.trunk.port;
  if (request.trunk.transport == TrunkTransport::kTcp) where.transport = net::Transport::kTcp;
  if (request.trunk.transport == TrunkTransport::kUdp) where.transport = net::Transport::kUdp;
  resolver_.resolve(where, [this, request = std::move(request)](net::Resolver::Targets targets) mutable {
    resolved(std::move(request), std::move(targets));
  });
}

void SipService::resolved(DialRequest request, net::Resolver::Targets targets) {
  const CallId id = request.call_id;
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  if (found->second.hanging_up) return end_here(id, make_failure(*found->second.hanging_up));
  if (!targets) return end_here(id, failure_of(targets.error()));

  const std::size_t place = found->second.place;
  auto list = destinations(*targets, request.trunk.transport);
  found->second.on_worker = true;
  SipWorker& worker = *workers_[place];
  const bool posted =
      places_[place].worker->post([&worker, request = std::move(request), list = std::move(list)]() mutable {
        worker.dial(std::move(request), std::move(list));
      });
  if (!posted) end_here(id, make_failure(CallCause::kTooManyCalls));
}

bool SipService::hang_up(const CallId& call, CallCause cause) {
  const auto found = live_.find(call);
  if (found == live_.end()) return false;
  if (!found->second.on_worker) {
    found->second.hanging_up = cause == CallCause::kUserHungUp ? CallCause::kCancelled : cause;
    return true;
  }
  SipWorker& worker = *workers_[found->second.place];
  return places_[found->second.place].worker->post([&worker, call, cause] { worker.hang_up(call, cause); });
}

void SipService::end_here(const CallId& call, CallFailure why) {
  const bool failed = info_of(why.cause).http_status != 200;
  base::log(failed ? base::LogLevel::kWarn : base::LogLevel::kInfo, "call", call.str(), "{} ({}): {}{}{}",
            failed ? "failed" : "ended", why.code(), why.message, why.action.empty() ? "" : ". ", why.action);
  CallEvent event;
  event.kind = CallEvent::Kind::kEnded;
  event.call_id = call;
  event.at = net::wall_millis();
  event.end = std::move(why);
  on_event(event);
}

void SipService::on_event(const CallEvent& event) {
  const auto found = live_.find(event.call_id);
  if (found == live_.end()) return;
  if (event.kind == CallEvent::Kind::kAnswered) ++counters_.answered;
  if (event.kind != CallEvent::Kind::kEnded) return found->second.observer(event);
  // The observer may place the next call: nothing of this one is touched afterwards.
  const CallObserver observer = std::move(found->second.observer);
  live_.erase(found);
  counters_.live = live_.size();
  ++counters_.ended[event.end ? event.end->cause : CallCause::kInternal];
  observer(event);
}

void SipService::shut_down(base::Duration grace, base::Task done) {
  shutting_down_ = true;
  for (auto& [id, call] : live_) {
    if (!call.on_worker) call.hanging_up = CallCause::kShuttingDown;
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    SipWorker& worker = *workers_[i];
    if (!places_[i].worker->post([&worker] { worker.hang_up_all(CallCause::kShuttingDown); })) {
      base::log(base::LogLevel::kError, "sip", "", "worker {} is too busy to end its calls", i);
    }
  }
  await_silence(front_.now() + grace, std::move(done));
}

void SipService::await_silence(base::TimePoint until, base::Task done) {
  // Asks all workers how many far sides still owe a confirmation; the last one to answer decides.
  struct Round {
    std::atomic<std::size_t> open{0};
    std::atomic<std::size_t> missing;
    base::Task done;
  };
  auto round = std::make_shared<Round>();
  round->missing = workers_.size();
  round->done = std::move(done);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    SipWorker& worker = *workers_[i];
    const auto ask = [this, round, &worker, until] {
      round->open += worker.open_sessions();
      if (--round->missing > 0) return;
      const bool posted = front_.post([this, round, until] {
        if ((round->open == 0 && live_.empty()) || front_.now() >= until) return round->done();
        front_.schedule(front_.now() + std::chrono::milliseconds(20),
                        [this, round, until] { await_silence(until, std::move(round->done)); });
      });
      if (!posted)
        base::log(base::LogLevel::kError, "sip", "", "the front thread is too busy to stop cleanly");
    };
    if (!places_[i].worker->post(ask)) --round->missing;
  }
}

}  // namespace ringback::bridge
