#include "audio/reorder_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace ringback::audio {
namespace {

base::TimePoint at_ms(int ms) {
  return base::TimePoint{} + std::chrono::milliseconds(ms);
}

class ReorderQueueTest : public testing::Test {
 protected:
  /// Inserts at `ms` and gives what comes out as "sequence/lost".
  std::string insert(int ms, std::uint16_t sequence) {
    const std::array<std::uint8_t, 1> payload{static_cast<std::uint8_t>(sequence)};
    queue_.insert(at_ms(ms), sequence, sequence * 160U, payload, true);
    return drain(ms);
  }
  std::string drain(int ms) {
    std::string out;
    while (const auto packet = queue_.next(at_ms(ms))) {
      EXPECT_EQ(packet->payload[0], static_cast<std::uint8_t>(packet->sequence));
      out += std::to_string(packet->sequence) + "/" + std::to_string(packet->lost_before) + " ";
    }
    return out;
  }
  ReorderQueue queue_;
};

TEST_F(ReorderQueueTest, InOrderCostsNothing) {
  EXPECT_EQ(insert(0, 65534), "65534/0 ");
  EXPECT_EQ(insert(20, 65535), "65535/0 ");
  EXPECT_EQ(insert(40, 0), "0/0 ");
  EXPECT_EQ(queue_.next_deadline(), base::kNever);
}

TEST_F(ReorderQueueTest, OvertakenPacketsAreWaitedFor) {
  insert(0, 10);
  EXPECT_EQ(insert(20, 12), "");
  EXPECT_EQ(queue_.next_deadline(), at_ms(40));
  EXPECT_EQ(insert(25, 11), "11/0 12/0 ");
}

TEST_F(ReorderQueueTest, ALossEndsTheWaitAfterOneFrame) {
  insert(0, 10);
  EXPECT_EQ(insert(40, 12), "");
  EXPECT_EQ(drain(59), "");
  EXPECT_EQ(drain(60), "12/1 ");
  EXPECT_EQ(insert(61, 11), "");  // too late
  EXPECT_EQ(insert(70, 13), "13/0 ");
}

TEST_F(ReorderQueueTest, AFullQueueDoesNotWait) {
  insert(0, 10);
  EXPECT_EQ(insert(1, 12), "");
  EXPECT_EQ(insert(1, 13), "");
  EXPECT_EQ(insert(1, 15), "");
  EXPECT_EQ(insert(1, 16), "");
  EXPECT_EQ(insert(1, 17), "12/1 13/0 ");
}

TEST_F(ReorderQueueTest, RefusesDuplicatesAndTheOversized) {
  insert(0, 10);
  EXPECT_EQ(insert(1, 10), "");
  insert(2, 12);
  EXPECT_FALSE(queue_.insert(at_ms(2), 12, 0, {}, true));
  const std::vector<std::uint8_t> huge(ReorderQueue::kMaxPayload + 1);
  EXPECT_FALSE(queue_.insert(at_ms(3), 11, 0, huge, true));
}

}  // namespace
}  // namespace ringback::audio
