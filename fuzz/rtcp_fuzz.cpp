// modules: rtp
//
// Compound RTCP: each packet of it, read as everything that it could be.

#include "input.h"
#include "rtp/rtcp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  rtp::RtcpReader reader(fuzz::as_bytes(data, size));
  while (const auto packet = reader.next()) {
    (void)rtp::parse_sender_report(*packet);
    (void)rtp::parse_receiver_report(*packet);
    (void)rtp::parse_source_names(*packet);
    (void)rtp::parse_bye(*packet);
    (void)rtp::parse_nack(*packet);
    (void)rtp::parse_pli(*packet);
    (void)rtp::parse_fir(*packet);
    (void)rtp::parse_remb(*packet);
    rtp::TransportFeedback feedback;
    (void)rtp::parse_transport_feedback(*packet, feedback);
  }
  return 0;
}
