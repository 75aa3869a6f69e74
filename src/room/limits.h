#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "livekit/model.h"

namespace ringback::room {

struct RoomSettings;

/// Which value of a participant is larger than the settings allow, as a sentence; nothing when all fit.
[[nodiscard]] std::optional<std::string> excess_of(const RoomSettings& settings, std::string_view name,
                                                   std::string_view metadata,
                                                   const livekit::Attributes& attributes);

}  // namespace ringback::room
