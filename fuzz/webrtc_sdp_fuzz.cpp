// modules: sdp
//
// Offers and answers of WebRTC clients: what read_webrtc() accepts can be answered, and an answer that takes
// any section reads back.

#include <algorithm>

#include "input.h"
#include "sdp/webrtc_profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto offer = sdp::read_webrtc(fuzz::as_text(data, size));
  if (!offer) return 0;
  sdp::WebRtcDescription answer;
  answer.transport = offer->transport;
  for (const auto& section : offer->sections) answer.sections.push_back(sdp::answered(section, {}));
  const auto text = sdp::write_webrtc(answer);
  const bool accepts =
      std::ranges::any_of(answer.sections, [](const auto& section) { return !section.rejected; });
  fuzz::promise(!accepts || sdp::read_webrtc(text).ok());
  return 0;
}
