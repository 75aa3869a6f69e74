#include "audio/phone_to_room.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "audio/g711.h"
#include "audio/level.h"
#include "rtp/sequence.h"

namespace ringback::audio {
namespace {

// A stream whose sequence numbers leap by more than this is a new one (RFC 3550 appendix A.1 has 100 and
// 3000; phones lose far less before a human gives up).
constexpr int kMaxSequenceLeap = 500;

// Timestamps may leap with the time that passed (silence suppression, hold), give or take this.
constexpr base::Duration kMaxTimestampError = std::chrono::seconds(2);

// Longer losses are left as a gap in the timestamps: concealment has faded to silence by then.
constexpr std::size_t kMaxConcealSamples = Concealment::kFadeSamples;

base::Duration media_time(std::int64_t samples) {
  return base::Duration(samples * 1'000'000 / kPhoneRate);
}

}  // namespace

base::ErrorOr<std::unique_ptr<PhoneToRoom>> PhoneToRoom::create(const PhoneToRoomSettings& settings,
                                                                AudioSink& sink) {
  if (!is_g711(settings.phone_codec)) return base::fail("a phone leg carries PCMU or PCMA");
  std::optional<OpusFrameEncoder> encoder;
  if (settings.room_codec == Codec::kOpus) {
    OpusEncoderSettings opus = settings.opus;
    opus.rate = kPhoneRate;
    auto created = OpusFrameEncoder::create(opus);
    if (!created) return base::Failure{created.error()};
    encoder = std::move(*created);
  }
  return std::unique_ptr<PhoneToRoom>(new PhoneToRoom(settings, sink, std::move(encoder)));
}

PhoneToRoom::PhoneToRoom(const PhoneToRoomSettings& settings, AudioSink& sink,
                         std::optional<OpusFrameEncoder> encoder)
    : settings_(settings), sink_(sink), encoder_(std::move(encoder)) {}

void PhoneToRoom::receive(base::TimePoint now, const rtp::PacketView& packet) {
  if (playing_tone()) return;
  if (packet.payload().empty() || packet.payload().size() > ReorderQueue::kMaxPayload) {
    ++counters_.malformed;
    return;
  }
  now_ = now;
  follow(now, packet);
  if (!transcodes()) {
    pass(packet);
    return;
  }
  if (!order_.insert(now, packet.sequence(), packet.timestamp(), packet.payload(), true)) ++counters_.late;
  transcode_ready();
}

void PhoneToRoom::skip(base::TimePoint now, const rtp::PacketView& packet) {
  if (playing_tone() || !flowing_ || packet.ssrc() != ssrc_) return;
  now_ = now;
  if (rtp::sequence_newer(packet.sequence(), newest_sequence_)) {
    newest_sequence_ = packet.sequence();
    --sequence_offset_;
  }
  if (!transcodes()) return;
  // Its content does not matter, its place in the order does.
  if (order_.insert(now, packet.sequence(), packet.timestamp(), {}, false)) transcode_ready();
}

void PhoneToRoom::advance(base::TimePoint now) {
  now_ = now;
  while (tone_due_ <= now) {
    std::array<Sample, kPhoneFrameSamples> frame;
    tone_->read(frame);
    send_samples(frame);
    // On the grid, but not in a burst after a stall.
    tone_due_ = now > tone_due_ + 5 * kFrameDuration ? now + kFrameDuration : tone_due_ + kFrameDuration;
  }
  if (transcodes()) transcode_ready();
}

base::TimePoint PhoneToRoom::next_deadline() const {
  return transcodes() ? std::min(tone_due_, order_.next_deadline()) : tone_due_;
}

void PhoneToRoom::play_tone(base::TimePoint now, const ToneSpec& tone) {
  tone_.emplace(tone, kPhoneRate);
  tone_due_ = now;
  resume(now);
  flowing_ = false;
}

void PhoneToRoom::stop_tone() {
  tone_.reset();
  tone_due_ = base::kNever;
}

void PhoneToRoom::set_expected_loss(int percent) {
  if (encoder_) encoder_->set_expected_loss(percent);
}

void PhoneToRoom::follow(base::TimePoint now, const rtp::PacketView& packet) {
  if (flowing_ && packet.ssrc() == ssrc_) {
    const int leap = rtp::sequence_distance(newest_sequence_, packet.sequence());
    const base::Duration media = media_time(rtp::timestamp_distance(newest_timestamp_, packet.timestamp()));
    const base::Duration error = media - (now - last_received_);
    if (std::abs(leap) <= kMaxSequenceLeap && std::chrono::abs(error) <= kMaxTimestampError) {
      if (leap > 0) {
        newest_sequence_ = packet.sequence();
        newest_timestamp_ = packet.timestamp();
        last_received_ = now;
      }
      return;
    }
  }
  if (flowing_) ++counters_.restarts;
  flowing_ = true;
  ssrc_ = packet.ssrc();
  newest_sequence_ = packet.sequence();
  newest_timestamp_ = packet.timestamp();
  last_received_ = now;
  resume(now);
  sequence_offset_ = static_cast<std::uint16_t>(next_sequence_ - packet.sequence());
  timestamp_offset_ = next_timestamp_ - packet.timestamp();
  order_.reset();
  concealment_.reset();
  pending_count_ = 0;
  expected_timestamp_ = packet.timestamp();
}

void PhoneToRoom::resume(base::TimePoint now) {
  marker_ = true;
  if (!last_sent_) return;
  const base::Duration missed = now - *last_sent_ - kFrameDuration;
  if (missed <= base::Duration::zero()) return;
  next_timestamp_ +=
      static_cast<std::uint32_t>(missed.count() * clock_rate(settings_.room_codec) / 1'000'000);
}

void PhoneToRoom::pass(const rtp::PacketView& packet) {
  const auto sequence = static_cast<std::uint16_t>(packet.sequence() + sequence_offset_);
  const std::uint32_t timestamp = packet.timestamp() + timestamp_offset_;
  if (rtp::timestamp_distance(next_timestamp_, timestamp) > 0 && sequence == next_sequence_) marker_ = true;
  if (settings_.phone_codec == settings_.room_codec) {
    ++counters_.passed;
    send(packet.payload(), sequence, timestamp, audio_level_g711(settings_.phone_codec, packet.payload()));
    return;
  }
  std::array<Sample, ReorderQueue::kMaxPayload> samples;
  std::array<std::uint8_t, ReorderQueue::kMaxPayload> payload;
  const std::size_t size = packet.payload().size();
  g711_decode(settings_.phone_codec, packet.payload(), samples);
  g711_encode(settings_.room_codec, std::span(samples).first(size), payload);
  send(std::span(payload).first(size), sequence, timestamp, audio_level(std::span(samples).first(size)));
}

void PhoneToRoom::transcode_ready() {
  while (const auto packet = order_.next(now_)) decode(*packet);
}

void PhoneToRoom::decode(const ReorderQueue::Packet& packet) {
  if (!packet.audio) return;
  auto gap = std::max(0, rtp::timestamp_distance(expected_timestamp_, packet.timestamp));
  if (gap > 0 && packet.lost_before > 0) {
    counters_.concealed += packet.lost_before;
    const std::size_t made_up = std::min(static_cast<std::size_t>(gap), kMaxConcealSamples);
    conceal(made_up);
    gap -= static_cast<int>(made_up);
  }
  if (gap > 0) {
    // Silence on the phone's side: nothing is sent for it, and what was half a frame is given up.
    const std::uint32_t skipped =
        static_cast<std::uint32_t>(gap) + static_cast<std::uint32_t>(pending_count_);
    next_timestamp_ += skipped * (clock_rate(Codec::kOpus) / kPhoneRate);
    pending_count_ = 0;
    marker_ = true;
  }
  expected_timestamp_ = packet.timestamp + static_cast<std::uint32_t>(packet.payload.size());
  std::array<Sample, ReorderQueue::kMaxPayload> buffer;
  const std::span<Sample> samples = std::span(buffer).first(packet.payload.size());
  g711_decode(settings_.phone_codec, packet.payload, samples);
  concealment_.received(samples);
  append(samples);
}

void PhoneToRoom::conceal(std::size_t samples) {
  std::array<Sample, kMaxConcealSamples> buffer;
  const std::span<Sample> made_up = std::span(buffer).first(samples);
  concealment_.conceal(made_up);
  append(made_up);
}

void PhoneToRoom::append(std::span<const Sample> samples) {
  std::copy(samples.begin(), samples.end(), pending_.begin() + static_cast<std::ptrdiff_t>(pending_count_));
  pending_count_ += samples.size();
  std::size_t used = 0;
  while (pending_count_ - used >= kPhoneFrameSamples) {
    send_samples(std::span(pending_).subspan(used, kPhoneFrameSamples));
    used += kPhoneFrameSamples;
  }
  std::copy(pending_.begin() + static_cast<std::ptrdiff_t>(used),
            pending_.begin() + static_cast<std::ptrdiff_t>(pending_count_), pending_.begin());
  pending_count_ -= used;
}

void PhoneToRoom::send_samples(std::span<const Sample> frame) {
  std::array<std::uint8_t, OpusFrameEncoder::kMaxPacket> packet;
  std::size_t size = frame.size();
  if (encoder_) {
    size = encoder_->encode(frame, packet);
  } else {
    g711_encode(settings_.room_codec, frame, packet);
  }
  if (size == 0) {  // DTX: silence goes unsent, time goes on
    next_timestamp_ += frame_timestamp_units(settings_.room_codec);
    marker_ = true;
    return;
  }
  send(std::span(packet).first(size), next_sequence_, next_timestamp_, audio_level(frame));
}

void PhoneToRoom::send(std::span<const std::uint8_t> payload, std::uint16_t sequence, std::uint32_t timestamp,
                       std::uint8_t level) {
  ++counters_.packets;
  sink_.on_audio(AudioPacket{
      .payload = payload, .sequence = sequence, .timestamp = timestamp, .marker = marker_, .level = level});
  marker_ = false;
  last_sent_ = now_;
  const std::uint32_t units =
      encoder_ ? frame_timestamp_units(Codec::kOpus) : static_cast<std::uint32_t>(payload.size());
  // A packet that was overtaken does not move the stream's end back.
  if (rtp::timestamp_distance(next_timestamp_, timestamp + units) > 0) {
    next_sequence_ = static_cast<std::uint16_t>(sequence + 1);
    next_timestamp_ = timestamp + units;
  }
}

}  // namespace ringback::audio
