#pragma once

#include <cstdint>
#include <string_view>

namespace ringback::livekit {

/// Audio codecs that phones bring into rooms and hear there.
enum class AudioCodec : std::uint8_t { kOpus, kPcmu, kPcma };

[[nodiscard]] constexpr std::uint32_t rtp_clock_rate(AudioCodec codec) {
  return codec == AudioCodec::kOpus ? 48000 : 8000;
}

/// As TrackInfo and codec lists write it: "audio/opus", "audio/PCMU", "audio/PCMA".
[[nodiscard]] constexpr std::string_view mime_type(AudioCodec codec) {
  switch (codec) {
    case AudioCodec::kPcmu:
      return "audio/PCMU";
    case AudioCodec::kPcma:
      return "audio/PCMA";
    case AudioCodec::kOpus:
      break;
  }
  return "audio/opus";
}

/// The name in `a=rtpmap`: "opus", "PCMU", "PCMA".
[[nodiscard]] constexpr std::string_view encoding_name(AudioCodec codec) {
  return mime_type(codec).substr(std::string_view("audio/").size());
}

}  // namespace ringback::livekit
