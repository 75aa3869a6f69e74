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
  const float added = increment_ * static_cast<float>(weight);
  bins_[bin] += added;
  total_ += added;
  if (delay > kEvenSpread) spread_ += added;
  if (bin >= border_) tail_ += added;
  if (increment_ > kRescaleAt) rescale();
  move_border();
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

void DelayEstimator::rescale() {
  increment_ /= kRescaleAt;
  spread_ /= kRescaleAt;
  total_ = 0;
  for (float& value : bins_) {
    value /= kRescaleAt;
    total_ += value;
  }
  border_ = kBins;  // found anew, so that rounding errors of the running sums never add up
  tail_ = 0;
}

void DelayEstimator::move_border() {
  const auto allowed = static_cast<float>(kTolerated) * total_;
  while (border_ < kBins && tail_ > allowed) tail_ -= bins_[border_++];
  while (border_ > 0 && tail_ + bins_[border_ - 1] <= allowed) tail_ += bins_[--border_];
  // The fastest bin is the jitter of the clocks themselves: no delay to cover.
  covering_delay_ =
      border_ <= 1 ? base::Duration::zero() : kBinWidth * static_cast<base::Duration::rep>(border_);
}

}  // namespace ringback::rtp
