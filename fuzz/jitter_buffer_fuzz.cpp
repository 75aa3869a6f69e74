// modules: rtp
//
// Series of packets, each behind a length byte: sequence and timestamp jumps of any kind leave the jitter
// buffer and the reordering buffer bounded and in order.

#include "input.h"
#include "rtp/jitter_buffer.h"
#include "rtp/packet.h"
#include "rtp/receive_stats.h"
#include "rtp/reorder_buffer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  rtp::JitterBuffer jitter({.clock_rate = 8000});
  rtp::ReorderBuffer reorder({.slot_size = 256});
  rtp::ReceiveStats stats(8000);
  base::TimePoint now{};
  auto rest = fuzz::as_bytes(data, size);
  while (!rest.empty()) {
    const std::size_t length = rest[0] < rest.size() ? rest[0] : rest.size() - 1;
    const auto packet = rtp::PacketView::parse(rest.subspan(1, length));
    rest = rest.subspan(1 + length);
    now += base::Duration(length * 1000);
    if (!packet) continue;
    stats.on_packet(now, *packet);
    (void)stats.make_report_block(now);
    reorder.insert(now, *packet);
    while (reorder.take_next(now)) {
    }
    jitter.insert(now, *packet);
    jitter.set_clock(length % 2 == 0 ? rtp::PlayoutClock::kSlewing : rtp::PlayoutClock::kTick);
    for (int pulls = 0; pulls < 3; ++pulls) {
      const rtp::JitterFrame frame = jitter.pull(now);
      fuzz::promise(frame.payload.size() < 256 && frame.next_payload.size() < 256);
    }
    fuzz::promise(jitter.buffered_packets() <= 32);
    (void)jitter.next_deadline();
  }
  return 0;
}
