#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/nack_generator.h"
#include "rtp/packet_history.h"
#include "rtp/reorder_buffer.h"
#include "rtp/rtx.h"
#include "rtp/twcc.h"

namespace ringback::rtp {
namespace {

using base::TimePoint;
using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

std::vector<std::uint16_t> list(const NackGenerator::Requests& requests) {
  return {requests.begin(), requests.end()};
}

Bytes packet(std::uint16_t sequence, std::uint8_t content = 1) {
  Bytes bytes(40);
  bytes.resize(write_packet(
      bytes, {.marker = true, .payload_type = 96, .sequence = sequence, .timestamp = 5, .ssrc = 9},
      Bytes(8, content)));
  return bytes;
}

TEST(NackGenerator, AsksForGapsAfterTheReorderWait) {
  NackGenerator nack;
  nack.on_packet(TimePoint{}, 65534);
  EXPECT_EQ(nack.on_packet(TimePoint{}, 2), NackGenerator::Arrival::kNewest);
  EXPECT_EQ(nack.missing(), 3U);
  EXPECT_TRUE(nack.take_requests(TimePoint{1ms}, 50ms).empty());
  EXPECT_EQ(nack.next_deadline(), TimePoint{5ms});
  EXPECT_EQ(list(nack.take_requests(TimePoint{5ms}, 50ms)), (std::vector<std::uint16_t>{65535, 0, 1}));
  EXPECT_EQ(nack.on_packet(TimePoint{10ms}, 0), NackGenerator::Arrival::kRecovered);
  EXPECT_EQ(nack.on_packet(TimePoint{10ms}, 0), NackGenerator::Arrival::kRepeated);
  EXPECT_TRUE(nack.take_requests(TimePoint{54ms}, 50ms).empty());
  EXPECT_EQ(list(nack.take_requests(TimePoint{55ms}, 50ms)), (std::vector<std::uint16_t>{65535, 1}));
}

TEST(NackGenerator, GivesUpAfterTriesOrTimeAndWantsAKeyFrame) {
  NackGenerator nack({.max_requests = 3, .give_up_after = 10s});
  nack.on_packet(TimePoint{}, 1);
  nack.on_packet(TimePoint{}, 3);
  TimePoint now{};
  int requests = 0;
  while (nack.missing() > 0) {
    now = nack.next_deadline();
    requests += static_cast<int>(nack.take_requests(now, 10ms).size());
  }
  EXPECT_EQ(requests, 3);
  EXPECT_TRUE(nack.take_key_frame_needed());
  EXPECT_FALSE(nack.take_key_frame_needed());
  EXPECT_EQ(nack.given_up(), 1U);
  EXPECT_EQ(nack.next_deadline(), base::kNever);
}

TEST(NackGenerator, OutageIsNotRequestedPacketByPacket) {
  NackGenerator nack;
  nack.on_packet(TimePoint{}, 1);
  nack.on_packet(TimePoint{}, 1000);
  EXPECT_EQ(nack.missing(), 0U);
  EXPECT_TRUE(nack.take_key_frame_needed());
}

TEST(PacketHistory, FindsWhatIsKeptAndNothingElse) {
  PacketHistory history({.capacity = 8, .slot_size = 64});
  for (std::uint16_t s = 0; s < 20; ++s)
    history.store(TimePoint{}, s, packet(s, static_cast<std::uint8_t>(s)));
  EXPECT_FALSE(history.find(11));
  ASSERT_TRUE(history.find(12));
  EXPECT_TRUE(std::ranges::equal(*history.find(12), packet(12, 12)));
  EXPECT_FALSE(history.find(20));
  EXPECT_FALSE(history.find(static_cast<std::uint16_t>(12 + 8 * 100)));
  history.store(TimePoint{}, 12, Bytes(65));
  EXPECT_FALSE(history.find(12));
  history.clear();
  EXPECT_FALSE(history.find(19));
}

TEST(PacketHistory, ResendsNotMoreOftenThanAsked) {
  PacketHistory history({.capacity = 8, .slot_size = 64});
  history.store(TimePoint{}, 1, packet(1));
  EXPECT_FALSE(history.take_for_resend(TimePoint{30ms}, 1, 50ms));
  EXPECT_TRUE(history.take_for_resend(TimePoint{50ms}, 1, 50ms));
  EXPECT_FALSE(history.take_for_resend(TimePoint{60ms}, 1, 50ms));
  EXPECT_TRUE(history.take_for_resend(TimePoint{100ms}, 1, 50ms));
}

TEST(Rtx, CarriesTheOriginalSequenceAndPayload) {
  const Bytes original = packet(777, 3);
  Bytes out(64);
  out.resize(write_rtx(out, {.payload_type = 97, .sequence = 5, .ssrc = 10}, *PacketView::parse(original)));
  const auto view = PacketView::parse(out);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->ssrc(), 10U);
  EXPECT_EQ(view->sequence(), 5);
  EXPECT_EQ(view->timestamp(), 5U);
  EXPECT_TRUE(view->marker());
  const auto content = parse_rtx(*view);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->original_sequence, 777);
  EXPECT_TRUE(std::ranges::equal(content->payload, Bytes(8, 3)));
  std::array<std::uint8_t, 21> small;
  EXPECT_EQ(write_rtx(small, {}, *PacketView::parse(original)), 0U);
}

class Reordering : public testing::Test {
 protected:
  void insert(TimePoint now, std::uint16_t sequence) {
    const Bytes bytes = packet(sequence);
    buffer_.insert(now, *PacketView::parse(bytes));
  }
  std::vector<std::uint16_t> take(TimePoint now) {
    std::vector<std::uint16_t> sequences;
    while (const auto view = buffer_.take_next(now)) sequences.push_back(view->sequence());
    return sequences;
  }
  using List = std::vector<std::uint16_t>;
  ReorderBuffer buffer_;
};

