#include "livekit/wire_conversion.h"

#include "livekit_models.pb.h"
#include "livekit_room.pb.h"
#include "livekit_rtc.pb.h"

namespace ringback::livekit {

// ---- shared values ----

void to_wire(const TimedVersion& from, wire::TimedVersion* to) {
  to->set_unix_micro(from.unix_micro);
  to->set_ticks(from.ticks);
}

void to_wire(const Codec& from, wire::Codec* to) {
  to->set_mime(from.mime);
  to->set_fmtp_line(from.fmtp_line);
}

Codec from_wire(const wire::Codec& from) {
  return {.mime = from.mime(), .fmtp_line = from.fmtp_line()};
}

void to_wire(const VideoLayer& from, wire::VideoLayer* to) {
  to->set_quality(static_cast<wire::VideoQuality>(from.quality));
  to->set_width(from.width);
  to->set_height(from.height);
  to->set_bitrate(from.bitrate);
  to->set_ssrc(from.ssrc);
  to->set_spatial_layer(from.spatial_layer);
  to->set_rid(from.rid);
  to->set_repair_ssrc(from.repair_ssrc);
}

VideoLayer from_wire(const wire::VideoLayer& from) {
  return {.quality = static_cast<VideoQuality>(from.quality()),
          .width = from.width(),
          .height = from.height(),
          .bitrate = from.bitrate(),
          .ssrc = from.ssrc(),
          .spatial_layer = from.spatial_layer(),
          .rid = from.rid(),
          .repair_ssrc = from.repair_ssrc()};
}

void to_wire(const SimulcastCodecInfo& from, wire::SimulcastCodecInfo* to) {
  to->set_mime_type(from.mime_type);
  to->set_mid(from.mid);
  to->set_cid(from.cid);
  to_wire_list(from.layers, to->mutable_layers());
  to->set_video_layer_mode(static_cast<wire::VideoLayer_Mode>(from.video_layer_mode));
  to->set_sdp_cid(from.sdp_cid);
}

static SimulcastCodecInfo from_wire(const wire::SimulcastCodecInfo& from) {
  return {.mime_type = from.mime_type(),
          .mid = from.mid(),
          .cid = from.cid(),
          .layers = from_wire_list(from.layers()),
          .video_layer_mode = static_cast<VideoLayerMode>(from.video_layer_mode()),
          .sdp_cid = from.sdp_cid()};
}

void to_wire(const TrackInfo& from, wire::TrackInfo* to) {
  to->set_sid(from.sid);
  to->set_type(static_cast<wire::TrackType>(from.type));
  to->set_name(from.name);
  to->set_muted(from.muted);
  to->set_width(from.width);
  to->set_height(from.height);
  to->set_simulcast(from.simulcast);
  to->set_disable_dtx(from.disable_dtx);
  to->set_source(static_cast<wire::TrackSource>(from.source));
  to_wire_list(from.layers, to->mutable_layers());
  to->set_mime_type(from.mime_type);
  to->set_mid(from.mid);
  to_wire_list(from.codecs, to->mutable_codecs());
  to->set_stereo(from.stereo);
  to->set_disable_red(from.disable_red);
  to->set_encryption(static_cast<wire::Encryption_Type>(from.encryption));
  to->set_stream(from.stream);
  if (from.version) to_wire(*from.version, to->mutable_version());
  to_wire_enums(from.audio_features, to->mutable_audio_features());
  to->set_backup_codec_policy(static_cast<wire::BackupCodecPolicy>(from.backup_codec_policy));
  to_wire_enums(from.packet_trailer_features, to->mutable_packet_trailer_features());
}

TrackInfo from_wire(const wire::TrackInfo& from) {
  TrackInfo to{
      .sid = from.sid(),
      .type = static_cast<TrackType>(from.type()),
      .name = from.name(),
      .muted = from.muted(),
      .width = from.width(),
      .height = from.height(),
      .simulcast = from.simulcast(),
      .disable_dtx = from.disable_dtx(),
      .source = static_cast<TrackSource>(from.source()),
      .layers = from_wire_list(from.layers()),
      .mime_type = from.mime_type(),
      .mid = from.mid(),
      .codecs = {},
      .stereo = from.stereo(),
      .disable_red = from.disable_red(),
      .encryption = static_cast<Encryption>(from.encryption()),
      .stream = from.stream(),
      .version = {},
      .audio_features = from_wire_enums<AudioTrackFeature>(from.audio_features()),
      .backup_codec_policy = static_cast<BackupCodecPolicy>(from.backup_codec_policy()),
      .packet_trailer_features = from_wire_enums<PacketTrailerFeature>(from.packet_trailer_features())};
  for (const wire::SimulcastCodecInfo& codec : from.codecs()) to.codecs.push_back(from_wire(codec));
  if (from.has_version()) to.version = TimedVersion{from.version().unix_micro(), from.version().ticks()};
  return to;
}

void to_wire(const ParticipantPermission& from, wire::ParticipantPermission* to) {
  to->set_can_subscribe(from.can_subscribe);
  to->set_can_publish(from.can_publish);
  to->set_can_publish_data(from.can_publish_data);
  to_wire_enums(from.can_publish_sources, to->mutable_can_publish_sources());
  to->set_hidden(from.hidden);
  to->set_recorder(from.recorder);
  to->set_can_update_metadata(from.can_update_metadata);
  to->set_agent(from.agent);
  to->set_can_subscribe_metrics(from.can_subscribe_metrics);
  to->set_can_manage_agent_session(from.can_manage_agent_session);
}

ParticipantPermission from_wire(const wire::ParticipantPermission& from) {
  return {.can_subscribe = from.can_subscribe(),
          .can_publish = from.can_publish(),
          .can_publish_data = from.can_publish_data(),
          .can_publish_sources = from_wire_enums<TrackSource>(from.can_publish_sources()),
          .hidden = from.hidden(),
          .recorder = from.recorder(),
          .can_update_metadata = from.can_update_metadata(),
          .agent = from.agent(),
          .can_subscribe_metrics = from.can_subscribe_metrics(),
          .can_manage_agent_session = from.can_manage_agent_session()};
}

void to_wire(const ParticipantInfo& from, wire::ParticipantInfo* to) {
  to->set_sid(from.sid);
  to->set_identity(from.identity);
  to->set_state(static_cast<wire::ParticipantInfo_State>(from.state));
  to_wire_list(from.tracks, to->mutable_tracks());
  to->set_metadata(from.metadata);
  to->set_joined_at(from.joined_at);
  to->set_joined_at_ms(from.joined_at_ms);
  to->set_name(from.name);
  to->set_version(from.version);
  if (from.permission) to_wire(*from.permission, to->mutable_permission());
  to->set_region(from.region);
  to->set_is_publisher(from.is_publisher);
  to->set_kind(static_cast<wire::ParticipantInfo_Kind>(from.kind));
  to_wire_enums(from.kind_details, to->mutable_kind_details());
  to_wire_map(from.attributes, to->mutable_attributes());
  to->set_disconnect_reason(static_cast<wire::DisconnectReason>(from.disconnect_reason));
  to->set_client_protocol(from.client_protocol);
  to_wire_enums(from.capabilities, to->mutable_capabilities());
}

ParticipantInfo from_wire(const wire::ParticipantInfo& from) {
  ParticipantInfo to{.sid = from.sid(),
                     .identity = from.identity(),
                     .state = static_cast<ParticipantState>(from.state()),
                     .tracks = from_wire_list(from.tracks()),
                     .metadata = from.metadata(),
                     .joined_at = from.joined_at(),
                     .joined_at_ms = from.joined_at_ms(),
                     .name = from.name(),
                     .version = from.version(),
                     .permission = {},
                     .region = from.region(),
                     .is_publisher = from.is_publisher(),
                     .kind = static_cast<ParticipantKind>(from.kind()),
                     .kind_details = from_wire_enums<ParticipantKindDetail>(from.kind_details()),
                     .attributes = from_wire_map(from.attributes()),
                     .disconnect_reason = static_cast<DisconnectReason>(from.disconnect_reason()),
                     .client_protocol = from.client_protocol(),
                     .capabilities = from_wire_enums<ClientCapability>(from.capabilities())};
  if (from.has_permission()) to.permission = from_wire(from.permission());
  return to;
}

Room from_wire(const wire::Room& from) {
  Room to{.sid = from.sid(),
          .name = from.name(),
          .empty_timeout = from.empty_timeout(),
          .departure_timeout = from.departure_timeout(),
          .max_participants = from.max_participants(),
          .creation_time = from.creation_time(),
          .creation_time_ms = from.creation_time_ms(),
          .turn_password = from.turn_password(),
          .enabled_codecs = from_wire_list(from.enabled_codecs()),
          .metadata = from.metadata(),
          .num_participants = from.num_participants(),
          .num_publishers = from.num_publishers(),
          .active_recording = from.active_recording(),
          .version = {}};
  if (from.has_version()) to.version = TimedVersion{from.version().unix_micro(), from.version().ticks()};
  return to;
}

void to_wire(const Room& from, wire::Room* to) {
  to->set_sid(from.sid);
  to->set_name(from.name);
  to->set_empty_timeout(from.empty_timeout);
  to->set_departure_timeout(from.departure_timeout);
  to->set_max_participants(from.max_participants);
  to->set_creation_time(from.creation_time);
  to->set_creation_time_ms(from.creation_time_ms);
  to->set_turn_password(from.turn_password);
  to_wire_list(from.enabled_codecs, to->mutable_enabled_codecs());
  to->set_metadata(from.metadata);
  to->set_num_participants(from.num_participants);
  to->set_num_publishers(from.num_publishers);
  to->set_active_recording(from.active_recording);
  if (from.version) to_wire(*from.version, to->mutable_version());
}

ParticipantTracks from_wire(const wire::ParticipantTracks& from) {
  return {.participant_sid = from.participant_sid(), .track_sids = from_wire_strings(from.track_sids())};
}

void to_wire(const RoomAgentDispatch& from, wire::RoomAgentDispatch* to) {
  to->set_agent_name(from.agent_name);
  to->set_metadata(from.metadata);
  to->set_deployment(from.deployment);
  to_wire_map(from.attributes, to->mutable_attributes());
}

RoomAgentDispatch from_wire(const wire::RoomAgentDispatch& from) {
  return {.agent_name = from.agent_name(),
          .metadata = from.metadata(),
          .deployment = from.deployment(),
          .attributes = from_wire_map(from.attributes())};
}

void to_wire(const RoomConfiguration& from, wire::RoomConfiguration* to) {
  to->set_name(from.name);
  to->set_empty_timeout(from.empty_timeout);
  to->set_departure_timeout(from.departure_timeout);
  to->set_max_participants(from.max_participants);
  to->set_metadata(from.metadata);
  to->set_min_playout_delay(from.min_playout_delay);
  to->set_max_playout_delay(from.max_playout_delay);
  to->set_sync_streams(from.sync_streams);
  to_wire_list(from.agents, to->mutable_agents());
  to_wire_map(from.tags, to->mutable_tags());
}

RoomConfiguration from_wire(const wire::RoomConfiguration& from) {
  return {.name = from.name(),
          .empty_timeout = from.empty_timeout(),
          .departure_timeout = from.departure_timeout(),
          .max_participants = from.max_participants(),
          .metadata = from.metadata(),
          .min_playout_delay = from.min_playout_delay(),
          .max_playout_delay = from.max_playout_delay(),
          .sync_streams = from.sync_streams(),
          .agents = from_wire_list(from.agents()),
          .tags = from_wire_map(from.tags())};
}

ClientInfo from_wire(const wire::ClientInfo& from) {
  return {.sdk = static_cast<ClientInfo::Sdk>(from.sdk()),
          .version = from.version(),
          .protocol = from.protocol(),
          .os = from.os(),
          .os_version = from.os_version(),
          .device_model = from.device_model(),
          .browser = from.browser(),
          .browser_version = from.browser_version(),
          .address = from.address(),
          .network = from.network(),
          .other_sdks = from.other_sdks(),
          .client_protocol = from.client_protocol(),
          .capabilities = from_wire_enums<ClientCapability>(from.capabilities())};
}

// ---- signalling ----

void to_wire(const SessionDescription& from, wire::SessionDescription* to) {
  to->set_type(from.type);
  to->set_sdp(from.sdp);
  to->set_id(from.id);
  to_wire_map(from.mid_to_track_id, to->mutable_mid_to_track_id());
}

SessionDescription from_wire(const wire::SessionDescription& from) {
  return {.type = from.type(),
          .sdp = from.sdp(),
          .id = from.id(),
          .mid_to_track_id = from_wire_map(from.mid_to_track_id())};
}

void to_wire(const Trickle& from, wire::TrickleRequest* to) {
  to->set_candidateinit(from.candidate_init);
  to->set_target(static_cast<wire::SignalTarget>(from.target));
  to->set_final(from.final);
}

Trickle from_wire(const wire::TrickleRequest& from) {
  return {.candidate_init = from.candidateinit(),
          .target = static_cast<SignalTarget>(from.target()),
          .final = from.final()};
}

static void to_wire(const SimulcastCodec& from, wire::SimulcastCodec* to) {
  to->set_codec(from.codec);
  to->set_cid(from.cid);
  to_wire_list(from.layers, to->mutable_layers());
  to->set_video_layer_mode(static_cast<wire::VideoLayer_Mode>(from.video_layer_mode));
}

static SimulcastCodec from_wire(const wire::SimulcastCodec& from) {
  return {.codec = from.codec(),
          .cid = from.cid(),
          .layers = from_wire_list(from.layers()),
          .video_layer_mode = static_cast<VideoLayerMode>(from.video_layer_mode())};
}

void to_wire(const AddTrack& from, wire::AddTrackRequest* to) {
  to->set_cid(from.cid);
  to->set_name(from.name);
  to->set_type(static_cast<wire::TrackType>(from.type));
  to->set_width(from.width);
  to->set_height(from.height);
  to->set_muted(from.muted);
  to->set_disable_dtx(from.disable_dtx);
  to->set_source(static_cast<wire::TrackSource>(from.source));
  to_wire_list(from.layers, to->mutable_layers());
  for (const SimulcastCodec& codec : from.simulcast_codecs) to_wire(codec, to->add_simulcast_codecs());
  to->set_sid(from.sid);
  to->set_stereo(from.stereo);
  to->set_disable_red(from.disable_red);
  to->set_encryption(static_cast<wire::Encryption_Type>(from.encryption));
  to->set_stream(from.stream);
  to->set_backup_codec_policy(static_cast<wire::BackupCodecPolicy>(from.backup_codec_policy));
  to_wire_enums(from.audio_features, to->mutable_audio_features());
  to_wire_enums(from.packet_trailer_features, to->mutable_packet_trailer_features());
}

AddTrack from_wire(const wire::AddTrackRequest& from) {
  AddTrack to{
      .cid = from.cid(),
      .name = from.name(),
      .type = static_cast<TrackType>(from.type()),
      .width = from.width(),
      .height = from.height(),
      .muted = from.muted(),
      .disable_dtx = from.disable_dtx(),
      .source = static_cast<TrackSource>(from.source()),
      .layers = from_wire_list(from.layers()),
      .simulcast_codecs = {},
      .sid = from.sid(),
      .stereo = from.stereo(),
      .disable_red = from.disable_red(),
      .encryption = static_cast<Encryption>(from.encryption()),
      .stream = from.stream(),
      .backup_codec_policy = static_cast<BackupCodecPolicy>(from.backup_codec_policy()),
      .audio_features = from_wire_enums<AudioTrackFeature>(from.audio_features()),
      .packet_trailer_features = from_wire_enums<PacketTrailerFeature>(from.packet_trailer_features())};
  for (const wire::SimulcastCodec& codec : from.simulcast_codecs())
    to.simulcast_codecs.push_back(from_wire(codec));
  return to;
}

void to_wire(const MuteTrack& from, wire::MuteTrackRequest* to) {
  to->set_sid(from.sid);
  to->set_muted(from.muted);
}

MuteTrack from_wire(const wire::MuteTrackRequest& from) {
  return {.sid = from.sid(), .muted = from.muted()};
}

UpdateSubscription from_wire(const wire::UpdateSubscription& from) {
  return {.track_sids = from_wire_strings(from.track_sids()),
          .subscribe = from.subscribe(),
          .participant_tracks = from_wire_list(from.participant_tracks())};
}

void to_wire(const UpdateSubscription& from, wire::UpdateSubscription* to) {
  to_wire_strings(from.track_sids, to->mutable_track_sids());
  to->set_subscribe(from.subscribe);
  for (const ParticipantTracks& tracks : from.participant_tracks) {
    wire::ParticipantTracks* added = to->add_participant_tracks();
    added->set_participant_sid(tracks.participant_sid);
    to_wire_strings(tracks.track_sids, added->mutable_track_sids());
  }
}

void to_wire(const SyncState& from, wire::SyncState* to) {
  if (from.answer) to_wire(*from.answer, to->mutable_answer());
  if (from.offer) to_wire(*from.offer, to->mutable_offer());
  if (from.subscription) to_wire(*from.subscription, to->mutable_subscription());
  for (const PublishedTrack& published : from.publish_tracks) {
    wire::TrackPublishedResponse* added = to->add_publish_tracks();
    added->set_cid(published.cid);
    to_wire(published.track, added->mutable_track());
  }
  for (const DataChannelInfo& channel : from.data_channels) {
    wire::DataChannelInfo* added = to->add_data_channels();
    added->set_label(channel.label);
    added->set_id(channel.id);
    added->set_target(static_cast<wire::SignalTarget>(channel.target));
  }
  to_wire_strings(from.track_sids_disabled, to->mutable_track_sids_disabled());
  for (const DataChannelReceiveState& state : from.datachannel_receive_states) {
    wire::DataChannelReceiveState* added = to->add_datachannel_receive_states();
    added->set_publisher_sid(state.publisher_sid);
    added->set_last_seq(state.last_seq);
  }
}

SyncState from_wire(const wire::SyncState& from) {
  SyncState to;
  if (from.has_answer()) to.answer = from_wire(from.answer());
  if (from.has_offer()) to.offer = from_wire(from.offer());
  if (from.has_subscription()) to.subscription = from_wire(from.subscription());
  for (const wire::TrackPublishedResponse& track : from.publish_tracks())
    to.publish_tracks.push_back({.cid = track.cid(), .track = from_wire(track.track())});
  for (const wire::DataChannelInfo& channel : from.data_channels())
    to.data_channels.push_back({.label = channel.label(),
                                .id = channel.id(),
                                .target = static_cast<SignalTarget>(channel.target())});
  to.track_sids_disabled = from_wire_strings(from.track_sids_disabled());
  for (const wire::DataChannelReceiveState& state : from.datachannel_receive_states())
    to.datachannel_receive_states.push_back(
        {.publisher_sid = state.publisher_sid(), .last_seq = state.last_seq()});
  return to;
}

void to_wire(const UpdateMetadata& from, wire::UpdateParticipantMetadata* to) {
  to->set_metadata(from.metadata);
  to->set_name(from.name);
  to_wire_map(from.attributes, to->mutable_attributes());
  to->set_request_id(from.request_id);
}

UpdateMetadata from_wire(const wire::UpdateParticipantMetadata& from) {
  return {.metadata = from.metadata(),
          .name = from.name(),
          .attributes = from_wire_map(from.attributes()),
          .request_id = from.request_id()};
}

void to_wire(const UpdateAudioTrack& from, wire::UpdateLocalAudioTrack* to) {
  to->set_track_sid(from.track_sid);
  to_wire_enums(from.features, to->mutable_features());
}

UpdateAudioTrack from_wire(const wire::UpdateLocalAudioTrack& from) {
  return {.track_sid = from.track_sid(), .features = from_wire_enums<AudioTrackFeature>(from.features())};
}

void to_wire(const UpdateVideoTrack& from, wire::UpdateLocalVideoTrack* to) {
  to->set_track_sid(from.track_sid);
  to->set_width(from.width);
  to->set_height(from.height);
}

UpdateVideoTrack from_wire(const wire::UpdateLocalVideoTrack& from) {
  return {.track_sid = from.track_sid(), .width = from.width(), .height = from.height()};
}

}  // namespace ringback::livekit
