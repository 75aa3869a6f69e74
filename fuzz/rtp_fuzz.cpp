// modules: audio rtp
//
// RTP packets: every part that a receiver looks at lies within the packet.

#include "audio/dtmf_event.h"
#include "input.h"
#include "rtp/packet.h"
#include "rtp/rtx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto bytes = fuzz::as_bytes(data, size);
  (void)rtp::PacketView::parse_header(bytes);
  const auto packet = rtp::PacketView::parse(bytes);
  if (!packet) return 0;
  std::uint32_t sum = packet->ssrc() + packet->timestamp() + packet->sequence();
  for (std::size_t i = 0; i < packet->csrc_count(); ++i) sum += packet->csrc(i);
  for (unsigned id = 0; id < 256; ++id) {
    if (const auto element = packet->extension(static_cast<std::uint8_t>(id))) {
      for (const auto byte : *element) sum += byte;
    }
  }
  for (const auto byte : packet->payload()) sum += byte;
  fuzz::promise(packet->header_size() + packet->payload().size() + packet->padding_size() == size);
  (void)rtp::parse_rtx(*packet);
  (void)audio::TelephoneEvent::parse(packet->payload());
  // The sum is used, so that no read is optimised away.
  static volatile std::uint32_t sink;
  sink = sum;
  return 0;
}
