#include "phone/ear.h"

#include <algorithm>

#include "audio/g711.h"
#include "audio/level.h"
#include "rtp/sequence.h"

namespace ringback::phone {
namespace {

constexpr std::size_t kMaxPayload = audio::kPhoneRate * 60 / 1000;

// A leap beyond this is another stream or a hold, not a gap.
constexpr std::int32_t kMaxGap = audio::kPhoneRate / 2;

}  // namespace

void Ear::set_formats(audio::Codec codec, std::uint8_t payload_type,
                      std::optional<std::uint8_t> event_payload_type) {
  codec_ = codec;
  payload_type_ = payload_type;
  event_payload_type_ = event_payload_type;
}

Ear::Heard Ear::receive(const rtp::PacketView& packet) {
  Heard heard;
  const bool is_event = event_payload_type_ && packet.payload_type() == *event_payload_type_;
  if (!is_event && packet.payload_type() != payload_type_) return heard;
  count(packet);
  if (is_event) {
    if (const auto press = keys_.receive(packet.timestamp(), packet.payload())) heard.digit = press->digit;
    return heard;
  }
  ++statistics_.packets;
  const std::size_t size = std::min(packet.payload().size(), kMaxPayload);
  const std::size_t gap = fill_gap(packet.timestamp());
  audio::g711_decode(codec_, packet.payload().first(size), std::span(heard_).subspan(gap));
  expected_timestamp_ = packet.timestamp() + static_cast<std::uint32_t>(size);
  heard.samples = std::span<const audio::Sample>(heard_).first(gap + size);
  remember(heard.samples);
  return heard;
}

void Ear::count(const rtp::PacketView& packet) {
  if (!ssrc_ || *ssrc_ != packet.ssrc()) {
    ssrc_ = packet.ssrc();
    expected_sequence_ = packet.sequence();
    expected_timestamp_ = packet.timestamp();
  }
  const int ahead = rtp::sequence_distance(expected_sequence_, packet.sequence());
  if (ahead >= 0) {
    statistics_.lost += static_cast<std::uint64_t>(ahead);
    expected_sequence_ = static_cast<std::uint16_t>(packet.sequence() + 1);
  } else if (statistics_.lost > 0) {
    --statistics_.lost;  // it was only late
  }
}

std::size_t Ear::fill_gap(std::uint32_t timestamp) {
  const std::int32_t gap = rtp::timestamp_distance(expected_timestamp_, timestamp);
  if (gap <= 0 || gap > kMaxGap) return 0;
  std::fill_n(heard_.begin(), gap, audio::Sample{0});
  return static_cast<std::size_t>(gap);
}

void Ear::remember(std::span<const audio::Sample> samples) {
  for (const audio::Sample sample : samples) {
    recent_[recent_next_] = sample;
    recent_next_ = (recent_next_ + 1) % recent_.size();
  }
  unmeasured_ += samples.size();
}

std::optional<Ear::Measurement> Ear::measure() {
  if (unmeasured_ < audio::kPhoneRate) return std::nullopt;
  unmeasured_ = 0;
  std::array<audio::Sample, audio::kPhoneRate / 5> ordered;
  std::rotate_copy(recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(recent_next_),
                   recent_.end(), ordered.begin());
  return Measurement{audio::measure_tone(ordered, audio::kPhoneRate), audio::level_dbm0(ordered)};
}

}  // namespace ringback::phone
