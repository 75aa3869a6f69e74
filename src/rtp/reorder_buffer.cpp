#include "rtp/reorder_buffer.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ringback::rtp {
namespace {

/// As in RFC 3550 appendix A.1: beyond these the sender has started anew.
constexpr std::int64_t kMaxMisorder = 100;
constexpr std::int64_t kMaxDropout = 3000;

}  // namespace

ReorderBuffer::ReorderBuffer(const Settings& settings)
    : settings_(settings),
      mask_(std::bit_ceil(std::max<std::size_t>(settings.capacity, 2)) - 1),
      slots_(mask_ + 1),
      bytes_((mask_ + 1) * settings.slot_size) {}

void ReorderBuffer::reset() {
  for (Slot& slot : slots_) slot.used = false;
  waiting_ = 0;
  sequences_.reset();
  next_.reset();
  jump_candidate_.reset();
}

void ReorderBuffer::restart(std::uint16_t sequence) {
  reset();
  next_ = sequences_.unwrap(sequence);
}

void ReorderBuffer::insert(base::TimePoint now, const PacketView& packet) {
  const auto bytes = packet.bytes();
  if (bytes.size() > settings_.slot_size) return;
  if (!next_) restart(packet.sequence());
  std::int64_t ahead = sequences_.peek(packet.sequence()) - *next_;
  if (ahead < -kMaxMisorder || ahead > kMaxDropout) {
    const bool confirmed = jump_candidate_ == packet.sequence();
    jump_candidate_ = static_cast<std::uint16_t>(packet.sequence() + 1);
    if (!confirmed) return;
    restart(packet.sequence());
    ahead = 0;
  }
  jump_candidate_.reset();
  if (ahead < 0) {
    ++stats_.late;
    return;
  }
  const std::int64_t sequence = sequences_.unwrap(packet.sequence());
  if (ahead > static_cast<std::int64_t>(mask_)) {
    // The gap is longer than what may wait: give up what lies before, keep what still fits.
    const std::int64_t first = sequence - static_cast<std::int64_t>(mask_);
    for (Slot& slot : slots_) {
      if (slot.used && slot.sequence < first) {
        slot.used = false;
        --waiting_;
      }
    }
    stats_.lost += static_cast<std::uint64_t>(first - *next_);
    next_ = first;
  }
  const std::size_t index = index_of(sequence);
  Slot& slot = slots_[index];
  if (slot.used) {
    ++stats_.duplicates;
    return;
  }
  slot = {.used = true, .size = bytes.size(), .sequence = sequence, .arrival = now};
  std::copy(bytes.begin(), bytes.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(index * settings_.slot_size));
  ++waiting_;
  if (ahead == 0 && waiting_ > 1) ++stats_.reordered;
}

std::optional<PacketView> ReorderBuffer::take_next(base::TimePoint now) {
  const Slot* slot = oldest();
  if (slot == nullptr) return std::nullopt;
  if (slot->sequence > *next_) {
    if (now < slot->arrival + settings_.max_wait) return std::nullopt;
    stats_.lost += static_cast<std::uint64_t>(slot->sequence - *next_);
  }
  next_ = slot->sequence + 1;
  --waiting_;
  const std::size_t index = index_of(slot->sequence);
  slots_[index].used = false;
  return PacketView::parse(
      std::span<const std::uint8_t>(bytes_).subspan(index * settings_.slot_size, slot->size));
}

base::TimePoint ReorderBuffer::next_deadline() const {
  const Slot* slot = oldest();
  return slot == nullptr ? base::kNever : slot->arrival + settings_.max_wait;
}

const ReorderBuffer::Slot* ReorderBuffer::oldest() const {
  if (waiting_ == 0) return nullptr;
  for (std::int64_t sequence = *next_; sequence <= *next_ + static_cast<std::int64_t>(mask_); ++sequence) {
    const Slot& slot = slots_[index_of(sequence)];
    if (slot.used && slot.sequence == sequence) return &slot;
  }
  return nullptr;
}

}  // namespace ringback::rtp
