#include "audio/room_to_phone.h"

#include <algorithm>
#include <utility>

#include "audio/g711.h"

namespace ringback::audio {
namespace {

// How long a frame of an active leader may miss its slot before the phone gets a concealed one. Less than the
// jitter buffers of phones take in their stride, more than a late wake-up of the worker.
constexpr base::Duration kGrace = std::chrono::milliseconds(10);

// When the leader's clock or delay moves its frames ahead of the slots by more than a frame, the slots follow
// by this much per frame: 5 % is inaudible to the phone's jitter buffer and outruns any real clock.
constexpr base::Duration kSlew = std::chrono::milliseconds(1);

}  // namespace

RoomToPhone::RoomToPhone(const RoomToPhoneSettings& settings, AudioSink& sink)
    : settings_(settings), sink_(sink) {
  tracks_.reserve(settings.max_tracks);
}

RoomToPhone::~RoomToPhone() = default;

base::ErrorOr<ListenedTrack*> RoomToPhone::add_track(TrackId id, Codec codec) {
  if (std::ranges::any_of(tracks_, [id](const auto& track) { return track->id() == id; })) {
    return base::fail("track is already being listened to");
  }
  if (tracks_.size() >= settings_.max_tracks) return base::fail("too many tracks for one phone");
  auto track = ListenedTrack::create(id, codec, settings_.max_delay);
  if (!track) return base::Failure{track.error()};
  tracks_.push_back(std::move(*track));
  return tracks_.back().get();
}

void RoomToPhone::remove_track(TrackId id) {
  const auto found =
      std::find_if(tracks_.begin(), tracks_.end(), [id](const auto& t) { return t->id() == id; });
  if (found == tracks_.end()) return;
  if (leader_ == found->get()) leader_ = nullptr;
  add(counters_, **found);
  tracks_.erase(found);
}

void RoomToPhone::start(base::TimePoint now) {
  if (started_) return;
  started_ = true;
  marker_ = true;
  slot_ = now;
  run(now);
}

void RoomToPhone::stop() {
  started_ = false;
  leader_ = nullptr;
  for (const auto& track : tracks_) track->clear_queue();
}

void RoomToPhone::play_tone(const ToneSpec& tone) {
  tone_.emplace(tone, kPhoneRate);
}

void RoomToPhone::stop_tone() {
  tone_.reset();
}

void RoomToPhone::receive(base::TimePoint now, ListenedTrack& track, const rtp::PacketView& packet) {
  if (!started_) return;
  track.receive(now, packet);
  run(now);
}

void RoomToPhone::advance(base::TimePoint now) {
  if (!started_) return;
  for (const auto& track : tracks_) {
    if (track->next_deadline() <= now) track->advance(now);
  }
  run(now);
}

base::TimePoint RoomToPhone::next_deadline() const {
  if (!started_) return base::kNever;
  base::TimePoint deadline = frame_time();
  for (const auto& track : tracks_) deadline = std::min(deadline, track->next_deadline());
  return deadline;
}

void RoomToPhone::choose_leader() {
  if (tone_) {
    leader_ = nullptr;
    return;
  }
  if (leader_ != nullptr && (leader_->active() || leader_->has_frame())) return;
  const auto found = std::find_if(tracks_.begin(), tracks_.end(), [](const auto& t) { return t->active(); });
  leader_ = found == tracks_.end() ? nullptr : found->get();
}

base::TimePoint RoomToPhone::frame_time() const {
  if (leader_ == nullptr) return slot_;
  if (!leader_->has_frame()) return slot_ + kGrace;
  return std::max(leader_->frame_due(), slot_ - kFrameDuration);
}

void RoomToPhone::run(base::TimePoint now) {
  choose_leader();
  while (frame_time() <= now) {
    if (leader_ != nullptr && leader_->has_frame()) {
      const bool held_back = leader_->frame_due() < slot_ - kFrameDuration;
      emit_leader();
      slot_ = std::max(slot_, now) + kFrameDuration - (held_back ? kSlew : base::Duration::zero());
    } else {
      emit_filler(now);
      // On the grid, so that late wake-ups do not add up; but not in a burst after a stall.
      slot_ = now > slot_ + kFrameDuration ? now + kFrameDuration : slot_ + kFrameDuration;
    }
    choose_leader();
  }
}

void RoomToPhone::emit_leader() {
  const bool alone = mix_followers() == 0;
  const auto raw = leader_->raw_frame(settings_.codec);
  if (alone && !raw.empty()) {
    ++counters_.passed;
    emit_payload(raw);
  } else if (alone) {
    emit_samples(leader_->frame());
  } else {
    std::array<Sample, kPhoneFrameSamples> mixed;
    mixer_.add(leader_->frame());
    mixer_.sum(mixed);
    ++counters_.mixed;
    emit_samples(mixed);
  }
  leader_->pop_frame();
}

void RoomToPhone::emit_filler(base::TimePoint now) {
  if (leader_ != nullptr) {
    // The leader is in the middle of a spurt, but its packet is late beyond what its jitter buffer foresaw.
    leader_->conceal_frame(now);
    if (leader_->has_frame()) {
      emit_leader();
      return;
    }
  }
  std::array<Sample, kPhoneFrameSamples> frame{};
  if (tone_) {
    tone_->read(frame);
    for (const auto& track : tracks_) track->clear_queue();
  } else {
    if (mix_followers() > 0) {
      mixer_.sum(frame);
    } else {
      ++counters_.filled;
    }
  }
  emit_samples(frame);
}

std::size_t RoomToPhone::mix_followers() {
  if (tracks_.size() == 1 && leader_ != nullptr) return 0;
  mixer_.begin();
  for (const auto& track : tracks_) {
    if (track.get() == leader_) continue;
    if (track->has_frame()) {
      mixer_.add(track->frame());
      track->pop_frame();
    }
    track->trim();
  }
  return mixer_.inputs();
}

void RoomToPhone::emit_samples(std::span<const Sample> frame) {
  std::array<std::uint8_t, kPhoneFrameSamples> payload;
  g711_encode(settings_.codec, frame, payload);
  emit_payload(payload);
}

void RoomToPhone::emit_payload(std::span<const std::uint8_t> payload) {
  const DtmfSender::Slot events = dtmf_.busy() ? dtmf_.next(timestamp_) : DtmfSender::Slot{};
  for (const DtmfSender::Packet& packet : events.view()) sink_.on_dtmf(packet, sequence_++);
  if (events.count > 0) {
    marker_ = true;  // the audio after an event begins a new spurt
  } else {
    sink_.on_audio(
        AudioPacket{.payload = payload, .sequence = sequence_++, .timestamp = timestamp_, .marker = marker_});
    marker_ = false;
  }
  timestamp_ += static_cast<std::uint32_t>(kPhoneFrameSamples);
  ++counters_.frames;
}

base::Duration RoomToPhone::jitter_delay() const {
  return leader_ == nullptr ? base::Duration::zero() : leader_->delay();
}

void RoomToPhone::add(Counters& total, const ListenedTrack& track) {
  total.concealed += track.counters().concealed;
  total.recovered += track.counters().recovered;
  total.malformed += track.counters().malformed;
  total.dropped += track.counters().dropped;
  total.late += track.jitter_stats().late;
}

RoomToPhone::Counters RoomToPhone::counters() const {
  Counters total = counters_;
  for (const auto& track : tracks_) add(total, *track);
  return total;
}

}  // namespace ringback::audio
