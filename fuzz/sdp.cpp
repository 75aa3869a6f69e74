// SDP parser, writer and the SIP dialect's offer/answer on arbitrary bytes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sdp/parser.h"
#include "sdp/sip_profile.h"
#include "sdp/writer.h"

namespace {

using namespace ringback;

void check(bool condition) {
  if (!condition) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto description = sdp::parse(text)) {
    const std::string printed = sdp::write(*description);
    if (printed.size() <= sdp::kMaxBytes) {
      const auto again = sdp::parse(printed);
      check(again.ok());
      check(sdp::write(*again) == printed);
    }
    for (const sdp::Media& media : description->media) {
      (void)media.rtpmaps();
      for (const std::uint8_t type : media.payload_types()) {
        if (const auto fmtp = media.fmtp(type)) (void)sdp::fmtp_parameter(*fmtp, "minptime");
      }
    }
  }
  sdp::LocalAudio local;
  local.address = base::IpAddress::v4({192, 0, 2, 1});
  local.rtp_port = 4000;
  local.rtcp_mux = true;
  sdp::SipNegotiation called(local, 1);
  if (const auto answer = called.receive_offer(text)) check(sdp::parse(answer->text).ok());
  sdp::SipNegotiation caller(local, 2);
  (void)caller.make_offer();
  (void)caller.receive_answer(text);
  check(sdp::parse(caller.make_offer(sdp::Direction::kSendOnly)).ok());
  return 0;
}
