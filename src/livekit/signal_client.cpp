#include "livekit/signal_client.h"

#include "livekit/protobuf_json.h"
#include "livekit/wire_conversion.h"
#include "livekit_models.pb.h"
#include "livekit_rtc.pb.h"

namespace ringback::livekit {
namespace {

using livekit::from_wire;

IceServer from_wire(const wire::ICEServer& from) {
  return {
      .urls = from_wire_strings(from.urls()), .username = from.username(), .credential = from.credential()};
}

ServerInfo from_wire(const wire::ServerInfo& from) {
  return {.version = from.version(),
          .protocol = from.protocol(),
          .region = from.region(),
          .node_id = from.node_id(),
          .debug_info = from.debug_info(),
          .agent_protocol = from.agent_protocol()};
}

ClientConfiguration from_wire(const wire::ClientConfiguration& from) {
  using Setting = ClientConfiguration::Setting;
  return {.resume_connection = static_cast<Setting>(from.resume_connection()),
          .force_relay = static_cast<Setting>(from.force_relay()),
          .disabled_codecs = from_wire_list(from.disabled_codecs().codecs()),
          .disabled_publish_codecs = from_wire_list(from.disabled_codecs().publish())};
}

JoinResponse from_wire(const wire::JoinResponse& from) {
  JoinResponse to;
  to.room = from_wire(from.room());
  to.participant = from_wire(from.participant());
  to.other_participants = from_wire_list(from.other_participants());
  for (const auto& server : from.ice_servers()) to.ice_servers.push_back(from_wire(server));
  to.subscriber_primary = from.subscriber_primary();
  if (from.has_client_configuration()) to.client_configuration = from_wire(from.client_configuration());
  to.ping_timeout = from.ping_timeout();
  to.ping_interval = from.ping_interval();
  to.server_info = from_wire(from.server_info());
  if (to.server_info.version.empty()) to.server_info.version = from.server_version();
  to.sif_trailer = from.sif_trailer();
  to.enabled_publish_codecs = from_wire_list(from.enabled_publish_codecs());
  to.fast_publish = from.fast_publish();
  return to;
}

ReconnectResponse from_wire(const wire::ReconnectResponse& from) {
  ReconnectResponse to;
  for (const auto& server : from.ice_servers()) to.ice_servers.push_back(from_wire(server));
  if (from.has_client_configuration()) to.client_configuration = from_wire(from.client_configuration());
  to.server_info = from_wire(from.server_info());
  to.last_message_seq = from.last_message_seq();
  return to;
}

std::vector<std::string> urls_of(const wire::RegionSettings& from) {
  std::vector<std::string> urls;
  for (const auto& region : from.regions()) urls.push_back(region.url());
  return urls;
}

Leave from_wire(const wire::LeaveRequest& from) {
  Leave to{.reason = static_cast<DisconnectReason>(from.reason()),
           .action = static_cast<LeaveAction>(from.action()),
           .can_reconnect = from.can_reconnect(),
           .regions = urls_of(from.regions())};
  // Servers before protocol 13 only have the flag.
  if (to.can_reconnect && to.action == LeaveAction::kDisconnect) to.action = LeaveAction::kReconnect;
  return to;
}

SpeakersChanged from_wire(const wire::SpeakersChanged& from) {
  SpeakersChanged to;
  for (const auto& speaker : from.speakers())
    to.speakers.push_back({.sid = speaker.sid(), .level = speaker.level(), .active = speaker.active()});
  return to;
}

RequestResponse from_wire(const wire::RequestResponse& from) {
  return {.request_id = from.request_id(),
          .reason = static_cast<RequestResponse::Reason>(from.reason()),
          .message = from.message(),
          .request = {}};
}

RoomMoved from_wire(const wire::RoomMovedResponse& from) {
  return {.room = from_wire(from.room()),
          .token = from.token(),
          .participant = from_wire(from.participant()),
          .other_participants = from_wire_list(from.other_participants())};
}

std::optional<SignalResponse> convert(const wire::SignalResponse& from) {
  using Case = wire::SignalResponse::MessageCase;
  switch (from.message_case()) {
    case Case::kJoin:
      return from_wire(from.join());
    case Case::kReconnect:
      return from_wire(from.reconnect());
    case Case::kAnswer:
      return ServerAnswer{from_wire(from.answer())};
    case Case::kOffer:
      return ServerOffer{from_wire(from.offer())};
    case Case::kTrickle:
      return from_wire(from.trickle());
    case Case::kUpdate:
      return ParticipantUpdate{from_wire_list(from.update().participants())};
    case Case::kTrackPublished:
      return TrackPublished{.cid = from.track_published().cid(),
                            .track = from_wire(from.track_published().track())};
    case Case::kLeave:
      return from_wire(from.leave());
    case Case::kMute:
      return from_wire(from.mute());
    case Case::kSpeakersChanged:
      return from_wire(from.speakers_changed());
    case Case::kRoomUpdate:
      return RoomUpdate{from_wire(from.room_update().room())};
    case Case::kSubscriptionPermissionUpdate:
      return SubscriptionPermissionUpdate{
          .participant_sid = from.subscription_permission_update().participant_sid(),
          .track_sid = from.subscription_permission_update().track_sid(),
          .allowed = from.subscription_permission_update().allowed()};
    case Case::kRefreshToken:
      return RefreshToken{from.refresh_token()};
    case Case::kTrackUnpublished:
      return TrackUnpublished{from.track_unpublished().track_sid()};
    case Case::kPong:
      return Pong{from.pong()};
    case Case::kPongResp:
      return PongResponse{.last_ping_timestamp = from.pong_resp().last_ping_timestamp(),
                          .timestamp = from.pong_resp().timestamp()};
    case Case::kSubscriptionResponse:
      return SubscriptionResponse{.track_sid = from.subscription_response().track_sid(),
                                  .err = static_cast<SubscriptionError>(from.subscription_response().err())};
    case Case::kRequestResponse:
      return from_wire(from.request_response());
    case Case::kTrackSubscribed:
      return TrackSubscribed{from.track_subscribed().track_sid()};
    case Case::kRoomMoved:
      return from_wire(from.room_moved());
    case Case::kMediaSectionsRequirement:
      return MediaSectionsRequirement{.num_audios = from.media_sections_requirement().num_audios(),
                                      .num_videos = from.media_sections_requirement().num_videos()};
    default:
      return std::nullopt;
  }
}

/// Writes each kind of message into the member of the wire message that it is.
struct Writer {
  void operator()(const Offer& from) const { livekit::to_wire(from, to->mutable_offer()); }
  void operator()(const Answer& from) const { livekit::to_wire(from, to->mutable_answer()); }
  void operator()(const Trickle& from) const { livekit::to_wire(from, to->mutable_trickle()); }
  void operator()(const AddTrack& from) const { livekit::to_wire(from, to->mutable_add_track()); }
  void operator()(const MuteTrack& from) const { livekit::to_wire(from, to->mutable_mute()); }
  void operator()(const UpdateSubscription& from) const {
    livekit::to_wire(from, to->mutable_subscription());
  }
  void operator()(const Leave& from) const {
    to->mutable_leave()->set_reason(static_cast<wire::DisconnectReason>(from.reason));
    to->mutable_leave()->set_action(static_cast<wire::LeaveRequest_Action>(from.action));
  }
  void operator()(const SubscriptionPermission& from) const {
    to->mutable_subscription_permission()->set_all_participants(from.all_participants);
  }
  void operator()(const SyncState& from) const { livekit::to_wire(from, to->mutable_sync_state()); }
  void operator()(const PingRequest& from) const {
    to->mutable_ping_req()->set_timestamp(from.timestamp);
    to->mutable_ping_req()->set_rtt(from.rtt);
  }
  void operator()(const UpdateMetadata& from) const { livekit::to_wire(from, to->mutable_update_metadata()); }

