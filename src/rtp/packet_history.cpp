#include "rtp/packet_history.h"

#include <algorithm>
#include <bit>

namespace ringback::rtp {
namespace {

/// A ring larger than half the sequence circle could hand out a packet of the round before.
constexpr std::size_t kMaxCapacity = 16384;

}  // namespace

PacketHistory::PacketHistory(const Settings& settings)
    : slot_size_(std::min<std::size_t>(settings.slot_size, 0xffff)),
      mask_(std::bit_ceil(std::clamp<std::size_t>(settings.capacity, 1, kMaxCapacity)) - 1) {}

void PacketHistory::store(base::TimePoint now, std::uint16_t sequence, std::span<const std::uint8_t> packet) {
  if (slots_.empty()) {
    slots_.resize(mask_ + 1);
    bytes_.resize((mask_ + 1) * slot_size_);
  }
  Slot& slot = slots_[index_of(sequence)];
  slot.used = packet.size() <= slot_size_;
  if (!slot.used) return;
  slot.sequence = sequence;
  slot.size = static_cast<std::uint16_t>(packet.size());
  slot.last_sent = now;
  std::copy(packet.begin(), packet.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(index_of(sequence) * slot_size_));
}

std::optional<std::span<const std::uint8_t>> PacketHistory::find(std::uint16_t sequence) const {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[index_of(sequence)];
  if (!slot.used || slot.sequence != sequence) return std::nullopt;
  return std::span(bytes_).subspan(index_of(sequence) * slot_size_, slot.size);
}

std::optional<std::span<const std::uint8_t>> PacketHistory::take_for_resend(base::TimePoint now,
                                                                            std::uint16_t sequence,
                                                                            base::Duration least_interval) {
  const auto packet = find(sequence);
  if (!packet) return std::nullopt;
  Slot& slot = slots_[index_of(sequence)];
  if (now - slot.last_sent < least_interval) return std::nullopt;
  slot.last_sent = now;
  return packet;
}

void PacketHistory::clear() {
  for (Slot& slot : slots_) slot.used = false;
}

}  // namespace ringback::rtp
