#include "room/local_seat.h"

#include <algorithm>
#include <array>

#include "base/overloaded.h"
#include "room/codec_match.h"
#include "room/sid.h"

namespace ringback::room {
namespace {

/// Payload types that local tracks carry inside the room: the static ones, and the one that browsers use for
/// Opus.
constexpr std::uint8_t kOpusPayloadType = 111;

sdp::WebRtcCodec format_of(AudioCodec codec) {
  sdp::WebRtcCodec format;
  switch (codec) {
    case AudioCodec::kPcmu:
      format.payload_type = rtp::kPayloadTypePcmu;
      break;
    case AudioCodec::kPcma:
      format.payload_type = rtp::kPayloadTypePcma;
      break;
    case AudioCodec::kOpus:
      format.payload_type = kOpusPayloadType;
      format.channels = 2;  // RFC 7587 section 4.1: always announced so
      break;
  }
  format.name = livekit::encoding_name(codec);
  format.clock_rate = rtp_clock_rate(codec);
  return format;
}

std::optional<AudioCodec> codec_of(const sdp::WebRtcCodec& format) {
  if (format.is("opus")) return AudioCodec::kOpus;
  if (format.is("PCMU")) return AudioCodec::kPcmu;
  if (format.is("PCMA")) return AudioCodec::kPcma;
  return std::nullopt;
}

}  // namespace

class LocalSeat::Ear final : public TrackConsumer {
 public:
  Ear(UpTrack& track, std::uint32_t number) : track_(track) {
    const Participant& publisher = track.publisher();
    heard_ = {.number = number,
              .sid = track.sid(),
              .participant_sid = publisher.sid(),
              .participant_identity = publisher.identity(),
              .participant_kind = publisher.info().kind,
              .source = track.info().source,
              .muted = track.info().muted};
    if (!track.formats().empty())
      heard_.codec = codec_of(track.formats().front()).value_or(AudioCodec::kOpus);
    track_.add_consumer(*this);
  }
  ~Ear() { track_.remove_consumer(*this); }
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  [[nodiscard]] UpTrack& track() const { return track_; }
  [[nodiscard]] HeardTrack& heard() { return heard_; }
  void set_sink(rtp::PacketSink& sink) { sink_ = &sink; }

  void on_packet(base::TimePoint now, const sdp::WebRtcCodec& format,
                 const rtp::PacketView& packet) override {
    if (&format != format_) {
      format_ = &format;
      audible_ = codec_of(format) == heard_.codec;
    }
    if (audible_ && sink_ != nullptr) sink_->on_packet(now, packet);
  }
  void on_source_switched() override {}
  void on_formats_changed() override { format_ = nullptr; }

