#pragma once

#include <cstddef>
#include <unordered_map>

#include "base/endpoint.h"
#include "base/time.h"

namespace ringback::sip_transport {

/// How many new requests each source address may send: a bucket of `burst` tokens per address that fills with
/// `per_second`. Keeps scanners, which try thousands of numbers a minute, off the workers. One owner thread.
class SourceLimiter {
 public:
  SourceLimiter(unsigned per_second, unsigned burst) : per_second_(per_second), burst_(burst) {}

  /// Takes a token; false when the source has none.
  [[nodiscard]] bool admit(base::TimePoint now, const base::IpAddress& source);
  [[nodiscard]] std::size_t tracked_sources() const { return buckets_.size(); }

  /// Buckets kept at most. Sources can be forged on UDP; memory cannot be the price of that.
  static constexpr std::size_t kMaxSources = 10000;

 private:
  struct Bucket {
    double tokens = 0;
    base::TimePoint filled_at{};
  };
  void forget_full_buckets(base::TimePoint now);
  [[nodiscard]] double level(const Bucket& bucket, base::TimePoint now) const;

  const double per_second_;
  const double burst_;
  std::unordered_map<base::IpAddress, Bucket> buckets_;
};

}  // namespace ringback::sip_transport
