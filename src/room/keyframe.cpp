#include "room/keyframe.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace ringback::room {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// RFC 7741 section 4.2 and 4.3: the payload descriptor, then the frame header's inverse key frame flag.
bool vp8(Bytes payload) {
  if (payload.empty()) return false;
  const std::uint8_t first = payload[0];
  const bool starts_partition_zero = (first & 0x10) != 0 && (first & 0x07) == 0;
  if (!starts_partition_zero) return false;
  std::size_t at = 1;
  if ((first & 0x80) != 0) {
    if (at >= payload.size()) return false;
    const std::uint8_t extended = payload[at++];
    if ((extended & 0x80) != 0) {
      if (at >= payload.size()) return false;
      at += (payload[at] & 0x80) != 0 ? 2 : 1;
    }
    if ((extended & 0x40) != 0) ++at;
    if ((extended & 0x30) != 0) ++at;
  }
  return at < payload.size() && (payload[at] & 0x01) == 0;
}

/// RFC 9628 section 4.2: begins a frame, is not predicted from another one, and is the lowest spatial layer.
bool vp9(Bytes payload) {
  if (payload.empty()) return false;
  const std::uint8_t first = payload[0];
  const bool predicted = (first & 0x40) != 0;
  const bool begins = (first & 0x08) != 0;
  if (predicted || !begins) return false;
  if ((first & 0x20) == 0) return true;  // no layer indices
  std::size_t at = 1;
  if ((first & 0x80) != 0) {
    if (at >= payload.size()) return false;
    at += (payload[at] & 0x80) != 0 ? 2 : 1;
  }
  return at < payload.size() && ((payload[at] >> 1) & 0x07) == 0;
}

/// RFC 6184 section 5: an IDR slice or a parameter set, alone, in an aggregate or as the first fragment.
bool h264(Bytes payload) {
  constexpr auto is_key = [](std::uint8_t type) { return type == 5 || type == 7; };
  if (payload.empty()) return false;
  const std::uint8_t type = payload[0] & 0x1f;
  if (is_key(type)) return true;
  if (type == 24) {
    for (std::size_t at = 1; at + 2 < payload.size();) {
      const std::size_t size = static_cast<std::size_t>(payload[at] << 8 | payload[at + 1]);
      if (is_key(payload[at + 2] & 0x1f)) return true;
      at += 2 + size;
    }
    return false;
  }
  return type == 28 && payload.size() > 1 && (payload[1] & 0x80) != 0 && is_key(payload[1] & 0x1f);
}

/// The N bit of the aggregation header: first packet of a coded video sequence.
bool av1(Bytes payload) {
  return !payload.empty() && (payload[0] & 0x08) != 0 && (payload[0] & 0x80) == 0;
}

}  // namespace

bool begins_keyframe(std::string_view codec, Bytes payload) {
  if (same(codec, "VP8")) return vp8(payload);
  if (same(codec, "H264")) return h264(payload);
  if (same(codec, "VP9")) return vp9(payload);
  if (same(codec, "AV1")) return av1(payload);
  return false;
}

}  // namespace ringback::room
