#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/time.h"
#include "rtp/fixed_list.h"

namespace ringback::room {

/// Which packets of a received stream are missing, and when to ask the sender for them again (generic NACK,
/// RFC 4585 section 6.2.1). Owned by an UpStream; worker thread; no allocation.
class MissingPackets {
 public:
  static constexpr std::size_t kMaxMissing = 256;

  /// A packet came, in whatever order. False: the gap before it is too large to be asked for, only a key
  /// frame helps.
  bool received(base::TimePoint now, std::uint16_t sequence);

  using Request = rtp::FixedList<std::uint16_t, 128>;
  /// The numbers to ask for now, ascending; each is asked for at most kMaxTries times, kRetryAfter apart.
  [[nodiscard]] Request due(base::TimePoint now);

  [[nodiscard]] bool empty() const { return missing_.empty(); }

 private:
  struct Missing {
    std::uint16_t sequence = 0;
    std::uint8_t tries = 0;
    base::TimePoint ask_at{};
  };

  std::optional<std::uint16_t> newest_;
  rtp::FixedList<Missing, kMaxMissing> missing_;  ///< ascending
};

}  // namespace ringback::room
