#include "room/client_participant.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/random.h"
#include "room/room.h"
#include "room/room_host.h"
#include "room/room_settings.h"
#include "rtp/rtcp.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;
using livekit::DisconnectReason;
using livekit::LeaveAction;

constexpr base::Duration kRefreshInterval = 5min;
/// Transport-wide feedback leaves each tick, reports each tenth.
constexpr base::Duration kMediaTick = 100ms;
constexpr unsigned kTicksPerReport = 10;
constexpr std::size_t kMaxEarlyPackets = 64;
/// Protocol numbers that change what a client understands.
constexpr std::int32_t kSubscriberPrimaryProtocol = 3;

}  // namespace

ClientParticipant::ClientParticipant(Room& room, livekit::ParticipantInfo info, const JoinRequest& request,
                                     std::unique_ptr<SignalLink> link)
    : Participant(room, std::move(info)),
      single_connection_(request.connect.single_peer_connection),
      subscriber_primary_(!single_connection_ && permission().can_subscribe &&
                          request.connect.client.protocol >= kSubscriberPrimaryProtocol),
      connect_(request.connect),
      claims_(request.claims),
      session_(request.session),
      link_(std::move(link)),
      publisher_transport_(room.context().media(), *this, Transport::IceRole::kLite),
      subscriber_transport_(single_connection_
                                ? nullptr
                                : std::make_unique<Transport>(room.context().media(),
                                                              static_cast<Transport::Owner&>(*this),
                                                              Transport::IceRole::kLite)),
      publisher_(*this, publisher_transport_),
      subscriber_(*this, single_connection_ ? publisher_transport_ : *subscriber_transport_,
                  !single_connection_, request.connect.auto_subscribe),
      answer_session_id_(crypto::random_u64() >> 2),
      join_timeout_(room.context().timers(),
                    [this](base::TimePoint) { this->room().remove(*this, DisconnectReason::kJoinFailure); }),
      grace_(room.context().timers(),
             [this](base::TimePoint) {
               this->room().remove(*this, DisconnectReason::kConnectionTimeout, LeaveAction::kReconnect);
             }),
      refresh_(room.context().timers(), [this](base::TimePoint) { refresh_token(); }),
      media_tick_(room.context().timers(), [this](base::TimePoint now) { tick(now); }) {}

ClientParticipant::~ClientParticipant() = default;

Transport& ClientParticipant::primary() {
  return subscriber_primary_ ? *subscriber_transport_ : publisher_transport_;
}

void ClientParticipant::send(const livekit::SignalResponse& response) {
  if (link_) link_->send(response);
}

livekit::ServerInfo ClientParticipant::server_info() const {
  const RoomSettings& settings = room().context().settings();
  return {.version = settings.server_version,
          .protocol = 17,
          .region = settings.region,
          .node_id = settings.node_id,
          .debug_info = {},
          .agent_protocol = 1};
}

std::vector<livekit::IceServer> ClientParticipant::ice_servers() const {
  const auto& urls = room().context().settings().stun_urls;
  if (urls.empty()) return {};
  return {{.urls = urls, .username = {}, .credential = {}}};
}

livekit::JoinResponse ClientParticipant::join_response() const {
  livekit::JoinResponse join;
  join.room = room().info();
  join.participant = info();
  join.other_participants = room().others(*this);
  join.ice_servers = ice_servers();
  join.subscriber_primary = subscriber_primary_;
  join.server_info = server_info();
  join.enabled_publish_codecs = room().context().settings().enabled_codecs;
  join.fast_publish = permission().can_publish;
  return join;
}

void ClientParticipant::begin() {
  const base::TimePoint now = room().context().now();
  send(join_response());
  join_timeout_.set(now + room().context().settings().join_timeout);
  room().joined(*this);
  refresh_token();
  for (const auto& request : connect_.add_tracks) publisher_.add_track(request);
  if (subscriber_primary_) subscriber_.begin();
  if (connect_.publisher_offer) {
    const livekit::Offer offer = *connect_.publisher_offer;
    connect_.publisher_offer.reset();
    on(offer);
  }
}

