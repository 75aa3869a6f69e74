#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "load/distribution.h"
#include "load/server_process.h"

namespace ringback::bench {

/// How much load, and on what.
struct LoadOptions {
  std::string program = "build/release/ringback";
  unsigned legs = 200;            ///< an even number; pairs share a room
  unsigned transcoded_legs = 60;  ///< fewer: each costs about ten times as much
  unsigned setups = 50;           ///< calls placed one after the other
  base::Duration window = std::chrono::seconds(20);
  unsigned workers = 0;             ///< ringback's media threads; 0: its own default
  std::optional<RealServer> rooms;  ///< nothing: the embedded room server
};

/// POST to INVITE on an idle server, in milliseconds.
struct SetupResult {
  bool real_server = false;
  Distribution post_to_invite_ms;
  Distribution post_to_answer_ms;  ///< until the HTTP answer is complete
};
[[nodiscard]] base::ErrorOr<SetupResult> measure_setup(const LoadOptions& options);

/// Phones talking to each other through rooms, two in each.
struct TalkResult {
  bool real_server = false;
  std::string room_audio;  ///< "g711" or "opus"
  unsigned legs = 0;
  double seconds = 0;
  double cpu_percent_per_leg = 0;  ///< of one core
  double memory_mib_per_leg = 0;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t missing = 0;
  std::uint64_t stamped_lost = 0;
  Distribution delay_ms;
  Distribution pacing_ms;
  Distribution own_pacing_ms;
};
[[nodiscard]] base::ErrorOr<TalkResult> measure_talk(const LoadOptions& options,
                                                     const std::string& room_audio, unsigned legs);

}  // namespace ringback::bench
