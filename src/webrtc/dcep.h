#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringback::webrtc {

/// Payload protocol identifiers of data channels (RFC 8831 8).
namespace ppid {
inline constexpr std::uint32_t kControl = 50;
inline constexpr std::uint32_t kString = 51;
inline constexpr std::uint32_t kBinary = 53;
inline constexpr std::uint32_t kEmptyString = 56;
inline constexpr std::uint32_t kEmptyBinary = 57;
}  // namespace ppid

/// The Data Channel Establishment Protocol's message that opens a channel (RFC 8832 5.1).
struct DcepOpen {
  bool ordered = true;
  std::optional<std::uint16_t> max_retransmits = {};
  std::optional<std::uint16_t> max_lifetime_ms = {};
  std::uint16_t priority = 0;
  std::string label = {};
  std::string protocol = {};

  /// nullopt unless the bytes are exactly one open message of a known channel type.
  static std::optional<DcepOpen> parse(std::span<const std::uint8_t> message);
  [[nodiscard]] std::vector<std::uint8_t> serialize() const;
  bool operator==(const DcepOpen&) const = default;
};

[[nodiscard]] bool is_dcep_ack(std::span<const std::uint8_t> message);
[[nodiscard]] std::vector<std::uint8_t> dcep_ack();

}  // namespace ringback::webrtc
