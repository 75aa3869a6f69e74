#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace ringback::room {

/// Sequence numbers and timestamps of one forwarded RTP stream (RFC 3550 section 5.1), so that the receiver
/// sees a single unbroken stream whatever happens to its source: paused and resumed, another simulcast layer,
/// another publisher in a reused media section.
///
/// Within one source both fields are the source's plus an offset, therefore loss and reordering stay visible
/// to the receiver, and a sequence number that it asks for again (RFC 4585 section 6.2.1) maps back to the
/// source's. Owned by a DownTrack; worker thread; no allocation.
class StreamRewriter {
 public:
  struct Position {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    auto operator<=>(const Position&) const = default;
  };

  /// `start` is the position of the first packet sent; random values make known-plaintext attacks harder
  /// (RFC 3550 section 5.1).
  StreamRewriter(Position start, std::uint32_t clock_rate);

  /// The next packet begins a new source; its position follows the last packet sent.
  void switch_source() { switching_ = true; }

  void set_clock_rate(std::uint32_t clock_rate) { clock_rate_ = clock_rate; }

  /// Where the packet goes. Nothing when it is older than the current source's first packet: its number
  /// belongs to what was sent before.
  std::optional<Position> rewrite(base::TimePoint now, Position source);

  /// The source's sequence number that was sent as `sent`, while it belongs to the current source.
  [[nodiscard]] std::optional<std::uint16_t> source_sequence(std::uint16_t sent) const;

  /// The timestamp as sent, of a source timestamp (to translate sender reports, RFC 3550 section 6.4.1).
  [[nodiscard]] std::uint32_t sent_timestamp(std::uint32_t source) const {
    return source + timestamp_offset_;
  }

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] Position last_sent() const { return last_; }

 private:
  std::uint32_t clock_rate_;
  Position last_;                       ///< highest position sent
  base::TimePoint last_time_{};         ///< when it was sent
  std::uint16_t sequence_offset_ = 0;   ///< sent minus source, modulo 2^16
  std::uint32_t timestamp_offset_ = 0;  ///< sent minus source, modulo 2^32
  std::uint32_t since_switch_ = 0;      ///< packets numbered since the switch, to bound source_sequence()
  bool started_ = false;
  bool switching_ = true;
};

}  // namespace ringback::room
