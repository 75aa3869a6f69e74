// modules: sdp
//
// Offer and answer of a phone leg against arbitrary descriptions: what we write stays a description.

#include "input.h"
#include "sdp/parser.h"
#include "sdp/sip_profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const std::string_view text = fuzz::as_text(data, size);
  sdp::LocalAudio local;
  local.address = base::IpAddress::v4({192, 0, 2, 1});
  local.rtp_port = 4000;
  local.rtcp_mux = true;
  sdp::SipNegotiation called(local, 1);
  if (const auto answer = called.receive_offer(text)) fuzz::promise(sdp::parse(answer->text).ok());
  sdp::SipNegotiation caller(local, 2);
  (void)caller.make_offer();
  (void)caller.receive_answer(text);
  fuzz::promise(sdp::parse(caller.make_offer(sdp::Direction::kSendOnly)).ok());
  return 0;
}
