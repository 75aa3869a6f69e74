#include "rtp/packet.h"

#include <algorithm>

#include "rtp/byte_order.h"

namespace ringback::rtp {
namespace {

constexpr std::uint8_t kVersion2 = 0x80;
constexpr std::uint8_t kVersionMask = 0xc0;
constexpr std::uint8_t kPaddingBit = 0x20;
constexpr std::uint8_t kExtensionBit = 0x10;

constexpr std::uint16_t kOneByteProfile = 0xbede;
constexpr std::uint16_t kTwoByteProfile = 0x1000;  // the low four bits are application bits
constexpr std::uint16_t kTwoByteProfileMask = 0xfff0;

// RTCP packet types share the second byte with RTP's marker and payload types 64..95 (RFC 5761 section 4).
constexpr std::uint8_t kFirstRtcpByte = 192;
constexpr std::uint8_t kLastRtcpByte = 223;

bool fits_one_byte(const HeaderExtension& element) {
  return element.id >= 1 && element.id <= 14 && !element.data.empty() && element.data.size() <= 16;
}

std::optional<std::span<const std::uint8_t>> find_one_byte(std::span<const std::uint8_t> block,
                                                           std::uint8_t id) {
  std::size_t at = 0;
  while (at < block.size()) {
    const std::uint8_t head = block[at];
    if (head == 0) {  // padding byte
      ++at;
      continue;
    }
    if ((head >> 4) == 15) return std::nullopt;  // reserved: stop reading (RFC 8285 section 4.2)
    const std::size_t size = (head & 15U) + 1U;
    if (at + 1 + size > block.size()) return std::nullopt;
    if ((head >> 4) == id) return block.subspan(at + 1, size);
    at += 1 + size;
  }
  return std::nullopt;
}

std::optional<std::span<const std::uint8_t>> find_two_byte(std::span<const std::uint8_t> block,
                                                           std::uint8_t id) {
  std::size_t at = 0;
  while (at < block.size()) {
    if (block[at] == 0) {
      ++at;
      continue;
    }
    if (at + 2 > block.size()) return std::nullopt;
    const std::size_t size = block[at + 1];
    if (at + 2 + size > block.size()) return std::nullopt;
    if (block[at] == id) return block.subspan(at + 2, size);
    at += 2 + size;
  }
  return std::nullopt;
}

/// Writes the extension block behind the fixed header; its size, or 0 when it cannot be written.
std::size_t write_extension(std::span<std::uint8_t> out, std::span<const HeaderExtension> extensions) {
  const bool one_byte = std::all_of(extensions.begin(), extensions.end(), fits_one_byte);
  const std::size_t head_size = one_byte ? 1 : 2;
  std::size_t body = 0;
  for (const HeaderExtension& element : extensions) {
    if (element.id == 0 || element.id == 15 || element.data.size() > 255) return 0;
    body += head_size + element.data.size();
  }
  const std::size_t padded = (body + 3) / 4 * 4;
  if (padded / 4 > 0xffff || out.size() < 4 + padded) return 0;

  write_u16(out.data(), one_byte ? kOneByteProfile : kTwoByteProfile);
  write_u16(out.data() + 2, static_cast<std::uint16_t>(padded / 4));
  std::uint8_t* at = out.data() + 4;
  for (const HeaderExtension& element : extensions) {
    if (one_byte) {
      *at++ = static_cast<std::uint8_t>((element.id << 4) | (element.data.size() - 1));
    } else {
      *at++ = element.id;
      *at++ = static_cast<std::uint8_t>(element.data.size());
    }
    at = std::copy(element.data.begin(), element.data.end(), at);
  }
  std::fill_n(at, padded - body, std::uint8_t{0});
  return 4 + padded;
}

}  // namespace

PacketKind classify(std::span<const std::uint8_t> packet) {
  if (packet.empty()) return PacketKind::kUnknown;
  const std::uint8_t first = packet[0];
  if (first <= 3) return PacketKind::kStun;
  if (first >= 20 && first <= 63) return PacketKind::kDtls;
  if (first >= 64 && first <= 79) return PacketKind::kTurnChannel;
  if (first < 128 || first > 191 || packet.size() < 2) return PacketKind::kUnknown;
  const bool rtcp = packet[1] >= kFirstRtcpByte && packet[1] <= kLastRtcpByte;
  return rtcp ? PacketKind::kRtcp : PacketKind::kRtp;
}

std::optional<PacketView> PacketView::parse_header(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kFixedHeaderSize || (bytes[0] & kVersionMask) != kVersion2) return std::nullopt;
  std::size_t size = kFixedHeaderSize + 4 * std::size_t{bytes[0] & 0x0fU};
  if (size > bytes.size()) return std::nullopt;
  if ((bytes[0] & kExtensionBit) != 0) {
    if (size + 4 > bytes.size()) return std::nullopt;
    size += 4 + 4 * std::size_t{read_u16(bytes.data() + size + 2)};
    if (size > bytes.size()) return std::nullopt;
  }
  return PacketView(bytes, size);
}

