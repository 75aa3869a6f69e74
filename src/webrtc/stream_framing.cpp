#include "webrtc/stream_framing.h"

#include "rtp/byte_order.h"

namespace ringback::webrtc {
namespace {

constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kStunHeader = 20;
constexpr std::size_t kChannelHeader = 4;

constexpr std::size_t padding_of(std::size_t size) {
  return (4 - size % 4) % 4;
}

}  // namespace

void StreamPackets::append(std::span<const std::uint8_t> bytes) {
  if (broken_) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
  start_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<StreamPackets::Frame> StreamPackets::read_header() {
  const std::span<const std::uint8_t> rest = std::span(buffer_).subspan(start_);
  if (rest.size() < kChannelHeader) {
    // The shortest frame of all is an empty packet behind its length.
    if (framing_ != StreamFraming::kLengthPrefixed || rest.size() < kLengthSize) return std::nullopt;
  }
  Frame frame{};
  if (framing_ == StreamFraming::kLengthPrefixed) {
    frame = {.header = kLengthSize, .packet = rtp::read_u16(rest.data()), .padding = 0};
  } else {
    const std::size_t length = rtp::read_u16(rest.data() + 2);
    switch (rest[0] >> 6) {
      case 0:
        frame = {.header = 0, .packet = kStunHeader + length, .padding = 0};
        break;
      case 1:
        frame = {.header = 0, .packet = kChannelHeader + length, .padding = padding_of(length)};
        break;
      default:
        broken_ = true;
        return std::nullopt;
    }
  }
  if (frame.packet > kMaxPacket) {
    broken_ = true;
    return std::nullopt;
  }
  return frame;
}

std::optional<std::span<std::uint8_t>> StreamPackets::next() {
  if (broken_) return std::nullopt;
  const auto frame = read_header();
  if (!frame || buffer_.size() - start_ < frame->header + frame->packet + frame->padding) return std::nullopt;
  const auto packet = std::span(buffer_).subspan(start_ + frame->header, frame->packet);
  start_ += frame->header + frame->packet + frame->padding;
  return packet;
}

std::string framed(StreamFraming framing, std::span<const std::uint8_t> packet) {
  std::string out;
  if (packet.size() > 0xffff) return out;
  out.reserve(packet.size() + kChannelHeader);
  if (framing == StreamFraming::kLengthPrefixed) {
    out.push_back(static_cast<char>(packet.size() >> 8));
    out.push_back(static_cast<char>(packet.size() & 0xff));
  }
  out.append(reinterpret_cast<const char*>(packet.data()), packet.size());
  if (framing == StreamFraming::kTurn) out.append(padding_of(packet.size()), '\0');
  return out;
}

}  // namespace ringback::webrtc
