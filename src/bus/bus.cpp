#include "bus/bus.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/random.h"
#include "net/clock.h"
#include "net/front.h"

namespace ringback::bus {
namespace {

/// The life of a queue lock: long enough for the slowest node to find it taken.
constexpr unsigned kLockSeconds = 5;
constexpr std::size_t kIdLength = 12;
constexpr base::Duration kComplaintInterval = std::chrono::minutes(1);

}  // namespace

Bus::Bus(net::Front& front, net::Resolver& resolver, RedisSettings settings,
         std::shared_ptr<net::TlsClient> tls, RpcServer::Bidder bidder)
    : front_(front),
      redis_(front, resolver, std::move(settings), std::move(tls), *this),
      server_(*this, "SRV_" + crypto::random_token(kIdLength), std::move(bidder)),
      client_(*this, "CLI_" + crypto::random_token(kIdLength)) {}

void Bus::start() {
  redis_.start();
}

void Bus::stop() {
  front_.cancel(timer_);
  redis_.stop();
}

BusTime Bus::time() const {
  constexpr std::int64_t kNanosPerMilli = 1'000'000;
  return {front_.now(), net::wall_millis() * kNanosPerMilli};
}

void Bus::serve(const Method& method, Handler handler) {
  handlers_[method] = std::move(handler);
  server_.serve(method);
}

void Bus::stop_serving(const Method& method) {
  handlers_.erase(method);
  server_.stop(method);
}

void Bus::respond(const RpcRequest& request, RpcResult result) {
  server_.respond(time(), request, std::move(result));
}

void Bus::call(const Method& method, std::string body, Done done) {
  std::string id = "REQ_" + crypto::random_token(kIdLength);
  calls_.emplace(id, std::move(done));
  client_.call(time(), std::move(id), method, std::move(body));
  settle();
}

void Bus::publish(std::string channel, std::string payload, base::TimePoint until) {
  redis_.publish(std::move(channel), std::move(payload), until);
}

void Bus::take_lock(std::uint64_t ticket, std::string key) {
  redis_.take_key(std::move(key), kLockSeconds, [this, ticket](bool taken) {
    server_.lock_decided(time(), ticket, taken);
    settle();
  });
}

void Bus::on_message(std::string_view channel, std::string_view payload) {
  if (!server_.receive(time(), channel, payload)) client_.receive(time(), channel, payload);
  settle();
}

void Bus::settle() {
  // A handler may answer or call at once, which comes back here.
  if (settling_) return;
  settling_ = true;
  while (auto request = server_.next_event()) {
    const auto found = handlers_.find(request->method);
    if (found == handlers_.end()) continue;
    // A copy: the handler may stop the method that it serves.
    const Handler handler = found->second;
    handler(std::move(*request));
  }
  while (auto outcome = client_.next_event()) {
    const auto node = calls_.extract(outcome->request_id);
    if (node && node.mapped()) node.mapped()(std::move(outcome->result));
  }
  settling_ = false;

  if (server_.counters().expired > expired_ && front_.now() - complained_ > kComplaintInterval) {
    complained_ = front_.now();
    base::log(
        base::LogLevel::kWarn, "bus", "",
        "a request came {} s after its end; do the clocks of this machine and of the room server agree?",
        server_.last_lateness() / std::chrono::seconds(1));
  }
  expired_ = server_.counters().expired;

  front_.cancel(timer_);
  timer_ = front_.schedule(std::min(server_.next_deadline(), client_.next_deadline()), [this] {
    server_.advance(time());
    client_.advance(time());
    settle();
  });
}

}  // namespace ringback::bus
