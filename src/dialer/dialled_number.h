#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bridge/call_failure.h"

namespace ringback::dialer {

enum class NumberCheck {
  kLenient,  ///< dial what has the shape of a number, with a warning when its plan calls it impossible
  kPlan,     ///< refuse what its numbering plan calls impossible
};

struct DialledNumber {
  std::string e164;     ///< "+15551230000": what goes into the INVITE
  std::string warning;  ///< for the caller; empty when the numbering plan agrees
};

/// Reads what people type. `+` and 7 to 15 digits (after blanks, dots, dashes, brackets, slashes) is dialled
/// even when no numbering plan knows it; anything else is read as a number of `region` ("US"). Errors:
/// kInvalidNumber, and kImpossibleNumber with NumberCheck::kPlan. Pure; any thread.
[[nodiscard]] base::Result<DialledNumber, bridge::CallFailure> read_dialled_number(std::string_view typed,
                                                                                   std::string_view region,
                                                                                   NumberCheck check);

/// Whether libphonenumber knows the two-letter country ("US", "DE").
[[nodiscard]] bool is_known_region(std::string_view region);

}  // namespace ringback::dialer
