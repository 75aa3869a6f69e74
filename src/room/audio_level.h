#pragma once

#include <cstdint>

#include "base/time.h"

namespace ringback::room {

/// How loudly one microphone track speaks, from the client-to-mixer level of its packets (RFC 6464), with the
/// windows and thresholds of LiveKit's server, so that clients show the same speakers.
/// Owned by an UpTrack; worker thread; fed on the media path.
class AudioLevel {
 public:
  /// One packet: `level` is 0 (loudest) to 127 (silence), in -dBov.
  void observe(base::TimePoint now, std::uint8_t level, base::Duration packet_duration);

  /// Feed for tracks that stopped: what was said more than 800 ms ago no longer counts.
  /// 0 to 1, smoothed over two windows, in steps of 1/8 (rounded up) to keep the number of updates low; 0
  /// when the track does not speak.
  [[nodiscard]] float level(base::TimePoint now) const;

 private:
  base::TimePoint last_observed_{};
  base::Duration observed_{};  ///< packet time in the current window
  base::Duration active_{};    ///< of that, louder than the threshold
  std::uint8_t loudest_ = 127;
  double smoothed_ = 0;
};

}  // namespace ringback::room
