#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "rtp/packet.h"
#include "rtp/sequence.h"

namespace ringback::rtp {

/// Puts a stream back in order without delaying what is in order: for a path whose far end has a jitter
/// buffer of its own (phone to room).
///
/// A packet that is next in sequence passes through: take_next() after insert() hands it out. A packet beyond
/// a gap waits until the gap closes or `max_wait` has passed since it came, then the gap is given up. Owned
/// by one thread; memory is taken at construction.
class ReorderBuffer {
 public:
  struct Settings {
    base::Duration max_wait{40'000};  ///< two frames: what arrives later is better concealed
    std::size_t capacity = 16;        ///< packets, rounded up to a power of two
    std::size_t slot_size = 1500;     ///< greatest packet in bytes
  };
  /// Counters since construction.
  struct Stats {
    std::uint64_t reordered = 0;   ///< waited for an earlier packet that came
    std::uint64_t late = 0;        ///< dropped: its place was already passed
    std::uint64_t duplicates = 0;  ///< dropped
    std::uint64_t lost = 0;        ///< places given up
  };

  explicit ReorderBuffer(const Settings& settings);
  ReorderBuffer() : ReorderBuffer(Settings{}) {}

  /// Stores a copy of the packet, unless it is late or a duplicate. Drain with take_next() before the next
  /// insert().
  void insert(base::TimePoint now, const PacketView& packet);
  /// The next packet that may go on, in order; valid until the next insert().
  [[nodiscard]] std::optional<PacketView> take_next(base::TimePoint now);
  /// When a gap will be given up; kNever when nothing waits.
  [[nodiscard]] base::TimePoint next_deadline() const;

  void reset();
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  struct Slot {
    bool used = false;
    std::size_t size = 0;
    std::int64_t sequence = 0;
    base::TimePoint arrival;
  };
  [[nodiscard]] std::size_t index_of(std::int64_t sequence) const {
    return static_cast<std::size_t>(sequence) & mask_;
  }
  [[nodiscard]] const Slot* oldest() const;
  void restart(std::uint16_t sequence);

  Settings settings_;
  std::size_t mask_;
  std::vector<Slot> slots_;
  std::vector<std::uint8_t> bytes_;
  SequenceUnwrapper sequences_;
  std::optional<std::int64_t> next_;
  std::optional<std::uint16_t> jump_candidate_;
  std::size_t waiting_ = 0;
  Stats stats_;
};

}  // namespace ringback::rtp
