#include "audio/goertzel.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "audio/level.h"

namespace ringback::audio {
namespace {

constexpr double kFullScaleSineDbm0 = 3.14;
constexpr double kSilenceDbm0 = -120;

/// Amplitude (1.0 = full-scale sine) of the component at `hz`, through a Hann window.
double amplitude_at(std::span<const Sample> samples, int rate, double hz) {
  const auto count = static_cast<double>(samples.size());
  const double coefficient = 2 * std::cos(2 * std::numbers::pi * hz / rate);
  // The window's cosine comes from the same kind of recurrence, so that the loop has no call in it.
  const double window_step = 2 * std::cos(2 * std::numbers::pi / count);
  double cosine = 1;
  double cosine_before = std::cos(2 * std::numbers::pi / count);
  double s1 = 0;
  double s2 = 0;
  for (const Sample sample : samples) {
    const double window = 0.5 - 0.5 * cosine;
    const double s0 = sample * window + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
    const double cosine_next = window_step * cosine - cosine_before;
    cosine_before = cosine;
    cosine = cosine_next;
  }
  const double power = std::max(0.0, s1 * s1 + s2 * s2 - coefficient * s1 * s2);
  // The Hann window halves the mean amplitude, and a real sine splits into two lines: 4 / N in all.
  return std::sqrt(power) * 4 / count / 32768.0;
}

double to_dbm0(double amplitude) {
  return amplitude <= 1e-6 ? kSilenceDbm0 : 20 * std::log10(amplitude) + kFullScaleSineDbm0;
}

}  // namespace

float tone_level_dbm0(std::span<const Sample> samples, int rate, double hz) {
  if (samples.size() < 2) return static_cast<float>(kSilenceDbm0);
  return static_cast<float>(to_dbm0(amplitude_at(samples, rate, hz)));
}

ToneMeasurement measure_tone(std::span<const Sample> samples, int rate, double low_hz, double high_hz) {
  ToneMeasurement result;
  const float total_dbm0 = level_dbm0(samples);
  if (samples.size() < 2 || total_dbm0 <= -90) return result;

  // The window's main lobe is 4 * rate / N wide: steps of a quarter of that cannot miss a peak.
  const double step = std::max(0.25, static_cast<double>(rate) / static_cast<double>(samples.size()));
  double best_hz = low_hz;
  double best = -1;
  const auto consider = [&](double hz) {
    const double amplitude = amplitude_at(samples, rate, hz);
    if (amplitude > best) {
      best = amplitude;
      best_hz = hz;
    }
  };
  for (double hz = low_hz; hz <= high_hz; hz += step) consider(hz);
  for (double finer = step / 2; finer >= 0.1; finer /= 2) {
    const double centre = best_hz;
    consider(centre - finer);
    consider(centre + finer);
  }
  result.hz = best_hz;
  result.level_dbm0 = static_cast<float>(to_dbm0(best));
  const double rest = std::pow(10.0, total_dbm0 / 10) - std::pow(10.0, result.level_dbm0 / 10);
  result.noise_dbm0 = rest <= 1e-12 ? -120.0F : static_cast<float>(10 * std::log10(rest));
  return result;
}

}  // namespace ringback::audio
