#pragma once

#include <nlohmann/json_fwd.hpp>

#include "livekit/access_token.h"

/// The claims of an access token as JSON, without signature, times, issuer and room configuration. Private to
/// the module's sources.
namespace ringback::livekit {

/// False when a claim that we read has the wrong type. Unknown claims and unknown names inside them are
/// ignored.
[[nodiscard]] bool read_claims(const nlohmann::json& payload, Claims& claims);
[[nodiscard]] nlohmann::json write_claims(const Claims& claims);

}  // namespace ringback::livekit
