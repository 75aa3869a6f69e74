#include "audio/concealment.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ringback::audio {
namespace {

constexpr std::size_t kHoldSamples = kPhoneRate * 10 / 1000;  // the first 10 ms are repeated at full strength
constexpr std::size_t kSeamSamples = kPhoneRate * 5 / 1000;   // cross-fade into the first good frame
constexpr std::size_t kCorrelation = kPhoneRate * 15 / 1000;  // window of the pitch search

Sample blend(Sample from, Sample to, std::size_t position, std::size_t length) {
  const auto weight = static_cast<std::int32_t>(position);
  const auto whole = static_cast<std::int32_t>(length);
  return static_cast<Sample>((from * (whole - weight) + to * weight) / whole);
}

}  // namespace

void Concealment::reset() {
  *this = Concealment{};
}

void Concealment::remember(std::span<const Sample> frame) {
  if (frame.size() >= kHistory) {
    std::copy_n(frame.end() - kHistory, kHistory, history_.begin());
    return;
  }
  std::copy(history_.begin() + static_cast<std::ptrdiff_t>(frame.size()), history_.end(), history_.begin());
  std::copy(frame.begin(), frame.end(), history_.end() - static_cast<std::ptrdiff_t>(frame.size()));
}

void Concealment::find_pitch() {
  // Normalised cross-correlation of the last 15 ms with what was one lag earlier, every second sample.
  const std::size_t start = kHistory - kCorrelation;
  float best_score = -1;
  pitch_ = kMaxPitch;
  for (std::size_t lag = kMinPitch; lag <= kMaxPitch; ++lag) {
    float product = 0;
    float energy = 1;
    for (std::size_t i = start; i < kHistory; i += 2) {
      const auto earlier = static_cast<float>(history_[i - lag]);
      product += static_cast<float>(history_[i]) * earlier;
      energy += earlier * earlier;
    }
    const float score = product / std::sqrt(energy);
    if (score > best_score) {
      best_score = score;
      pitch_ = lag;
    }
  }
  // The end of the period is blended into what came before its beginning, so that repeating it has no step.
  const std::size_t seam = pitch_ / 4;
  const std::size_t first = kHistory - pitch_;
  std::copy_n(history_.begin() + static_cast<std::ptrdiff_t>(first), pitch_, period_.begin());
  for (std::size_t i = 0; i < seam; ++i) {
    const std::size_t at = pitch_ - seam + i;
    period_[at] = blend(period_[at], history_[first - seam + i], i + 1, seam);
  }
  phase_ = 0;
}

Sample Concealment::next_synthetic() {
  const Sample raw = period_[phase_];
  phase_ = phase_ + 1 == pitch_ ? 0 : phase_ + 1;
  const std::size_t age = lost_++;
  if (age < kHoldSamples) return raw;
  if (age >= kFadeSamples) return 0;
  return blend(raw, 0, age - kHoldSamples, kFadeSamples - kHoldSamples);
}

void Concealment::conceal(std::span<Sample> out) {
  if (lost_ == 0) find_pitch();
  for (Sample& sample : out) sample = next_synthetic();
  remember(out);
}

void Concealment::received(std::span<Sample> frame) {
  if (lost_ > 0) {
    const std::size_t seam = std::min(kSeamSamples, frame.size());
    for (std::size_t i = 0; i < seam; ++i) frame[i] = blend(next_synthetic(), frame[i], i, seam);
    lost_ = 0;
  }
  remember(frame);
}

}  // namespace ringback::audio
