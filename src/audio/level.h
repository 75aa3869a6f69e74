#pragma once

#include <cstdint>
#include <span>

#include "audio/codec.h"

namespace ringback::audio {

/// Audio level of a frame as RFC 6464 section 3 defines it: -dBov of the RMS, 0 (loudest) to 127 (silence).
[[nodiscard]] std::uint8_t audio_level(std::span<const Sample> frame);

/// The same straight from G.711 bytes, for streams that are passed through without decoding.
[[nodiscard]] std::uint8_t audio_level_g711(Codec codec, std::span<const std::uint8_t> payload);

/// Root mean square in dBm0, where a full-scale sine is +3.14 dBm0 (ITU-T G.711); -120 for digital silence.
[[nodiscard]] float level_dbm0(std::span<const Sample> samples);

}  // namespace ringback::audio
