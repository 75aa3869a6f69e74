#include "room/stream_rewriter.h"

#include <algorithm>

namespace ringback::room {
namespace {

/// Half of the number space: what lies further ahead than this is behind (RFC 1982).
constexpr std::uint16_t kHalf = 0x8000;

/// A receiver asks for what it missed within a second or so; older numbers may already belong to another
/// source.
constexpr std::uint32_t kAnswerable = 0x7fff;

bool is_ahead(std::uint16_t a, std::uint16_t b) {
  return a != b && static_cast<std::uint16_t>(a - b) < kHalf;
}

}  // namespace

StreamRewriter::StreamRewriter(Position start, std::uint32_t clock_rate)
    : clock_rate_(clock_rate), last_{static_cast<std::uint16_t>(start.sequence - 1), start.timestamp} {}

std::optional<StreamRewriter::Position> StreamRewriter::rewrite(base::TimePoint now, Position source) {
  if (switching_) {
    switching_ = false;
    std::uint32_t timestamp = last_.timestamp;
    if (started_) {
      // The receiver's clock has run on while nothing was sent; at least one tick, so that frames stay
      // distinct.
      const auto elapsed = std::max<std::int64_t>((now - last_time_).count(), 0);
      timestamp += static_cast<std::uint32_t>(std::max<std::int64_t>(elapsed * clock_rate_ / 1'000'000, 1));
    }
    started_ = true;
    const auto sequence = static_cast<std::uint16_t>(last_.sequence + 1);
    sequence_offset_ = static_cast<std::uint16_t>(sequence - source.sequence);
    timestamp_offset_ = timestamp - source.timestamp;
    since_switch_ = 0;
    last_ = {sequence, timestamp};
    last_time_ = now;
    return last_;
  }

  const Position sent{static_cast<std::uint16_t>(source.sequence + sequence_offset_),
                      source.timestamp + timestamp_offset_};
  if (is_ahead(sent.sequence, last_.sequence)) {
    since_switch_ = std::min<std::uint32_t>(
        since_switch_ + static_cast<std::uint16_t>(sent.sequence - last_.sequence), kAnswerable);
    last_ = sent;
    last_time_ = now;
    return sent;
  }
  // Late or repeated: only numbers of this source may be used again.
  if (static_cast<std::uint16_t>(last_.sequence - sent.sequence) > since_switch_) return std::nullopt;
  return sent;
}

std::optional<std::uint16_t> StreamRewriter::source_sequence(std::uint16_t sent) const {
  if (!started_ || switching_) return std::nullopt;
  if (static_cast<std::uint16_t>(last_.sequence - sent) > since_switch_) return std::nullopt;
  return static_cast<std::uint16_t>(sent - sequence_offset_);
}

}  // namespace ringback::room
