#include "bus/rpc_server.h"

#include <algorithm>
#include <cmath>

namespace ringback::bus {
namespace {

/// Small loads are told apart too: the root stretches them, so that two idle servers with a few calls more or
/// less share what comes instead of racing.
base::Duration wait_for(double load) {
  const double share = std::sqrt(std::clamp(load, 0.0, 1.0));
  return std::chrono::duration_cast<base::Duration>(RpcServer::kLongestWait * share);
}

float affinity_for(double load) {
  constexpr double kLeast = 0.01;  // 0 would be no claim at all
  return static_cast<float>(std::max(kLeast, 1.0 - std::clamp(load, 0.0, 1.0)));
}

}  // namespace

void RpcServer::serve(const Method& method) {
  const auto requests = request_channel(method);
  const auto verdicts = verdict_channel(method);
  requests_on_.emplace(requests, method);
  verdicts_on_.insert(verdicts);
  port_.subscribe(requests);
  port_.subscribe(verdicts);
}

void RpcServer::stop(const Method& method) {
  const auto requests = request_channel(method);
  const auto verdicts = verdict_channel(method);
  requests_on_.erase(requests);
  verdicts_on_.erase(verdicts);
  port_.unsubscribe(requests);
  port_.unsubscribe(verdicts);
  std::erase_if(pending_, [&](const auto& entry) { return entry.second.request.method == method; });
}

bool RpcServer::receive(const BusTime& time, std::string_view channel, std::string_view payload) {
  const auto requests = requests_on_.find(channel);
  const bool verdicts = requests == requests_on_.end() && verdicts_on_.contains(channel);
  if (requests == requests_on_.end() && !verdicts) return false;

  auto message = livekit::decode_bus_message(payload);
  if (auto* request = message && !verdicts ? std::get_if<livekit::BusRequest>(&*message) : nullptr) {
    arrived(time, requests->second, std::move(*request), payload);
  } else if (auto* verdict =
                 message && verdicts ? std::get_if<livekit::BusClaimVerdict>(&*message) : nullptr) {
    decided(*verdict);
  } else {
    ++counters_.malformed;
  }
  return true;
}

void RpcServer::arrived(const BusTime& time, const Method& method, livekit::BusRequest request,
                        std::string_view payload) {
  if (request.request_id.empty() || request.client_id.empty()) {
    ++counters_.malformed;
    return;
  }
  // Any peer writes these numbers, so the difference is taken in floating point, which cannot overflow.
  const double left_ns = static_cast<double>(request.expiry_ns) - static_cast<double>(time.wall_ns);
  if (left_ns <= 0) {
    ++counters_.expired;
    last_lateness_ = std::chrono::seconds(static_cast<std::int64_t>(std::min(-left_ns, 1e18) / 1e9));
    return;
  }
  const Bid bid = bidder_(method, request.body);
  if (!bid.accept || pending_.size() >= kMaxPending) {
    ++counters_.passed;
    return;
  }
  constexpr double kLongestLifeNs = 24.0 * 3600 * 1e9;
  const auto left =
      std::chrono::microseconds(static_cast<std::int64_t>(std::min(left_ns, kLongestLifeNs) / 1e3));

  const std::uint64_t ticket = next_ticket_++;
  Pending& pending = pending_[ticket];
  pending.request = {.request_id = std::move(request.request_id),
                     .client_id = std::move(request.client_id),
                     .method = method,
                     .body = std::move(request.body),
                     .deadline = time.now + left};
  pending.lock_key = queue_lock_key(payload);
  pending.due = time.now + wait_for(bid.load);
  if (pending.due <= time.now) try_lock(time, ticket, pending);
}

void RpcServer::try_lock(const BusTime& time, std::uint64_t ticket, Pending& pending) {
  pending.phase = Phase::kLocking;
  pending.due = std::min(time.now + kVerdictPatience, pending.request.deadline);
  port_.take_lock(ticket, pending.lock_key);
}

void RpcServer::lock_decided(const BusTime& time, std::uint64_t ticket, bool taken) {
  const auto found = pending_.find(ticket);
  if (found == pending_.end() || found->second.phase != Phase::kLocking) return;
  Pending& pending = found->second;
  if (!taken) {
    ++counters_.outrun;
    pending_.erase(found);
    return;
  }
  // Nobody else will see this request now, so it is taken even if the load has just risen.
  const Bid bid = bidder_(pending.request.method, pending.request.body);
  pending.phase = Phase::kClaimed;
  pending.due = std::min(time.now + kVerdictPatience, pending.request.deadline);
  port_.publish(claim_channel(pending.request.method.service, pending.request.client_id),
                livekit::encode(livekit::BusClaim{.request_id = pending.request.request_id,
                                                  .server_id = server_id_,
                                                  .affinity = affinity_for(bid.load)}),
                pending.due);
}

void RpcServer::decided(const livekit::BusClaimVerdict& verdict) {
  const auto found = std::find_if(pending_.begin(), pending_.end(), [&](const auto& entry) {
    return entry.second.request.request_id == verdict.request_id;
  });
  if (found == pending_.end()) return;
  if (verdict.server_id == server_id_ && found->second.phase == Phase::kClaimed) {
    ++counters_.served;
    events_.push_back(std::move(found->second.request));
  } else {
    ++counters_.outrun;
  }
  pending_.erase(found);
}

void RpcServer::advance(const BusTime& time) {
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    Pending& pending = entry->second;
    if (pending.due > time.now) {
      ++entry;
      continue;
    }
    if (pending.phase != Phase::kWaiting) {
      entry = pending_.erase(entry);
      continue;
    }
    if (!bidder_(pending.request.method, pending.request.body).accept) {
      ++counters_.passed;
      entry = pending_.erase(entry);
      continue;
    }
    try_lock(time, entry->first, pending);
    ++entry;
  }
}

base::TimePoint RpcServer::next_deadline() const {
  base::TimePoint first = base::kNever;
  for (const auto& [ticket, pending] : pending_) first = std::min(first, pending.due);
  return first;
}

std::optional<RpcRequest> RpcServer::next_event() {
  if (events_.empty()) return std::nullopt;
  RpcRequest request = std::move(events_.front());
  events_.pop_front();
  return request;
}

void RpcServer::respond(const BusTime& time, const RpcRequest& request, RpcResult result) {
  livekit::BusResponse response;
  response.request_id = request.request_id;
  response.server_id = server_id_;
  response.sent_at_ns = time.wall_ns;
  if (result) {
    response.body = std::move(*result);
  } else {
    response.error = std::move(result.error());
  }
  port_.publish(response_channel(request.method.service, request.client_id), livekit::encode(response),
                request.deadline);
}

std::size_t RpcServer::claims() const {
  return static_cast<std::size_t>(std::count_if(pending_.begin(), pending_.end(), [](const auto& entry) {
    return entry.second.phase != Phase::kWaiting;
  }));
}

}  // namespace ringback::bus
