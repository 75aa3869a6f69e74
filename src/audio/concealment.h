#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "audio/codec.h"

namespace ringback::audio {

/// Packet loss concealment for waveform codecs at 8 kHz, after the method of ITU-T G.711 Appendix I: the last
/// pitch periods are repeated, faded to silence within 60 ms, and joined to the sound before and after by
/// overlap-add.
///
/// Call received() with every good frame (it may smooth its beginning after a loss) and conceal() for every
/// lost one, in order. Unlike the appendix it adds no delay: the seam is made from the history alone. Owner:
/// one track, on its thread. No allocation; 1.5 KiB.
class Concealment {
 public:
  /// Learns a good frame of up to 60 ms; right after a loss its first samples are cross-faded in place.
  void received(std::span<Sample> frame);
  /// Fills `out` with what most likely was lost.
  void conceal(std::span<Sample> out);
  void reset();
  /// Lost samples since the last good frame; beyond kFadeSamples the output is silence.
  [[nodiscard]] std::size_t lost_samples() const { return lost_; }

  static constexpr std::size_t kFadeSamples = kPhoneRate * 60 / 1000;
  static constexpr std::size_t kMinPitch = kPhoneRate / 200;        // 5 ms: 200 Hz
  static constexpr std::size_t kMaxPitch = kPhoneRate * 15 / 1000;  // 15 ms: 66 Hz
  /// How many good samples before a loss matter.
  static constexpr std::size_t kHistory = kMaxPitch * 3 + 30;

 private:
  void find_pitch();
  [[nodiscard]] Sample next_synthetic();
  void remember(std::span<const Sample> frame);

  std::array<Sample, kHistory> history_{};
  std::array<Sample, kMaxPitch>
      period_{};  ///< one pitch period, its ends blended so that it repeats smoothly
  std::size_t pitch_ = 0;
  std::size_t phase_ = 0;
  std::size_t lost_ = 0;
};

}  // namespace ringback::audio
