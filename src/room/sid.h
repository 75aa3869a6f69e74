#pragma once

#include <string>
#include <string_view>

#include "livekit/model.h"

namespace ringback::room {

/// A LiveKit identifier: prefix and 12 random characters. Clients assert the prefixes "RM_", "PA_" and "TR_".
[[nodiscard]] std::string make_sid(std::string_view prefix);
/// "TR_" with the two letters that tell kind and source: "TR_AMb2zBNgcy5tGK".
[[nodiscard]] std::string make_track_sid(livekit::TrackType type, livekit::TrackSource source);

}  // namespace ringback::room
