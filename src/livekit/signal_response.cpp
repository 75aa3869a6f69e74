#include "livekit/signal_response.h"

#include "livekit/protobuf_json.h"
#include "livekit/wire_conversion.h"
#include "livekit_models.pb.h"
#include "livekit_rtc.pb.h"

namespace ringback::livekit {
namespace {

void to_wire(const IceServer& from, wire::ICEServer* to) {
  to_wire_strings(from.urls, to->mutable_urls());
  to->set_username(from.username);
  to->set_credential(from.credential);
}

void to_wire(const ServerInfo& from, wire::ServerInfo* to) {
  to->set_version(from.version);
  to->set_protocol(from.protocol);
  to->set_region(from.region);
  to->set_node_id(from.node_id);
  to->set_debug_info(from.debug_info);
  to->set_agent_protocol(from.agent_protocol);
}

void to_wire(const ClientConfiguration& from, wire::ClientConfiguration* to) {
  to->set_resume_connection(static_cast<wire::ClientConfigSetting>(from.resume_connection));
  to->set_force_relay(static_cast<wire::ClientConfigSetting>(from.force_relay));
  if (from.disabled_codecs.empty() && from.disabled_publish_codecs.empty()) return;
  for (const Codec& codec : from.disabled_codecs)
    livekit::to_wire(codec, to->mutable_disabled_codecs()->add_codecs());
  for (const Codec& codec : from.disabled_publish_codecs)
    livekit::to_wire(codec, to->mutable_disabled_codecs()->add_publish());
}

/// Writes each alternative of SignalResponse into the member of the wire message that it is.
class Writer {
 public:
  explicit Writer(wire::SignalResponse* to) : to_(to) {}

  void operator()(const JoinResponse& from) const {
    wire::JoinResponse* join = to_->mutable_join();
    livekit::to_wire(from.room, join->mutable_room());
    livekit::to_wire(from.participant, join->mutable_participant());
    to_wire_list(from.other_participants, join->mutable_other_participants());
    join->set_server_version(from.server_info.version);
    for (const IceServer& server : from.ice_servers) to_wire(server, join->add_ice_servers());
    join->set_subscriber_primary(from.subscriber_primary);
    if (from.client_configuration) to_wire(*from.client_configuration, join->mutable_client_configuration());
    join->set_server_region(from.server_info.region);
    join->set_ping_timeout(from.ping_timeout);
    join->set_ping_interval(from.ping_interval);
    to_wire(from.server_info, join->mutable_server_info());
    join->set_sif_trailer(from.sif_trailer);
    to_wire_list(from.enabled_publish_codecs, join->mutable_enabled_publish_codecs());
    join->set_fast_publish(from.fast_publish);
  }

  void operator()(const ReconnectResponse& from) const {
    wire::ReconnectResponse* reconnect = to_->mutable_reconnect();
    for (const IceServer& server : from.ice_servers) to_wire(server, reconnect->add_ice_servers());
    if (from.client_configuration)
      to_wire(*from.client_configuration, reconnect->mutable_client_configuration());
    to_wire(from.server_info, reconnect->mutable_server_info());
    reconnect->set_last_message_seq(from.last_message_seq);
  }

  void operator()(const ServerAnswer& from) const { livekit::to_wire(from, to_->mutable_answer()); }
  void operator()(const ServerOffer& from) const { livekit::to_wire(from, to_->mutable_offer()); }
  void operator()(const Trickle& from) const { livekit::to_wire(from, to_->mutable_trickle()); }

  void operator()(const ParticipantUpdate& from) const {
    to_wire_list(from.participants, to_->mutable_update()->mutable_participants());
  }

  void operator()(const TrackPublished& from) const {
    to_->mutable_track_published()->set_cid(from.cid);
    livekit::to_wire(from.track, to_->mutable_track_published()->mutable_track());
  }

  void operator()(const Leave& from) const {
    to_->mutable_leave()->set_reason(static_cast<wire::DisconnectReason>(from.reason));
    to_->mutable_leave()->set_action(static_cast<wire::LeaveRequest_Action>(from.action));
    // Clients before protocol 13 know only this flag.
    to_->mutable_leave()->set_can_reconnect(from.can_reconnect || from.action == LeaveAction::kReconnect);
    for (const auto& url : from.regions) to_->mutable_leave()->mutable_regions()->add_regions()->set_url(url);
  }

  void operator()(const MuteTrack& from) const { livekit::to_wire(from, to_->mutable_mute()); }

  void operator()(const SpeakersChanged& from) const {
    to_->mutable_speakers_changed();
    for (const SpeakerInfo& speaker : from.speakers) {
      wire::SpeakerInfo* info = to_->mutable_speakers_changed()->add_speakers();
      info->set_sid(speaker.sid);
      info->set_level(speaker.level);
      info->set_active(speaker.active);
    }
  }

  void operator()(const RoomUpdate& from) const {
    livekit::to_wire(from.room, to_->mutable_room_update()->mutable_room());
  }

  void operator()(const ConnectionQualityUpdate& from) const {
    to_->mutable_connection_quality();
    for (const ConnectionQualityUpdate::Entry& entry : from.updates) {
      wire::ConnectionQualityInfo* info = to_->mutable_connection_quality()->add_updates();
      info->set_participant_sid(entry.participant_sid);
      info->set_quality(static_cast<wire::ConnectionQuality>(entry.quality));
      info->set_score(entry.score);
    }
  }

