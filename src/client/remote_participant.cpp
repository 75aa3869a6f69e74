#include "client/remote_participant.h"

#include <algorithm>

#include "base/log.h"

namespace ringback::client {
namespace {

using base::LogLevel;
using webrtc_transport::Transport;

constexpr base::Duration kReportInterval = std::chrono::seconds(2);
/// Keys that are pressed before the connection stands; more would be a defect.
constexpr std::size_t kMaxOutbox = 64;
/// Senders whose repeated packets are told from new ones.
constexpr std::size_t kMaxDataSenders = 1024;

bool is_over(Transport& transport) {
  const auto state = transport.peer().state();
  return state == webrtc::PeerState::kFailed || state == webrtc::PeerState::kClosed;
}

std::vector<webrtc::RelayServer> relays_of(const std::vector<livekit::IceServer>& servers) {
  std::vector<webrtc::RelayServer> relays;
  for (const auto& server : servers) {
    for (const auto& url : server.urls) {
      auto relay = webrtc::RelayServer::parse(url);
      if (!relay) continue;
      relay->username = server.username;
      relay->password = server.credential;
      relays.push_back(std::move(*relay));
    }
  }
  return relays;
}

bool same_mime(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

RemoteParticipant::RemoteParticipant(webrtc_transport::TransportContext& context, SignalDialer& dialer,
                                     Listener& listener, Settings settings)
    : context_(context),
      listener_(listener),
      settings_(std::move(settings)),
      session_(context, dialer, *this, settings_.session, settings_.token),
      alarm_(context.timers(), [this](base::TimePoint now) { tick(now); }) {}

RemoteParticipant::~RemoteParticipant() {
  leave(livekit::DisconnectReason::kClientInitiated);
}

bool RemoteParticipant::takes(livekit::AudioCodec codec) const {
  return std::ranges::any_of(publish_codecs_, [codec](const livekit::Codec& known) {
    return same_mime(known.mime, livekit::mime_type(codec));
  });
}

void RemoteParticipant::publish_audio(livekit::AudioCodec codec, std::string name) {
  publication_ = Publication{codec, std::move(name)};
  announce_track();
  offer();
}

void RemoteParticipant::announce_track() {
  if (!publication_ || !publisher_) return;
  session_.send(publisher_->add_track(publication_->codec, publication_->name));
}

void RemoteParticipant::offer() {
  if (!publisher_) return;
  if (const auto offer = publisher_->make_offer()) session_.send(*offer);
}

void RemoteParticipant::send_audio(base::TimePoint now, const AudioFrame& frame) {
  if (publisher_) publisher_->send(now, frame);
}

livekit::DataStamp RemoteParticipant::next_stamp() {
  return {.kind = livekit::DataPacketKind::kReliable,
          .participant_identity = settings_.identity,
          .participant_sid = sid_,
          .sequence = ++data_sequence_};
}

void RemoteParticipant::send_data(std::string packet) {
  if (publisher_ && publisher_->transport().connected()) {
    publisher_->transport().send_data(true, std::make_shared<const std::string>(std::move(packet)));
  } else if (outbox_.size() < kMaxOutbox) {
    outbox_.push_back(std::move(packet));
  }
}

void RemoteParticipant::set_attributes(const livekit::Attributes& attributes) {
  for (const auto& [key, value] : attributes) attributes_[key] = value;
  send_attributes(attributes);
}

void RemoteParticipant::send_attributes(const livekit::Attributes& attributes) {
  livekit::UpdateMetadata update;
  update.attributes = attributes;
  update.request_id = ++request_id_;
  session_.send(update);
}

void RemoteParticipant::leave(livekit::DisconnectReason reason) {
  departed_ = true;
  session_.leave(reason);
  alarm_.cancel();
}

void RemoteParticipant::depart(Departure departure) {
  if (departed_) return;
  leave(livekit::DisconnectReason::kClientInitiated);
  listener_.on_departed(departure);
}

void RemoteParticipant::on_joined(const livekit::JoinResponse& join) {
  const bool again = joined_;
  joined_ = true;
  sid_ = join.participant.sid;
  publish_codecs_ = join.enabled_publish_codecs;
  base::log(LogLevel::kInfo, "client", settings_.log_id, "{} the room as {} (LiveKit {}{}{})",
            again ? "back in" : "joined", sid_, join.server_info.version,
            join.server_info.region.empty() ? "" : ", ", join.server_info.region);
  data_heard_.clear();
  data_sequence_ = 0;
  media_failed_ = false;
  auto publishing = context_.open_own_port();
  auto hearing = context_.open_own_port();
  if (!publishing || !hearing) {
    const auto& error = !publishing ? publishing.error() : hearing.error();
    return depart({.kind = Departure::Kind::kUnreachable, .reason = {}, .detail = error.message});
  }
  for (const auto& port : {publishing->get(), hearing->get()}) port->use_relays(relays_of(join.ice_servers));
  auto& owner = static_cast<Transport::Owner&>(*this);
  publisher_ = std::make_unique<Publisher>(std::move(*publishing), owner);
  subscriber_ = std::make_unique<Subscriber>(std::move(*hearing), owner);
  next_report_ = context_.now() + kReportInterval;
  alarm_.set(next_report_);
  if (!attributes_.empty()) send_attributes(attributes_);
  apply(roster_.reset(join.participant.identity, join.other_participants));
  if (departed_) return;
  if (again) {
    announce_track();
  } else {
    listener_.on_joined();
  }
  if (departed_) return;
  // With the track if there is one already; publish_audio() may just have sent the offer.
  if (!publisher_->last_offer()) offer();
  listener_.on_others(roster_.others());
}

void RemoteParticipant::on_resumed(const livekit::ReconnectResponse&) {
  base::log(LogLevel::kInfo, "client", settings_.log_id, "the connection to the room server is back");
  if (is_over(publisher_->transport()) || (subscriber_->transport() && is_over(*subscriber_->transport()))) {
    return session_.rejoin("the media connection to the room server ended meanwhile");
  }
  livekit::SyncState state;
  state.answer = subscriber_->last_answer();
  state.offer = publisher_->last_offer();
  state.subscription =
      livekit::UpdateSubscription{.track_sids = {}, .subscribe = true, .participant_tracks = {}};
  for (const auto& track : roster_.audio_tracks()) state.subscription->track_sids.push_back(track.sid);
  if (publisher_->track()) state.publish_tracks = {{publisher_->cid(), *publisher_->track()}};
  session_.send(state);
  if (!attributes_.empty()) send_attributes(attributes_);
  publisher_->restart();
  offer();
  if (publisher_->transport().connected()) session_.confirm();
}

void RemoteParticipant::on_signal(const livekit::SignalResponse& message) {
  if (!publisher_ || departed_) return;
  std::visit([this](const auto& what) { handle(what); }, message);
}

void RemoteParticipant::on_interrupted(std::string_view why) {
  base::log(LogLevel::kWarn, "client", settings_.log_id,
            "the connection to the room server is interrupted: {}; reconnecting", why);
}

void RemoteParticipant::on_over(const SessionEnd& end) {
  Departure departure{.kind = Departure::Kind::kLeft, .reason = end.reason, .detail = end.detail};
  if (end.kind == SessionEnd::Kind::kRefused) departure.kind = Departure::Kind::kRefused;
  if (end.kind == SessionEnd::Kind::kUnreachable) departure.kind = Departure::Kind::kUnreachable;
  depart(std::move(departure));
}

void RemoteParticipant::handle(const livekit::ServerOffer& offer) {
  if (const auto answer = subscriber_->answer(offer)) {
    session_.send(*answer);
  } else {
    session_.rejoin("the room server's offer cannot be used");
  }
}

void RemoteParticipant::handle(const livekit::ServerAnswer& answer) {
  const auto outcome = publisher_->receive_answer(answer);
  if (!outcome.usable) return session_.rejoin("the room server's answer cannot be used");
  if (outcome.track_refused) {
    return depart({.kind = Departure::Kind::kNotPublished,
                   .reason = {},
                   .detail = std::string(livekit::encoding_name(publication_->codec)) + " is refused"});
  }
  if (outcome.offer_again) offer();
}

void RemoteParticipant::handle(const livekit::Trickle& trickle) {
  const auto candidate = livekit::parse_candidate_init(trickle.candidate_init);
  if (!candidate || candidate->candidate.empty()) return;
  if (trickle.target == livekit::SignalTarget::kSubscriber) {
    subscriber_->add_candidate(candidate->candidate);
  } else {
    publisher_->transport().add_remote_candidate(candidate->candidate);
  }
}

void RemoteParticipant::handle(const livekit::TrackPublished& published) {
  if (published.cid == publisher_->cid()) publisher_->published(published.track);
}

void RemoteParticipant::handle(const livekit::TrackUnpublished& unpublished) {
  if (!publisher_->track() || publisher_->track()->sid != unpublished.track_sid) return;
  base::log(LogLevel::kWarn, "client", settings_.log_id, "the room server took the phone's track away");
  publisher_->set_muted(true);
}

void RemoteParticipant::handle(const livekit::MuteTrack& mute) {
  if (!publisher_->track() || publisher_->track()->sid != mute.sid) return;
  base::log(LogLevel::kInfo, "client", settings_.log_id, "the phone's track is {} by the room server",
            mute.muted ? "muted" : "unmuted");
  publisher_->set_muted(mute.muted);
}

void RemoteParticipant::handle(const livekit::ParticipantUpdate& update) {
  const auto before = roster_.others();
  apply(roster_.update(update.participants));
  if (!departed_ && roster_.others() != before) listener_.on_others(roster_.others());
}

void RemoteParticipant::handle(const livekit::RoomMoved& moved) {
  base::log(LogLevel::kInfo, "client", settings_.log_id, "the room server moved the phone to another room");
  sid_ = moved.participant.sid;
  apply(roster_.reset(moved.participant.identity, moved.other_participants));
  if (!departed_) listener_.on_others(roster_.others());
}

void RemoteParticipant::handle(const livekit::RequestResponse& response) {
  using Reason = livekit::RequestResponse::Reason;
  if (response.reason == Reason::kOk || response.reason == Reason::kQueued) return;
  base::log(LogLevel::kWarn, "client", settings_.log_id, "the room server refuses a request (reason {}): {}",
            static_cast<int>(response.reason), response.message);
}

void RemoteParticipant::apply(const Roster::Change& change) {
  for (const auto& track : change.removed) forget(track.sid);
  if (change.encrypted) {
    return depart({.kind = Departure::Kind::kEncrypted, .reason = {}, .detail = {}});
  }
  subscribe(change.added, true);
}

void RemoteParticipant::subscribe(const std::vector<Roster::AudioTrack>& tracks, bool wanted) {
  if (tracks.empty()) return;
  livekit::UpdateSubscription request;
  request.subscribe = wanted;
  for (const auto& track : tracks) {
    request.track_sids.push_back(track.sid);
    request.participant_tracks.push_back({track.participant_sid, {track.sid}});
  }
  session_.send(request);
}

void RemoteParticipant::forget(const std::string& track_sid) {
  const auto found = std::ranges::find(heard_, track_sid, &HeardTrack::sid);
  if (found == heard_.end()) return;
  const HeardTrackId id = found->id;
  heard_.erase(found);
  listener_.on_track_removed(id);
}

void RemoteParticipant::hear(HeardTrackId track, rtp::PacketSink& sink) {
  const auto found = std::ranges::find(heard_, track, &HeardTrack::id);
  if (found != heard_.end()) found->sink = &sink;
}

void RemoteParticipant::on_rtp(base::TimePoint now, Transport& transport, std::span<std::uint8_t> bytes) {
  if (departed_ || !subscriber_ || !subscriber_->is(transport)) return;
  const auto packet = rtp::PacketView::parse(bytes);
  if (!packet) return;
  const auto heard = subscriber_->identify(now, *packet);
  if (!heard) return;
  auto track = std::ranges::find(heard_, heard->number, &HeardTrack::id);
  // A track that is offered anew, by another stream, keeps its number here.
  if (track == heard_.end()) track = std::ranges::find(heard_, heard->track_sid, &HeardTrack::sid);
  if (track == heard_.end() || track->codec != heard->codec) {
    // The first packet tells the codec: the server may change it together with the publisher.
    const std::string sid(heard->track_sid);
    forget(sid);
    if (!roster_.has_track(sid)) return;
    heard_.push_back({.sid = sid, .codec = heard->codec, .id = next_track_++});
    track = heard_.end() - 1;
    listener_.on_track_added(track->id, track->codec);
  }
  heard->number = track->id;
  if (track->sink != nullptr) track->sink->on_packet(now, *packet);
}

void RemoteParticipant::on_rtcp(base::TimePoint now, Transport& transport,
                                std::span<const std::uint8_t> compound) {
  if (subscriber_ && subscriber_->is(transport)) {
    subscriber_->on_rtcp(now, compound);
  } else if (publisher_) {
    publisher_->on_rtcp(now, compound);
  }
}

void RemoteParticipant::on_transport_state(Transport& transport, webrtc::PeerState state,
                                           std::string_view reason) {
  const bool publishing = publisher_ && &publisher_->transport() == &transport;
  base::log(LogLevel::kDebug, "client", settings_.log_id, "{} connection is {}: {}",
            publishing ? "publishing" : "hearing", webrtc::to_string(state), reason);
  if (departed_) return;
  if (const auto path = transport.peer().path(); path && state == webrtc::PeerState::kConnected) {
    // Who runs a server whose UDP is closed wants to know it.
    const bool usual = path->via == webrtc::IcePath::kUdp;
    base::log(usual ? LogLevel::kDebug : LogLevel::kInfo, "client", settings_.log_id, "{} media goes by {}",
              publishing ? "published" : "heard", path->to_string());
  }
  if (state == webrtc::PeerState::kConnected && publishing) {
    session_.confirm();
    auto waiting = std::move(outbox_);
    outbox_.clear();
    for (auto& packet : waiting) send_data(std::move(packet));
  } else if (state == webrtc::PeerState::kClosed) {
    session_.media_closed();
  } else if (state == webrtc::PeerState::kFailed) {
    media_failed_ = true;
    alarm_.set_by(context_.now());
  }
}

void RemoteParticipant::on_data(Transport&, bool reliable, std::string message) {
  if (departed_) return;
  const auto envelope = livekit::parse_data_envelope(message);
  if (!envelope) return;
  if (reliable && envelope->sequence != 0 && data_heard_.size() < kMaxDataSenders) {
    // After a resume the server may send again what was here already.
    auto& last = data_heard_[envelope->participant_sid];
    if (envelope->sequence <= last) return;
    last = envelope->sequence;
  }
  listener_.on_data(message);
}

void RemoteParticipant::tick(base::TimePoint now) {
  if (media_failed_) {
    media_failed_ = false;
    session_.rejoin("the media connection to the room server failed");
  }
  if (now >= next_report_) {
    publisher_->send_report(now);
    subscriber_->send_report(now);
    next_report_ = now + kReportInterval;
  }
  alarm_.set(next_report_);
}

}  // namespace ringback::client
