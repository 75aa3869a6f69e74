#include "audio/reorder_queue.h"

#include <algorithm>
#include <utility>

#include "rtp/sequence.h"

namespace ringback::audio {

bool ReorderQueue::insert(base::TimePoint now, std::uint16_t sequence, std::uint32_t timestamp,
                          std::span<const std::uint8_t> payload, bool audio) {
  if (payload.size() > kMaxPayload) return false;
  if (!expected_) expected_ = sequence;
  if (rtp::sequence_distance(*expected_, sequence) < 0) return false;
  Slot* free = nullptr;
  for (Slot& slot : slots_) {
    if (!slot.used) {
      free = &slot;
    } else if (slot.sequence == sequence) {
      return false;
    }
  }
  // next() leaves a slot free: it gives up waiting when all are taken.
  if (free == nullptr) return false;
  free->used = true;
  free->audio = audio;
  free->sequence = sequence;
  free->timestamp = timestamp;
  free->arrival = now;
  free->size = static_cast<std::uint16_t>(payload.size());
  std::copy(payload.begin(), payload.end(), free->payload.begin());
  ++used_;
  return true;
}

const ReorderQueue::Slot* ReorderQueue::oldest() const {
  const Slot* found = nullptr;
  for (const Slot& slot : slots_) {
    if (slot.used && (found == nullptr || rtp::sequence_newer(found->sequence, slot.sequence))) found = &slot;
  }
  return found;
}

ReorderQueue::Slot* ReorderQueue::oldest() {
  return const_cast<Slot*>(std::as_const(*this).oldest());
}

std::optional<ReorderQueue::Packet> ReorderQueue::next(base::TimePoint now) {
  if (used_ == 0) return std::nullopt;
  Slot* slot = oldest();
  const auto missing = static_cast<std::uint16_t>(slot->sequence - *expected_);
  if (missing > 0 && used_ < kSlots && now < next_deadline()) return std::nullopt;
  slot->used = false;
  --used_;
  expected_ = static_cast<std::uint16_t>(slot->sequence + 1);
  return Packet{slot->sequence, slot->timestamp, missing, slot->audio,
                std::span<const std::uint8_t>(slot->payload).first(slot->size)};
}

base::TimePoint ReorderQueue::next_deadline() const {
  base::TimePoint first = base::kNever;
  if (used_ == 0) return first;
  for (const Slot& slot : slots_) {
    if (slot.used) first = std::min(first, slot.arrival + kPatience);
  }
  return first;
}

void ReorderQueue::reset() {
  for (Slot& slot : slots_) slot.used = false;
  used_ = 0;
  expected_.reset();
}

}  // namespace ringback::audio
