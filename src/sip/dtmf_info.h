#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sip/message.h"

namespace ringback::sip {

struct DtmfSignal {
  char digit = 0;  ///< 0-9 * # A-D
  std::uint32_t duration_ms = 160;
};

/// The key press in an INFO: application/dtmf-relay ("Signal=5", "Duration=160") or application/dtmf ("5").
[[nodiscard]] std::optional<DtmfSignal> dtmf_of(const Message& info);
/// Sets body and type of an INFO to application/dtmf-relay.
void set_dtmf(Message& info, const DtmfSignal& signal);
/// Whether the body type is one of the two.
[[nodiscard]] bool is_dtmf_type(const Message& info);

}  // namespace ringback::sip
