#include "webrtc/stream_framing.h"

#include <gtest/gtest.h>

namespace ringback::webrtc {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// What arrives when the stream comes in pieces of this size.
std::vector<Bytes> packets_of(StreamPackets& packets, const std::string& stream, std::size_t piece) {
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    packets.append(bytes_of(stream.substr(at, piece)));
    while (const auto packet = packets.next()) out.emplace_back(packet->begin(), packet->end());
  }
  return out;
}

TEST(StreamFramingTest, PacketsComeBackWholeHoweverTheStreamIsCut) {
  const std::vector<Bytes> sent = {{1, 2, 3}, {}, Bytes(1500, 7), {9}};
  std::string stream;
  for (const Bytes& packet : sent) stream += framed(StreamFraming::kLengthPrefixed, packet);
  for (const std::size_t piece : {1U, 2U, 3U, 1000U, 4000U}) {
    StreamPackets packets(StreamFraming::kLengthPrefixed);
    EXPECT_EQ(packets_of(packets, stream, piece), sent) << piece;
    EXPECT_FALSE(packets.broken());
  }
}

TEST(StreamFramingTest, TurnMessagesTellTheirOwnLength) {
  Bytes stun(24);
  stun[3] = 4;
  const Bytes channel = {0x40, 0x01, 0, 5, 'a', 'b', 'c', 'd', 'e'};
  const std::vector<Bytes> sent = {stun, channel, stun};
  std::string stream;
  for (const Bytes& packet : sent) stream += framed(StreamFraming::kTurn, packet);
  EXPECT_EQ(stream.size(), 24U + 12U + 24U);  // channel data is padded (RFC 8656 section 12.5)
  for (const std::size_t piece : {1U, 5U, 100U}) {
    StreamPackets packets(StreamFraming::kTurn);
    EXPECT_EQ(packets_of(packets, stream, piece), sent) << piece;
  }
}

TEST(StreamFramingTest, AStreamThatBreaksTheRulesIsGivenUp) {
  StreamPackets long_packet(StreamFraming::kLengthPrefixed);
  EXPECT_TRUE(packets_of(long_packet, "\xff\xff", 2).empty());
  EXPECT_TRUE(long_packet.broken());
  StreamPackets no_turn(StreamFraming::kTurn);
  EXPECT_TRUE(packets_of(no_turn, "HTTP/1.1 400", 100).empty());
  EXPECT_TRUE(packets_of(no_turn, "\xc0zzzzzzzz", 100).empty());
  EXPECT_TRUE(no_turn.broken());
}

}  // namespace
}  // namespace ringback::webrtc
