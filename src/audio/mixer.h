#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "audio/codec.h"

namespace ringback::audio {

/// Adds up the frames of one 20 ms tick and gives each party the sum of the others ("mix minus self").
///
/// Use per tick: begin(), add() each speaker, then sum() or sum_without(). The sum is kept in 32 bits and
/// clipped only on the way out, so that up to 65536 full-scale speakers cannot wrap around. No allocation;
/// any rate up to 48 kHz. Owner: one pipeline or one conference, on its thread.
class Mixer {
 public:
  /// Requires 0 < samples <= frame_samples(48000).
  explicit Mixer(std::size_t samples) : samples_(samples) {}

  void begin();
  /// A frame shorter than the mixer's counts as followed by silence.
  void add(std::span<const Sample> frame);
  void sum(std::span<Sample> out) const;
  /// `own` must be the frame that was added for the party who is to hear the result.
  void sum_without(std::span<const Sample> own, std::span<Sample> out) const;
  /// Frames added since begin().
  [[nodiscard]] std::size_t inputs() const { return inputs_; }
  [[nodiscard]] std::size_t samples() const { return samples_; }

 private:
  std::size_t samples_;
  std::size_t inputs_ = 0;
  std::array<std::int32_t, frame_samples(48'000)> total_{};
};

}  // namespace ringback::audio
