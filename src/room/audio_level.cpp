#include "room/audio_level.h"

#include <algorithm>
#include <cmath>

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kWindow = 400ms;
constexpr base::Duration kStale = 800ms;
/// Louder than this (in -dBov) is speech.
constexpr std::uint8_t kActiveLevel = 35;
/// A window speaks when this share of it is speech.
constexpr double kActiveShare = 0.4;
/// Weight of the newest of two windows in the moving average.
constexpr double kSmoothing = 2.0 / 3.0;
constexpr double kSteps = 8;

double linear(double minus_dbov) {
  return std::pow(10.0, -minus_dbov / 20.0);
}

}  // namespace

void AudioLevel::observe(base::TimePoint now, std::uint8_t level, base::Duration packet_duration) {
  last_observed_ = now;
  observed_ += packet_duration;
  if (level <= kActiveLevel) {
    active_ += packet_duration;
    loudest_ = std::min(loudest_, level);
  }
  if (observed_ < kWindow) return;

  double target = 0;
  const double share = static_cast<double>(active_.count()) / static_cast<double>(kWindow.count());
  if (share >= kActiveShare) target = linear(loudest_ - 20 * std::log10(share));
  smoothed_ += (target - smoothed_) * kSmoothing;
  observed_ = active_ = base::Duration::zero();
  loudest_ = 127;
}

float AudioLevel::level(base::TimePoint now) const {
  if (now - last_observed_ >= kStale) return 0;
  if (smoothed_ < linear(kActiveLevel)) return 0;
  return static_cast<float>(std::min(std::ceil(smoothed_ * kSteps) / kSteps, 1.0));
}

}  // namespace ringback::room
