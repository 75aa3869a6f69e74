#include "bridge/embedded_session.h"

#include <algorithm>

namespace ringback::bridge {
namespace {

audio::Codec codec_of(room::AudioCodec codec) {
  switch (codec) {
    case room::AudioCodec::kOpus:
      return audio::Codec::kOpus;
    case room::AudioCodec::kPcmu:
      return audio::Codec::kPcmu;
    case room::AudioCodec::kPcma:
      return audio::Codec::kPcma;
  }
  return audio::Codec::kOpus;
}

room::AudioCodec codec_of(audio::Codec codec) {
  switch (codec) {
    case audio::Codec::kOpus:
      return room::AudioCodec::kOpus;
    case audio::Codec::kPcmu:
      return room::AudioCodec::kPcmu;
    case audio::Codec::kPcma:
      return room::AudioCodec::kPcma;
  }
  return room::AudioCodec::kOpus;
}

CallCause cause_of(livekit::DisconnectReason reason) {
  switch (reason) {
    case livekit::DisconnectReason::kParticipantRemoved:
      return CallCause::kRemoved;
    case livekit::DisconnectReason::kServerShutdown:
      return CallCause::kShuttingDown;
    case livekit::DisconnectReason::kDuplicateIdentity:
      return CallCause::kRemoved;
    default:
      return CallCause::kRoomClosed;
  }
}

}  // namespace

livekit::DisconnectReason disconnect_reason(CallCause cause) {
  using livekit::DisconnectReason;
  switch (cause) {
    case CallCause::kBusy:
    case CallCause::kDeclined:
    case CallCause::kBlocked:
    case CallCause::kForbidden:
    case CallCause::kNotAcceptable:
    case CallCause::kRejected:
    case CallCause::kBadAnswer:
    case CallCause::kCredentialsMissing:
    case CallCause::kCredentialsRefused:
      return DisconnectReason::kUserRejected;
    case CallCause::kNumberNotFound:
    case CallCause::kNumberIncomplete:
    case CallCause::kUnavailable:
    case CallCause::kNoAnswer:
      return DisconnectReason::kUserUnavailable;
    case CallCause::kTrunkNameUnknown:
    case CallCause::kTrunkNameTimeout:
    case CallCause::kTrunkUnreachable:
    case CallCause::kTrunkSilent:
    case CallCause::kRedirected:
    case CallCause::kProviderOverloaded:
    case CallCause::kProviderError:
    case CallCause::kConnectionLost:
      return DisconnectReason::kSipTrunkFailure;
    case CallCause::kMediaTimeout:
      return DisconnectReason::kMediaFailure;
    case CallCause::kShuttingDown:
      return DisconnectReason::kServerShutdown;
    default:
      return DisconnectReason::kClientInitiated;
  }
}

base::Result<std::unique_ptr<RoomSession>, room::JoinRefusal> EmbeddedSession::join(
    room::RoomHost& host, const std::string& room, const room::LocalJoin& join,
    RoomSession::Listener& listener) {
  std::unique_ptr<EmbeddedSession> session(new EmbeddedSession(host, room, listener));
  auto participant = host.join_local(room, join, *session);
  if (!participant) return base::Failure{participant.error()};
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
  track_sid_ = participant_->publish_audio(publication);
  if (track_sid_.empty()) return base::fail("the phone is not in the room any more");
  return {};
}

void EmbeddedSession::send_audio(base::TimePoint now, const audio::AudioPacket& packet) {
  participant_->send_audio(now, track_sid_,
                           {.marker = packet.marker,
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

const EmbeddedSession::Heard* EmbeddedSession::find(const std::string& sid) const {
  const auto found =
      std::find_if(heard_.begin(), heard_.end(), [&sid](const Heard& heard) { return heard.sid == sid; });
  return found == heard_.end() ? nullptr : &*found;
}

void EmbeddedSession::on_audio(base::TimePoint now, const room::HeardTrack& track, room::AudioCodec,
                               const rtp::PacketView& packet) {
  if (const Heard* heard = find(track.sid)) listener_.on_room_audio(now, heard->id, packet);
}

void EmbeddedSession::on_track_added(const room::HeardTrack& track) {
  heard_.push_back({track.sid, next_track_});
  listener_.on_room_track(next_track_++, codec_of(track.codec));
}

void EmbeddedSession::on_track_removed(const std::string& track_sid) {
  const Heard* heard = find(track_sid);
  if (heard == nullptr) return;
  const auto id = heard->id;
  std::erase_if(heard_, [&track_sid](const Heard& entry) { return entry.sid == track_sid; });
  listener_.on_room_track_gone(id);
}

// A muted track sends nothing; the pipeline fills the gap with silence by itself.
void EmbeddedSession::on_track_muted(const std::string&, bool) {}

void EmbeddedSession::on_data(const room::DataMessage& message) {
  if (const auto key = livekit::parse_sip_dtmf(message.packet)) listener_.on_room_dtmf(key->digit);
}

void EmbeddedSession::on_participants_changed(const room::Occupancy& occupancy) {
  listener_.on_others(occupancy.others);
}

void EmbeddedSession::on_subscribed(const std::string&) {}

// The room drops the audio of a muted track; the phone side has nothing to do.
void EmbeddedSession::on_mute_requested(const std::string&, bool) {}

void EmbeddedSession::on_removed(livekit::DisconnectReason reason) {
  listener_.on_room_closed(cause_of(reason));
}

}  // namespace ringback::bridge