  void operator()(const StreamStateUpdate& from) const {
    to_->mutable_stream_state_update();
    for (const StreamStateUpdate::Entry& entry : from.stream_states) {
      wire::StreamStateInfo* info = to_->mutable_stream_state_update()->add_stream_states();
      info->set_participant_sid(entry.participant_sid);
      info->set_track_sid(entry.track_sid);
      info->set_state(static_cast<wire::StreamState>(entry.state));
    }
  }

  void operator()(const SubscribedQualityUpdate& from) const {
    wire::SubscribedQualityUpdate* update = to_->mutable_subscribed_quality_update();
    update->set_track_sid(from.track_sid);
    for (const SubscribedQuality& quality : from.subscribed_qualities)
      to_wire_quality(quality, update->add_subscribed_qualities());
    for (const SubscribedQualityUpdate::CodecQualities& codec : from.subscribed_codecs) {
      wire::SubscribedCodec* subscribed = update->add_subscribed_codecs();
      subscribed->set_codec(codec.codec);
      for (const SubscribedQuality& quality : codec.qualities)
        to_wire_quality(quality, subscribed->add_qualities());
    }
  }

  void operator()(const SubscriptionPermissionUpdate& from) const {
    wire::SubscriptionPermissionUpdate* update = to_->mutable_subscription_permission_update();
    update->set_participant_sid(from.participant_sid);
    update->set_track_sid(from.track_sid);
    update->set_allowed(from.allowed);
  }

  void operator()(const RefreshToken& from) const { to_->set_refresh_token(from.token); }

  void operator()(const TrackUnpublished& from) const {
    to_->mutable_track_unpublished()->set_track_sid(from.track_sid);
  }

  void operator()(const Pong& from) const { to_->set_pong(from.timestamp); }

  void operator()(const PongResponse& from) const {
    to_->mutable_pong_resp()->set_last_ping_timestamp(from.last_ping_timestamp);
    to_->mutable_pong_resp()->set_timestamp(from.timestamp);
  }

  void operator()(const SubscriptionResponse& from) const {
    to_->mutable_subscription_response()->set_track_sid(from.track_sid);
    to_->mutable_subscription_response()->set_err(static_cast<wire::SubscriptionError>(from.err));
  }

  void operator()(const RequestResponse& from) const {
    wire::RequestResponse* response = to_->mutable_request_response();
    response->set_request_id(from.request_id);
    response->set_reason(static_cast<wire::RequestResponse_Reason>(from.reason));
    response->set_message(from.message);
    std::visit(EchoWriter{response}, from.request);
  }

  void operator()(const TrackSubscribed& from) const {
    to_->mutable_track_subscribed()->set_track_sid(from.track_sid);
  }

  void operator()(const RoomMoved& from) const {
    livekit::to_wire(from.room, to_->mutable_room_moved()->mutable_room());
    to_->mutable_room_moved()->set_token(from.token);
    livekit::to_wire(from.participant, to_->mutable_room_moved()->mutable_participant());
    to_wire_list(from.other_participants, to_->mutable_room_moved()->mutable_other_participants());
  }

  void operator()(const MediaSectionsRequirement& from) const {
    to_->mutable_media_sections_requirement()->set_num_audios(from.num_audios);
    to_->mutable_media_sections_requirement()->set_num_videos(from.num_videos);
  }

  void operator()(const SubscribedAudioCodecUpdate& from) const {
    to_->mutable_subscribed_audio_codec_update()->set_track_sid(from.track_sid);
    for (const SubscribedAudioCodecUpdate::Entry& entry : from.subscribed_audio_codecs) {
      auto* codec = to_->mutable_subscribed_audio_codec_update()->add_subscribed_audio_codecs();
      codec->set_codec(entry.codec);
      codec->set_enabled(entry.enabled);
    }
  }

 private:
  /// The refused or granted request, as the response repeats it.
  struct EchoWriter {
    void operator()(std::monostate) const {}
    void operator()(const Trickle& from) const { livekit::to_wire(from, to->mutable_trickle()); }
    void operator()(const AddTrack& from) const { livekit::to_wire(from, to->mutable_add_track()); }
    void operator()(const MuteTrack& from) const { livekit::to_wire(from, to->mutable_mute()); }
    void operator()(const UpdateMetadata& from) const {
      livekit::to_wire(from, to->mutable_update_metadata());
    }
    void operator()(const UpdateAudioTrack& from) const {
      livekit::to_wire(from, to->mutable_update_audio_track());
    }
    void operator()(const UpdateVideoTrack& from) const {
      livekit::to_wire(from, to->mutable_update_video_track());
    }
    void operator()(const PublishDataTrack& from) const {
      to->mutable_publish_data_track()->set_pub_handle(from.pub_handle);
      to->mutable_publish_data_track()->set_name(from.name);
    }
    void operator()(const UnpublishDataTrack& from) const {
      to->mutable_unpublish_data_track()->set_pub_handle(from.pub_handle);
    }
    wire::RequestResponse* to;
  };

  static void to_wire_quality(const SubscribedQuality& from, wire::SubscribedQuality* to) {
    to->set_quality(static_cast<wire::VideoQuality>(from.quality));
    to->set_enabled(from.enabled);
  }

  wire::SignalResponse* to_;
};

}  // namespace

std::string encode(const SignalResponse& response, FrameFormat format) {
  wire::SignalResponse message;
  std::visit(Writer{&message}, response);
  return format == FrameFormat::kText ? write_json(message, JsonDialect::kSignal) : write_binary(message);
}

}  // namespace ringback::livekit