void ClientParticipant::resume(std::uint64_t session, std::unique_ptr<SignalLink> link,
                               const livekit::ConnectRequest& connect) {
  if (link_) link_->close();
  room().context().session_ended(session_);
  session_ = session;
  link_ = std::move(link);
  grace_.cancel();
  if (std::exchange(drop_link_on_resume_, false)) {
    link_->close();
    link_.reset();
    return;
  }
  send(livekit::ReconnectResponse{.ice_servers = ice_servers(),
                                  .client_configuration = std::nullopt,
                                  .server_info = server_info(),
                                  .last_message_seq = last_data_sequence_});
  livekit::ParticipantUpdate update;
  update.participants = std::exchange(missed_, {});
  for (auto& other : room().others(*this)) update.participants.push_back(std::move(other));
  update.participants.push_back(info());
  send(update);
  send(livekit::RoomUpdate{room().info()});
  refresh_token();
  subscriber_.resume();
  if (connect.publisher_offer) on(*connect.publisher_offer);
  if (connect.sync_state) on(*connect.sync_state);
  // The client's own attempt to reach us again is proof of life; its transports get the usual time.
  if (active() && !primary().connected())
    grace_.set(room().context().now() + 3 * room().context().settings().resume_grace);
  if (std::exchange(drop_link_after_resume_, false) && link_) {
    link_->close();
    link_.reset();
  }
}

void ClientParticipant::disconnected() {
  link_.reset();
  if (!active()) room().remove(*this, DisconnectReason::kSignalClose);
}

void ClientParticipant::fail_session(std::string_view why) {
  base::log(base::LogLevel::kWarn, "room", room().name(), "{}: {}; the client is told to start anew", sid(),
            why);
  room().remove(*this, DisconnectReason::kStateMismatch, LeaveAction::kReconnect);
}

void ClientParticipant::refresh_token() {
  refresh_.set(room().context().now() + kRefreshInterval);
  const auto& keys = room().context().settings().api_keys;
  const auto key = std::ranges::find(keys, claims_.issuer, &livekit::ApiKey::key);
  if (key == keys.end()) return;
  claims_.name = info().name;
  claims_.metadata = info().metadata;
  claims_.attributes = info().attributes;
  claims_.video = livekit::with_permission(claims_.video_or_none(), permission());
  send(livekit::RefreshToken{livekit::mint_refresh_token(claims_, *key, room().context().wall() / 1000)});
}

void ClientParticipant::become_active() {
  join_timeout_.cancel();
  grace_.cancel();
  if (active()) return;
  room().activated(*this);
  for (const auto& packet : std::exchange(early_, {})) primary().send_data(true, packet);
}

// --- What the room tells
// ----------------------------------------------------------------------------------------

void ClientParticipant::on_participant(const livekit::ParticipantInfo& changed, const std::string& frame) {
  if (!link_) {
    if (changed.state == livekit::ParticipantState::kDisconnected) missed_.push_back(changed);
    return;
  }
  if (link_->format() == livekit::FrameFormat::kBinary) {
    link_->send(frame);
  } else {
    send(livekit::ParticipantUpdate{{changed}});
  }
}

void ClientParticipant::on_room(const std::string& frame) {
  if (!link_) return;
  if (link_->format() == livekit::FrameFormat::kBinary) {
    link_->send(frame);
  } else {
    send(livekit::RoomUpdate{room().info()});
  }
}

void ClientParticipant::on_speakers(const std::vector<livekit::SpeakerInfo>& speakers) {
  send(livekit::SpeakersChanged{speakers});
}

void ClientParticipant::on_quality(const Participant& of, livekit::ConnectionQuality quality, float score) {
  send(livekit::ConnectionQualityUpdate{{{.participant_sid = of.sid(), .quality = quality, .score = score}}});
}

void ClientParticipant::on_track_available(UpTrack& track) {
  subscriber_.evaluate(track);
  if (subscriber_.sending()) media_tick_.set_by(room().context().now() + kMediaTick);
}

void ClientParticipant::on_track_removed(UpTrack& track) {
  subscriber_.remove(track);
}

void ClientParticipant::on_data(const SharedPacket& packet, bool reliable) {
  if (active()) {
    primary().send_data(reliable, packet);
  } else if (reliable) {
    if (early_.size() == kMaxEarlyPackets) early_.pop_front();
    early_.push_back(packet);
  }
}

