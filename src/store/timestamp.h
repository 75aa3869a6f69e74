#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ringback::store {

/// A time as every database takes it and as text sorts: UTC, "2026-11-22 18:09:06.123".
[[nodiscard]] std::string format_timestamp(base::WallMillis millis);

/// The inverse; also without the fraction, with "T" in the middle and with "Z" or "+00" at the end, as other
/// programs write into an adopted table. Another zone's offset is not understood.
[[nodiscard]] std::optional<base::WallMillis> parse_timestamp(std::string_view text);

}  // namespace ringback::store
