#include "audio/listened_track.h"

#include <algorithm>
#include <utility>

#include "audio/g711.h"

namespace ringback::audio {
namespace {

// Lost G.711 is concealed for at most this long per gap: what follows has faded to silence anyway.
constexpr std::size_t kMaxConcealSamples = kPhoneRate * 120 / 1000;

// How long frames must have been superfluous before one is dropped: long enough to outlast a burst of jitter.
constexpr unsigned kTrimWindowFrames = 250;

// A follower's queue beyond this is cut at once: more than this is not jitter but a stall that has ended.
constexpr std::size_t kMaxFollowerSamples = kPhoneFrameSamples * 4;

rtp::JitterBufferSettings jitter_settings(Codec codec, base::Duration max_delay) {
  rtp::JitterBufferSettings settings;
  settings.clock_rate = clock_rate(codec);
  settings.frame = kFrameDuration;
  settings.max_delay = max_delay;
  settings.clock = rtp::PlayoutClock::kSlewing;
  // 60 ms of G.711, or 20 ms of Opus at 256 kbit/s: greater payloads do not occur for speech.
  settings.slot_size = is_g711(codec) ? 480 : 640;
  settings.capacity = is_g711(codec) ? 16 : 32;
  return settings;
}

std::size_t phone_samples(base::Duration duration) {
  return static_cast<std::size_t>(std::max<std::int64_t>(0, duration.count())) * kPhoneRate / 1'000'000;
}

}  // namespace

base::ErrorOr<std::unique_ptr<ListenedTrack>> ListenedTrack::create(TrackId id, Codec codec,
                                                                    base::Duration max_delay) {
  std::optional<OpusFrameDecoder> decoder;
  if (codec == Codec::kOpus) {
    auto created = OpusFrameDecoder::create(kPhoneRate);
    if (!created) return base::Failure{created.error()};
    decoder = std::move(*created);
  }
  return std::unique_ptr<ListenedTrack>(
      new ListenedTrack(id, codec, jitter_settings(codec, max_delay), std::move(decoder)));
}

ListenedTrack::ListenedTrack(TrackId id, Codec codec, const rtp::JitterBufferSettings& jitter,
                             std::optional<OpusFrameDecoder> decoder)
    : id_(id), codec_(codec), jitter_(jitter), decoder_(std::move(decoder)) {}

void ListenedTrack::receive(base::TimePoint now, const rtp::PacketView& packet) {
  if (ssrc_ && *ssrc_ != packet.ssrc()) {
    jitter_.reset();
    if (decoder_) decoder_->reset();
  }
  ssrc_ = packet.ssrc();
  advance(now, jitter_.offer(now, packet));
}

void ListenedTrack::advance(base::TimePoint now) {
  advance(now, jitter_.pull(now));
}

void ListenedTrack::advance(base::TimePoint now, rtp::JitterFrame frame) {
  // Each turn of the loop plays or skips at least one frame of a bounded buffer, or ends it.
  for (;; frame = jitter_.pull(now)) {
    switch (frame.kind) {
      case rtp::Playout::kWait:
        return;
      case rtp::Playout::kFrame:
        play(now, frame);
        break;
      case rtp::Playout::kConceal:
        conceal(now, frame);
        break;
      case rtp::Playout::kSilence:
        end_spurt();
        break;
    }
  }
}

void ListenedTrack::end_spurt() {
  active_ = false;
  // Half a frame that nobody completes would shift every later frame off its packet.
  if (!has_frame()) clear_queue();
}

void ListenedTrack::play(base::TimePoint now, const rtp::JitterFrame& frame) {
  if (codec_ == Codec::kOpus) {
    if (OpusFrameDecoder::is_dtx(frame.payload)) {
      end_spurt();
      return;
    }
    const std::span<Sample> out = space(phone_samples(std::chrono::milliseconds(120)));
    const std::size_t samples = decoder_->decode(frame.payload, out);
    if (samples == 0) {
      ++counters_.malformed;
      return;
    }
    pushed(now, samples);
  } else {
    const std::size_t samples = std::min(frame.payload.size(), phone_samples(std::chrono::milliseconds(120)));
    if (samples == 0) return;
    if (samples == kPhoneFrameSamples && queued_ == 0 && concealment_.lost_samples() == 0) {
      keep_raw(frame.payload.first(samples));
      pushed(now, samples);
      raw_valid_ = true;
    } else {
      decode_raw();
      const std::span<Sample> out = space(samples);
      g711_decode(codec_, frame.payload.first(samples), out);
      concealment_.received(out);
      pushed(now, samples);
    }
  }
  active_ = true;
}

void ListenedTrack::keep_raw(std::span<const std::uint8_t> payload) {
  raw_newest_ = (raw_newest_ + 1) % kRawFrames;
  std::ranges::copy(payload, raw_[raw_newest_].begin());
  undecoded_ = std::min(undecoded_ + 1, kRawFrames);
}

void ListenedTrack::decode_raw() {
  std::array<Sample, kPhoneFrameSamples> samples;
  for (; undecoded_ > 0; --undecoded_) {
    g711_decode(codec_, raw_[(raw_newest_ + kRawFrames + 1 - undecoded_) % kRawFrames], samples);
    concealment_.received(samples);
    if (undecoded_ == 1 && raw_valid_) std::ranges::copy(samples, queue_.begin());
  }
}

void ListenedTrack::conceal(base::TimePoint now, const rtp::JitterFrame& frame) {
  decode_raw();
  const std::size_t wanted = std::clamp<std::size_t>(phone_samples(frame.duration), 0, kMaxConcealSamples);
  // Opus conceals whole multiples of 2.5 ms only.
  const std::size_t samples = wanted == 0 ? kPhoneFrameSamples : std::max<std::size_t>(20, wanted / 20 * 20);
  const std::span<Sample> out = space(samples);
  if (!decoder_) {
    concealment_.conceal(out);
    ++counters_.concealed;
  } else if (frame.next_payload.empty()) {
    if (decoder_->conceal(out) == 0) return;
    ++counters_.concealed;
  } else {
    if (decoder_->decode_fec(frame.next_payload, out) == 0) return;
    ++counters_.recovered;
  }
  raw_valid_ = false;
  pushed(now, samples);
}

void ListenedTrack::conceal_frame(base::TimePoint now) {
  rtp::JitterFrame frame;
  frame.duration = kFrameDuration;
  conceal(now, frame);
}

std::span<Sample> ListenedTrack::space(std::size_t samples) {
  while (queued_ + samples > kQueueSamples && has_frame()) {
    pop_frame();
    ++counters_.dropped;
  }
  return std::span(queue_).subspan(queued_, samples);
}

void ListenedTrack::pushed(base::TimePoint now, std::size_t samples) {
  if (queued_ > 0) raw_valid_ = false;
  const bool had_frame = has_frame();
  queued_ += samples;
  if (!had_frame) frame_due_ = now;
}

std::span<const std::uint8_t> ListenedTrack::raw_frame(Codec wanted) const {
  if (!raw_valid_ || wanted != codec_) return {};
  return raw_[raw_newest_];
}

std::span<const Sample> ListenedTrack::frame() {
  decode_raw();
  return {queue_.data(), kPhoneFrameSamples};
}

void ListenedTrack::pop_frame() {
  std::copy(queue_.begin() + kPhoneFrameSamples, queue_.begin() + static_cast<std::ptrdiff_t>(queued_),
            queue_.begin());
  queued_ -= kPhoneFrameSamples;
  frame_due_ += kFrameDuration;
  raw_valid_ = false;
}

void ListenedTrack::clear_queue() {
  queued_ = 0;
  raw_valid_ = false;
}

void ListenedTrack::trim() {
  while (queued_ > kMaxFollowerSamples) {
    pop_frame();
    ++counters_.dropped;
  }
  least_queued_ = std::min(least_queued_, queued_);
  if (++window_frames_ < kTrimWindowFrames) return;
  if (least_queued_ >= kPhoneFrameSamples) {
    pop_frame();
    ++counters_.dropped;
  }
  window_frames_ = 0;
  least_queued_ = kQueueSamples;
}

}  // namespace ringback::audio
