#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "dialer/api_error.h"

namespace ringback::dialer {

/// The body of POST /api/livekit/call.
struct CallRequest {
  std::string caller_id;
  std::string phone_number;  ///< as typed
  std::string prospect_id;
  std::string caller_name;
};

/// Longest value of one field, in bytes; more is no name or number.
inline constexpr std::size_t kMaxField = 256;

/// Reads the JSON; the error names the field that is missing or of the wrong type. Unknown fields are
/// ignored.
[[nodiscard]] base::Result<CallRequest, ApiError> parse_call_request(std::string_view body);

/// Makes room names: `call_<callerId>_<digits>_<milliseconds>`, unique within the process even for two calls
/// in one millisecond. Owner: the call API.
class RoomNames {
 public:
  [[nodiscard]] std::string next(std::string_view caller_id, std::string_view number, base::WallMillis now);

 private:
  base::WallMillis last_ = 0;
};

}  // namespace ringback::dialer
