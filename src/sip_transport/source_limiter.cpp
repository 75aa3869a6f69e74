#include "sip_transport/source_limiter.h"

#include <algorithm>

namespace ringback::sip_transport {

double SourceLimiter::level(const Bucket& bucket, base::TimePoint now) const {
  const double seconds = std::chrono::duration<double>(now - bucket.filled_at).count();
  return std::min(burst_, bucket.tokens + std::max(seconds, 0.0) * per_second_);
}

bool SourceLimiter::admit(base::TimePoint now, const base::IpAddress& source) {
  auto found = buckets_.find(source);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kMaxSources) forget_full_buckets(now);
    found = buckets_.emplace(source, Bucket{burst_, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.tokens = level(bucket, now);
  bucket.filled_at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

// A full bucket says nothing that an absent one does not. If none is full, the flood comes from everywhere at
// once, and starting afresh is all that can be done within bounds.
void SourceLimiter::forget_full_buckets(base::TimePoint now) {
  std::erase_if(buckets_, [&](const auto& entry) { return level(entry.second, now) >= burst_; });
  if (buckets_.size() >= kMaxSources) buckets_.clear();
}

}  // namespace ringback::sip_transport
