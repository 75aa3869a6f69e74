// modules: webrtc
//
// A stream gives the same packets whether it arrives at once or in pieces. The first byte chooses the
// framing, the second is the size of a piece.

#include <vector>

#include "input.h"
#include "webrtc/stream_framing.h"

namespace {

using Packets = std::vector<std::vector<std::uint8_t>>;

Packets packets_of(ringback::webrtc::StreamFraming framing, std::span<const std::uint8_t> stream,
                   std::size_t piece) {
  ringback::webrtc::StreamPackets packets(framing);
  Packets out;
  while (!stream.empty()) {
    const auto head = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(head.size());
    packets.append(head);
    while (const auto packet = packets.next()) out.emplace_back(packet->begin(), packet->end());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  if (size < 3) return 0;
  const auto framing =
      (data[0] & 1) != 0 ? webrtc::StreamFraming::kTurn : webrtc::StreamFraming::kLengthPrefixed;
  const auto stream = fuzz::as_bytes(data + 2, size - 2);
  fuzz::promise(packets_of(framing, stream, stream.size()) == packets_of(framing, stream, 1U + data[1]));
  return 0;
}
