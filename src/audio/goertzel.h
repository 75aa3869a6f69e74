#pragma once

#include <span>

#include "audio/codec.h"

namespace ringback::audio {

/// Power of one frequency in `samples`, in dBm0 (a full-scale sine gives +3.14). Goertzel's algorithm with a
/// Hann window; needs at least about 40 ms to separate tones 100 Hz apart. -120 for nothing.
[[nodiscard]] float tone_level_dbm0(std::span<const Sample> samples, int rate, double hz);

/// The strongest tone in `samples`.
struct ToneMeasurement {
  double hz = 0;            ///< 0 when the samples are silent
  float level_dbm0 = -120;  ///< of that tone
  float noise_dbm0 = -120;  ///< of everything else; level - noise is the signal-to-noise ratio
};

/// Finds the strongest tone between `low_hz` and `high_hz`, to about 1 Hz given 100 ms or more. Costs a scan
/// over the band: for tests and measurements, not for every packet of a call.
[[nodiscard]] ToneMeasurement measure_tone(std::span<const Sample> samples, int rate, double low_hz = 100,
                                           double high_hz = 3600);

}  // namespace ringback::audio
