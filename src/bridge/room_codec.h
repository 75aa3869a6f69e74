#pragma once

#include "audio/codec.h"
#include "livekit/audio_codec.h"

namespace ringback::bridge {

/// The same codec in the words of rooms and of the audio pipeline.
[[nodiscard]] constexpr audio::Codec codec_of(livekit::AudioCodec codec) {
  switch (codec) {
    case livekit::AudioCodec::kPcmu:
      return audio::Codec::kPcmu;
    case livekit::AudioCodec::kPcma:
      return audio::Codec::kPcma;
    case livekit::AudioCodec::kOpus:
      break;
  }
  return audio::Codec::kOpus;
}

[[nodiscard]] constexpr livekit::AudioCodec codec_of(audio::Codec codec) {
  switch (codec) {
    case audio::Codec::kPcmu:
      return livekit::AudioCodec::kPcmu;
    case audio::Codec::kPcma:
      return livekit::AudioCodec::kPcma;
    case audio::Codec::kOpus:
      break;
  }
  return livekit::AudioCodec::kOpus;
}

}  // namespace ringback::bridge
