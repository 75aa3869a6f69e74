#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "livekit/signal_request.h"

namespace ringback::livekit {

/// Inflates gzip (RFC 1952). Stops with kTooLarge as soon as the output would pass `max_bytes`, so that a
/// small bomb costs no more memory than that. Private to the module's sources.
[[nodiscard]] base::Result<std::string, WireError> gunzip(std::string_view compressed, std::size_t max_bytes);

}  // namespace ringback::livekit
