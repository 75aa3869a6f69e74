#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audio/codec.h"
#include "audio/tone.h"
#include "base/time.h"

namespace ringback::phone {

/// What the phone sends: silence, a tone, or its greeting followed by an echo of what it hears. 8 kHz, no
/// clock of its own: the owner reads a frame per tick. Owner: one call.
class Sound {
 public:
  /// `echo_delay` up to kMaxEcho.
  explicit Sound(base::Duration echo_delay);

  static constexpr base::Duration kMaxEcho = std::chrono::seconds(5);

  void play_silence();
  void play_tone(const audio::ToneSpec& tone);
  void greet_then_echo();

  /// What was heard, for the echo.
  void hear(std::span<const audio::Sample> samples);
  /// The next frame to send.
  void read(std::span<audio::Sample> out);

 private:
  enum class Mode : std::uint8_t { kSilence, kTone, kGreeting, kEcho };

  Mode mode_ = Mode::kSilence;
  std::optional<audio::ToneGenerator> tone_;
  std::size_t greeted_ = 0;          ///< samples of the greeting that have been read
  std::size_t echo_delay_;           ///< in samples
  std::vector<audio::Sample> echo_;  ///< ring of what was heard and not repeated yet
  std::size_t echo_first_ = 0;
  std::size_t echo_count_ = 0;
};

}  // namespace ringback::phone
