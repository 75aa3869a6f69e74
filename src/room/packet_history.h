#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringback::room {

/// The latest packets of one received video stream, as they came (decrypted), so that any subscriber's
/// request for a lost one (RFC 4585 section 6.2.1) is answered without asking the publisher. Owned by an
/// UpStream; worker thread. Its 0.8 MiB are allocated by the first packet kept.
class PacketHistory {
 public:
  /// Packets remembered: some two seconds of a 2.5 Mbit/s stream.
  static constexpr std::size_t kPackets = 512;
  /// Longer packets are not kept: nothing that crosses an Ethernet is longer.
  static constexpr std::size_t kMaxPacket = 1500;

  void keep(std::uint16_t sequence, std::span<const std::uint8_t> packet);
  /// Empty when it was never kept or has been replaced.
  [[nodiscard]] std::span<const std::uint8_t> find(std::uint16_t sequence) const;

 private:
  struct Slot {
    std::uint16_t sequence = 0;
    std::uint16_t size = 0;  ///< 0: empty
    std::array<std::uint8_t, kMaxPacket> bytes;
  };
  std::unique_ptr<std::array<Slot, kPackets>> slots_;
};

}  // namespace ringback::room
