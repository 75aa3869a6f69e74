#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "audio/codec.h"
#include "base/error.h"

struct SpeexResamplerState_;

namespace ringback::audio {

/// Converts a mono stream between sample rates. Needed only where rates differ and no codec converts by
/// itself (Opus decodes to and encodes from 8 kHz directly). Owner: one stream, on its thread.
class Resampler {
 public:
  /// `quality` 0..10: 3 costs about 10 us per 20 ms frame between 48 and 8 kHz and is enough for speech.
  static base::ErrorOr<Resampler> create(int from_rate, int to_rate, int quality = 3);

  /// Consumes all of `in` (as long as `out` has room: in * to / from + 1 samples always suffice) and returns
  /// the number of samples written.
  [[nodiscard]] std::size_t process(std::span<const Sample> in, std::span<Sample> out);
  void reset();
  /// Delay of the filter in samples at the output rate.
  [[nodiscard]] int delay() const;

 private:
  struct Deleter {
    void operator()(SpeexResamplerState_* state) const;
  };
  explicit Resampler(SpeexResamplerState_* state) : state_(state) {}
  std::unique_ptr<SpeexResamplerState_, Deleter> state_;
};

}  // namespace ringback::audio
