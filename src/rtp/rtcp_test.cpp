#include "rtp/rtcp.h"

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ringback::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// A buffer, a writer into it, and the packets read back.
class Rtcp : public testing::Test {
 protected:
  std::vector<RtcpPacket> read_back() {
    std::vector<RtcpPacket> packets;
    RtcpReader reader(writer_.bytes());
    while (const auto packet = reader.next()) packets.push_back(*packet);
    EXPECT_FALSE(reader.malformed());
    return packets;
  }

  std::array<std::uint8_t, 2048> buffer_{};
  RtcpWriter writer_{buffer_};
};

ReportBlock block(std::uint32_t ssrc, std::int32_t lost) {
  return {.ssrc = ssrc,
          .fraction_lost = 25,
          .cumulative_lost = lost,
          .highest_sequence = 0x10005,
          .jitter = 88,
          .last_sender_report = 0x11223344,
          .delay_since_last_report = 65536};
}

TEST_F(Rtcp, CompoundOfSenderReportAndCname) {
  SenderReport report{.ssrc = 7,
                      .ntp_time = 0x0102030405060708,
                      .rtp_timestamp = 9,
                      .packet_count = 10,
                      .octet_count = 11,
                      .blocks = {}};
  report.blocks.push_back(block(70, -3));
  report.blocks.push_back(block(71, 0x9000000));
  ASSERT_TRUE(writer_.add_sender_report(report));
  ASSERT_TRUE(writer_.add_cname(7, "phone-1"));
  const auto packets = read_back();
  ASSERT_EQ(packets.size(), 2U);

  const auto parsed = parse_sender_report(packets[0]);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->ntp_time, 0x0102030405060708U);
  EXPECT_EQ(parsed->packet_count, 10U);
  ASSERT_EQ(parsed->blocks.size(), 2U);
  EXPECT_EQ(parsed->blocks[0].cumulative_lost, -3);
  EXPECT_EQ(parsed->blocks[0].delay_since_last_report, 65536U);
  EXPECT_EQ(parsed->blocks[1].cumulative_lost, 0x7fffff);

  const auto names = parse_source_names(packets[1]);
  ASSERT_TRUE(names);
  EXPECT_EQ((*names)[0].ssrc, 7U);
  EXPECT_EQ((*names)[0].cname, "phone-1");
  EXPECT_FALSE(parse_receiver_report(packets[0]));
}

TEST_F(Rtcp, CnamesOfEveryLengthEndWithZeros) {
  for (std::size_t length = 0; length < 260; ++length) {
    writer_ = RtcpWriter(buffer_);
    ASSERT_TRUE(writer_.add_cname(1, std::string(length, 'x')));
    const auto packets = read_back();
    ASSERT_EQ(packets.size(), 1U);
    const auto names = parse_source_names(packets[0]);
    ASSERT_TRUE(names);
    EXPECT_EQ((*names)[0].cname.size(), std::min<std::size_t>(length, 255));
  }
}

TEST_F(Rtcp, ReceiverReportAndBye) {
  ReceiverReport report{.ssrc = 3, .blocks = {}};
  report.blocks.push_back(block(4, 5));
  ASSERT_TRUE(writer_.add_receiver_report(report));
  ASSERT_TRUE(writer_.add_bye(std::array<std::uint32_t, 2>{3, 4}));
  const auto packets = read_back();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(parse_receiver_report(packets[0])->blocks[0].fraction_lost, 25);
  EXPECT_EQ((*parse_bye(packets[1]))[1], 4U);
}

TEST_F(Rtcp, NackPacksNeighboursAcrossTheWrap) {
  const std::array<std::uint16_t, 6> lost = {65530, 65531, 65535, 10, 11, 27};
  ASSERT_TRUE(writer_.add_nack(1, 2, lost));
  EXPECT_EQ(writer_.size(), 4U + 8 + 2 * 4);
  const auto nack = parse_nack(read_back()[0]);
  ASSERT_TRUE(nack);
  EXPECT_EQ(nack->media_ssrc, 2U);
  EXPECT_EQ(Bytes::size_type{nack->sequences.size()}, lost.size());
  EXPECT_TRUE(std::equal(lost.begin(), lost.end(), nack->sequences.begin()));
  EXPECT_FALSE(writer_.add_nack(1, 2, {}));
}

TEST_F(Rtcp, PictureRequests) {
  ASSERT_TRUE(writer_.add_pli(1, 2));
  ASSERT_TRUE(writer_.add_fir(1, std::array<FullIntraEntry, 1>{FullIntraEntry{9, 200}}));
  const auto packets = read_back();
  EXPECT_EQ(parse_pli(packets[0])->media_ssrc, 2U);
  const auto fir = parse_fir(packets[1]);
  EXPECT_EQ(fir->entries[0].ssrc, 9U);
  EXPECT_EQ(fir->entries[0].command, 200);
}

