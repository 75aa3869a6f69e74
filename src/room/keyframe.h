#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ringback::room {

/// Whether an RTP payload begins a picture that needs no earlier one: where a subscriber may be switched to
/// another simulcast layer. Looks at the payload headers of VP8 (RFC 7741), VP9 (RFC 9628), H264 (RFC 6184)
/// and AV1 (AV1 RTP specification section 4.4) only; an unknown codec never has one, and an end-to-end
/// encrypted payload may be misjudged, which costs a later switch.
[[nodiscard]] bool begins_keyframe(std::string_view codec, std::span<const std::uint8_t> payload);

}  // namespace ringback::room
