#include <algorithm>

#include "rtp/byte_order.h"
#include "rtp/rtcp.h"

// Transport-wide congestion control feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.

namespace ringback::rtp {
namespace {

constexpr std::size_t kFixedSize = 16;  ///< SSRCs, base sequence, count, reference time, feedback count
constexpr std::size_t kMaxRun = 0x1fff;
constexpr std::size_t kOneBitSymbols = 14;
constexpr std::size_t kTwoBitSymbols = 7;

enum Symbol : std::uint8_t { kNotReceived = 0, kSmallDelta = 1, kLargeDelta = 2, kReserved = 3 };

Symbol symbol_of(const ArrivalStatus& status) {
  if (!status.received) return kNotReceived;
  return status.delta >= 0 && status.delta <= 255 ? kSmallDelta : kLargeDelta;
}

using Packets = FixedList<ArrivalStatus, 1024>;
using Chunks = FixedList<std::uint16_t, Packets::capacity() / kTwoBitSymbols + 1>;

std::size_t run_length(const Packets& packets, std::size_t from) {
  const Symbol symbol = symbol_of(packets[from]);
  std::size_t end = from + 1;
  while (end < packets.size() && end - from < kMaxRun && symbol_of(packets[end]) == symbol) ++end;
  return end - from;
}

/// Describes packets from `from` on in one chunk; how many it took.
std::size_t encode_chunk(const Packets& packets, std::size_t from, std::uint16_t& chunk) {
  const std::size_t run = run_length(packets, from);
  if (run >= kOneBitSymbols || from + run == packets.size()) {
    chunk = static_cast<std::uint16_t>((symbol_of(packets[from]) << 13) | run);
    return run;
  }
  const std::size_t one_bit_end = std::min(packets.size(), from + kOneBitSymbols);
  std::size_t end = from;
  while (end < one_bit_end && symbol_of(packets[end]) != kLargeDelta) ++end;
  if (end == one_bit_end) {
    chunk = 0x8000;
    for (std::size_t i = from; i < end; ++i) {
      chunk =
          static_cast<std::uint16_t>(chunk | (symbol_of(packets[i]) << (kOneBitSymbols - 1 - (i - from))));
    }
    return end - from;
  }
  end = std::min(packets.size(), from + kTwoBitSymbols);
  chunk = 0xc000;
  for (std::size_t i = from; i < end; ++i) {
    chunk = static_cast<std::uint16_t>(chunk |
                                       (symbol_of(packets[i]) << (2 * (kTwoBitSymbols - 1 - (i - from)))));
  }
  return end - from;
}

/// Appends the symbols of one chunk, at most up to `count` packets. False for a reserved symbol.
bool decode_chunk(std::uint16_t chunk, std::size_t count, FixedList<std::uint8_t, 1024>& symbols) {
  const auto add = [&](unsigned symbol) {
    if (symbols.size() < count) symbols.push_back(static_cast<std::uint8_t>(symbol));
    return symbol != kReserved;
  };
  bool valid = true;
  if ((chunk & 0x8000U) == 0) {
    for (std::size_t i = chunk & kMaxRun; i > 0 && symbols.size() < count; --i)
      valid &= add((chunk >> 13) & 3U);
  } else if ((chunk & 0x4000U) == 0) {
    for (std::size_t i = kOneBitSymbols; i-- > 0;) valid &= add((chunk >> i) & 1U);
  } else {
    for (std::size_t i = kTwoBitSymbols; i-- > 0;) valid &= add((chunk >> (2 * i)) & 3U);
  }
  return valid;
}

}  // namespace

bool parse_transport_feedback(const RtcpPacket& packet, TransportFeedback& out) {
  const auto body = packet.body;
  if (packet.type != RtcpType::kTransportFeedback || packet.count != kFormatTransportCc ||
      body.size() < kFixedSize) {
    return false;
  }
  const std::uint16_t base_sequence = read_u16(body.data() + 8);
  const std::size_t count = read_u16(body.data() + 10);
  if (count > Packets::capacity()) return false;
  const std::uint32_t reference = read_u24(body.data() + 12);
  out.sender_ssrc = read_u32(body.data());
  out.media_ssrc = read_u32(body.data() + 4);
  out.reference_time = static_cast<std::int32_t>(reference << 8) / 256;
  out.feedback_count = body[15];
  out.packets.clear();

  FixedList<std::uint8_t, 1024> symbols;
  std::size_t at = kFixedSize;
  while (symbols.size() < count) {
    if (at + 2 > body.size()) return false;
    const std::size_t before = symbols.size();
    if (!decode_chunk(read_u16(body.data() + at), count, symbols) || symbols.size() == before) return false;
    at += 2;
  }
  for (std::size_t i = 0; i < count; ++i) {
    ArrivalStatus status{.sequence = static_cast<std::uint16_t>(base_sequence + i),
                         .received = symbols[i] != kNotReceived};
    const std::size_t size = symbols[i];  // a small delta takes one byte, a large one two
    if (at + size > body.size()) return false;
    if (size == 1) status.delta = body[at];
    if (size == 2) status.delta = static_cast<std::int16_t>(read_u16(body.data() + at));
    at += size;
    out.packets.push_back(status);
  }
  return true;
}

bool RtcpWriter::add_transport_feedback(const TransportFeedback& feedback) {
  const Packets& packets = feedback.packets;
  if (packets.empty()) return false;
  Chunks chunks;
  for (std::size_t at = 0; at < packets.size();) {
    std::uint16_t chunk = 0;
    at += encode_chunk(packets, at, chunk);
    if (!chunks.push_back(chunk)) return false;
  }
  std::size_t used = kFixedSize + 2 * chunks.size();
  for (const ArrivalStatus& status : packets) used += symbol_of(status);
  const std::size_t padded = (used + 3) / 4 * 4;

  std::uint8_t* p = begin(RtcpType::kTransportFeedback, kFormatTransportCc, padded);
  if (p == nullptr) return false;
  write_u32(p, feedback.sender_ssrc);
  write_u32(p + 4, feedback.media_ssrc);
  write_u16(p + 8, packets[0].sequence);
  write_u16(p + 10, static_cast<std::uint16_t>(packets.size()));
  write_u24(p + 12, static_cast<std::uint32_t>(feedback.reference_time) & 0xffffffU);
  p[15] = feedback.feedback_count;
  p += kFixedSize;
  for (const std::uint16_t chunk : chunks) {
    write_u16(p, chunk);
    p += 2;
  }
  for (const ArrivalStatus& status : packets) {
    const Symbol symbol = symbol_of(status);
    if (symbol == kSmallDelta) *p++ = static_cast<std::uint8_t>(status.delta);
    if (symbol == kLargeDelta) {
      write_u16(p, static_cast<std::uint16_t>(status.delta));
      p += 2;
    }
  }
  std::fill_n(p, padded - used, std::uint8_t{0});
  return true;
}

}  // namespace ringback::rtp