TEST_F(Rtcp, RembKeepsEighteenBits) {
  for (const std::uint64_t rate : {0ULL, 1ULL, 262143ULL, 262144ULL, 2500000ULL, 1ULL << 62}) {
    writer_ = RtcpWriter(buffer_);
    ASSERT_TRUE(writer_.add_remb(1, rate, std::array<std::uint32_t, 2>{5, 6}));
    const auto remb = parse_remb(read_back()[0]);
    ASSERT_TRUE(remb);
    EXPECT_LE(remb->bits_per_second, rate);
    EXPECT_GE(remb->bits_per_second + remb->bits_per_second / 100000 + 1, rate);
    EXPECT_EQ(remb->media_ssrcs.size(), 2U);
  }
}

TEST_F(Rtcp, WritersStopAtTheEndOfTheBuffer) {
  for (std::size_t room = 0; room < 28; ++room) {
    RtcpWriter writer{std::span(buffer_).first(room)};
    EXPECT_FALSE(writer.add_sender_report({}));
    EXPECT_EQ(writer.size(), 0U);
  }
  RtcpWriter writer{std::span(buffer_).first(28)};
  EXPECT_TRUE(writer.add_sender_report({}));
  EXPECT_FALSE(writer.add_pli(1, 2));
  EXPECT_EQ(writer.size(), 28U);
}

TEST(RtcpReader, StopsAtBrokenLengths) {
  const Bytes too_long = {0x80, 201, 0, 2, 0, 0, 0, 1};
  RtcpReader reader(too_long);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.malformed());

  const Bytes missing_blocks = {0x81, 201, 0, 1, 0, 0, 0, 1};
  RtcpReader second(missing_blocks);
  const auto packet = second.next();
  ASSERT_TRUE(packet);
  EXPECT_FALSE(parse_receiver_report(*packet));
}

TEST(RtcpReader, TakesPaddingOff) {
  const Bytes padded = {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4};
  RtcpReader reader(padded);
  EXPECT_EQ(reader.next()->body.size(), 4U);
  Bytes wrong = padded;
  wrong.back() = 9;
  RtcpReader refusing(wrong);
  EXPECT_FALSE(refusing.next());
}

TEST_F(Rtcp, TransportFeedbackRoundTripOfRandomPatterns) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    TransportFeedback feedback{
        .sender_ssrc = 1, .media_ssrc = 2, .reference_time = -5 + round, .feedback_count = 9, .packets = {}};
    const unsigned mix = random() % 4;
    const std::size_t count = 1 + random() % 400;
    for (std::size_t i = 0; i < count; ++i) {
      ArrivalStatus status{.sequence = static_cast<std::uint16_t>(65500 + i)};
      status.received = mix == 0 || random() % (mix + 1) != 0;
      if (status.received) {
        status.delta = static_cast<std::int16_t>(mix == 3 && random() % 5 == 0 ? random() % 65536 - 32768
                                                                               : random() % 256);
      }
      feedback.packets.push_back(status);
    }
    writer_ = RtcpWriter(buffer_);
    ASSERT_TRUE(writer_.add_transport_feedback(feedback));
    TransportFeedback parsed;
    ASSERT_TRUE(parse_transport_feedback(read_back()[0], parsed));
    EXPECT_EQ(parsed.reference_time, feedback.reference_time);
    EXPECT_EQ(parsed.feedback_count, 9);
    ASSERT_EQ(parsed.packets.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(parsed.packets[i].sequence, feedback.packets[i].sequence);
      ASSERT_EQ(parsed.packets[i].received, feedback.packets[i].received);
      ASSERT_EQ(parsed.packets[i].delta, feedback.packets[i].delta);
    }
  }
}

TEST_F(Rtcp, LongRunsOfOneSymbolTakeOneChunk) {
  TransportFeedback feedback;
  for (std::uint16_t i = 0; i < 100; ++i)
    feedback.packets.push_back({.sequence = i, .received = true, .delta = 4});
  ASSERT_TRUE(writer_.add_transport_feedback(feedback));
  EXPECT_EQ(writer_.size(), 4U + 16 + 2 + 100 + 2);
}

TEST(RtcpReader, RandomBytesNeverReadOutside) {
  std::mt19937 random(99);
  auto feedback = std::make_unique<TransportFeedback>();
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes(4 * (random() % 20) + random() % 2);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (bytes.size() >= 4) {
      bytes[0] = static_cast<std::uint8_t>(0x80 | (bytes[0] & 0x3f));
      bytes[1] = static_cast<std::uint8_t>(200 + bytes[1] % 8);
      bytes[2] = 0;
      bytes[3] = static_cast<std::uint8_t>(bytes.size() / 4 - 1);
    }
    RtcpReader reader(bytes);
    while (const auto packet = reader.next()) {
      static_cast<void>(parse_sender_report(*packet));
      static_cast<void>(parse_receiver_report(*packet));
      static_cast<void>(parse_source_names(*packet));
      static_cast<void>(parse_bye(*packet));
      static_cast<void>(parse_nack(*packet));
      static_cast<void>(parse_pli(*packet));
      static_cast<void>(parse_fir(*packet));
      static_cast<void>(parse_remb(*packet));
      static_cast<void>(parse_transport_feedback(*packet, *feedback));
    }
  }
}

}  // namespace
}  // namespace ringback::rtp
