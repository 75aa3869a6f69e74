#include "rtp/packet.h"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/sequence.h"

namespace ringback::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes copy_of(std::span<const std::uint8_t> span) {
  return {span.begin(), span.end()};
}

const Bytes kPlain = {0x80, 0x80, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3};

TEST(PacketView, ReadsThePlainHeader) {
  const auto view = PacketView::parse(kPlain);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->marker());
  EXPECT_EQ(view->payload_type(), 0);
  EXPECT_EQ(view->sequence(), 0x1234);
  EXPECT_EQ(view->timestamp(), 160U);
  EXPECT_EQ(view->ssrc(), 0xdeadbeefU);
  EXPECT_EQ(view->csrc_count(), 0U);
  EXPECT_EQ(copy_of(view->payload()), (Bytes{1, 2, 3}));
  EXPECT_FALSE(view->extension(1));
}

TEST(PacketView, ReadsContributingSources) {
  Bytes packet = kPlain;
  packet[0] = 0x82;
  packet.insert(packet.begin() + 12, {0, 0, 0, 7, 0, 0, 0, 8});
  const auto view = PacketView::parse(packet);
  ASSERT_TRUE(view);
  ASSERT_EQ(view->csrc_count(), 2U);
  EXPECT_EQ(view->csrc(0), 7U);
  EXPECT_EQ(view->csrc(1), 8U);
  EXPECT_EQ(view->payload().size(), 3U);
}

TEST(PacketView, TakesPaddingOffThePayload) {
  Bytes packet = kPlain;
  packet[0] |= 0x20;
  packet.insert(packet.end(), {0, 0, 3});
  const auto view = PacketView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->padding_size(), 3U);
  EXPECT_EQ(view->payload().size(), 3U);
  EXPECT_EQ(PacketView::parse_header(packet)->payload().size(), 6U);
}

TEST(PacketView, AllowsPaddingOnly) {
  Bytes packet(kPlain.begin(), kPlain.begin() + 12);
  packet[0] |= 0x20;
  packet.insert(packet.end(), {0, 0, 0, 4});
  ASSERT_TRUE(PacketView::parse(packet));
  EXPECT_TRUE(PacketView::parse(packet)->payload().empty());
}

TEST(PacketView, RefusesWhatContradictsItself) {
  Bytes too_much_padding = kPlain;
  too_much_padding[0] |= 0x20;
  too_much_padding.back() = 4;
  EXPECT_FALSE(PacketView::parse(too_much_padding));
  too_much_padding.back() = 0;
  EXPECT_FALSE(PacketView::parse(too_much_padding));

  Bytes version_1 = kPlain;
  version_1[0] = 0x40;
  EXPECT_FALSE(PacketView::parse(version_1));

  Bytes missing_csrc = kPlain;
  missing_csrc[0] = 0x81;
  EXPECT_FALSE(PacketView::parse(missing_csrc));

  Bytes long_extension = kPlain;
  long_extension[0] = 0x90;
  long_extension.insert(long_extension.begin() + 12, {0xbe, 0xde, 0xff, 0xff});
  EXPECT_FALSE(PacketView::parse(long_extension));
}

TEST(PacketView, AnyTruncationIsRefusedOrConsistent) {
  std::array<std::uint8_t, 64> buffer;
  const Bytes level = {0x7f};
  const std::array<HeaderExtension, 1> extensions = {HeaderExtension{1, level}};
  const std::size_t size = write_packet(buffer, {.sequence = 1}, Bytes{9, 9}, extensions);
  for (std::size_t cut = 0; cut <= size; ++cut) {
    const auto view = PacketView::parse(std::span(buffer).first(cut));
    EXPECT_EQ(view.has_value(), cut >= size - 2) << cut;
  }
}

TEST(HeaderExtension, OneByteFormRoundTrip) {
  std::array<std::uint8_t, 128> buffer;
  const Bytes level = {0x85};
  const Bytes sequence = {0x01, 0x02};
  const std::array<HeaderExtension, 2> extensions = {HeaderExtension{1, level},
                                                     HeaderExtension{14, sequence}};
  const std::size_t size = write_packet(buffer, {.payload_type = 111, .ssrc = 5}, Bytes{1}, extensions);
  ASSERT_EQ(size, 12U + 4 + 8 + 1);
  EXPECT_EQ(buffer[12], 0xbe);
  const auto view = PacketView::parse(std::span(buffer).first(size));
  ASSERT_TRUE(view);
  EXPECT_EQ(copy_of(view->extension(1).value()), level);
  EXPECT_EQ(copy_of(view->extension(14).value()), sequence);
  EXPECT_FALSE(view->extension(2));
  EXPECT_FALSE(view->extension(0));
  EXPECT_EQ(view->payload().size(), 1U);
}

