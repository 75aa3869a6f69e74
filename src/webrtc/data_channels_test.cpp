#include "webrtc/data_channels.h"

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "webrtc/virtual_sctp_time.h"

namespace ringback::webrtc {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Message {
  std::string label;
  Bytes bytes;
  bool binary;
};

struct End final : DataChannels::Sink {
  void send_packet(std::span<const std::uint8_t> packet) override {
    largest = std::max(largest, packet.size());
    out.emplace_back(packet.begin(), packet.end());
  }
  void on_message(std::uint16_t, std::string_view label, std::span<const std::uint8_t> message,
                  bool binary) override {
    messages.push_back({std::string(label), Bytes(message.begin(), message.end()), binary});
  }
  std::deque<Bytes> out;
  std::vector<Message> messages;
  std::size_t largest = 0;
};

Bytes text(std::string_view s) {
  return Bytes(s.begin(), s.end());
}

/// A browser (DTLS client) and our server end, with a lossy network between them under SCTP's own clock.
class DataChannelsTest : public testing::Test {
 protected:
  void make(double loss = 0, unsigned seed = 1) {
    loss_ = loss;
    random_.seed(seed);
    browser.emplace(stack, DataChannels::Config{.dtls_client = true}, browser_sink);
    server.emplace(stack, DataChannels::Config{.dtls_client = false}, server_sink);
  }

  void start() {
    browser->start();
    server->start();
  }

  /// Carries packets until both are silent, then lets SCTP's time go on.
  void run(unsigned milliseconds) {
    for (unsigned time = 0; time <= milliseconds; time += 10) {
      while (!browser_sink.out.empty() || !server_sink.out.empty()) {
        carry(browser_sink, *server);
        carry(server_sink, *browser);
      }
      pass_sctp_time(stack, 10);
    }
  }

  void carry(End& from, DataChannels& to) {
    if (from.out.empty()) return;
    if (loss_ > 0 && from.out.size() > 1 && chance() < 0.2) std::swap(from.out[0], from.out[1]);
    const Bytes packet = std::move(from.out.front());
    from.out.pop_front();
    if (chance() < loss_) return;
    to.receive(packet);
  }

  double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }

  static std::vector<ChannelEvent> events_of(DataChannels& channels) {
    std::vector<ChannelEvent> events;
    while (auto event = channels.next_event()) events.push_back(*event);
    return events;
  }
  static int count(const std::vector<ChannelEvent>& events, ChannelEvent::Kind kind) {
    return static_cast<int>(std::ranges::count(events, kind, &ChannelEvent::kind));
  }

  SctpStack stack;
  End browser_sink;
  End server_sink;
  std::optional<DataChannels> browser;
  std::optional<DataChannels> server;

 private:
  std::mt19937 random_;
  double loss_ = 0;
};

TEST_F(DataChannelsTest, PeerOpensBothLiveKitChannels) {
  make();
  EXPECT_EQ(browser->open("_reliable", {}), 0);
  EXPECT_EQ(browser->open("_lossy", {.ordered = false, .max_retransmits = 0}), 2);
  start();
  run(50);
  const auto events = events_of(*server);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].kind, ChannelEvent::Kind::kUp);
  EXPECT_EQ(events[1].kind, ChannelEvent::Kind::kOpen);
  EXPECT_EQ(events[1].label, "_reliable");
  EXPECT_TRUE(events[1].opened_by_peer);
  EXPECT_EQ(events[2].label, "_lossy");
  EXPECT_EQ(count(events_of(*browser), ChannelEvent::Kind::kOpen), 2);

  EXPECT_EQ(server->send("_reliable", text("to the browser"), true), SendOutcome::kSent);
  EXPECT_EQ(browser->send("_lossy", text("to the server"), false), SendOutcome::kSent);
  run(50);
  ASSERT_EQ(browser_sink.messages.size(), 1U);
  EXPECT_EQ(browser_sink.messages[0].bytes, text("to the browser"));
  EXPECT_TRUE(browser_sink.messages[0].binary);
  ASSERT_EQ(server_sink.messages.size(), 1U);
  EXPECT_EQ(server_sink.messages[0].label, "_lossy");
  EXPECT_FALSE(server_sink.messages[0].binary);
}

