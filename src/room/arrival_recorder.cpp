#include "room/arrival_recorder.h"

#include <algorithm>
#include <limits>

namespace ringback::room {
namespace {

constexpr std::int64_t kReferenceUnit = 64'000;  // us
constexpr std::int64_t kDeltaUnit = 250;         // us

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

void ArrivalRecorder::received(base::TimePoint now, std::uint16_t sequence) {
  const std::int64_t full = unwrapper_.unwrap(sequence);
  if (!arrivals_) {
    arrivals_ = std::make_unique<std::array<Arrival, kWindow>>();
    next_ = highest_ = full;
  }
  if (full < next_) return;  // reported as lost already
  if (full - next_ >= static_cast<std::int64_t>(kWindow))
    next_ = full - static_cast<std::int64_t>(kWindow) + 1;
  highest_ = std::max(highest_, full);
  (*arrivals_)[static_cast<std::size_t>(full) % kWindow] = {full, now};
  pending_ = true;
}

bool ArrivalRecorder::report(std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                             rtp::TransportFeedback& out) {
  if (!pending_) return false;
  pending_ = false;
  out.sender_ssrc = sender_ssrc;
  out.media_ssrc = media_ssrc;
  out.packets.clear();

  std::int64_t previous = 0;
  bool any = false;
  for (; next_ <= highest_; ++next_) {
    const Arrival& arrival = (*arrivals_)[static_cast<std::size_t>(next_) % kWindow];
    rtp::ArrivalStatus status{.sequence = static_cast<std::uint16_t>(next_)};
    if (arrival.sequence == next_) {
      const std::int64_t at = arrival.at.time_since_epoch().count();
      if (!any) {
        const std::int64_t reference = floor_divide(at, kReferenceUnit);
        // 24 bits signed on the wire; it wraps like every other clock there.
        out.reference_time = static_cast<std::int32_t>(static_cast<std::uint32_t>(reference) << 8) >> 8;
        previous = reference * kReferenceUnit;
        any = true;
      }
      const std::int64_t delta = floor_divide(at - previous + kDeltaUnit / 2, kDeltaUnit);
      if (delta > std::numeric_limits<std::int16_t>::max() ||
          delta < std::numeric_limits<std::int16_t>::min()) {
        pending_ = true;  // the rest gets a reference time of its own
        break;
      }
      status.received = true;
      status.delta = static_cast<std::int16_t>(delta);
      previous += delta * kDeltaUnit;
    }
    if (!out.packets.push_back(status)) {
      pending_ = true;
      break;
    }
  }
  if (!any) return false;
  out.feedback_count = count_++;
  return true;
}

}  // namespace ringback::room
