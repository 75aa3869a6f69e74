#include "audio/dtmf_event.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace ringback::audio {
namespace {

struct Sent {
  std::uint32_t slot_timestamp;
  DtmfSender::Packet packet;
};

std::vector<Sent> send(DtmfSender& sender, std::uint32_t start = 0, int slots = 400) {
  std::vector<Sent> all;
  for (int i = 0; i < slots && sender.busy(); ++i) {
    const std::uint32_t timestamp = start + static_cast<std::uint32_t>(i) * 160;
    const auto slot = sender.next(timestamp);
    for (const auto& packet : slot.view()) all.push_back({timestamp, packet});
  }
  return all;
}

std::string receive(DtmfReceiver& receiver, const std::vector<Sent>& packets) {
  std::string digits;
  for (const auto& sent : packets) {
    if (const auto press = receiver.receive(sent.packet.timestamp, sent.packet.event.bytes()))
      digits += press->digit;
  }
  return digits;
}

TEST(TelephoneEvent, WritesTheFourBytesOfTheRfc) {
  const TelephoneEvent event{.code = 11, .end = true, .volume = 10, .duration = 1600};
  EXPECT_EQ(event.bytes(), (std::array<std::uint8_t, 4>{11, 0x8A, 0x06, 0x40}));
  EXPECT_EQ(TelephoneEvent::parse(event.bytes()), event);
  EXPECT_FALSE(TelephoneEvent::parse(std::array<std::uint8_t, 3>{1, 2, 3}));
}

TEST(DtmfSender, SendsStartUpdatesAndThreeEnds) {
  DtmfSender sender(std::chrono::milliseconds(100), std::chrono::milliseconds(60));
  EXPECT_EQ(sender.queue("5"), 1U);
  const auto sent = send(sender, 8000);
  ASSERT_EQ(sent.size(), 7U);  // four updates, three ends in the fifth slot
  EXPECT_TRUE(sent[0].packet.marker);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].packet.timestamp, 8000U);
    EXPECT_EQ(sent[i].packet.event.code, 5);
    EXPECT_EQ(sent[i].packet.event.duration, 160 * std::min<std::size_t>(i + 1, 5));
    EXPECT_EQ(sent[i].packet.event.end, i >= 4);
    EXPECT_EQ(sent[i].packet.marker, i == 0);
  }
  EXPECT_FALSE(sender.busy());
}

TEST(DtmfSender, KeepsTheGapAndThePause) {
  DtmfSender sender(std::chrono::milliseconds(40), std::chrono::milliseconds(60));
  EXPECT_EQ(sender.queue("1w2"), 3U);
  const auto sent = send(sender);
  ASSERT_EQ(sent.size(), 8U);
  EXPECT_EQ(sent[0].slot_timestamp, 0U);
  // 40 ms tone, 60 ms gap, 500 ms pause: the next digit starts in slot 2 + 3 + 25.
  EXPECT_EQ(sent[4].packet.event.code, 2);
  EXPECT_EQ(sent[4].slot_timestamp, 30U * 160);
}

TEST(DtmfSender, ClearEndsTheKeyUnderWay) {
  DtmfSender sender;
  sender.queue("123");
  EXPECT_EQ(sender.next(0).count, 1U);
  sender.clear();
  const auto slot = sender.next(160);
  ASSERT_EQ(slot.count, 3U);
  EXPECT_TRUE(slot.packets[0].event.end);
  const auto rest = send(sender, 320);
  EXPECT_TRUE(rest.empty());
  EXPECT_FALSE(sender.busy());
}

TEST(DtmfSender, QueueIsBounded) {
  DtmfSender sender;
  EXPECT_EQ(sender.queue(std::string(1000, '1')), DtmfSender::kMaxQueued);
  EXPECT_EQ(sender.queue("1"), 0U);
}

TEST(DtmfReceiver, ReportsEachKeyOnceWhateverIsLost) {
  const std::string digits = "1234567890*#abcd1122";
  std::mt19937 random(42);
  for (const double loss : {0.0, 0.3, 0.6}) {
    DtmfSender sender(std::chrono::milliseconds(200), std::chrono::milliseconds(100));
    sender.queue(digits);
    std::vector<Sent> arriving;
    std::bernoulli_distribution lost(loss);
    for (const auto& sent : send(sender, 0xFFFFF000U, 4000)) {  // across the wrap of the timestamp
      if (!lost(random)) arriving.push_back(sent);
    }
    DtmfReceiver receiver;
    EXPECT_EQ(receive(receiver, arriving), digits) << loss;
    EXPECT_FALSE(receiver.key_down());
  }
}

TEST(DtmfReceiver, DuplicatesAndStragglersAreNotKeys) {
  DtmfSender sender(std::chrono::milliseconds(60), std::chrono::milliseconds(60));
  sender.queue("12");
  auto sent = send(sender);
  std::vector<Sent> arriving;
  for (const auto& one : sent) {
    arriving.push_back(one);
    arriving.push_back(one);
  }
  arriving.push_back(sent[0]);  // a packet of the first key after the second
  DtmfReceiver receiver;
  EXPECT_EQ(receive(receiver, arriving), "12");
}

TEST(DtmfReceiver, ALongEventInSegmentsIsOneKey) {
  DtmfReceiver receiver;
  TelephoneEvent event{.code = 3, .duration = 0xFFFF};
  EXPECT_TRUE(receiver.receive(1000, event.bytes()));
  event.duration = 160;
  EXPECT_FALSE(receiver.receive(1000 + 0xFFFF, event.bytes()));
  EXPECT_TRUE(receiver.key_down());
  event.end = true;
  EXPECT_FALSE(receiver.receive(1000 + 0xFFFF, event.bytes()));
  EXPECT_FALSE(receiver.key_down());
}

TEST(DtmfReceiver, IgnoresWhatIsNoKey) {
  DtmfReceiver receiver;
  EXPECT_FALSE(receiver.receive(0, TelephoneEvent{.code = 16}.bytes()));  // flash hook
  EXPECT_FALSE(receiver.receive(0, std::array<std::uint8_t, 2>{1, 2}));
  EXPECT_FALSE(receiver.key_down());
}

}  // namespace
}  // namespace ringback::audio
