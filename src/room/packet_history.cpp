#include "room/packet_history.h"

#include <algorithm>

namespace ringback::room {

void PacketHistory::keep(std::uint16_t sequence, std::span<const std::uint8_t> packet) {
  if (packet.empty() || packet.size() > kMaxPacket) return;
  if (!slots_) slots_ = std::make_unique<std::array<Slot, kPackets>>();
  Slot& slot = (*slots_)[sequence % kPackets];
  slot.sequence = sequence;
  slot.size = static_cast<std::uint16_t>(packet.size());
  std::ranges::copy(packet, slot.bytes.begin());
}

std::span<const std::uint8_t> PacketHistory::find(std::uint16_t sequence) const {
  if (!slots_) return {};
  const Slot& slot = (*slots_)[sequence % kPackets];
  if (slot.size == 0 || slot.sequence != sequence) return {};
  return std::span(slot.bytes).first(slot.size);
}

}  // namespace ringback::room
