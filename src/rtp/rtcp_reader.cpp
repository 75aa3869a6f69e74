#include <algorithm>

#include "rtp/byte_order.h"
#include "rtp/rtcp.h"

namespace ringback::rtp {
namespace {

constexpr std::size_t kHeaderSize = 4;
constexpr std::size_t kReportBlockSize = 24;
constexpr std::size_t kSenderInfoSize = 20;
constexpr std::uint8_t kCnameItem = 1;
constexpr std::uint32_t kRembIdentifier = 0x52454d42;  // "REMB"

std::int32_t read_i24(const std::uint8_t* p) {
  const std::uint32_t value = read_u24(p);
  return (value & 0x800000U) != 0 ? static_cast<std::int32_t>(value | 0xff000000U)
                                  : static_cast<std::int32_t>(value);
}

bool read_blocks(std::span<const std::uint8_t> bytes, std::size_t count, ReportBlocks& blocks) {
  if (bytes.size() < count * kReportBlockSize) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* p = bytes.data() + i * kReportBlockSize;
    blocks.push_back({.ssrc = read_u32(p),
                      .fraction_lost = p[4],
                      .cumulative_lost = read_i24(p + 5),
                      .highest_sequence = read_u32(p + 8),
                      .jitter = read_u32(p + 12),
                      .last_sender_report = read_u32(p + 16),
                      .delay_since_last_report = read_u32(p + 20)});
  }
  return true;
}

bool is_feedback(const RtcpPacket& packet, RtcpType type, std::uint8_t format, std::size_t least_body) {
  return packet.type == type && packet.count == format && packet.body.size() >= least_body;
}

/// The CNAME of the SDES chunk at `at`, and moves `at` behind the chunk. False where the chunk is broken.
bool read_chunk(std::span<const std::uint8_t> body, std::size_t& at, SourceName& name) {
  if (at + 4 > body.size()) return false;
  name.ssrc = read_u32(body.data() + at);
  at += 4;
  while (true) {
    if (at >= body.size()) return false;
    const std::uint8_t item = body[at];
    if (item == 0) {  // end of the items: zeros up to the next word
      at = at / 4 * 4 + 4;
      return at <= body.size();
    }
    if (at + 2 > body.size() || at + 2 + body[at + 1] > body.size()) return false;
    const std::size_t length = body[at + 1];
    if (item == kCnameItem) name.cname = {reinterpret_cast<const char*>(body.data() + at + 2), length};
    at += 2 + length;
  }
}

}  // namespace

std::optional<RtcpPacket> RtcpReader::next() {
  if (rest_.empty() || malformed_) return std::nullopt;
  malformed_ = true;
  if (rest_.size() < kHeaderSize || (rest_[0] >> 6) != 2) return std::nullopt;
  const std::size_t size = kHeaderSize + 4 * std::size_t{read_u16(rest_.data() + 2)};
  if (size > rest_.size()) return std::nullopt;
  auto body = rest_.subspan(kHeaderSize, size - kHeaderSize);
  if ((rest_[0] & 0x20) != 0) {
    const std::size_t padding = body.empty() ? 0 : body.back();
    // RFC 3550 wants multiples of four; senders of transport feedback pad with 1 to 3 bytes, so any count is
    // taken.
    if (padding == 0 || padding > body.size()) return std::nullopt;
    body = body.first(body.size() - padding);
  }
  malformed_ = false;
  const RtcpPacket packet{static_cast<RtcpType>(rest_[1]), static_cast<std::uint8_t>(rest_[0] & 0x1f), body};
  rest_ = rest_.subspan(size);
  return packet;
}

std::optional<SenderReport> parse_sender_report(const RtcpPacket& packet) {
  const auto body = packet.body;
  if (packet.type != RtcpType::kSenderReport || body.size() < 4 + kSenderInfoSize) return std::nullopt;
  SenderReport report{.ssrc = read_u32(body.data()),
                      .ntp_time = read_u64(body.data() + 4),
                      .rtp_timestamp = read_u32(body.data() + 12),
                      .packet_count = read_u32(body.data() + 16),
                      .octet_count = read_u32(body.data() + 20),
                      .blocks = {}};
  if (!read_blocks(body.subspan(4 + kSenderInfoSize), packet.count, report.blocks)) return std::nullopt;
  return report;
}

