#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/packet.h"

namespace ringback::rtp {

/// Retransmission payload format (RFC 4588): the repeated packet travels in a stream of its own (SSRC,
/// payload type, sequence numbers) with the original sequence number in front of its payload.

/// Writes `original` as an RTX packet; its header extension is not repeated. `header` carries payload type,
/// SSRC and sequence of the RTX stream; timestamp and marker are taken from the original. Size, or 0 when it
/// does not fit.
[[nodiscard]] std::size_t write_rtx(std::span<std::uint8_t> out, const PacketHeader& header,
                                    const PacketView& original);

/// What an RTX packet repeats. nullopt when it is too short: also padding-only packets, which probe for
/// bandwidth.
struct RtxContent {
  std::uint16_t original_sequence = 0;
  std::span<const std::uint8_t> payload;
};
[[nodiscard]] std::optional<RtxContent> parse_rtx(const PacketView& packet);

}  // namespace ringback::rtp
