#pragma once

#include <algorithm>

#include "base/time.h"

namespace ringback::sip {

/// The timers of RFC 3261 17 (table 4). Everything else is computed from these.
struct Timers {
  base::Duration t1 =
      std::chrono::milliseconds(500);           ///< round-trip estimate; first retransmission (A, E, G)
  base::Duration t2 = std::chrono::seconds(4);  ///< longest retransmission interval (E, G)
  base::Duration t4 = std::chrono::seconds(5);  ///< how long the network may keep a message (I, K)

  /// 64*T1: B, F, H, J, L, M and every other "the far side had its chance" (32 s).
  [[nodiscard]] base::Duration give_up() const { return 64 * t1; }
  /// D: how long a final response to INVITE may be repeated over UDP (at least 32 s).
  [[nodiscard]] base::Duration response_repeats() const {
    return std::max<base::Duration>(64 * t1, std::chrono::seconds(32));
  }
};

}  // namespace ringback::sip
