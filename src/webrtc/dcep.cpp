#include "webrtc/dcep.h"

#include <algorithm>

#include "rtp/byte_order.h"

namespace ringback::webrtc {
namespace {

constexpr std::uint8_t kAck = 0x02;
constexpr std::uint8_t kOpen = 0x03;
constexpr std::size_t kOpenHeader = 12;
constexpr std::size_t kMaxName = 1024;  // far above any real label; bounds what a peer makes us keep

// Channel types (RFC 8832 8.2.2): the high bit says unordered.
constexpr std::uint8_t kUnordered = 0x80;
constexpr std::uint8_t kReliable = 0x00;
constexpr std::uint8_t kLimitedRetransmits = 0x01;
constexpr std::uint8_t kLimitedLifetime = 0x02;

std::uint16_t clamp16(std::uint32_t value) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(value, 0xffff));
}

}  // namespace

std::optional<DcepOpen> DcepOpen::parse(std::span<const std::uint8_t> message) {
  if (message.size() < kOpenHeader || message[0] != kOpen) return std::nullopt;
  const std::size_t label_size = rtp::read_u16(message.data() + 8);
  const std::size_t protocol_size = rtp::read_u16(message.data() + 10);
  if (label_size > kMaxName || protocol_size > kMaxName) return std::nullopt;
  if (message.size() != kOpenHeader + label_size + protocol_size) return std::nullopt;

  DcepOpen open;
  open.ordered = (message[1] & kUnordered) == 0;
  const std::uint32_t reliability = rtp::read_u32(message.data() + 4);
  switch (message[1] & ~kUnordered) {
    case kReliable:
      break;
    case kLimitedRetransmits:
      open.max_retransmits = clamp16(reliability);
      break;
    case kLimitedLifetime:
      open.max_lifetime_ms = clamp16(reliability);
      break;
    default:
      return std::nullopt;
  }
  open.priority = rtp::read_u16(message.data() + 2);
  const char* text = reinterpret_cast<const char*>(message.data() + kOpenHeader);
  open.label.assign(text, label_size);
  open.protocol.assign(text + label_size, protocol_size);
  return open;
}

std::vector<std::uint8_t> DcepOpen::serialize() const {
  std::uint8_t type = kReliable;
  std::uint32_t reliability = 0;
  if (max_retransmits) {
    type = kLimitedRetransmits;
    reliability = *max_retransmits;
  } else if (max_lifetime_ms) {
    type = kLimitedLifetime;
    reliability = *max_lifetime_ms;
  }
  if (!ordered) type |= kUnordered;
  const std::size_t label_size = std::min(label.size(), kMaxName);
  const std::size_t protocol_size = std::min(protocol.size(), kMaxName);

  std::vector<std::uint8_t> message(kOpenHeader);
  message[0] = kOpen;
  message[1] = type;
  rtp::write_u16(message.data() + 2, priority);
  rtp::write_u32(message.data() + 4, reliability);
  rtp::write_u16(message.data() + 8, static_cast<std::uint16_t>(label_size));
  rtp::write_u16(message.data() + 10, static_cast<std::uint16_t>(protocol_size));
  message.insert(message.end(), label.begin(), label.begin() + static_cast<std::ptrdiff_t>(label_size));
  message.insert(message.end(), protocol.begin(),
                 protocol.begin() + static_cast<std::ptrdiff_t>(protocol_size));
  return message;
}

bool is_dcep_ack(std::span<const std::uint8_t> message) {
  return message.size() == 1 && message[0] == kAck;
}

std::vector<std::uint8_t> dcep_ack() {
  return {kAck};
}

}  // namespace ringback::webrtc
