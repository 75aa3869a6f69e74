#pragma once

#include <cstdint>
#include <optional>

namespace ringback::rtp {

/// How far `to` lies after `from` on the 16-bit circle: -32768..32767, negative when it is older.
[[nodiscard]] constexpr std::int16_t sequence_distance(std::uint16_t from, std::uint16_t to) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}
[[nodiscard]] constexpr bool sequence_newer(std::uint16_t candidate, std::uint16_t than) {
  return sequence_distance(than, candidate) > 0;
}

/// The same for RTP timestamps on the 32-bit circle.
[[nodiscard]] constexpr std::int32_t timestamp_distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

/// Unfolds a wrapping counter (16-bit sequence numbers, 32-bit timestamps) into one that never wraps.
///
/// Each value is taken as the nearest neighbour of the newest one, so reordering across a wrap is harmless.
/// The first value maps to itself; an older one that follows it may become negative.
template <class Counter>
class Unwrapper {
 public:
  /// Where `value` lies, without moving on: for packets that may still be refused.
  [[nodiscard]] std::int64_t peek(Counter value) const {
    if (!newest_) return value;
    const auto step = static_cast<Counter>(value - static_cast<Counter>(*newest_));
    constexpr auto kHalf = static_cast<Counter>(Counter{1} << (sizeof(Counter) * 8 - 1));
    constexpr std::int64_t kCircle = std::int64_t{1} << (sizeof(Counter) * 8);
    return *newest_ + (step < kHalf ? std::int64_t{step} : std::int64_t{step} - kCircle);
  }
  /// peek(), and remembers the value when it is the newest so far.
  std::int64_t unwrap(Counter value) {
    const std::int64_t full = peek(value);
    if (!newest_ || full > *newest_) newest_ = full;
    return full;
  }
  void reset() { newest_.reset(); }

 private:
  std::optional<std::int64_t> newest_;
};

using SequenceUnwrapper = Unwrapper<std::uint16_t>;
using TimestampUnwrapper = Unwrapper<std::uint32_t>;

}  // namespace ringback::rtp
