// modules: sdp
//
// Offers and answers of WebRTC clients: what read_webrtc() accepts can be answered, and the answer reads
// back.

#include "input.h"
#include "sdp/webrtc_profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto offer = sdp::read_webrtc(fuzz::as_text(data, size));
  if (!offer) return 0;
  sdp::WebRtcDescription answer;
  answer.transport = offer->transport;
  for (const auto& section : offer->sections) answer.sections.push_back(sdp::answered(section, {}));
  fuzz::promise(sdp::read_webrtc(sdp::write_webrtc(answer)).ok());
  return 0;
}