std::optional<ReceiverReport> parse_receiver_report(const RtcpPacket& packet) {
  if (packet.type != RtcpType::kReceiverReport || packet.body.size() < 4) return std::nullopt;
  ReceiverReport report{.ssrc = read_u32(packet.body.data()), .blocks = {}};
  if (!read_blocks(packet.body.subspan(4), packet.count, report.blocks)) return std::nullopt;
  return report;
}

std::optional<FixedList<SourceName, 31>> parse_source_names(const RtcpPacket& packet) {
  if (packet.type != RtcpType::kSourceDescription) return std::nullopt;
  FixedList<SourceName, 31> names;
  std::size_t at = 0;
  for (unsigned i = 0; i < packet.count; ++i) {
    SourceName name;
    if (!read_chunk(packet.body, at, name)) return std::nullopt;
    names.push_back(name);
  }
  return names;
}

std::optional<FixedList<std::uint32_t, 31>> parse_bye(const RtcpPacket& packet) {
  if (packet.type != RtcpType::kBye || packet.body.size() < 4 * std::size_t{packet.count})
    return std::nullopt;
  FixedList<std::uint32_t, 31> ssrcs;
  for (std::size_t i = 0; i < packet.count; ++i) ssrcs.push_back(read_u32(packet.body.data() + 4 * i));
  return ssrcs;
}

std::optional<Nack> parse_nack(const RtcpPacket& packet) {
  if (!is_feedback(packet, RtcpType::kTransportFeedback, kFormatNack, 12)) return std::nullopt;
  Nack nack{.sender_ssrc = read_u32(packet.body.data()),
            .media_ssrc = read_u32(packet.body.data() + 4),
            .sequences = {}};
  for (std::size_t at = 8; at + 4 <= packet.body.size(); at += 4) {
    const std::uint16_t first = read_u16(packet.body.data() + at);
    const std::uint16_t following = read_u16(packet.body.data() + at + 2);
    nack.sequences.push_back(first);
    for (unsigned bit = 0; bit < 16; ++bit) {
      if ((following >> bit) & 1U) nack.sequences.push_back(static_cast<std::uint16_t>(first + bit + 1));
    }
  }
  return nack;
}

std::optional<PictureLoss> parse_pli(const RtcpPacket& packet) {
  if (!is_feedback(packet, RtcpType::kPayloadFeedback, kFormatPli, 8)) return std::nullopt;
  return PictureLoss{read_u32(packet.body.data()), read_u32(packet.body.data() + 4)};
}

std::optional<FullIntraRequest> parse_fir(const RtcpPacket& packet) {
  if (!is_feedback(packet, RtcpType::kPayloadFeedback, kFormatFir, 16)) return std::nullopt;
  FullIntraRequest request{.sender_ssrc = read_u32(packet.body.data()), .entries = {}};
  for (std::size_t at = 8; at + 8 <= packet.body.size(); at += 8) {
    request.entries.push_back({read_u32(packet.body.data() + at), packet.body[at + 4]});
  }
  return request;
}

std::optional<BandwidthEstimate> parse_remb(const RtcpPacket& packet) {
  if (!is_feedback(packet, RtcpType::kPayloadFeedback, kFormatRemb, 16)) return std::nullopt;
  const std::uint8_t* p = packet.body.data();
  if (read_u32(p + 8) != kRembIdentifier) return std::nullopt;
  const std::size_t count = p[12];
  if (packet.body.size() < 16 + 4 * count) return std::nullopt;
  const unsigned exponent = p[13] >> 2;
  const std::uint64_t mantissa = read_u24(p + 13) & 0x3ffffU;
  // 18 bits shifted by up to 63: what leaves 64 bits is no rate but an attack or a joke.
  if (exponent > 46) return std::nullopt;
  BandwidthEstimate estimate{
      .sender_ssrc = read_u32(p), .bits_per_second = mantissa << exponent, .media_ssrcs = {}};
  for (std::size_t i = 0; i < count; ++i) estimate.media_ssrcs.push_back(read_u32(p + 16 + 4 * i));
  return estimate;
}

}  // namespace ringback::rtp
