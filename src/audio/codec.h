#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace ringback::audio {

/// One linear PCM sample, mono unless said otherwise.
using Sample = std::int16_t;

/// Every stream towards a phone is paced in frames of this length (RFC 3551 section 4.2's default for G.711).
inline constexpr base::Duration kFrameDuration = std::chrono::milliseconds(20);

/// Samples per second of everything that G.711 carries.
inline constexpr int kPhoneRate = 8000;

/// The longest frame this module handles: 120 ms at 48 kHz (the longest Opus packet, RFC 6716 section 2.1.4).
inline constexpr std::size_t kMaxPacketSamples = 48 * 120;

/// Samples of one 20 ms frame at `rate` samples per second.
constexpr std::size_t frame_samples(int rate) {
  return static_cast<std::size_t>(rate) / 50;
}

inline constexpr std::size_t kPhoneFrameSamples = frame_samples(kPhoneRate);

/// The audio codecs that cross the bridge.
enum class Codec : std::uint8_t { kPcmu, kPcma, kOpus };

constexpr bool is_g711(Codec codec) {
  return codec != Codec::kOpus;
}

/// RTP timestamp units per second: 8000 for G.711 (RFC 3551), always 48000 for Opus (RFC 7587 section 4.1).
constexpr std::uint32_t clock_rate(Codec codec) {
  return is_g711(codec) ? 8000 : 48000;
}

/// RTP timestamp units of one 20 ms frame.
constexpr std::uint32_t frame_timestamp_units(Codec codec) {
  return clock_rate(codec) / 50;
}

/// The encoding name as in `a=rtpmap`.
constexpr std::string_view encoding_name(Codec codec) {
  switch (codec) {
    case Codec::kPcmu:
      return "PCMU";
    case Codec::kPcma:
      return "PCMA";
    case Codec::kOpus:
      return "opus";
  }
  return {};
}

}  // namespace ringback::audio
