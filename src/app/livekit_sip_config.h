#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace ringback::app {

/// What livekit-sip's own configuration means for us.
struct LiveKitSipConfig {
  std::map<std::string, std::string> values;  ///< by the name of our setting ("REDIS_URL")
  std::vector<std::string> warnings;  ///< what is not done as livekit-sip would do it, and unknown keys
  /// It would ask a STUN server for its public address, which ringback does not: PUBLIC_ADDRESS must be
  /// given.
  bool needs_public_address = false;
};

/// Reads livekit-sip's YAML. What changes how calls go and cannot be done is an error that names the line; so
/// are values that livekit-sip would refuse.
[[nodiscard]] base::ErrorOr<LiveKitSipConfig> parse_livekit_sip_config(const std::string& text);

}  // namespace ringback::app
