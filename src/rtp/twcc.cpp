#include "rtp/twcc.h"

#include <algorithm>
#include <limits>

namespace ringback::rtp {
namespace {

constexpr std::int64_t kTickMicros = 250;
constexpr std::int64_t kTicksPerReference = 64'000 / kTickMicros;
constexpr std::int64_t kReferenceMask = 0xffffff;

}  // namespace

void TwccRecorder::on_packet(base::TimePoint now, std::uint16_t transport_sequence) {
  const std::int64_t sequence = sequences_.unwrap(transport_sequence);
  const std::int64_t ticks = now.time_since_epoch().count() / kTickMicros;
  if (!begin_) {
    arrivals_ = std::make_unique<std::array<std::int64_t, kWindow>>();
    begin_ = sequence;
    end_ = sequence;
  }
  if (sequence < *begin_) {
    // Reported as lost before; telling of it late helps the sender more than silence.
    if (end_ - sequence > kWindow) return;
    for (std::int64_t s = sequence; s < *begin_; ++s) arrival(s) = kNone;
    begin_ = sequence;
  }
  if (sequence >= end_) {
    if (sequence - *begin_ >= kWindow) begin_ = sequence - kWindow + 1;
    for (std::int64_t s = std::max(end_, *begin_); s < sequence; ++s) arrival(s) = kNone;
    arrival(sequence) = kNone;
    end_ = sequence + 1;
  }
  if (arrival(sequence) == kNone) arrival(sequence) = ticks;
}

bool TwccRecorder::make_feedback(std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                                 TransportFeedback& out) {
  if (!begin_ || *begin_ == end_) return false;
  std::int64_t first = *begin_;
  while (first < end_ && arrival(first) == kNone) ++first;
  if (first == end_) return false;

  const std::int64_t reference = arrival(first) / kTicksPerReference;
  out.sender_ssrc = sender_ssrc;
  out.media_ssrc = media_ssrc;
  // Signed 24 bits that wrap every 12 days.
  out.reference_time = static_cast<std::int32_t>(((reference & kReferenceMask) ^ 0x800000) - 0x800000);
  out.feedback_count = feedback_count_++;
  out.packets.clear();

  std::int64_t previous = reference * kTicksPerReference;
  std::int64_t sequence = *begin_;
  for (; sequence < end_ && !out.packets.full(); ++sequence) {
    ArrivalStatus status{.sequence = static_cast<std::uint16_t>(sequence)};
    if (const std::int64_t ticks = arrival(sequence); ticks != kNone) {
      const std::int64_t delta = ticks - previous;
      if (delta > std::numeric_limits<std::int16_t>::max() ||
          delta < std::numeric_limits<std::int16_t>::min())
        break;
      status.received = true;
      status.delta = static_cast<std::int16_t>(delta);
      previous = ticks;
    }
    out.packets.push_back(status);
  }
  begin_ = sequence;
  return true;
}

}  // namespace ringback::rtp
