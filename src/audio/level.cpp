#include "audio/level.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "audio/g711.h"

namespace ringback::audio {
namespace {

constexpr double kFullScaleSquare = 32768.0 * 32768.0;

std::uint8_t level_of(double sum_of_squares, std::size_t count) {
  if (count == 0 || sum_of_squares <= 0) return 127;
  const double dbov = 10 * std::log10(sum_of_squares / (static_cast<double>(count) * kFullScaleSquare));
  return static_cast<std::uint8_t>(std::clamp(std::lround(-dbov), 0L, 127L));
}

}  // namespace

std::uint8_t audio_level(std::span<const Sample> frame) {
  std::int64_t sum = 0;
  for (const Sample sample : frame) sum += std::int32_t{sample} * sample;
  return level_of(static_cast<double>(sum), frame.size());
}

std::uint8_t audio_level_g711(Codec codec, std::span<const std::uint8_t> payload) {
  std::int64_t sum = 0;
  for (const std::uint8_t byte : payload) {
    const std::int32_t sample = g711_decode(codec, byte);
    sum += sample * sample;
  }
  return level_of(static_cast<double>(sum), payload.size());
}

float level_dbm0(std::span<const Sample> samples) {
  std::int64_t sum = 0;
  for (const Sample sample : samples) sum += std::int32_t{sample} * sample;
  if (sum == 0) return -120;
  // A full-scale sine has half the power of full scale, and is +3.14 dBm0.
  const double mean = static_cast<double>(sum) / static_cast<double>(samples.size());
  return static_cast<float>(std::max(-120.0, 10 * std::log10(2 * mean / kFullScaleSquare) + 3.14));
}

}  // namespace ringback::audio
