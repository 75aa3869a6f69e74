#include "rtp/delay_estimator.h"

#include <algorithm>

namespace ringback::rtp {
namespace {

/// Each packet weighs this much more than the one before: older ones fade with a time constant of 500
/// packets.
constexpr float kGrowth = 1.002F;
/// When the weights are scaled down; far from the limits of float, rare enough to cost nothing.
constexpr float kRescaleAt = 1e12F;

}  // namespace

base::Duration DelayEstimator::record(base::TimePoint arrival, base::Duration media_time, unsigned weight) {
  update_minimum(arrival, arrival - media_time);
  const base::Duration delay = std::max(arrival - media_time - fastest_path(), base::Duration::zero());

  const auto bin = std::min<std::size_t>(static_cast<std::size_t>(delay / kBinWidth), kBins - 1);
  increment_ *= kGrowth;
  bins_[bin] += increment_ * static_cast<float>(weight);
  total_ += increment_ * static_cast<float>(weight);
  if (increment_ > kRescaleAt) {
    for (float& value : bins_) value /= kRescaleAt;
    total_ /= kRescaleAt;
    increment_ /= kRescaleAt;
  }
  recompute();
  return delay;
}

base::TimePoint DelayEstimator::fastest_path() const {
  const base::TimePoint current = current_minimum_.value_or(base::TimePoint{});
  return previous_minimum_ ? std::min(current, *previous_minimum_) : current;
}

void DelayEstimator::restart_path() {
  current_minimum_.reset();
  previous_minimum_.reset();
}

void DelayEstimator::reset() {
  *this = DelayEstimator();
}

void DelayEstimator::update_minimum(base::TimePoint arrival, base::TimePoint path) {
  if (!current_minimum_) {
    current_minimum_ = path;
    window_end_ = arrival + kMinimumWindow;
  } else if (arrival >= window_end_) {
    // After a long pause the window before is as stale as the one that ended.
    previous_minimum_ = arrival >= window_end_ + kMinimumWindow ? path : *current_minimum_;
    current_minimum_ = path;
    window_end_ = arrival + kMinimumWindow;
  } else {
    current_minimum_ = std::min(*current_minimum_, path);
  }
}

void DelayEstimator::recompute() {
  // The tail is summed from the slow end: usually a handful of non-empty bins.
  const auto allowed = static_cast<float>(kTolerated) * total_;
  float tail = 0;
  std::size_t bin = kBins;
  while (bin > 0 && tail + bins_[bin - 1] <= allowed) tail += bins_[--bin];
  // The fastest bin is the jitter of the clocks themselves: no delay to cover.
  covering_delay_ = bin <= 1 ? base::Duration::zero() : kBinWidth * static_cast<base::Duration::rep>(bin);
}

}  // namespace ringback::rtp
