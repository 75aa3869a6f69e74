#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"

namespace ringback::rtp {

/// The last packets of a stream, kept for those who ask for them again (RFC 4585 NACK). A ring over sequence
/// numbers: storing and finding take constant time. Memory is taken by the first packet kept: 0.8 MiB with
/// the default settings. Owned by one thread.
class PacketHistory {
 public:
  struct Settings {
    std::size_t capacity = 512;    ///< packets, rounded up to a power of two: about 1 s of 3 Mbit/s video
    std::size_t slot_size = 1500;  ///< greatest packet in bytes; larger ones are not kept
  };
  explicit PacketHistory(const Settings& settings);
  PacketHistory() : PacketHistory(Settings{}) {}

  /// Keeps a copy of the packet (plain, not SRTP) under its sequence number; the oldest of its place is
  /// forgotten.
  void store(base::TimePoint now, std::uint16_t sequence, std::span<const std::uint8_t> packet);

  /// The packet, or nullopt when it is not kept any more. Valid until the next store().
  [[nodiscard]] std::optional<std::span<const std::uint8_t>> find(std::uint16_t sequence) const;

  /// As find(), but nullopt if the packet was stored or taken less than `least_interval` ago: a second NACK
  /// for what is still under way. Counts as taken.
  [[nodiscard]] std::optional<std::span<const std::uint8_t>> take_for_resend(base::TimePoint now,
                                                                             std::uint16_t sequence,
                                                                             base::Duration least_interval);
  void clear();

 private:
  struct Slot {
    bool used = false;
    std::uint16_t sequence = 0;
    std::uint16_t size = 0;
    base::TimePoint last_sent;
  };
  [[nodiscard]] std::size_t index_of(std::uint16_t sequence) const { return sequence & mask_; }

  std::size_t slot_size_;
  std::size_t mask_;
  std::vector<Slot> slots_;  ///< empty until something is kept
  std::vector<std::uint8_t> bytes_;
};

}  // namespace ringback::rtp
