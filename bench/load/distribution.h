#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ringback::bench {

/// Samples of one measured quantity.
class Distribution {
 public:
  void add(double value) { values_.push_back(value); }
  void add(const Distribution& other) {
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
  }
  [[nodiscard]] std::size_t count() const { return values_.size(); }
  [[nodiscard]] bool empty() const { return values_.empty(); }

  /// The value below which `share` (0..1) of the samples lie; 0 without samples.
  [[nodiscard]] double quantile(double share) const {
    if (values_.empty()) return 0;
    std::vector<double> sorted = values_;
    const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(index), sorted.end());
    return sorted[index];
  }
  [[nodiscard]] double median() const { return quantile(0.5); }
  [[nodiscard]] double maximum() const { return quantile(1); }

 private:
  std::vector<double> values_;
};

}  // namespace ringback::bench
