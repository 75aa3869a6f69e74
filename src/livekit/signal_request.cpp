#include "livekit/signal_request.h"

#include <google/protobuf/unknown_field_set.h>
#include <nlohmann/json.hpp>

#include "livekit/protobuf_json.h"
#include "livekit/wire_conversion.h"
#include "livekit_models.pb.h"
#include "livekit_rtc.pb.h"

namespace ringback::livekit {
namespace {

using livekit::from_wire;

/// Requests that this build does not declare (data blobs and newer) carry their request id as field 1.
UnknownRequest read_unknown(const wire::SignalRequest& request) {
  UnknownRequest unknown;
  const auto& fields = request.GetReflection()->GetUnknownFields(request);
  if (fields.field_count() == 0) return unknown;
  const auto& field = fields.field(fields.field_count() - 1);
  unknown.field = static_cast<std::uint32_t>(field.number());
  google::protobuf::UnknownFieldSet inner;
  if (field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED ||
      !inner.ParseFromString(field.length_delimited()))
    return unknown;
  for (int i = 0; i < inner.field_count(); ++i)
    if (inner.field(i).number() == 1 && inner.field(i).type() == google::protobuf::UnknownField::TYPE_VARINT)
      unknown.request_id = static_cast<std::uint32_t>(inner.field(i).varint());
  return unknown;
}

Simulate from_wire(const wire::SimulateScenario& from) {
  using Case = wire::SimulateScenario::ScenarioCase;
  using Scenario = Simulate::Scenario;
  switch (from.scenario_case()) {
    case Case::kSpeakerUpdate:
      return {Scenario::kSpeakerUpdate, from.speaker_update()};
    case Case::kNodeFailure:
      return {Scenario::kNodeFailure, from.node_failure()};
    case Case::kMigration:
      return {Scenario::kMigration, from.migration()};
    case Case::kServerLeave:
      return {Scenario::kServerLeave, from.server_leave()};
    case Case::kSwitchCandidateProtocol:
      return {Scenario::kSwitchCandidateProtocol, from.switch_candidate_protocol()};
    case Case::kSubscriberBandwidth:
      return {Scenario::kSubscriberBandwidth, from.subscriber_bandwidth()};
    case Case::kDisconnectSignalOnResume:
      return {Scenario::kDisconnectSignalOnResume, from.disconnect_signal_on_resume()};
    case Case::kDisconnectSignalOnResumeNoMessages:
      return {Scenario::kDisconnectSignalOnResumeNoMessages, from.disconnect_signal_on_resume_no_messages()};
    case Case::kLeaveRequestFullReconnect:
      return {Scenario::kLeaveRequestFullReconnect, from.leave_request_full_reconnect()};
    case Case::SCENARIO_NOT_SET:
      break;
  }
  return {};
}

SubscriptionPermission from_wire(const wire::SubscriptionPermission& from) {
  SubscriptionPermission to{.all_participants = from.all_participants(), .track_permissions = {}};
  for (const wire::TrackPermission& permission : from.track_permissions())
    to.track_permissions.push_back({.participant_sid = permission.participant_sid(),
                                    .all_tracks = permission.all_tracks(),
                                    .track_sids = from_wire_strings(permission.track_sids()),
                                    .participant_identity = permission.participant_identity()});
  return to;
}

UpdateTrackSettings from_wire(const wire::UpdateTrackSettings& from) {
  return {.track_sids = from_wire_strings(from.track_sids()),
          .disabled = from.disabled(),
          .quality = static_cast<VideoQuality>(from.quality()),
          .width = from.width(),
          .height = from.height(),
          .fps = from.fps(),
          .priority = from.priority()};
}

Leave from_wire(const wire::LeaveRequest& from) {
  return {.reason = static_cast<DisconnectReason>(from.reason()),
          .action = static_cast<LeaveAction>(from.action()),
          .can_reconnect = from.can_reconnect()};
}

SignalRequest convert(const wire::SignalRequest& from) {
  using Case = wire::SignalRequest::MessageCase;
  switch (from.message_case()) {
    case Case::kOffer:
      return Offer{from_wire(from.offer())};
    case Case::kAnswer:
      return Answer{from_wire(from.answer())};
    case Case::kTrickle:
      return from_wire(from.trickle());
    case Case::kAddTrack:
      return from_wire(from.add_track());
    case Case::kMute:
      return from_wire(from.mute());
    case Case::kSubscription:
      return from_wire(from.subscription());
    case Case::kTrackSetting:
      return from_wire(from.track_setting());
    case Case::kLeave:
      return from_wire(from.leave());
    case Case::kUpdateLayers:
      return UpdateVideoLayers{.track_sid = from.update_layers().track_sid(),
                               .layers = from_wire_list(from.update_layers().layers())};
    case Case::kSubscriptionPermission:
      return from_wire(from.subscription_permission());
    case Case::kSyncState:
      return from_wire(from.sync_state());
    case Case::kSimulate:
      return from_wire(from.simulate());
    case Case::kPing:
      return Ping{from.ping()};
    case Case::kUpdateMetadata:
      return from_wire(from.update_metadata());
    case Case::kPingReq:
      return PingRequest{.timestamp = from.ping_req().timestamp(), .rtt = from.ping_req().rtt()};
    case Case::kUpdateAudioTrack:
      return from_wire(from.update_audio_track());
    case Case::kUpdateVideoTrack:
      return from_wire(from.update_video_track());
    case Case::kPublishDataTrackRequest:
      return PublishDataTrack{.pub_handle = from.publish_data_track_request().pub_handle(),
                              .name = from.publish_data_track_request().name()};
    case Case::kUnpublishDataTrackRequest:
      return UnpublishDataTrack{from.unpublish_data_track_request().pub_handle()};
    case Case::MESSAGE_NOT_SET:
      break;
  }
  return read_unknown(from);
}

template <class Read>
base::Result<SignalRequest, WireError> parse(std::string_view frame, Read read) {
  if (frame.size() > kMaxSignalFrame) return base::Failure{WireError::kTooLarge};
  wire::SignalRequest request;
  if (!read(frame, &request)) return base::Failure{WireError::kMalformed};
  return convert(request);
}

}  // namespace

base::Result<SignalRequest, WireError> parse_signal_request(std::string_view frame) {
  return parse(frame, read_binary);
}

base::Result<SignalRequest, WireError> parse_signal_request_json(std::string_view frame) {
  return parse(frame, read_json);
}

base::Result<TrickleCandidate, WireError> parse_candidate_init(std::string_view text) {
  // A candidate line is some hundred bytes; the limit only bounds the parser's work.
  constexpr std::size_t kMaxCandidateInit = 16 * 1024;
  if (text.size() > kMaxCandidateInit) return base::Failure{WireError::kTooLarge};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return base::Failure{WireError::kMalformed};
  TrickleCandidate candidate;
  // Clients of different languages leave members out or set them to null; only a wrong type is an error.
  for (const auto& [key, value] : json.items()) {
    if (value.is_null()) continue;
    if (key == "candidate") {
      if (!value.is_string()) return base::Failure{WireError::kMalformed};
      candidate.candidate = value.get<std::string>();
    } else if (key == "sdpMid") {
      if (!value.is_string()) return base::Failure{WireError::kMalformed};
      candidate.sdp_mid = value.get<std::string>();
    } else if (key == "sdpMLineIndex") {
      if (!value.is_number_integer()) return base::Failure{WireError::kMalformed};
      const auto index = value.get<std::int64_t>();
      if (index < 0 || index > 0xffff) return base::Failure{WireError::kMalformed};
      candidate.sdp_mline_index = static_cast<std::int32_t>(index);
    }
  }
  return candidate;
}

std::string write_candidate_init(const TrickleCandidate& candidate) {
  nlohmann::ordered_json json{{"candidate", candidate.candidate},
                              {"sdpMid", candidate.sdp_mid},
                              {"sdpMLineIndex", candidate.sdp_mline_index},
                              {"usernameFragment", nullptr}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace ringback::livekit
