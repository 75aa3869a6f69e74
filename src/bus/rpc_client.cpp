#include "bus/rpc_client.h"

#include <algorithm>
#include <vector>

namespace ringback::bus {
namespace {

RpcResult failed(std::string code, std::string message) {
  return base::Failure{
      livekit::BusError{.code = std::move(code), .message = std::move(message), .details = {}}};
}

}  // namespace

void RpcClient::open(const std::string& service) {
  for (const auto& channel : {claim_channel(service, client_id_), response_channel(service, client_id_)}) {
    if (channels_.insert(channel).second) port_.subscribe(channel);
  }
}

void RpcClient::call(const BusTime& time, std::string request_id, const Method& method, std::string body,
                     base::Duration timeout) {
  if (open_.size() >= kMaxOpen) {
    events_.push_back({std::move(request_id), failed("resource_exhausted", "too many requests are open")});
    return;
  }
  Open& request = open_[request_id];
  request = {.method = method,
             .due = time.now + std::min(kClaimPatience, timeout),
             .deadline = time.now + timeout,
             .claimed = false};
  livekit::BusRequest message;
  message.request_id = std::move(request_id);
  message.client_id = client_id_;
  message.sent_at_ns = time.wall_ns;
  message.expiry_ns = time.wall_ns + std::chrono::nanoseconds(timeout).count();
  message.body = std::move(body);
  port_.publish(request_channel(method), livekit::encode(message), request.due);
}

bool RpcClient::receive(const BusTime&, std::string_view channel, std::string_view payload) {
  if (!channels_.contains(channel)) return false;
  auto message = livekit::decode_bus_message(payload);
  if (!message) return true;
  if (const auto* claim = std::get_if<livekit::BusClaim>(&*message)) {
    const auto found = open_.find(claim->request_id);
    if (found == open_.end() || found->second.claimed) return true;
    Open& request = found->second;
    request.claimed = true;
    request.due = request.deadline;
    port_.publish(verdict_channel(request.method),
                  livekit::encode(livekit::BusClaimVerdict{.request_id = claim->request_id,
                                                           .server_id = claim->server_id}),
                  request.deadline);
  } else if (auto* response = std::get_if<livekit::BusResponse>(&*message)) {
    if (response->error) {
      finish(response->request_id, base::Failure{std::move(*response->error)});
    } else {
      finish(response->request_id, std::move(response->body));
    }
  }
  return true;
}

void RpcClient::finish(const std::string& request_id, RpcResult result) {
  const auto found = open_.find(request_id);
  if (found == open_.end()) return;
  open_.erase(found);
  events_.push_back({request_id, std::move(result)});
}

void RpcClient::advance(const BusTime& time) {
  std::vector<std::pair<std::string, bool>> late;
  for (const auto& [id, request] : open_) {
    if (request.due <= time.now) late.emplace_back(id, request.claimed);
  }
  for (const auto& [id, claimed] : late) {
    finish(id, claimed ? failed("deadline_exceeded", "no answer from the server in time")
                       : failed("unavailable", "no response from servers"));
  }
}

base::TimePoint RpcClient::next_deadline() const {
  base::TimePoint first = base::kNever;
  for (const auto& [id, request] : open_) first = std::min(first, request.due);
  return first;
}

std::optional<RpcOutcome> RpcClient::next_event() {
  if (events_.empty()) return std::nullopt;
  RpcOutcome outcome = std::move(events_.front());
  events_.pop_front();
  return outcome;
}

}  // namespace ringback::bus