TEST(HeaderExtension, LongOrHighElementsUseTheTwoByteForm) {
  std::array<std::uint8_t, 128> buffer;
  const Bytes name(17, 'm');
  const Bytes empty;
  const std::array<HeaderExtension, 2> extensions = {HeaderExtension{3, name}, HeaderExtension{200, empty}};
  const std::size_t size = write_packet(buffer, {}, Bytes{1, 2}, extensions);
  const auto view = PacketView::parse(std::span(buffer).first(size));
  ASSERT_TRUE(view);
  EXPECT_EQ(buffer[12], 0x10);
  EXPECT_EQ(copy_of(view->extension(3).value()), name);
  EXPECT_TRUE(view->extension(200).value().empty());
  EXPECT_EQ(view->payload().size(), 2U);
}

TEST(HeaderExtension, StopsAtTheReservedIdAndAtShortElements) {
  Bytes packet = {0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 1, 0xf0, 0, 0x10, 7};
  EXPECT_FALSE(PacketView::parse(packet)->extension(1));
  packet[16] = 0;
  EXPECT_TRUE(PacketView::parse(packet)->extension(1));
  packet[18] = 0x13;  // claims four bytes, one is there
  EXPECT_FALSE(PacketView::parse(packet)->extension(1));
}

TEST(WriteHeader, RefusesWhatDoesNotFit) {
  std::array<std::uint8_t, 16> buffer;
  EXPECT_EQ(write_header(std::span(buffer).first(11), {}), 0U);
  EXPECT_EQ(write_packet(buffer, {}, Bytes(5)), 0U);
  EXPECT_EQ(write_packet(buffer, {}, Bytes(4)), 16U);
  const Bytes data = {1};
  const std::array<HeaderExtension, 1> fits_not = {HeaderExtension{1, data}};
  EXPECT_EQ(write_header(buffer, {}, fits_not), 0U);
  std::array<std::uint8_t, 64> large;
  const std::array<HeaderExtension, 1> reserved = {HeaderExtension{15, data}};
  EXPECT_EQ(write_header(large, {}, reserved), 0U);
}

TEST(RewriteHeader, KeepsExtensionAndPayload) {
  std::array<std::uint8_t, 64> buffer;
  const Bytes level = {0x85};
  const std::array<HeaderExtension, 1> extensions = {HeaderExtension{1, level}};
  const std::size_t size = write_packet(buffer, {.sequence = 1}, Bytes{7}, extensions);
  const auto packet = std::span(buffer).first(size);
  rewrite_header(packet, {.marker = true, .payload_type = 96, .sequence = 500, .timestamp = 9, .ssrc = 3});
  const auto view = PacketView::parse(packet);
  EXPECT_TRUE(view->marker());
  EXPECT_EQ(view->payload_type(), 96);
  EXPECT_EQ(view->sequence(), 500);
  EXPECT_EQ(view->ssrc(), 3U);
  EXPECT_TRUE(view->extension(1));
  EXPECT_EQ(view->payload()[0], 7);
}

TEST(Classify, FollowsRfc7983AndRfc5761) {
  const auto kind = [](std::uint8_t first, std::uint8_t second) {
    return classify(std::array<std::uint8_t, 2>{first, second});
  };
  EXPECT_EQ(kind(0, 1), PacketKind::kStun);
  EXPECT_EQ(kind(3, 1), PacketKind::kStun);
  EXPECT_EQ(kind(4, 1), PacketKind::kUnknown);
  EXPECT_EQ(kind(22, 0xfe), PacketKind::kDtls);
  EXPECT_EQ(kind(64, 0), PacketKind::kTurnChannel);
  EXPECT_EQ(kind(0x80, 111), PacketKind::kRtp);
  EXPECT_EQ(kind(0x80, 0x80 | 111), PacketKind::kRtp);
  EXPECT_EQ(kind(0x80, 200), PacketKind::kRtcp);
  EXPECT_EQ(kind(0x81, 206), PacketKind::kRtcp);
  EXPECT_EQ(kind(192, 0), PacketKind::kUnknown);
  EXPECT_EQ(classify({}), PacketKind::kUnknown);
}

TEST(Sequence, DistanceOnTheCircle) {
  EXPECT_EQ(sequence_distance(65535, 0), 1);
  EXPECT_EQ(sequence_distance(0, 65535), -1);
  EXPECT_TRUE(sequence_newer(2, 65534));
  EXPECT_FALSE(sequence_newer(7, 7));
  EXPECT_EQ(timestamp_distance(0xffffff00U, 0x100U), 0x200);
}

TEST(Sequence, UnwrapsInBothDirections) {
  SequenceUnwrapper unwrapper;
  EXPECT_EQ(unwrapper.unwrap(65534), 65534);
  EXPECT_EQ(unwrapper.peek(1), 65537);
  EXPECT_EQ(unwrapper.unwrap(1), 65537);
  EXPECT_EQ(unwrapper.unwrap(65535), 65535);  // late, from before the wrap
  EXPECT_EQ(unwrapper.unwrap(2), 65538);
  unwrapper.reset();
  EXPECT_EQ(unwrapper.unwrap(0), 0);
  EXPECT_EQ(unwrapper.unwrap(65535), -1);
}

}  // namespace
}  // namespace ringback::rtp
