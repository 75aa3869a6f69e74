#include "bridge/bus_service.h"

#include <utility>

#include "base/log.h"
#include "bridge/internal_sip_call.h"
#include "bridge/participant_dial.h"
#include "bridge/room_leave.h"
#include "net/clock.h"
#include "net/front.h"

namespace ringback::bridge {
namespace {

using base::LogLevel;
using livekit::SipCallStatus;

/// As often as livekit-sip says that a call is still there.
constexpr base::Duration kKeepAlive = std::chrono::minutes(10);
/// The answer must be there before the server's own patience ends.
constexpr base::Duration kAnswerTime = std::chrono::milliseconds(50);

bus::Method create_method(const std::string& cluster_id) {
  return {.service = "SIPInternal", .name = "CreateSIPParticipant", .topic = cluster_id};
}

bus::Method transfer_method(const std::string& call_id) {
  return {.service = "SIPInternal", .name = "TransferSIPParticipant", .topic = call_id};
}

std::int64_t nanos(base::WallMillis at) {
  constexpr std::int64_t kNanosPerMilli = 1'000'000;
  return at * kNanosPerMilli;
}

livekit::SipCallInfo call_info_of(const DialRequest& dial) {
  livekit::SipCallInfo info;
  info.call_id = dial.call_id.str();
  info.trunk_id = dial.trunk.id;
  info.room_name = dial.room_name;
  info.participant_identity = dial.participant_identity;
  info.participant_attributes = {dial.participant_attributes.begin(), dial.participant_attributes.end()};
  info.from.user = dial.caller ? dial.caller->plain() : dial.trunk.caller();
  info.from.host = dial.trunk.from_host.empty() ? dial.trunk.host : dial.trunk.from_host;
  info.to.user = dial.number.plain();
  info.to.host = dial.trunk.host;
  info.to.port = dial.trunk.port;
  info.created_at_ns = nanos(net::wall_millis());
  return info;
}

}  // namespace

BusService::BusService(net::Front& front, net::Resolver& resolver, SipService& service, Options options,
                       LoadOf load)
    : front_(front),
      service_(service),
      options_(std::move(options)),
      load_(std::move(load)),
      bus_(front, resolver, options_.redis, options_.tls,
           [this](const bus::Method& method, std::string_view body) { return bid(method, body); }) {}

void BusService::start() {
  bus_.serve(create_method(options_.cluster_id),
             [this](const bus::RpcRequest& request) { create_participant(request); });
  bus_.open("IOInfo");
  bus_.start();
  keep_alive_ = front_.schedule(front_.now() + kKeepAlive, [this] { report_all(); });
}

void BusService::stop() {
  front_.cancel(keep_alive_);
  bus_.stop_serving(create_method(options_.cluster_id));
  bus_.stop();
}

bus::RpcServer::Bid BusService::bid(const bus::Method& method, std::string_view body) const {
  // Only new calls are shared out by load; what concerns a live one is for its node alone.
  if (method.name != "CreateSIPParticipant") return {};
  const auto call = livekit::decode_internal_sip_call(body);
  const auto load = load_(call ? call->room_name : std::string(), bus_.claims());
  return {.accept = load.accepting, .load = load.share};
}

void BusService::create_participant(const bus::RpcRequest& request) {
  const auto refuse = [this, &request](const livekit::TwirpError& error) {
    base::log(LogLevel::kWarn, "bus", "", "a call that the LiveKit server asks for cannot be placed: {}",
              error.msg);
    bus_.respond(request, base::Failure{livekit::bus_error_of(error)});
  };
  const auto call = livekit::decode_internal_sip_call(request.body);
  if (!call) return refuse({livekit::TwirpCode::kMalformed, "the request cannot be decoded", {}});
  auto dial = dial_request_of(*call);
  if (!dial) return refuse(dial.error());
  const std::string id = dial->call_id.str();
  if (live_.contains(id))
    return refuse({livekit::TwirpCode::kAlreadyExists, "there is a call with this id already", {}});

  base::log(LogLevel::kInfo, "call", id, "the LiveKit server calls {} for room {}", dial->number.to_string(),
            dial->room_name);
  live_[id] = call_info_of(*dial);
  bus_.serve(transfer_method(id),
             [this](const bus::RpcRequest& transfer) { transfer_participant(transfer); });

  dial_participant(
      front_, service_,
      {.request = std::move(*dial),
       .wait_until_answered = call->wait_until_answered,
       .deadline = request.deadline - kAnswerTime},
      [this, request](livekit::TwirpResult<livekit::SipParticipantInfo> result) {
        if (!result) {
          bus_.respond(request, base::Failure{livekit::bus_error_of(result.error())});
        } else {
          bus_.respond(request, livekit::encode_internal_sip_answer(*result));
        }
      },
      [this](const CallEvent& event) { on_event(event); });
}

void BusService::transfer_participant(const bus::RpcRequest& request) {
  bus_.respond(request,
               base::Failure{livekit::BusError{
                   .code = "unimplemented", .message = "ringback does not transfer calls", .details = {}}});
}

void BusService::on_event(const CallEvent& event) {
  const auto found = live_.find(event.call_id.str());
  if (found == live_.end()) return;
  livekit::SipCallInfo& info = found->second;
  switch (event.kind) {
    case CallEvent::Kind::kDialing:
      info.sip_call_id = event.sip_call_id;
      return;
    case CallEvent::Kind::kRinging:
    case CallEvent::Kind::kConnected:
      return;
    case CallEvent::Kind::kJoined:
      info.status = SipCallStatus::kJoined;
      return report(info);
    case CallEvent::Kind::kAnswered:
      info.status = SipCallStatus::kActive;
      info.started_at_ns = nanos(event.at);
      info.audio_codec = event.codec.empty() ? "" : event.codec + "/8000";
      return report(info);
    case CallEvent::Kind::kEnded:
      break;
  }
  info.ended_at_ns = nanos(event.at);
  info.status = SipCallStatus::kDisconnected;
  if (event.end) {
    info.disconnect_reason = disconnect_reason(event.end->cause);
    const bool failed = !event.was_answered && info_of(event.end->cause).http_status != 200;
    if (failed) {
      info.status = SipCallStatus::kError;
      info.error = event.end->message;
    }
    if (event.end->sip_status >= 300)
      info.final_status = livekit::SipFinalStatus{event.end->sip_status, event.end->sip_reason};
  }
  report(info);
  bus_.stop_serving(transfer_method(found->first));
  live_.erase(found);
}

// Best effort: a livekit-server reads the reports and forgets them, and no call may depend on that.
void BusService::report(const livekit::SipCallInfo& info) {
  bus_.call({.service = "IOInfo", .name = "UpdateSIPCallState", .topic = ""},
            livekit::encode_update_sip_call_state(info), [id = info.call_id](bus::RpcResult result) {
              if (!result)
                base::log(LogLevel::kDebug, "call", id, "the report to the LiveKit server failed: {}",
                          result.error().message);
            });
}

void BusService::report_all() {
  for (const auto& [id, call] : live_) report(call);
  keep_alive_ = front_.schedule(front_.now() + kKeepAlive, [this] { report_all(); });
}

}  // namespace ringback::bridge