  wire::SignalRequest* to;
};

}  // namespace

std::string encode_request(const ClientMessage& message) {
  wire::SignalRequest request;
  std::visit(Writer{&request}, message);
  return write_binary(request);
}

base::Result<std::optional<SignalResponse>, WireError> parse_signal_response(std::string_view frame) {
  if (frame.size() > kMaxSignalFrame) return base::Failure{WireError::kTooLarge};
  wire::SignalResponse response;
  if (!read_binary(frame, &response)) return base::Failure{WireError::kMalformed};
  return convert(response);
}

std::vector<std::string> parse_region_urls(std::string_view json) {
  wire::RegionSettings settings;
  if (!read_json(json, &settings)) return {};
  return urls_of(settings);
}

std::string signal_target(const SignalQuery& query) {
  std::string target = "/rtc?protocol=" + std::to_string(query.protocol) +
                       "&client_protocol=0&sdk=cpp&version=" + query.version +
                       "&auto_subscribe=" + (query.auto_subscribe ? "1" : "0");
  if (!query.participant_sid.empty()) {
    target += "&reconnect=1&sid=" + query.participant_sid +
              "&reconnect_reason=" + std::to_string(static_cast<std::int32_t>(query.reconnect_reason));
  }
  return target;
}

}  // namespace ringback::livekit
