#include "rtp/rtx.h"

#include <algorithm>

#include "rtp/byte_order.h"

namespace ringback::rtp {
namespace {

constexpr std::size_t kOriginalSequenceSize = 2;

}  // namespace

std::size_t write_rtx(std::span<std::uint8_t> out, const PacketHeader& header, const PacketView& original) {
  PacketHeader fields = header;
  fields.marker = original.marker();
  fields.timestamp = original.timestamp();
  const std::size_t header_size = write_header(out, fields);
  const auto payload = original.payload();
  if (header_size == 0 || out.size() - header_size < kOriginalSequenceSize + payload.size()) return 0;
  write_u16(out.data() + header_size, original.sequence());
  std::copy(payload.begin(), payload.end(), out.data() + header_size + kOriginalSequenceSize);
  return header_size + kOriginalSequenceSize + payload.size();
}

std::optional<RtxContent> parse_rtx(const PacketView& packet) {
  const auto payload = packet.payload();
  if (payload.size() < kOriginalSequenceSize) return std::nullopt;
  return RtxContent{read_u16(payload.data()), payload.subspan(kOriginalSequenceSize)};
}

}  // namespace ringback::rtp
