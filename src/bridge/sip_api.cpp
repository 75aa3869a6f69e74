#include "bridge/sip_api.h"

#include <algorithm>
#include <optional>

#include "bridge/participant_dial.h"
#include "bridge/sip_service.h"
#include "net/front.h"

namespace ringback::bridge {
namespace {

using livekit::TwirpCode;
using livekit::TwirpError;

// LiveKit's own limits for calls that wait for the answer and those that do not (without a deadline header).
constexpr base::Duration kWaitingDeadline = std::chrono::seconds(80);
constexpr base::Duration kJoinDeadline = std::chrono::seconds(30);

// Calls into rooms and transfers.
constexpr std::string_view kNotOffered[] = {
    "CreateSIPInboundTrunk", "UpdateSIPInboundTrunk", "GetSIPInboundTrunk",    "CreateSIPDispatchRule",
    "UpdateSIPDispatchRule", "DeleteSIPDispatchRule", "TransferSIPParticipant"};

bool is_trunk_or_rule_method(std::string_view method) {
  return method != "CreateSIPParticipant" && method != "TransferSIPParticipant";
}

/// A request decoded, run and encoded again.
template <class Decode, class Run>
livekit::TwirpResult<std::string> serve(const SipApi::Call& call, Decode decode, Run run) {
  const auto request = decode(call.body, call.format);
  if (!request) return base::Failure{request.error()};
  auto response = run(*request);
  if (!response) return base::Failure{response.error()};
  return encode(*response, call.format);
}

livekit::TwirpResult<DialRequest> dial_request(const livekit::CreateSipParticipantRequest& request,
                                               SipService& service) {
  if (auto verdict = validate(request); !verdict) return base::Failure{verdict.error()};
  DialRequest dial;
  std::optional<livekit::SipMediaConfig> media = request.media;
  if (!request.sip_trunk_id.empty()) {
    const Trunk* trunk = service.trunks().find(request.sip_trunk_id);
    if (trunk == nullptr) return base::Failure{livekit::sip_trunk_does_not_exist()};
    dial.trunk = *trunk;
    if (const auto stored = service.trunks().get(request.sip_trunk_id)) {
      if (stored->media) media = media ? merge(*stored->media, *media) : *stored->media;
      dial.headers_to_attributes = stored->headers_to_attributes;
      dial.include_headers = stored->include_headers;
    }
  } else if (request.trunk) {
    auto trunk = trunk_from_api(*request.trunk);
    if (!trunk) return base::Failure{livekit::invalid_argument(trunk.error().message)};
    dial.trunk = std::move(*trunk);
    dial.headers_to_attributes = request.trunk->headers_to_attributes;
  } else {
    return base::Failure{livekit::invalid_argument("invalid request URI: address must be set")};
  }
  const bool encrypted = (media && media->encryption == livekit::SipMediaEncryption::kRequire) ||
                         request.media_encryption == livekit::SipMediaEncryption::kRequire;
  if (encrypted) {
    return base::Failure{TwirpError{TwirpCode::kFailedPrecondition, "media encryption is not supported", {}}};
  }
  if (request.sip_number.empty() && dial.trunk.numbers.empty()) {
    return base::Failure{TwirpError{TwirpCode::kFailedPrecondition, "no numbers on outbound trunk", {}}};
  }

  dial.call_id = make_call_id();
  dial.room_name = request.room_name;
  dial.participant_identity = participant_identity_of(request);
  dial.participant_name = request.participant_name;
  dial.participant_metadata = request.participant_metadata;
  dial.participant_attributes = {request.participant_attributes.begin(),
                                 request.participant_attributes.end()};
  dial.number = base::Masked(request.sip_call_to);
  const std::string caller = request.sip_number.empty() ? dial.trunk.caller() : request.sip_number;
  dial.caller = base::Masked(caller);
  // Absent: the caller number stands as the name; empty: none at all.
  dial.display_name = request.display_name.value_or(caller);
  if (dial.display_name->empty()) dial.display_name.reset();
  dial.headers = dial.trunk.headers;
  for (const auto& [name, value] : request.headers) dial.headers[name] = value;
  if (request.include_headers != livekit::SipHeaderOptions::kNone)
    dial.include_headers = request.include_headers;
  if (media && media->media_timeout && *media->media_timeout > base::Duration::zero())
    dial.media_timeout = media->media_timeout;
  dial.ringback_tone = request.play_dialtone;
  dial.hide_number = request.hide_phone_number;
  dial.dtmf = request.dtmf;
  dial.ringing_timeout =
      request.ringing_timeout > base::Duration::zero() ? request.ringing_timeout : kLiveKitRinging;
  dial.max_duration = request.max_call_duration > base::Duration::zero()
                          ? std::min(request.max_call_duration, kLiveKitLongestCall)
                          : kLiveKitLongestCall;
  return dial;
}

}  // namespace

void SipApi::handle(const Call& call, Reply reply) {
  const bool granted = call.claims.sip && (is_trunk_or_rule_method(call.method) ? call.claims.sip->admin
                                                                                : call.claims.sip->call);
  if (!granted) return reply(base::Failure{livekit::permissions_denied()});

  TrunkBook& trunks = service_.trunks();
  if (call.method == "CreateSIPParticipant") return create_participant(call, std::move(reply));
  if (call.method == "CreateSIPOutboundTrunk") {
    return reply(serve(call, livekit::decode_create_sip_outbound_trunk,
                       [&](const auto& request) { return trunks.create(request); }));
  }
  if (call.method == "UpdateSIPOutboundTrunk") {
    return reply(serve(call, livekit::decode_update_sip_outbound_trunk,
                       [&](const auto& request) { return trunks.update(request); }));
  }
  if (call.method == "GetSIPOutboundTrunk") {
    return reply(
        serve(call, livekit::decode_get_sip_trunk,
              [&](const auto& request) -> livekit::TwirpResult<livekit::GetSipOutboundTrunkResponse> {
                auto trunk = trunks.get(request.sip_trunk_id);
                if (!trunk) return base::Failure{trunk.error()};
                return livekit::GetSipOutboundTrunkResponse{std::move(*trunk)};
              }));
  }
  if (call.method == "ListSIPOutboundTrunk") {
    return reply(
        serve(call, livekit::decode_list_sip_trunks,
              [&](const auto& request) -> livekit::TwirpResult<livekit::ListSipOutboundTrunksResponse> {
                return livekit::ListSipOutboundTrunksResponse{trunks.list(request)};
              }));
  }
  if (call.method == "DeleteSIPTrunk") {
    return reply(serve(call, livekit::decode_delete_sip_trunk,
                       [&](const auto& request) -> livekit::TwirpResult<livekit::DeletedSipTrunk> {
                         if (auto removed = trunks.remove(request.sip_trunk_id); !removed) {
                           return base::Failure{removed.error()};
                         }
                         return livekit::DeletedSipTrunk{request.sip_trunk_id};
                       }));
  }
  if (call.method == "ListSIPInboundTrunk" || call.method == "ListSIPDispatchRule" ||
      call.method == "ListSIPTrunk") {
    return reply(encode(livekit::EmptySipList{}, call.format));
  }
  if (std::ranges::find(kNotOffered, call.method) != std::end(kNotOffered)) {
    return reply(base::Failure{livekit::not_offered("SIP", call.method)});
  }
  reply(base::Failure{livekit::no_such_method("POST", call.path)});
}

void SipApi::create_participant(const Call& call, Reply reply) {
  const auto request = livekit::decode_create_sip_participant(call.body, call.format);
  if (!request) return reply(base::Failure{request.error()});
  auto dial = dial_request(*request, service_);
  if (!dial) return reply(base::Failure{dial.error()});

  if (const auto refused = service_.refusal(dial->room_name)) {
    return reply(base::Failure{participant_error(make_failure(*refused))});
  }

  const bool wait = request->wait_until_answered;
  const auto limit =
      call.deadline > base::Duration::zero() ? call.deadline : (wait ? kWaitingDeadline : kJoinDeadline);
  dial_participant(
      front_, service_,
      {.request = std::move(*dial), .wait_until_answered = wait, .deadline = front_.now() + limit},
      [reply = std::move(reply),
       format = call.format](livekit::TwirpResult<livekit::SipParticipantInfo> result) {
        if (!result) return reply(base::Failure{result.error()});
        reply(encode(*result, format));
      });
}

}  // namespace ringback::bridge
