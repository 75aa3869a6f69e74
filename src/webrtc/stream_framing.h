#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ringback::webrtc {

/// How packets stand in a TCP or TLS stream.
enum class StreamFraming : std::uint8_t {
  kLengthPrefixed,  ///< RFC 4571: two bytes of length before each; ICE-TCP (RFC 6544)
  kTurn,            ///< STUN messages, and channel data padded to four bytes (RFC 8656 section 12.5)
};

/// Cuts a stream back into packets. One per connection; no clock. A stream that breaks the rules cannot be
/// resynchronised: close it.
///
/// Use: `append(bytes)`, then `while (auto packet = next()) ...` and look at broken().
class StreamPackets {
 public:
  /// Longer packets than WebRTC ever sends.
  static constexpr std::size_t kMaxPacket = 4096;

  explicit StreamPackets(StreamFraming framing) : framing_(framing) {}

  /// Keeps a copy of the bytes. After the stream broke, they are dropped.
  void append(std::span<const std::uint8_t> bytes);
  /// The next whole packet, without framing; may be changed in place, valid until the next call of append().
  [[nodiscard]] std::optional<std::span<std::uint8_t>> next();
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  struct Frame {
    std::size_t header;  ///< before the packet
    std::size_t packet;
    std::size_t padding;  ///< behind it
  };
  /// nullopt: too little is there to tell, or the stream is broken.
  [[nodiscard]] std::optional<Frame> read_header();

  StreamFraming framing_;
  std::vector<std::uint8_t> buffer_;
  std::size_t start_ = 0;  ///< first byte not yet handed out
  bool broken_ = false;
};

/// The packet as it goes into a stream. Empty when it is too long for the framing.
[[nodiscard]] std::string framed(StreamFraming framing, std::span<const std::uint8_t> packet);

}  // namespace ringback::webrtc
