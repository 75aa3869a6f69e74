#pragma once

#include <string>

#include "base/time.h"
#include "store/call_row.h"

namespace ringback::dialer {

/// A row of `calls` as the API shows it: camelCase names, ISO 8601 times, the error object of a failed call.
[[nodiscard]] std::string call_json(const store::CallRow& row);
[[nodiscard]] std::string call_list_json(const store::CallPage& page);

/// "2026-11-22T18:00:00.123Z"
[[nodiscard]] std::string iso_time(base::WallMillis time);

}  // namespace ringback::dialer
