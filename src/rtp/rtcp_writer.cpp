#include <algorithm>

#include "rtp/byte_order.h"
#include "rtp/rtcp.h"

namespace ringback::rtp {
namespace {

constexpr std::size_t kHeaderSize = 4;
constexpr std::size_t kReportBlockSize = 24;
constexpr std::uint8_t kCnameItem = 1;
constexpr std::uint32_t kRembIdentifier = 0x52454d42;  // "REMB"
constexpr std::uint64_t kRembMaxMantissa = 0x3ffff;

void write_blocks(std::uint8_t* p, const ReportBlocks& blocks) {
  for (const ReportBlock& block : blocks) {
    // 24 bits signed: clamped, because wrapping would turn much loss into a gain.
    const std::int32_t lost = std::clamp(block.cumulative_lost, -0x800000, 0x7fffff);
    write_u32(p, block.ssrc);
    p[4] = block.fraction_lost;
    write_u24(p + 5, static_cast<std::uint32_t>(lost) & 0xffffffU);
    write_u32(p + 8, block.highest_sequence);
    write_u32(p + 12, block.jitter);
    write_u32(p + 16, block.last_sender_report);
    write_u32(p + 20, block.delay_since_last_report);
    p += kReportBlockSize;
  }
}

/// One NACK entry covers a packet and the 16 after it: how many of `sequences` it takes, and its bit mask.
std::size_t nack_entry(std::span<const std::uint16_t> sequences, std::uint16_t& following) {
  following = 0;
  std::size_t used = 1;
  for (; used < sequences.size(); ++used) {
    const auto offset = static_cast<std::uint16_t>(sequences[used] - sequences[0]);
    if (offset > 16) break;
    if (offset > 0) following = static_cast<std::uint16_t>(following | (1U << (offset - 1)));
  }
  return used;
}

}  // namespace

std::uint8_t* RtcpWriter::begin(RtcpType type, std::uint8_t count, std::size_t body_size) {
  if (out_.size() - size_ < kHeaderSize + body_size || body_size / 4 > 0xffff) return nullptr;
  std::uint8_t* p = out_.data() + size_;
  p[0] = static_cast<std::uint8_t>(0x80 | count);
  p[1] = static_cast<std::uint8_t>(type);
  write_u16(p + 2, static_cast<std::uint16_t>(body_size / 4));
  size_ += kHeaderSize + body_size;
  return p + kHeaderSize;
}

bool RtcpWriter::add_sender_report(const SenderReport& report) {
  std::uint8_t* p = begin(RtcpType::kSenderReport, static_cast<std::uint8_t>(report.blocks.size()),
                          24 + report.blocks.size() * kReportBlockSize);
  if (p == nullptr) return false;
  write_u32(p, report.ssrc);
  write_u64(p + 4, report.ntp_time);
  write_u32(p + 12, report.rtp_timestamp);
  write_u32(p + 16, report.packet_count);
  write_u32(p + 20, report.octet_count);
  write_blocks(p + 24, report.blocks);
  return true;
}

bool RtcpWriter::add_receiver_report(const ReceiverReport& report) {
  std::uint8_t* p = begin(RtcpType::kReceiverReport, static_cast<std::uint8_t>(report.blocks.size()),
                          4 + report.blocks.size() * kReportBlockSize);
  if (p == nullptr) return false;
  write_u32(p, report.ssrc);
  write_blocks(p + 4, report.blocks);
  return true;
}

bool RtcpWriter::add_cname(std::uint32_t ssrc, std::string_view cname) {
  cname = cname.substr(0, 255);
  const std::size_t used = 4 + 2 + cname.size();
  const std::size_t padded = used / 4 * 4 + 4;  // at least one zero ends the items
  std::uint8_t* p = begin(RtcpType::kSourceDescription, 1, padded);
  if (p == nullptr) return false;
  write_u32(p, ssrc);
  p[4] = kCnameItem;
  p[5] = static_cast<std::uint8_t>(cname.size());
  std::copy(cname.begin(), cname.end(), p + 6);
  std::fill(p + used, p + padded, std::uint8_t{0});
  return true;
}

bool RtcpWriter::add_bye(std::span<const std::uint32_t> ssrcs) {
  if (ssrcs.size() > 31) return false;
  std::uint8_t* p = begin(RtcpType::kBye, static_cast<std::uint8_t>(ssrcs.size()), 4 * ssrcs.size());
  if (p == nullptr) return false;
  for (std::size_t i = 0; i < ssrcs.size(); ++i) write_u32(p + 4 * i, ssrcs[i]);
  return true;
}

bool RtcpWriter::add_nack(std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                          std::span<const std::uint16_t> sequences) {
  std::uint16_t following = 0;
  std::size_t entries = 0;
  for (auto rest = sequences; !rest.empty(); ++entries) rest = rest.subspan(nack_entry(rest, following));
  if (entries == 0) return false;
  std::uint8_t* p = begin(RtcpType::kTransportFeedback, kFormatNack, 8 + 4 * entries);
  if (p == nullptr) return false;
  write_u32(p, sender_ssrc);
  write_u32(p + 4, media_ssrc);
  p += 8;
  while (!sequences.empty()) {
    const std::size_t used = nack_entry(sequences, following);
    write_u16(p, sequences[0]);
    write_u16(p + 2, following);
    sequences = sequences.subspan(used);
    p += 4;
  }
  return true;
}

bool RtcpWriter::add_pli(std::uint32_t sender_ssrc, std::uint32_t media_ssrc) {
  std::uint8_t* p = begin(RtcpType::kPayloadFeedback, kFormatPli, 8);
  if (p == nullptr) return false;
  write_u32(p, sender_ssrc);
  write_u32(p + 4, media_ssrc);
  return true;
}

bool RtcpWriter::add_fir(std::uint32_t sender_ssrc, std::span<const FullIntraEntry> entries) {
  if (entries.empty()) return false;
  std::uint8_t* p = begin(RtcpType::kPayloadFeedback, kFormatFir, 8 + 8 * entries.size());
  if (p == nullptr) return false;
  write_u32(p, sender_ssrc);
  write_u32(p + 4, 0);  // the media SSRC of FIR is unused (RFC 5104 section 4.3.1.2)
  p += 8;
  for (const FullIntraEntry& entry : entries) {
    write_u32(p, entry.ssrc);
    p[4] = entry.command;
    write_u24(p + 5, 0);
    p += 8;
  }
  return true;
}

bool RtcpWriter::add_remb(std::uint32_t sender_ssrc, std::uint64_t bits_per_second,
                          std::span<const std::uint32_t> ssrcs) {
  if (ssrcs.size() > 255) return false;
  std::uint32_t exponent = 0;
  while ((bits_per_second >> exponent) > kRembMaxMantissa) ++exponent;
  std::uint8_t* p = begin(RtcpType::kPayloadFeedback, kFormatRemb, 16 + 4 * ssrcs.size());
  if (p == nullptr) return false;
  write_u32(p, sender_ssrc);
  write_u32(p + 4, 0);
  write_u32(p + 8, kRembIdentifier);
  p[12] = static_cast<std::uint8_t>(ssrcs.size());
  write_u24(p + 13, (exponent << 18) | static_cast<std::uint32_t>(bits_per_second >> exponent));
  for (std::size_t i = 0; i < ssrcs.size(); ++i) write_u32(p + 16 + 4 * i, ssrcs[i]);
  return true;
}

}  // namespace ringback::rtp
