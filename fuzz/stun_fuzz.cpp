// modules: webrtc
//
// STUN messages, ICE candidates and the opening message of a data channel.

#include "input.h"
#include "webrtc/candidate.h"
#include "webrtc/dcep.h"
#include "webrtc/stun.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto bytes = fuzz::as_bytes(data, size);
  (void)webrtc::stun_local_ufrag(bytes);
  if (const auto message = webrtc::StunMessage::parse(bytes)) {
    (void)message->check_integrity("password");
    (void)message->transaction_id();
  }
  (void)webrtc::Candidate::parse(fuzz::as_text(data, size));
  (void)webrtc::DcepOpen::parse(bytes);
  return 0;
}