void ClientParticipant::on_first_subscriber(UpTrack& track) {
  send(livekit::TrackSubscribed{track.sid()});
  if (track.is_video()) {
    livekit::SubscribedQualityUpdate update{
        .track_sid = track.sid(), .subscribed_qualities = {}, .subscribed_codecs = {}};
    for (const auto quality :
         {livekit::VideoQuality::kLow, livekit::VideoQuality::kMedium, livekit::VideoQuality::kHigh}) {
      update.subscribed_qualities.push_back({quality, true});
    }
    const std::string& mime = track.info().mime_type;
    std::string codec = mime.substr(mime.find('/') + 1);
    std::ranges::transform(codec, codec.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    update.subscribed_codecs.push_back({codec, update.subscribed_qualities});
    send(update);
  }
}

void ClientParticipant::on_mute_requested(UpTrack& track) {
  send(livekit::MuteTrack{.sid = track.sid(), .muted = track.info().muted});
}

void ClientParticipant::on_track_revoked(const std::string& track_sid) {
  if (const UpTrack* track = find_track(track_sid)) publisher_.forget(*track);
  send(livekit::TrackUnpublished{track_sid});
}

void ClientParticipant::update_subscriptions(const livekit::UpdateSubscription& wish) {
  subscriber_.update(wish);
  if (subscriber_.sending()) media_tick_.set_by(room().context().now() + kMediaTick);
}

void ClientParticipant::on_self_changed() {
  refresh_token();
}

void ClientParticipant::evaluate_subscriptions() {
  for (const auto& participant : room().participants()) {
    if (participant.get() == this) continue;
    for (const auto& track : participant->tracks()) on_track_available(*track);
  }
}

bool ClientParticipant::is_subscribed_to(const Participant& publisher) const {
  return subscriber_.has(publisher);
}

bool ClientParticipant::takes(AudioCodec codec) const {
  return subscriber_.takes(codec);
}

double ClientParticipant::take_loss() {
  return std::max(publisher_.take_loss(), subscriber_.loss());
}

void ClientParticipant::on_removed(DisconnectReason reason, LeaveAction action) {
  subscriber_.remove_all();
  join_timeout_.cancel();
  grace_.cancel();
  refresh_.cancel();
  media_tick_.cancel();
  if (link_) {
    send(livekit::Leave{
        .reason = reason, .action = action, .can_reconnect = action == LeaveAction::kReconnect});
    link_->close();
    link_.reset();
  }
  room().context().session_ended(session_);
}

// --- What the transports tell
// -----------------------------------------------------------------------------------

// Between removal and burial its transports may still receive, but its tracks are gone.

void ClientParticipant::on_rtp(base::TimePoint now, Transport&, std::span<std::uint8_t> packet) {
  if (!removed()) publisher_.on_rtp(now, packet);
}

void ClientParticipant::on_received(base::TimePoint now, Transport&) {
  if (removed()) return;
  publisher_.send_urgent_feedback(now);
  media_tick_.set_by(now + kMediaTick);
}

void ClientParticipant::on_rtcp(base::TimePoint now, Transport&, std::span<const std::uint8_t> compound) {
  if (removed()) return;
  rtp::RtcpReader reader(compound);
  while (const auto packet = reader.next()) {
    if (packet->type == rtp::RtcpType::kSenderReport) {
      if (const auto report = rtp::parse_sender_report(*packet)) publisher_.on_sender_report(now, *report);
    }
    subscriber_.on_rtcp(now, *packet);
  }
}

void ClientParticipant::on_transport_state(Transport& transport, webrtc::PeerState state,
                                           std::string_view reason) {
  base::log(base::LogLevel::kDebug, "room", room().name(), "{}: {} transport {} ({})", sid(),
            &transport == &publisher_transport_ ? "publisher" : "subscriber", webrtc::to_string(state),
            reason);
  if (removed() || &transport != &primary()) return;
  switch (state) {
    case webrtc::PeerState::kConnected:
      become_active();
      return;
    case webrtc::PeerState::kFailed:
    case webrtc::PeerState::kClosed:
      grace_.set_by(room().context().now() + room().context().settings().resume_grace);
      return;
    case webrtc::PeerState::kNew:
    case webrtc::PeerState::kConnecting:
    case webrtc::PeerState::kDisconnected:
      return;
  }
}

void ClientParticipant::on_data(Transport&, bool reliable, std::string message) {
  if (!removed()) room().relay(*this, message, reliable);
}

void ClientParticipant::tick(base::TimePoint now) {
  const bool reports = ++ticks_ % kTicksPerReport == 0;
  publisher_.send_feedback(now, reports);
  publisher_.send_urgent_feedback(now);
  if (reports) subscriber_.send_reports(now);
  if (publisher_.receiving() || subscriber_.sending()) media_tick_.set(now + kMediaTick);
}

}  // namespace ringback::room