TEST_F(DataChannelsTest, WeOpenOnOddStreamsAsDtlsServer) {
  make();
  start();
  run(50);
  ASSERT_TRUE(server->up());
  EXPECT_EQ(server->open("_reliable", {}), 1);
  EXPECT_EQ(server->open("_lossy", {.ordered = false, .max_retransmits = 0}), 3);
  // Without waiting for the acknowledgement.
  EXPECT_EQ(server->send("_lossy", text("early"), true), SendOutcome::kSent);
  run(50);
  ASSERT_EQ(browser_sink.messages.size(), 1U);
  EXPECT_EQ(browser_sink.messages[0].label, "_lossy");
  EXPECT_EQ(count(events_of(*server), ChannelEvent::Kind::kOpen), 2);
}

TEST_F(DataChannelsTest, SendBeforeTheAssociationIsUpAsksToWait) {
  make();
  ASSERT_TRUE(server->open("_reliable", {}));
  EXPECT_EQ(server->send("_reliable", text("x"), true), SendOutcome::kFull);
  EXPECT_EQ(server->send("unknown", text("x"), true), SendOutcome::kClosed);
  start();
  run(50);
  EXPECT_EQ(server->send("_reliable", text("x"), true), SendOutcome::kSent);
}

TEST_F(DataChannelsTest, EmptyAndLargestMessagesArriveWhole) {
  make();
  browser->open("_reliable", {});
  start();
  run(50);
  Bytes largest(65535);
  for (std::size_t i = 0; i < largest.size(); ++i) largest[i] = static_cast<std::uint8_t>(i * 7);
  EXPECT_EQ(browser->send("_reliable", {}, false), SendOutcome::kSent);
  EXPECT_EQ(browser->send("_reliable", {}, true), SendOutcome::kSent);
  EXPECT_EQ(browser->send("_reliable", largest, true), SendOutcome::kSent);
  EXPECT_EQ(browser->send("_reliable", Bytes(65536), true), SendOutcome::kTooLarge);
  run(500);
  ASSERT_EQ(server_sink.messages.size(), 3U);
  EXPECT_TRUE(server_sink.messages[0].bytes.empty());
  EXPECT_FALSE(server_sink.messages[0].binary);
  EXPECT_TRUE(server_sink.messages[1].bytes.empty());
  EXPECT_TRUE(server_sink.messages[1].binary);
  EXPECT_EQ(server_sink.messages[2].bytes, largest);
  EXPECT_LE(browser_sink.largest, DataChannels::kSctpMtu);
  EXPECT_LE(server_sink.largest, DataChannels::kSctpMtu);
}

TEST_F(DataChannelsTest, ReliableChannelDeliversAllInOrderOverALossyNetwork) {
  make(0.2, 42);
  browser->open("_reliable", {});
  start();
  run(10000);
  ASSERT_TRUE(server->up());
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(browser->send("_reliable", text("message " + std::to_string(i)), true), SendOutcome::kSent);
    if (i % 10 == 0) run(20);
  }
  run(60000);
  ASSERT_EQ(server_sink.messages.size(), 200U);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(server_sink.messages[static_cast<std::size_t>(i)].bytes, text("message " + std::to_string(i)));
  }
}

TEST_F(DataChannelsTest, LossyChannelGivesUpWhatIsLost) {
  make(0, 7);
  browser->open("_lossy", {.ordered = false, .max_retransmits = 0});
  start();
  run(50);
  // One message is lost for good; the next ones must not wait for it.
  EXPECT_EQ(browser->send("_lossy", text("lost"), true), SendOutcome::kSent);
  browser_sink.out.clear();
  EXPECT_EQ(browser->send("_lossy", text("after"), true), SendOutcome::kSent);
  run(5000);
  ASSERT_EQ(server_sink.messages.size(), 1U);
  EXPECT_EQ(server_sink.messages[0].bytes, text("after"));
}