 private:
  const sdp::WebRtcCodec* format_ = nullptr;  ///< of the last packet
  bool audible_ = false;                      ///< it is what the sink expects
  rtp::PacketSink* sink_ = nullptr;           ///< null until the owner listens
  UpTrack& track_;
  HeardTrack heard_;
};

LocalHandle::~LocalHandle() {
  *alive_ = false;
  leave(livekit::DisconnectReason::kClientInitiated);
}

void LocalHandle::attach(LocalSeat& seat) {
  seat_ = &seat;
  sid_ = seat.sid();
  identity_ = seat.identity();
}

void LocalHandle::queue(Event event) {
  events_.push_back(std::move(event));
  if (!armed()) context_.timers().arm(*this, context_.now());
}

void LocalHandle::on_timer(base::TimePoint) {
  // The listener may destroy this object from any of the calls.
  const std::shared_ptr<bool> alive = alive_;
  while (*alive && !events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    tell(event);
  }
}

void LocalHandle::tell(const Event& event) {
  std::visit(base::Overloaded{
                 [this](const TrackAdded& e) { listener_.on_track_added(e.track); },
                 [this](const TrackRemoved& e) { listener_.on_track_removed(e.track); },
                 [this](const TrackMuted& e) { listener_.on_track_muted(e.sid, e.muted); },
                 [this](const Data& e) { listener_.on_data({.packet = *e.packet, .reliable = e.reliable}); },
                 [this](const OccupancyChanged& e) { listener_.on_participants_changed(e.occupancy); },
                 [this](const Subscribed& e) { listener_.on_subscribed(e.sid); },
                 [this](const MuteRequested& e) { listener_.on_mute_requested(e.sid, e.muted); },
                 [this](const Removed& e) { listener_.on_removed(e.reason); },
             },
             event);
}

Occupancy LocalHandle::occupancy() const {
  return seat_ == nullptr ? Occupancy{} : seat_->room().occupancy(*seat_);
}

std::string LocalHandle::publish_audio(const AudioPublication& publication) {
  if (seat_ == nullptr) return {};
  UpTrack& track = seat_->publish_audio(publication);
  voice_.point_to(&track);
  return track.sid();
}

void LocalHandle::unpublish(const std::string& track_sid) {
  if (seat_ == nullptr) return;
  if (UpTrack* track = seat_->find_track(track_sid)) seat_->room().unpublish(*seat_, *track);
}

void LocalHandle::set_muted(const std::string& track_sid, bool muted) {
  if (seat_ == nullptr) return;
  if (UpTrack* track = seat_->find_track(track_sid)) seat_->room().set_muted(*seat_, *track, muted);
}

void LocalHandle::hear(std::uint32_t track_number, rtp::PacketSink& sink) {
  if (seat_ != nullptr) seat_->hear(track_number, sink);
}

void LocalHandle::send_audio(base::TimePoint now, const AudioFrame& frame) {
  UpTrack* const track = voice_.get();
  if (track == nullptr || track->formats().empty()) return;
  track->prefetch();
  std::array<std::uint8_t, rtp::kFixedHeaderSize + kMaxAudioPayload> buffer;
  const std::size_t size = rtp::write_packet(buffer,
                                             {.marker = frame.marker,
                                              .payload_type = track->payload_type(),
                                              .sequence = frame.sequence,
                                              .timestamp = frame.timestamp},
                                             frame.payload);
  const auto packet = rtp::PacketView::parse(std::span(buffer).first(size));
  if (packet) track->receive(now, *packet, frame.level);
}

void LocalHandle::set_attributes(const livekit::Attributes& attributes) {
  if (seat_ != nullptr) seat_->room().update_values(*seat_, {}, {}, attributes);
}

void LocalHandle::set_metadata(const std::string& metadata) {
  if (seat_ != nullptr) seat_->room().update_values(*seat_, {}, metadata, {});
}

void LocalHandle::set_name(const std::string& name) {
  if (seat_ != nullptr) seat_->room().update_values(*seat_, name, {}, {});
}

void LocalHandle::send_data(std::string_view packet, bool reliable) {
  if (seat_ != nullptr) seat_->room().relay(*seat_, packet, reliable);
}

void LocalHandle::send_dtmf(char digit) {
  if (seat_ == nullptr) return;
  if (const auto dtmf = livekit::sip_dtmf_of(digit)) {
    seat_->room().relay(*seat_, livekit::make_sip_dtmf(*dtmf, {}), true);
  }
}

void LocalHandle::leave(livekit::DisconnectReason reason) {
  events_.clear();
  disarm();
  if (seat_ == nullptr) return;
  LocalSeat& seat = *std::exchange(seat_, nullptr);
  seat.forget_handle();
  seat.room().remove(seat, reason);
}

LocalSeat::LocalSeat(Room& room, livekit::ParticipantInfo info, bool subscribe_audio, LocalHandle& handle)
    : Participant(room, std::move(info)), subscribe_audio_(subscribe_audio), handle_(&handle) {}

LocalSeat::~LocalSeat() {
  if (handle_ != nullptr) handle_->detach();
}

UpTrack& LocalSeat::publish_audio(const AudioPublication& publication) {
  livekit::TrackInfo info;
  info.sid = make_track_sid(livekit::TrackType::kAudio, publication.source);
  info.type = livekit::TrackType::kAudio;
  info.name = publication.name;
  info.source = publication.source;
  info.muted = publication.muted;
  info.mime_type = mime_type(publication.codec);
  info.stream = publication.source == livekit::TrackSource::kScreenShareAudio ? "screenshare" : "camera";
  info.disable_red = true;
  livekit::SimulcastCodecInfo codec;
  codec.mime_type = info.mime_type;
  codec.cid = info.sid;
  codec.video_layer_mode = livekit::VideoLayerMode::kOneSpatialLayerPerStream;
  info.codecs.push_back(std::move(codec));
  auto track = std::make_unique<UpTrack>(*this, std::move(info), nullptr);
  track->set_formats({format_of(publication.codec)});
  track->add_stream(0, 0, {});
  return room().publish(*this, std::move(track));
}

void LocalSeat::hear(std::uint32_t track_number, rtp::PacketSink& sink) {
  const auto ear =
      std::ranges::find_if(ears_, [&](const auto& each) { return each->heard().number == track_number; });
  if (ear != ears_.end()) (*ear)->set_sink(sink);
}

void LocalSeat::subscribe(UpTrack& track) {
  if (handle_ == nullptr || track.is_video()) return;
  if (std::ranges::any_of(ears_, [&](const auto& ear) { return &ear->track() == &track; })) return;
  ears_.push_back(std::make_unique<Ear>(track, next_heard_++));
  queue(LocalHandle::TrackAdded{ears_.back()->heard()});
  room().subscribed(track);
}

void LocalSeat::on_track_available(UpTrack& track) {
  if (subscribe_audio_ && permission().can_subscribe && track.publisher().allows(*this, track))
    subscribe(track);
}

void LocalSeat::on_track_removed(UpTrack& track) {
  const auto ear = std::ranges::find_if(ears_, [&](const auto& each) { return &each->track() == &track; });
  if (ear == ears_.end()) return;
  queue(LocalHandle::TrackRemoved{(*ear)->heard()});
  ears_.erase(ear);
}

void LocalSeat::on_track_muted(UpTrack& track) {
  for (const auto& ear : ears_) {
    if (&ear->track() != &track) continue;
    ear->heard().muted = track.info().muted;
    queue(LocalHandle::TrackMuted{track.sid(), track.info().muted});
  }
}

void LocalSeat::on_data(const SharedPacket& packet, bool reliable) {
  queue(LocalHandle::Data{packet, reliable});
}

void LocalSeat::on_occupancy_changed() {
  queue(LocalHandle::OccupancyChanged{room().occupancy(*this)});
}

void LocalSeat::on_first_subscriber(UpTrack& track) {
  queue(LocalHandle::Subscribed{track.sid()});
}

void LocalSeat::on_mute_requested(UpTrack& track) {
  queue(LocalHandle::MuteRequested{track.sid(), track.info().muted});
}

void LocalSeat::update_subscriptions(const livekit::UpdateSubscription& wish) {
  std::vector<std::string> sids = wish.track_sids;
  for (const auto& tracks : wish.participant_tracks) {
    sids.insert(sids.end(), tracks.track_sids.begin(), tracks.track_sids.end());
  }
  for (const auto& participant : room().participants()) {
    if (participant.get() == this) continue;
    for (const auto& track : participant->tracks()) {
      if (std::ranges::find(sids, track->sid()) == sids.end()) continue;
      if (wish.subscribe) {
        subscribe(*track);
      } else {
        on_track_removed(*track);
      }
    }
  }
}

void LocalSeat::evaluate_subscriptions() {
  for (const auto& participant : room().participants()) {
    if (participant.get() == this) continue;
    for (const auto& track : participant->tracks()) {
      if (permission().can_subscribe && participant->allows(*this, *track)) {
        on_track_available(*track);
      } else {
        on_track_removed(*track);
      }
    }
  }
}

bool LocalSeat::is_subscribed_to(const Participant& publisher) const {
  return std::ranges::any_of(ears_, [&](const auto& ear) { return &ear->track().publisher() == &publisher; });
}

void LocalSeat::on_removed(livekit::DisconnectReason reason, livekit::LeaveAction) {
  ears_.clear();
  if (handle_ == nullptr) return;
  LocalHandle& handle = *std::exchange(handle_, nullptr);
  handle.detach();
  handle.queue(LocalHandle::Removed{reason});
}

}  // namespace ringback::room
