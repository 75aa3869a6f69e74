#include "rtp/nack_generator.h"

#include <algorithm>
#include <utility>

namespace ringback::rtp {

NackGenerator::NackGenerator(const Settings& settings) : settings_(settings) {}

void NackGenerator::reset() {
  sequences_.reset();
  newest_.reset();
  missing_.clear();
  key_frame_needed_ = false;
}

NackGenerator::Arrival NackGenerator::on_packet(base::TimePoint now, std::uint16_t wire_sequence) {
  const std::int64_t sequence = sequences_.unwrap(wire_sequence);
  if (!newest_) {
    newest_ = sequence;
    return Arrival::kNewest;
  }
  if (sequence <= *newest_) {
    const auto it = std::find_if(missing_.begin(), missing_.end(),
                                 [&](const Missing& entry) { return entry.sequence == sequence; });
    if (it == missing_.end()) return Arrival::kRepeated;
    missing_.erase(it);
    return Arrival::kRecovered;
  }
  const auto gap = static_cast<std::size_t>(sequence - *newest_ - 1);
  if (missing_.size() + gap > settings_.max_missing) {
    given_up_ += missing_.size() + gap;
    missing_.clear();
    key_frame_needed_ = true;
  } else if (gap > 0) {
    missing_.reserve(settings_.max_missing);
    for (std::int64_t lost = *newest_ + 1; lost < sequence; ++lost) {
      missing_.push_back({.sequence = lost, .noticed = now, .next_request = now + settings_.reorder_wait});
    }
  }
  newest_ = sequence;
  return Arrival::kNewest;
}

NackGenerator::Requests NackGenerator::take_requests(base::TimePoint now, base::Duration round_trip) {
  const std::size_t before = missing_.size();
  std::erase_if(missing_, [&](const Missing& entry) {
    const bool asked_enough = entry.requests >= settings_.max_requests && entry.next_request <= now;
    return asked_enough || now - entry.noticed >= settings_.give_up_after;
  });
  if (missing_.size() < before) {
    given_up_ += before - missing_.size();
    key_frame_needed_ = true;
  }
  Requests requests;
  for (Missing& entry : missing_) {
    if (entry.next_request > now) continue;
    if (!requests.push_back(static_cast<std::uint16_t>(entry.sequence))) break;
    ++entry.requests;
    entry.next_request = now + std::max(round_trip, settings_.least_interval);
  }
  return requests;
}

base::TimePoint NackGenerator::next_deadline() const {
  base::TimePoint earliest = base::kNever;
  for (const Missing& entry : missing_) {
    earliest = std::min({earliest, entry.next_request, entry.noticed + settings_.give_up_after});
  }
  return earliest;
}

bool NackGenerator::take_key_frame_needed() {
  return std::exchange(key_frame_needed_, false);
}

}  // namespace ringback::rtp
