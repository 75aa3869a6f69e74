#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "audio/codec.h"
#include "base/time.h"

namespace ringback::audio {

/// A call-progress tone: one or two sine waves with a cadence.
struct ToneSpec {
  int first_hz = 0;
  int second_hz = 0;       ///< 0: a single sine
  float level_dbm0 = -16;  ///< of each sine; 0 dBm0 is 3.14 dB below a full-scale sine (G.711)
  base::Duration on = base::Duration::max();  ///< max(): continuous
  base::Duration off{};
};

/// Tones of the countries' plans (ITU-T E.180 supplement 2).
namespace tones {
inline constexpr ToneSpec kRingbackUs{440, 480, -19, std::chrono::seconds(2), std::chrono::seconds(4)};
inline constexpr ToneSpec kRingbackEurope{425, 0, -13, std::chrono::seconds(1), std::chrono::seconds(4)};
/// What LiveKit's SIP service plays into the room: 425 Hz, 1 s on, 4 s off, half of full scale.
inline constexpr ToneSpec kRingbackLiveKit{425, 0, -2.88F, std::chrono::seconds(1), std::chrono::seconds(4)};
inline constexpr ToneSpec kBusyUs{480, 620, -24, std::chrono::milliseconds(500),
                                  std::chrono::milliseconds(500)};
inline constexpr ToneSpec kBusyEurope{425, 0, -13, std::chrono::milliseconds(500),
                                      std::chrono::milliseconds(500)};
}  // namespace tones

/// A continuous sine. Frequency 0 gives silence.
constexpr ToneSpec sine(int hz, float level_dbm0 = -10) {
  return ToneSpec{hz, 0, level_dbm0};
}

/// The two frequencies of a DTMF digit (ITU-T Q.23); nothing for what is not one of 0-9 * # A-D (either
/// case).
[[nodiscard]] std::optional<ToneSpec> dtmf_tone(char digit, float level_dbm0 = -7);

/// Produces a tone sample by sample, with 2 ms ramps where the cadence switches so that it does not click.
/// Owner: whoever plays it. No allocation.
class ToneGenerator {
 public:
  ToneGenerator(const ToneSpec& spec, int rate);

  /// Overwrites `out` with the next samples.
  void read(std::span<Sample> out);
  /// Starts again at the beginning of the "on" part.
  void restart();

 private:
  struct Oscillator {
    double phase = 0;
    double step = 0;
    float amplitude = 0;
  };
  [[nodiscard]] float envelope() const;

  std::array<Oscillator, 2> oscillators_;
  std::uint64_t on_samples_;
  std::uint64_t period_samples_;
  std::uint64_t ramp_samples_;
  std::uint64_t position_ = 0;  ///< within the cadence
};

}  // namespace ringback::audio
