#pragma once

#include <vector>

#include "sdp/webrtc_profile.h"

namespace ringback::room {

/// The codec in `offered` that a packet coded as `source` may be sent as without touching its payload: same
/// name and clock, and for H264 and VP9 the parameters that change the meaning of the bits. Null when there
/// is none.
[[nodiscard]] const sdp::WebRtcCodec* find_same_codec(const std::vector<sdp::WebRtcCodec>& offered,
                                                      const sdp::WebRtcCodec& source);

/// Whether the codec carries media itself: not rtx, red, ulpfec, comfort noise or DTMF events.
[[nodiscard]] bool is_media_codec(const sdp::WebRtcCodec& codec);

/// "audio/opus", "video/VP8": the spelling that clients compare with.
[[nodiscard]] std::string mime_type_of(sdp::SectionKind kind, const sdp::WebRtcCodec& codec);

}  // namespace ringback::room