TEST_F(DataChannelsTest, SlowPeerFillsOnlyItsOwnBufferAndRecovers) {
  make();
  browser->open("_reliable", {});
  start();
  run(50);
  const Bytes chunk(15000, 1);
  unsigned accepted = 0;
  // The peer's packets are held back: nothing is acknowledged.
  while (server->send("_reliable", chunk, true) == SendOutcome::kSent) {
    ++accepted;
    ASSERT_LT(accepted, 1000U);
  }
  EXPECT_GT(accepted, 20U);
  EXPECT_LE(accepted * chunk.size(), DataChannels::kSendBuffer);
  EXPECT_EQ(server->stats().refused_full, 1U);
  events_of(*server);
  run(5000);
  EXPECT_EQ(count(events_of(*server), ChannelEvent::Kind::kWritable), 1);
  EXPECT_EQ(browser_sink.messages.size(), accepted);
  EXPECT_EQ(server->send("_reliable", chunk, true), SendOutcome::kSent);
}

TEST_F(DataChannelsTest, ClosingAChannelReachesThePeerAndFreesTheStream) {
  make();
  const auto stream = browser->open("extra", {});
  start();
  run(50);
  events_of(*server);
  browser->close(*stream);
  run(500);
  const auto events = events_of(*server);
  ASSERT_EQ(count(events, ChannelEvent::Kind::kClosed), 1);
  EXPECT_FALSE(server->find("extra"));
  EXPECT_EQ(server->send("extra", text("x"), true), SendOutcome::kClosed);
  EXPECT_EQ(browser->open("again", {}), stream);
  run(500);
  EXPECT_TRUE(server->find("again"));
}

TEST_F(DataChannelsTest, ChannelsRunOutAtTheAnnouncedStreams) {
  make();
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(server->open("c" + std::to_string(i), {}));
  EXPECT_FALSE(server->open("one too many", {}));
  start();
  run(100);
  EXPECT_EQ(count(events_of(*browser), ChannelEvent::Kind::kOpen), 8);
}

TEST_F(DataChannelsTest, AssociationComesUpWhenEitherSideStartsLate) {
  make();
  browser->open("_reliable", {});
  browser->start();
  run(1500);
  EXPECT_FALSE(browser->up());
  server->start();
  run(3000);
  EXPECT_TRUE(browser->up());
  EXPECT_TRUE(server->find("_reliable"));
}

TEST_F(DataChannelsTest, DeadPeerEndsInDown) {
  make();
  browser->open("_reliable", {});
  start();
  run(50);
  events_of(*server);
  ASSERT_EQ(server->send("_reliable", text("anyone?"), true), SendOutcome::kSent);
  for (int i = 0; i < 20000 && server->up(); ++i) {
    server_sink.out.clear();
    pass_sctp_time(stack, 50);
  }
  EXPECT_EQ(count(events_of(*server), ChannelEvent::Kind::kDown), 1);
  EXPECT_EQ(server->send("_reliable", text("x"), true), SendOutcome::kClosed);
}

TEST_F(DataChannelsTest, GarbageIsHarmless) {
  make();
  browser->open("_reliable", {});
  start();
  run(50);
  std::mt19937 random(3);
  browser->send("_reliable", Bytes(500, 1), true);
  const Bytes good = browser_sink.out.front();
  for (int i = 0; i < 3000; ++i) {
    Bytes bad = good;
    for (int n = 0; n < 3; ++n) bad[random() % bad.size()] = static_cast<std::uint8_t>(random());
    if (i % 3 == 0) bad.resize(random() % bad.size());
    server->receive(bad);
  }
  run(2000);
  EXPECT_TRUE(server->up());
  EXPECT_EQ(server_sink.messages.size(), 1U);
}

}  // namespace
}  // namespace ringback::webrtc