std::optional<PacketView> PacketView::parse(std::span<const std::uint8_t> bytes) {
  auto view = parse_header(bytes);
  if (!view || (bytes[0] & kPaddingBit) == 0) return view;
  const std::size_t padding = bytes.back();
  if (padding == 0 || padding > bytes.size() - view->header_size_) return std::nullopt;
  view->padding_size_ = padding;
  return view;
}

std::uint16_t PacketView::sequence() const {
  return read_u16(bytes_.data() + 2);
}
std::uint32_t PacketView::timestamp() const {
  return read_u32(bytes_.data() + 4);
}
std::uint32_t PacketView::ssrc() const {
  return read_u32(bytes_.data() + 8);
}

std::uint32_t PacketView::csrc(std::size_t index) const {
  return read_u32(bytes_.data() + kFixedHeaderSize + 4 * index);
}

std::optional<std::span<const std::uint8_t>> PacketView::extension(std::uint8_t id) const {
  if (!has_extension() || id == 0) return std::nullopt;
  const std::size_t at = kFixedHeaderSize + 4 * csrc_count();
  const std::uint16_t profile = read_u16(bytes_.data() + at);
  const auto block = bytes_.subspan(at + 4, header_size_ - at - 4);
  if (profile == kOneByteProfile) return id <= 14 ? find_one_byte(block, id) : std::nullopt;
  if ((profile & kTwoByteProfileMask) == kTwoByteProfile) return find_two_byte(block, id);
  return std::nullopt;
}

std::size_t write_header(std::span<std::uint8_t> out, const PacketHeader& header,
                         std::span<const HeaderExtension> extensions) {
  if (out.size() < kFixedHeaderSize) return 0;
  std::size_t size = kFixedHeaderSize;
  if (!extensions.empty()) {
    const std::size_t block = write_extension(out.subspan(size), extensions);
    if (block == 0) return 0;
    size += block;
  }
  out[0] = static_cast<std::uint8_t>(kVersion2 | (extensions.empty() ? 0 : kExtensionBit));
  rewrite_header(out, header);
  return size;
}

std::size_t write_packet(std::span<std::uint8_t> out, const PacketHeader& header,
                         std::span<const std::uint8_t> payload, std::span<const HeaderExtension> extensions) {
  const std::size_t size = write_header(out, header, extensions);
  if (size == 0 || out.size() - size < payload.size()) return 0;
  std::copy(payload.begin(), payload.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
  return size + payload.size();
}

void rewrite_header(std::span<std::uint8_t> packet, const PacketHeader& header) {
  packet[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f));
  write_u16(packet.data() + 2, header.sequence);
  write_u32(packet.data() + 4, header.timestamp);
  write_u32(packet.data() + 8, header.ssrc);
}

}  // namespace ringback::rtp
