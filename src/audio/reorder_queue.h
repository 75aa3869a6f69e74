#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/time.h"

namespace ringback::audio {

/// Puts the packets of one stream back into order. A packet that comes in order costs no delay; behind a
/// missing one packets wait until it comes, at most kPatience.
///
/// Use: insert(), then next() until it gives nothing; next() again at next_deadline(). All memory is inside.
/// Unlike a jitter buffer it does not pace: it is for streams whose listeners have jitter buffers of their
/// own.
class ReorderQueue {
 public:
  /// One frame: a packet that is overtaken is seldom overtaken by more.
  static constexpr base::Duration kPatience = std::chrono::milliseconds(20);
  /// 60 ms of G.711.
  static constexpr std::size_t kMaxPayload = 480;

  struct Packet {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t lost_before = 0;          ///< packets given up between the previous one and this
    bool audio = true;                      ///< as given to insert()
    std::span<const std::uint8_t> payload;  ///< valid until the next insert()
  };

  /// False for packets that are late, doubled or too long. The first packet after reset() begins the stream;
  /// the caller resets when sequence numbers leap.
  bool insert(base::TimePoint now, std::uint16_t sequence, std::uint32_t timestamp,
              std::span<const std::uint8_t> payload, bool audio);
  [[nodiscard]] std::optional<Packet> next(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;
  void reset();

 private:
  static constexpr std::size_t kSlots = 5;

  struct Slot {
    bool used = false;
    bool audio = true;
    std::uint16_t sequence = 0;
    std::uint16_t size = 0;
    std::uint32_t timestamp = 0;
    base::TimePoint arrival{};
    std::array<std::uint8_t, kMaxPayload> payload;
  };

  [[nodiscard]] Slot* oldest();
  [[nodiscard]] const Slot* oldest() const;

  std::size_t used_ = 0;
  std::optional<std::uint16_t> expected_;
  std::array<Slot, kSlots> slots_{};
};

}  // namespace ringback::audio