TEST_F(Reordering, InOrderPassesWithoutDelay) {
  for (std::uint16_t s = 65533; s != 3; ++s) {
    insert(TimePoint{}, s);
    EXPECT_EQ(take(TimePoint{}), List{s});
  }
  EXPECT_EQ(buffer_.next_deadline(), base::kNever);
}

TEST_F(Reordering, SwappedPacketsComeOutInOrder) {
  insert(TimePoint{}, 1);
  EXPECT_EQ(take(TimePoint{}), List{1});
  insert(TimePoint{20ms}, 3);
  EXPECT_EQ(take(TimePoint{20ms}), List{});
  EXPECT_EQ(buffer_.next_deadline(), TimePoint{60ms});
  insert(TimePoint{25ms}, 2);
  EXPECT_EQ(take(TimePoint{25ms}), (List{2, 3}));
  EXPECT_EQ(buffer_.stats().reordered, 1U);
}

TEST_F(Reordering, GapIsGivenUpAfterTheWait) {
  insert(TimePoint{}, 1);
  take(TimePoint{});
  insert(TimePoint{20ms}, 3);
  insert(TimePoint{40ms}, 4);
  EXPECT_EQ(take(TimePoint{59ms}), List{});
  EXPECT_EQ(take(TimePoint{60ms}), (List{3, 4}));
  insert(TimePoint{61ms}, 2);
  EXPECT_EQ(take(TimePoint{61ms}), List{});
  EXPECT_EQ(buffer_.stats().late, 1U);
  EXPECT_EQ(buffer_.stats().lost, 1U);
}

TEST_F(Reordering, DuplicatesLongGapsAndRestarts) {
  insert(TimePoint{}, 1);
  insert(TimePoint{}, 1);
  EXPECT_EQ(buffer_.stats().duplicates, 1U);
  EXPECT_EQ(take(TimePoint{}), List{1});
  insert(TimePoint{}, 5);
  insert(TimePoint{}, 500);  // far ahead: what waited before it is out of reach
  EXPECT_EQ(take(TimePoint{40ms}), List{500});
  insert(TimePoint{50ms}, 40000);
  EXPECT_EQ(take(TimePoint{50ms}), List{});
  insert(TimePoint{60ms}, 40001);
  EXPECT_EQ(take(TimePoint{60ms}), List{40001});
}

TEST(TwccRecorder, DescribesArrivalsAndGaps) {
  TwccRecorder recorder;
  auto feedback = std::make_unique<TransportFeedback>();
  EXPECT_FALSE(recorder.make_feedback(1, 2, *feedback));
  const TimePoint start{64s};
  recorder.on_packet(start + 1ms, 65534);
  recorder.on_packet(start + 2ms, 65535);
  recorder.on_packet(start + 4ms, 1);
  recorder.on_packet(start + 3ms, 1);  // repeated
  ASSERT_TRUE(recorder.make_feedback(1, 2, *feedback));
  EXPECT_EQ(feedback->reference_time, 1000);
  ASSERT_EQ(feedback->packets.size(), 4U);
  EXPECT_EQ(feedback->packets[0].sequence, 65534);
  EXPECT_EQ(feedback->packets[0].delta, 4);
  EXPECT_EQ(feedback->packets[1].delta, 4);
  EXPECT_FALSE(feedback->packets[2].received);
  EXPECT_EQ(feedback->packets[3].delta, 8);
  EXPECT_FALSE(recorder.make_feedback(1, 2, *feedback));

  recorder.on_packet(start + 10ms, 0);  // late: told of in the next message
  ASSERT_TRUE(recorder.make_feedback(1, 2, *feedback));
  EXPECT_EQ(feedback->packets[0].sequence, 0);
  EXPECT_TRUE(feedback->packets[0].received);
  EXPECT_EQ(feedback->feedback_count, 1);
}

TEST(TwccRecorder, LongPausesAndJumpsStayExpressible) {
  TwccRecorder recorder;
  auto feedback = std::make_unique<TransportFeedback>();
  recorder.on_packet(TimePoint{1s}, 1);
  recorder.on_packet(TimePoint{20s}, 2);
  recorder.on_packet(TimePoint{21s}, 20000);
  std::array<std::uint8_t, 4096> buffer;
  std::size_t received = 0;
  int messages = 0;
  while (recorder.make_feedback(1, 2, *feedback)) {
    ++messages;
    RtcpWriter writer(buffer);
    ASSERT_TRUE(writer.add_transport_feedback(*feedback));
    for (const auto& status : feedback->packets) received += status.received ? 1 : 0;
    ASSERT_LT(messages, 10);
  }
  EXPECT_EQ(received, 1U);  // only the last 1024 numbers are remembered
}

TEST(TwccRecorder, APauseSplitsTheFeedback) {
  TwccRecorder recorder;
  auto feedback = std::make_unique<TransportFeedback>();
  recorder.on_packet(TimePoint{1s}, 1);
  recorder.on_packet(TimePoint{20s}, 2);
  ASSERT_TRUE(recorder.make_feedback(1, 2, *feedback));
  EXPECT_EQ(feedback->packets.size(), 1U);
  ASSERT_TRUE(recorder.make_feedback(1, 2, *feedback));
  EXPECT_EQ(feedback->packets.size(), 1U);
  EXPECT_EQ(feedback->packets[0].sequence, 2);
}

}  // namespace
}  // namespace ringback::rtp
