#include "dialer/livekit_call_service.h"

#include <algorithm>

#include "base/log.h"
#include "dialer/remote_failure.h"
#include "net/clock.h"
#include "net/front.h"

namespace ringback::dialer {
namespace {

using bridge::CallCause;
using bridge::CallEvent;

// How soon the phone's participant is looked for: at once while somebody waits to hear that the phone is
// being called, then as fast as a person notices, then only so that no call is forgotten.
constexpr base::Duration kLookWhileDialling = std::chrono::milliseconds(150);
constexpr base::Duration kLookWhileRinging = std::chrono::milliseconds(500);
constexpr base::Duration kLookWhileConnected = std::chrono::seconds(2);
constexpr base::Duration kLookBesideWebhooks = std::chrono::seconds(15);
/// A server that cannot be asked for so long has lost the call for us.
constexpr base::Duration kServerPatience = std::chrono::seconds(60);
/// The participant has gone, and CreateSIPParticipant still owes the reason.
constexpr base::Duration kReasonPatience = std::chrono::seconds(3);
/// Beyond the ringing itself: joining the room, the provider's first answer, ACK.
constexpr base::Duration kDialSlack = std::chrono::seconds(20);

std::string attribute(const livekit::ParticipantInfo& participant, const char* name) {
  const auto found = participant.attributes.find(name);
  return found == participant.attributes.end() ? std::string() : found->second;
}

}  // namespace

struct LiveKitCallService::Call {
  bridge::PhoneCall phone;
  bridge::CallObserver observer;
  std::string trunk;
  bool trunk_replaced = false;  // once: the server knew no trunk of the noted id
  bool dial_pending = false;    // CreateSIPParticipant owes its answer
  bool seen = false;            // the phone's participant is, or was, in the room
  bool ringing = false;
  bool answered = false;
  bool connected = false;
  bool hung_up_by_phone = false;  // sip.callStatus said so
  base::TimePoint answered_at{};
  base::TimePoint server_heard{};
  std::optional<base::TimePoint> left_at;
  bool had_company = false;  // somebody else has been in the room
  std::optional<base::TimePoint> alone_since;
  std::optional<CallCause> leaving;  // what the participant's end meant, until the dial's answer says better
  std::optional<CallCause> hanging_up;  // we were asked to end it
  net::TimerId look_timer{};
  http::ClientExchange step;     // room, then CreateSIPParticipant
  http::ClientExchange looking;  // ListParticipants
  http::ClientExchange removal;
};

LiveKitCallService::LiveKitCallService(net::Front& front, http::Client& client, store::Store& store,
                                       Options options)
    : front_(front),
      options_(std::move(options)),
      rooms_(client, options_.room_url, options_.room_key),
      sip_(client, options_.sip_url, options_.sip_key),
      trunk_(front, store, sip_, options_.trunk) {}

LiveKitCallService::~LiveKitCallService() = default;

LiveKitCallService::Call* LiveKitCallService::find(const bridge::CallId& id) {
  const auto found = live_.find(id);
  return found == live_.end() ? nullptr : found->second.get();
}

void LiveKitCallService::place(bridge::PhoneCall phone, bridge::CallObserver observer) {
  const bridge::CallId id = phone.call_id;
  ++counters_.started;
  auto call = std::make_unique<Call>();
  call->phone = std::move(phone);
  call->observer = std::move(observer);
  call->server_heard = front_.now();
  live_.emplace(id, std::move(call));
  counters_.live = live_.size();
  if (shutting_down_) return end(id, make_failure(CallCause::kShuttingDown));
  if (draining_) return end(id, make_failure(CallCause::kDraining));
  find_trunk(id);
}

void LiveKitCallService::find_trunk(const bridge::CallId& id) {
  trunk_.find([this, id](const base::Result<std::string, bridge::CallFailure>& trunk) {
    Call* const call = find(id);
    if (call == nullptr) return;
    if (!trunk) return end(id, trunk.error());
    call->trunk = *trunk;
    if (call->trunk_replaced) return dial(id);
    make_room(id);
  });
}

void LiveKitCallService::make_room(const bridge::CallId& id) {
  Call* const call = find(id);
  livekit::CreateRoomRequest request;
  request.name = call->phone.room_name;
  call->step =
      rooms_.create_room(request, [this, id](const base::Result<livekit::Room, ServerApiError>& room) {
        if (!room) return end(id, failure_of_room_api(room.error()));
        dial(id);
      });
}

void LiveKitCallService::dial(const bridge::CallId& id) {
  Call* const call = find(id);
  livekit::CreateSipParticipantRequest request;
  request.sip_trunk_id = call->trunk;
  request.sip_call_to = call->phone.number.plain();
  request.room_name = call->phone.room_name;
  request.participant_identity = call->phone.participant_identity;
  request.participant_name = call->phone.participant_name;
  request.play_dialtone = true;
  request.ringing_timeout = options_.ringing_timeout;
  request.max_call_duration = options_.max_duration;
  request.wait_until_answered = true;
  call->dial_pending = true;
  call->step = sip_.create_sip_participant(
      request, options_.ringing_timeout + kDialSlack,
      [this, id](base::Result<livekit::SipParticipantInfo, ServerApiError> outcome) {
        dialled(id, std::move(outcome));
      });
  look_again(id, kLookWhileDialling);
}

void LiveKitCallService::dialled(const bridge::CallId& id,
                                 base::Result<livekit::SipParticipantInfo, ServerApiError> outcome) {
  Call* const call = find(id);
  call->dial_pending = false;
  if (outcome) {
    livekit::ParticipantInfo phone;
    phone.sid = outcome->participant_id;
    phone.attributes = {{"sip.callID", outcome->sip_call_id}, {"sip.callStatus", "active"}};
    return observe(*call, phone);
  }
  const ServerApiError& error = outcome.error();
  if (call->hanging_up) return end(id, make_failure(*call->hanging_up));
  if (!call->trunk_replaced && says_trunk_is_unknown(error) && trunk_.forget(call->trunk)) {
    call->trunk_replaced = true;
    front_.cancel(call->look_timer);
    return find_trunk(id);
  }
  // The phone is in the room all the same: what failed is only this way of hearing about it.
  if (error.unanswered && call->seen && !call->left_at) return;
  if (call->answered) return;
  if (error.unanswered && call->leaving) return end(id, make_failure(*call->leaving));
  end(id, failure_of_sip_api(error));
}

void LiveKitCallService::look_again(const bridge::CallId& id, base::Duration after) {
  Call* const call = find(id);
  front_.cancel(call->look_timer);
  call->look_timer = front_.schedule(front_.now() + after, [this, id] { look(id); });
}

void LiveKitCallService::look(const bridge::CallId& id) {
  Call* const call = find(id);
  if (call == nullptr) return;
  if (call->hanging_up && call->seen) remove_phone(*call);
  call->looking = rooms_.list_participants(
      call->phone.room_name,
      [this, id](const base::Result<livekit::ListParticipantsResponse, ServerApiError>& outcome) {
        looked(id, outcome);
      });
}

void LiveKitCallService::looked(
    const bridge::CallId& id,
    const base::Result<livekit::ListParticipantsResponse, ServerApiError>& outcome) {
  Call* call = find(id);
  const base::TimePoint now = front_.now();
  const bool room_gone = !outcome && !outcome.error().unanswered &&
                         outcome.error().refusal.code == livekit::TwirpCode::kNotFound;
  if (outcome || room_gone) {
    call->server_heard = now;
    const livekit::ParticipantInfo* phone = nullptr;
    if (outcome) {
      const auto& all = outcome->participants;
      const auto found = std::find_if(all.begin(), all.end(), [&](const livekit::ParticipantInfo& one) {
        return one.identity == call->phone.participant_identity;
      });
      if (found != all.end()) phone = &*found;
    }
    if (phone != nullptr) {
      observe(*call, *phone);
      watch_company(*call, outcome->participants.size() > 1);
    } else if (call->seen) {
      phone_left(*call, livekit::DisconnectReason::kUnknown);
    }
  } else if (now - call->server_heard > kServerPatience) {
    return end(id, failure_of_room_api(outcome.error()));
  }
  call = find(id);
  if (call == nullptr) return;
  base::Duration pause = kLookWhileDialling;
  if (call->seen) pause = kLookWhileRinging;
  if (call->connected)
    pause = webhooks_come_ && !call->alone_since ? kLookBesideWebhooks : kLookWhileConnected;
  if (call->hanging_up) pause = kLookWhileRinging;
  look_again(id, pause);
}

void LiveKitCallService::observe(Call& call, const livekit::ParticipantInfo& phone) {
  if (call.left_at) return;  // news from before it left
  const std::string status = attribute(phone, "sip.callStatus");
  if (!call.seen) {
    call.seen = true;
    CallEvent joined;
    joined.kind = CallEvent::Kind::kJoined;
    joined.participant_id = phone.sid;
    report(call, std::move(joined));
    CallEvent dialing;
    dialing.kind = CallEvent::Kind::kDialing;
    dialing.sip_call_id = attribute(phone, "sip.callID");
    dialing.trunk_id = call.trunk;
    report(call, std::move(dialing));
    if (call.hanging_up) remove_phone(call);
  }
  const bool active = status == "active" || status == "automation";
  if (!call.ringing && status == "ringing") {
    call.ringing = true;
    CallEvent ringing;
    ringing.kind = CallEvent::Kind::kRinging;
    report(call, std::move(ringing));
  }
  if (!call.answered && active) {
    call.answered = true;
    call.answered_at = front_.now();
    ++counters_.answered;
    CallEvent answered;
    answered.kind = CallEvent::Kind::kAnswered;
    report(call, std::move(answered));
  }
  if (!call.connected && status == "active") {
    call.connected = true;
    CallEvent connected;
    connected.kind = CallEvent::Kind::kConnected;
    report(call, std::move(connected));
  }
  if (status == "hangup") call.hung_up_by_phone = true;
}

void LiveKitCallService::watch_company(Call& call, bool has_company) {
  const base::TimePoint now = front_.now();
  if (has_company) {
    call.had_company = true;
    call.alone_since.reset();
  } else if (call.had_company && !call.hanging_up) {
    if (!call.alone_since) call.alone_since = now;
    if (now - *call.alone_since >= options_.empty_room_timeout)
      hang_up(call.phone.call_id, CallCause::kRoomEmpty);
  }
}

void LiveKitCallService::phone_left(Call& call, livekit::DisconnectReason reason) {
  const bridge::CallId id = call.phone.call_id;
  if (call.hanging_up) return end(id, make_failure(*call.hanging_up));
  const base::TimePoint now = front_.now();
  std::optional<CallCause> cause = cause_of_leaving(reason, call.answered);
  if (!cause && call.hung_up_by_phone) cause = CallCause::kPhoneHungUp;
  if (cause) call.leaving = cause;
  if (!call.left_at) call.left_at = now;
  if (call.answered) {
    const bool longest = now - call.answered_at >= options_.max_duration - std::chrono::seconds(1);
    if (longest && call.leaving.value_or(CallCause::kPhoneHungUp) == CallCause::kPhoneHungUp)
      return end(id, make_failure(CallCause::kMaxDuration));
    return end(id, make_failure(call.leaving.value_or(CallCause::kPhoneHungUp)));
  }
  // CreateSIPParticipant is about to tell the SIP status; without it the participant's reason must do.
  if (call.dial_pending && now - *call.left_at < kReasonPatience) return;
  end(id, make_failure(call.leaving.value_or(CallCause::kUnavailable)));
}

bool LiveKitCallService::hang_up(const bridge::CallId& id, CallCause cause) {
  Call* const call = find(id);
  if (call == nullptr) return false;
  call->hanging_up = !call->answered && cause == CallCause::kUserHungUp ? CallCause::kCancelled : cause;
  if (call->seen) {
    remove_phone(*call);
    look_again(id, kLookWhileRinging);
  } else if (!call->dial_pending) {
    end(id, make_failure(*call->hanging_up));
  }
  // Otherwise the phone's participant is on its way into the room and is removed when it comes.
  return true;
}

void LiveKitCallService::remove_phone(Call& call) {
  call.removal = rooms_.remove_participant(
      {.room = call.phone.room_name, .identity = call.phone.participant_identity},
      [this, id = call.phone.call_id](const base::Result<livekit::EmptyResponse, ServerApiError>& removed) {
        Call* const ended = find(id);
        const bool gone = removed || (!removed.error().unanswered &&
                                      removed.error().refusal.code == livekit::TwirpCode::kNotFound);
        if (gone) return end(id, make_failure(*ended->hanging_up));
        base::log(base::LogLevel::kWarn, "call", id.str(), "the phone is not hung up yet: {}",
                  removed.error().message());
      });
}

void LiveKitCallService::mount(http::Router& router) {
  router.add("POST", "/api/livekit/webhook", [this](http::Request request, http::Responder responder) {
    on_webhook(request, std::move(responder));
  });
}

void LiveKitCallService::on_webhook(const http::Request& request, http::Responder responder) {
  const auto secret_of = [this](std::string_view key) -> std::optional<std::string> {
    if (key == options_.room_key.key) return options_.room_key.secret;
    return std::nullopt;
  };
  const auto event = livekit::verify_webhook(request.body, request.headers.get("Authorization").value_or(""),
                                             secret_of, net::wall_millis() / 1000);
  if (!event) {
    base::log(base::LogLevel::kWarn, "call", "", "a webhook is refused: {}", event.error().message);
    return responder.respond(http::Response::text(401, event.error().message + "\n"));
  }
  responder.respond(http::Response::empty(200));
  if (!webhooks_come_) {
    webhooks_come_ = true;
    base::log(base::LogLevel::kInfo, "call", "", "the LiveKit server's webhooks arrive");
  }
  take(*event);
}

void LiveKitCallService::take(const livekit::WebhookEvent& event) {
  if (!event.room) return;
  const auto found = std::find_if(live_.begin(), live_.end(), [&](const auto& entry) {
    return entry.second->phone.room_name == event.room->name;
  });
  if (found == live_.end()) return;
  Call& call = *found->second;
  call.server_heard = front_.now();
  if (event.event == "room_finished") {
    if (call.seen) phone_left(call, livekit::DisconnectReason::kRoomClosed);
    return;
  }
  if (!event.participant) return;
  if (event.participant->identity != call.phone.participant_identity) {
    if (event.event == "participant_joined") watch_company(call, true);
    if (event.event == "participant_left") look_again(call.phone.call_id, base::Duration::zero());
    return;
  }
  if (event.event == "participant_joined") return observe(call, *event.participant);
  if (event.event != "participant_left") return;
  const bridge::CallId id = call.phone.call_id;
  observe(call, *event.participant);
  if (Call* const left = find(id)) phone_left(*left, event.participant->disconnect_reason);
}

void LiveKitCallService::report(Call& call, CallEvent event) {
  event.call_id = call.phone.call_id;
  event.at = net::wall_millis();
  call.observer(event);
}

void LiveKitCallService::end(const bridge::CallId& id, bridge::CallFailure why) {
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  const bool failed = bridge::info_of(why.cause).http_status != 200;
  base::log(failed ? base::LogLevel::kWarn : base::LogLevel::kInfo, "call", id.str(), "{} ({}): {}{}{}",
            failed ? "failed" : "ended", why.code(), why.message, why.action.empty() ? "" : ". ", why.action);
  // The observer may place the next call, and our caller may still look at this one: it dies in the next
  // turn.
  std::shared_ptr<Call> call = std::move(found->second);
  live_.erase(found);
  counters_.live = live_.size();
  ++counters_.ended[why.cause];
  front_.cancel(call->look_timer);
  call->step.cancel();
  call->looking.cancel();
  call->removal.cancel();
  CallEvent ended;
  ended.kind = CallEvent::Kind::kEnded;
  ended.was_answered = call->answered;
  ended.end = std::move(why);
  report(*call, std::move(ended));
  front_.schedule(front_.now(), [call] {});
}

void LiveKitCallService::shut_down(base::Duration grace, base::Task done) {
  shutting_down_ = true;
  std::vector<bridge::CallId> ids;
  for (const auto& [id, call] : live_) ids.push_back(id);
  for (const bridge::CallId& id : ids) hang_up(id, CallCause::kShuttingDown);
  await_silence(front_.now() + grace, std::move(done));
}

void LiveKitCallService::await_silence(base::TimePoint until, base::Task done) {
  if (live_.empty() || front_.now() >= until) return done();
  auto shared = std::make_shared<base::Task>(std::move(done));
  front_.schedule(front_.now() + std::chrono::milliseconds(20),
                  [this, until, shared] { await_silence(until, std::move(*shared)); });
}

}  // namespace ringback::dialer
