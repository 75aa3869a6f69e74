#include "bridge/remote_session.h"

#include "bridge/phone_rpc.h"
#include "bridge/room_codec.h"
#include "bridge/room_leave.h"
#include "livekit/data_packet.h"
#include "net/clock.h"

namespace ringback::bridge {
namespace {

/// As livekit-sip has it: longer than any call.
constexpr livekit::UnixSeconds kTokenLife = 24 * 60 * 60;

CallFailure failure_of(const client::Departure& departure) {
  using Kind = client::Departure::Kind;
  switch (departure.kind) {
    case Kind::kRefused:
      return make_failure(CallCause::kLiveKitKeysRefused, departure.detail);
    case Kind::kUnreachable:
      return make_failure(CallCause::kLiveKitUnreachable, departure.detail);
    case Kind::kEncrypted:
      return make_failure(CallCause::kRoomEncrypted);
    case Kind::kNotPublished:
      return make_failure(CallCause::kRoomFailed, departure.detail);
    case Kind::kLeft:
      break;
  }
  return make_failure(cause_of(departure.reason));
}

}  // namespace

RemoteSession::RemoteSession(webrtc_transport::TransportContext& media,
                             std::shared_ptr<client::SignalDialer> dialer,
                             client::RemoteParticipant::Settings settings, RoomSession::Listener& listener)
    : listener_(listener),
      dialer_(std::move(dialer)),
      participant_(media, *dialer_, *this, std::move(settings)) {
  participant_.join();
}

bool RemoteSession::takes_g711() const {
  return participant_.takes(livekit::AudioCodec::kPcmu);
}

base::ErrorOr<> RemoteSession::publish_audio(audio::Codec codec, std::string_view name) {
  participant_.publish_audio(codec_of(codec), std::string(name));
  return {};
}

void RemoteSession::send_audio(base::TimePoint now, const audio::AudioPacket& packet) {
  participant_.send_audio(now, {.marker = packet.marker,
                                .sequence = packet.sequence,
                                .timestamp = packet.timestamp,
                                .level = packet.level,
                                .payload = packet.payload});
}

void RemoteSession::send_dtmf(std::uint8_t, char digit) {
  if (const auto key = livekit::sip_dtmf_of(digit)) {
    participant_.send_data(livekit::make_sip_dtmf(*key, participant_.next_stamp()));
  }
}

void RemoteSession::set_attributes(const std::map<std::string, std::string>& attributes) {
  participant_.set_attributes(attributes);
}

void RemoteSession::leave(CallCause cause) {
  participant_.leave(disconnect_reason(cause));
}

void RemoteSession::on_track_added(client::HeardTrackId track, livekit::AudioCodec codec) {
  listener_.on_room_track(track, codec_of(codec));
}

void RemoteSession::on_data(std::string_view packet) {
  if (const auto key = livekit::parse_sip_dtmf(packet)) return listener_.on_room_dtmf(key->digit);
  serve_rpc(
      packet, listener_, [this] { return participant_.next_stamp(); },
      [this](std::string answer) { participant_.send_data(std::move(answer)); });
}

void RemoteSession::on_departed(const client::Departure& departure) {
  listener_.on_room_closed(failure_of(departure));
}

std::string RemoteDoor::token_for(const DialRequest& request,
                                  const std::map<std::string, std::string>& attributes) const {
  livekit::Claims claims;
  claims.identity = request.participant_identity;
  claims.name = request.participant_name;
  claims.kind = livekit::ParticipantKind::kSip;
  claims.metadata = request.participant_metadata;
  claims.attributes = attributes;
  livekit::VideoGrants grants;
  grants.room_join = true;
  grants.room = request.room_name;
  grants.can_publish = true;
  grants.can_subscribe = true;
  grants.can_publish_data = true;
  grants.can_update_own_metadata = true;
  claims.video = std::move(grants);
  claims.not_before = net::wall_millis() / 1000;
  claims.expires_at = claims.not_before + kTokenLife;
  return livekit::mint_token(claims, options_.key);
}

base::Result<std::unique_ptr<RoomSession>, CallFailure> RemoteDoor::join(
    const DialRequest& request, const std::map<std::string, std::string>& attributes,
    RoomSession::Listener& listener) {
  client::RemoteParticipant::Settings settings;
  settings.identity = request.participant_identity;
  settings.token = request.room_token.empty() ? token_for(request, attributes) : request.room_token;
  settings.log_id = request.call_id.str();
  settings.session.client_version = options_.client_version;
  const bool elsewhere = !request.room_url.empty() && request.room_url != options_.url;
  auto session = std::make_unique<RemoteSession>(media_, elsewhere ? make_dialer_(request.room_url) : dialer_,
                                                 std::move(settings), listener);
  // A token of ours carries them.
  if (!request.room_token.empty()) session->set_attributes(attributes);
  return std::unique_ptr<RoomSession>(std::move(session));
}

}  // namespace ringback::bridge
