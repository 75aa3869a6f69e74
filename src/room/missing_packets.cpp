#include "room/missing_packets.h"

#include "rtp/sequence.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

/// A packet that overtook another by less than this was only reordered.
constexpr base::Duration kReorderTolerance = 10ms;
/// About one round trip: asking sooner only doubles what is on its way.
constexpr base::Duration kRetryAfter = 80ms;
constexpr std::uint8_t kMaxTries = 10;
/// A longer gap is an outage; repeating that many packets would make it worse.
constexpr int kLongestGap = 200;

}  // namespace

bool MissingPackets::received(base::TimePoint now, std::uint16_t sequence) {
  if (!newest_) {
    newest_ = sequence;
    return true;
  }
  const int ahead = rtp::sequence_distance(*newest_, sequence);
  if (ahead <= 0) {
    rtp::FixedList<Missing, kMaxMissing> left;
    for (const Missing& missing : missing_) {
      if (missing.sequence != sequence) left.push_back(missing);
    }
    if (left.size() != missing_.size()) missing_ = left;
    return true;
  }
  const std::uint16_t previous = *newest_;
  newest_ = sequence;
  if (ahead == 1) return true;
  if (ahead > kLongestGap || missing_.size() + static_cast<std::size_t>(ahead - 1) > kMaxMissing) {
    missing_.clear();
    return false;
  }
  for (int step = 1; step < ahead; ++step) {
    missing_.push_back(
        {.sequence = static_cast<std::uint16_t>(previous + step), .ask_at = now + kReorderTolerance});
  }
  return true;
}

MissingPackets::Request MissingPackets::due(base::TimePoint now) {
  Request request;
  if (missing_.empty()) return request;
  rtp::FixedList<Missing, kMaxMissing> left;
  for (Missing& missing : missing_) {
    if (now >= missing.ask_at && !request.full()) {
      if (missing.tries == kMaxTries) continue;
      request.push_back(missing.sequence);
      ++missing.tries;
      missing.ask_at = now + kRetryAfter;
    }
    left.push_back(missing);
  }
  missing_ = left;
  return request;
}

}  // namespace ringback::room
