#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/time.h"

namespace ringback::rtp {

/// Hands out pairs of UDP ports, even for RTP and the next odd one for RTCP (RFC 3550 section 11), from a
/// range.
///
/// Pairs are given in a shuffled order (ports of calls are not guessable from each other) and rest after
/// their release: late packets of an ended call must not reach the next one. allocate() and release() take
/// constant time. Knows nothing of sockets: whoever fails to bind gives the pair back and asks again. Owned
/// by one thread.
class PortRange {
 public:
  /// Both ends inclusive. `seed` orders the pairs; give a random one.
  PortRange(std::uint16_t first, std::uint16_t last, std::uint32_t seed,
            base::Duration quarantine = base::Duration(10'000'000));

  /// The even port of a free pair; nullopt when all are used or resting.
  [[nodiscard]] std::optional<std::uint16_t> allocate(base::TimePoint now);
  /// Gives a pair back. Ignored when it was not allocated.
  void release(base::TimePoint now, std::uint16_t rtp_port);

  [[nodiscard]] std::size_t pairs() const { return in_use_.size(); }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  struct Resting {
    base::TimePoint until;
    std::uint16_t port = 0;
  };
  std::uint16_t first_;
  base::Duration quarantine_;
  std::vector<bool> in_use_;          ///< by (port - first_) / 2
  std::vector<std::uint16_t> fresh_;  ///< never used, shuffled, taken from the back
  std::deque<Resting> resting_;       ///< in the order of release, which is the order of `until`
  std::size_t used_ = 0;
};

}  // namespace ringback::rtp
