#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ringback::rtp {

inline constexpr std::size_t kFixedHeaderSize = 12;

/// What shares a media port (RFC 7983): decided by the first byte, and for RTP and RTCP by the second (RFC
/// 5761).
enum class PacketKind : std::uint8_t { kUnknown, kStun, kDtls, kTurnChannel, kRtp, kRtcp };
[[nodiscard]] PacketKind classify(std::span<const std::uint8_t> packet);

/// Static payload types of RFC 3551 that telephony uses; 96..127 are dynamic (SDP tells).
inline constexpr std::uint8_t kPayloadTypePcmu = 0;
inline constexpr std::uint8_t kPayloadTypePcma = 8;
inline constexpr std::uint8_t kPayloadTypeG722 = 9;
inline constexpr std::uint8_t kPayloadTypeComfortNoise = 13;
inline constexpr std::uint8_t kFirstDynamicPayloadType = 96;
inline constexpr std::uint8_t kLastPayloadType = 127;
[[nodiscard]] constexpr bool is_dynamic_payload_type(std::uint8_t type) {
  return type >= kFirstDynamicPayloadType && type <= kLastPayloadType;
}

/// A received RTP packet (RFC 3550 section 5.1), looked at in place.
///
/// A value of pointers into the caller's bytes: valid as long as those are. parse() checks every length once,
/// so no accessor can read outside.
class PacketView {
 public:
  /// nullopt unless the bytes are one complete, plain RTP packet.
  static std::optional<PacketView> parse(std::span<const std::uint8_t> bytes);
  /// As parse(), but leaves the padding alone: in an SRTP packet its length is still encrypted. payload()
  /// then includes padding and authentication tag.
  static std::optional<PacketView> parse_header(std::span<const std::uint8_t> bytes);

  [[nodiscard]] bool marker() const { return (bytes_[1] & 0x80) != 0; }
  [[nodiscard]] std::uint8_t payload_type() const { return bytes_[1] & 0x7f; }
  [[nodiscard]] std::uint16_t sequence() const;
  [[nodiscard]] std::uint32_t timestamp() const;  ///< in units of the payload's clock rate
  [[nodiscard]] std::uint32_t ssrc() const;

  [[nodiscard]] std::size_t csrc_count() const { return bytes_[0] & 0x0f; }
  /// `index` must be below csrc_count().
  [[nodiscard]] std::uint32_t csrc(std::size_t index) const;

  [[nodiscard]] bool has_extension() const { return (bytes_[0] & 0x10) != 0; }
  /// Data of the header extension element `id` (RFC 8285; the one-byte and the two-byte form), or nullopt.
  /// Extension blocks of any other profile have no elements.
  [[nodiscard]] std::optional<std::span<const std::uint8_t>> extension(std::uint8_t id) const;

  [[nodiscard]] std::size_t header_size() const { return header_size_; }  ///< with CSRCs and extension
  [[nodiscard]] std::size_t padding_size() const {
    return padding_size_;
  }  ///< trailing bytes, count byte included
  [[nodiscard]] std::span<const std::uint8_t> payload() const {
    return bytes_.subspan(header_size_, bytes_.size() - header_size_ - padding_size_);
  }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  PacketView(std::span<const std::uint8_t> bytes, std::size_t header_size)
      : bytes_(bytes), header_size_(header_size) {}

  std::span<const std::uint8_t> bytes_;
  std::size_t header_size_ = 0;
  std::size_t padding_size_ = 0;
};

/// The fields a sender chooses.
struct PacketHeader {
  bool marker = false;
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
};

/// One element to write into the header extension; id 1..255 except 15, at most 255 bytes.
struct HeaderExtension {
  std::uint8_t id = 0;
  std::span<const std::uint8_t> data;
};

/// Writes header and extension at the start of `out` and returns their size, or 0 when `out` is too small or
/// an element cannot be written. Elements with id 1..14 and 1..16 bytes use the one-byte form; one element
/// beyond that turns the block into the two-byte form (RFC 8285 section 4.1.2; the receiver must have agreed
/// to it).
[[nodiscard]] std::size_t write_header(std::span<std::uint8_t> out, const PacketHeader& header,
                                       std::span<const HeaderExtension> extensions = {});
/// Header and payload; the size of the whole packet, or 0 when `out` is too small. `payload` must not overlap
/// `out`.
[[nodiscard]] std::size_t write_packet(std::span<std::uint8_t> out, const PacketHeader& header,
                                       std::span<const std::uint8_t> payload,
                                       std::span<const HeaderExtension> extensions = {});

/// Overwrites the fixed header fields of a packet in place, keeping CSRCs, extension and padding: what a
/// forwarder does after copying. `packet` must hold a packet that parse() accepted.
void rewrite_header(std::span<std::uint8_t> packet, const PacketHeader& header);

}  // namespace ringback::rtp
