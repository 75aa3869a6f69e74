#include "audio/tone.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace ringback::audio {
namespace {

// A full-scale sine is +3.14 dBm0 (A-law; mu-law's 3.17 differs by less than anybody hears).
constexpr float kFullScaleSineDbm0 = 3.14F;
constexpr float kFullScale = 32767.0F;

float amplitude_of(float level_dbm0) {
  return std::min(kFullScale, kFullScale * std::pow(10.0F, (level_dbm0 - kFullScaleSineDbm0) / 20.0F));
}

std::uint64_t samples_of(base::Duration duration, int rate) {
  return static_cast<std::uint64_t>(duration.count()) * static_cast<std::uint64_t>(rate) / 1'000'000;
}

}  // namespace

std::optional<ToneSpec> dtmf_tone(char digit, float level_dbm0) {
  constexpr std::string_view kKeys = "123A456B789C*0#D";
  constexpr std::array kRows{697, 770, 852, 941};
  constexpr std::array kColumns{1209, 1336, 1477, 1633};
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const std::size_t key = kKeys.find(digit);
  if (key == std::string_view::npos) return std::nullopt;
  return ToneSpec{kRows[key / 4], kColumns[key % 4], level_dbm0};
}

ToneGenerator::ToneGenerator(const ToneSpec& spec, int rate) {
  const std::array frequencies{spec.first_hz, spec.second_hz};
  for (std::size_t i = 0; i < oscillators_.size(); ++i) {
    oscillators_[i].step = 2 * std::numbers::pi * frequencies[i] / rate;
    oscillators_[i].amplitude = frequencies[i] > 0 ? amplitude_of(spec.level_dbm0) : 0;
  }
  const bool continuous = spec.on == base::Duration::max();
  on_samples_ = continuous ? std::numeric_limits<std::uint64_t>::max() / 2 : samples_of(spec.on, rate);
  period_samples_ =
      continuous ? std::numeric_limits<std::uint64_t>::max() : on_samples_ + samples_of(spec.off, rate);
  ramp_samples_ = std::min<std::uint64_t>(static_cast<std::uint64_t>(rate) / 500, on_samples_ / 2);
}

float ToneGenerator::envelope() const {
  if (position_ >= on_samples_) return 0;
  const std::uint64_t edge = std::min(position_ + 1, on_samples_ - position_);
  return edge >= ramp_samples_ ? 1.0F : static_cast<float>(edge) / static_cast<float>(ramp_samples_);
}

void ToneGenerator::read(std::span<Sample> out) {
  constexpr double kTurn = 2 * std::numbers::pi;
  for (Sample& sample : out) {
    double value = 0;
    for (Oscillator& oscillator : oscillators_) {
      value += oscillator.amplitude * std::sin(oscillator.phase);
      oscillator.phase += oscillator.step;
      if (oscillator.phase >= kTurn) oscillator.phase -= kTurn;
    }
    sample = static_cast<Sample>(std::clamp(std::lround(value * envelope()), -32768L, 32767L));
    if (++position_ >= period_samples_) restart();
  }
}

void ToneGenerator::restart() {
  position_ = 0;
  for (Oscillator& oscillator : oscillators_) oscillator.phase = 0;
}

}  // namespace ringback::audio
