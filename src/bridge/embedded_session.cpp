#include "bridge/embedded_session.h"

#include "bridge/call_event.h"
#include "bridge/phone_rpc.h"
#include "bridge/room_codec.h"
#include "bridge/room_leave.h"

namespace ringback::bridge {

base::Result<std::unique_ptr<RoomSession>, CallFailure> EmbeddedDoor::join(
    const DialRequest& request, const std::map<std::string, std::string>& attributes,
    RoomSession::Listener& listener) {
  room::LocalJoin join;
  join.identity = request.participant_identity;
  join.name = request.participant_name;
  join.kind = livekit::ParticipantKind::kSip;
  join.metadata = request.participant_metadata;
  join.attributes = attributes;
  std::unique_ptr<EmbeddedSession> session(new EmbeddedSession(host_, request.room_name, listener));
  auto participant = host_.join_local(request.room_name, join, *session);
  if (!participant) {
    const auto why =
        participant.error() == room::JoinRefusal::kRoomFull ? "the room is full" : "the room does not exist";
    return base::Failure{make_failure(CallCause::kRoomFailed, why)};
  }
  session->participant_ = std::move(*participant);
  return std::unique_ptr<RoomSession>(std::move(session));
}

bool EmbeddedSession::takes_g711() const {
  return host_.all_subscribers_take(room_, room::AudioCodec::kPcmu);
}

base::ErrorOr<> EmbeddedSession::publish_audio(audio::Codec codec, std::string_view name) {
  room::AudioPublication publication;
  publication.codec = codec_of(codec);
  publication.name = std::string(name);
  if (participant_->publish_audio(publication).empty())
    return base::fail("the phone is not in the room any more");
  return {};
}

void EmbeddedSession::send_audio(base::TimePoint now, const audio::AudioPacket& packet) {
  participant_->send_audio(now, {.marker = packet.marker,
                                 .sequence = packet.sequence,
                                 .timestamp = packet.timestamp,
                                 .level = packet.level,
                                 .payload = packet.payload});
}

void EmbeddedSession::send_dtmf(std::uint8_t, char digit) {
  participant_->send_dtmf(digit);
}

void EmbeddedSession::set_attributes(const std::map<std::string, std::string>& attributes) {
  participant_->set_attributes(attributes);
}

void EmbeddedSession::leave(CallCause cause) {
  participant_->leave(disconnect_reason(cause));
}

void EmbeddedSession::on_track_added(const room::HeardTrack& track) {
  listener_.on_room_track(track.number, codec_of(track.codec));
}

void EmbeddedSession::on_track_removed(const room::HeardTrack& track) {
  listener_.on_room_track_gone(track.number);
}

// A muted track sends nothing; the pipeline fills the gap with silence by itself.
void EmbeddedSession::on_track_muted(const std::string&, bool) {}

void EmbeddedSession::on_data(const room::DataMessage& message) {
  if (const auto key = livekit::parse_sip_dtmf(message.packet)) return listener_.on_room_dtmf(key->digit);
  // The room sets the sender.
  serve_rpc(
      message.packet, listener_, [] { return livekit::DataStamp{}; },
      [this](const std::string& answer) { participant_->send_data(answer, true); });
}

void EmbeddedSession::on_participants_changed(const room::Occupancy& occupancy) {
  listener_.on_others(occupancy.others);
}

void EmbeddedSession::on_subscribed(const std::string&) {}

// The room drops the audio of a muted track; the phone side has nothing to do.
void EmbeddedSession::on_mute_requested(const std::string&, bool) {}

void EmbeddedSession::on_removed(livekit::DisconnectReason reason) {
  listener_.on_room_closed(make_failure(cause_of(reason)));
}

}  // namespace ringback::bridge
