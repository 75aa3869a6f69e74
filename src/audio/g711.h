#pragma once

#include <cstdint>
#include <span>

#include "audio/codec.h"

namespace ringback::audio {

/// ITU-T G.711 companding. `codec` must be kPcmu (mu-law) or kPcma (A-law, even bits inverted on the wire).
/// Linear samples are 16 bit: the 14 (mu) or 13 (A) bit values of the recommendation, left aligned.
/// Stateless, table driven: about 1 ns a sample each way.

/// The byte for a linear sample.
[[nodiscard]] std::uint8_t g711_encode(Codec codec, Sample sample);
/// The linear sample for a byte.
[[nodiscard]] Sample g711_decode(Codec codec, std::uint8_t byte);

/// Whole blocks; `out` must be at least as long as `in`.
void g711_encode(Codec codec, std::span<const Sample> in, std::span<std::uint8_t> out);
void g711_decode(Codec codec, std::span<const std::uint8_t> in, std::span<Sample> out);

/// The byte for silence: 0xFF for mu-law, 0xD5 for A-law.
[[nodiscard]] constexpr std::uint8_t g711_silence(Codec codec) {
  return codec == Codec::kPcma ? 0xD5 : 0xFF;
}

}  // namespace ringback::audio
