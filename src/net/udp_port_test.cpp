#include "net/udp_port.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/datagram_batch.h"

namespace ringback::net {
namespace {

using base::Endpoint;
using ::testing::HasSubstr;

class Inbox final : public DatagramReceiver {
 public:
  void on_datagram(base::TimePoint, std::span<std::uint8_t> bytes, const Endpoint& from) override {
    received.emplace_back(bytes.begin(), bytes.end());
    last_from = from;
    if (reaction) reaction();
  }
  std::vector<std::string> received;
  Endpoint last_from;
  std::function<void()> reaction;
};

class UdpPortTest : public ::testing::Test {
 protected:
  UdpPortTest() {
    auto created = Worker::create({});
    worker = std::move(created).value();
  }
  std::unique_ptr<UdpPort> open(Inbox& inbox, const std::string& local = "127.0.0.1:0", unsigned batch = 32) {
    auto port = UdpPort::open(*worker, {.local = *Endpoint::parse(local), .receive_batch = batch}, inbox);
    EXPECT_TRUE(port) << port.error().message;
    return std::move(port).value();
  }
  /// Of a port that was free a moment ago.
  std::string free_endpoint() {
    Inbox inbox;
    return open(inbox)->local().to_string();
  }
  static bool send(UdpPort& port, const std::string& text, const Endpoint& to) {
    return port.send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, to);
  }
  void run_until(const std::function<bool()>& done) {
    for (int i = 0; i < 200 && !done(); ++i) worker->run_once(std::chrono::milliseconds(20));
    EXPECT_TRUE(done());
  }

  std::unique_ptr<Worker> worker;
  Inbox inbox_a;
  Inbox inbox_b;
};

TEST_F(UdpPortTest, SendsAtTheEndOfTheTurnAndReceives) {
  const auto a = open(inbox_a);
  const auto b = open(inbox_b);
  EXPECT_NE(a->local().port, 0);
  const auto slot = a->prepare();
  slot[0] = 'h';
  slot[1] = 'i';
  a->commit(2, b->local());
  EXPECT_TRUE(send(*a, "there", b->local()));
  EXPECT_EQ(a->counters().tx_packets, 0U);
  run_until([&] { return inbox_b.received.size() == 2; });
  EXPECT_THAT(inbox_b.received, ::testing::ElementsAre("hi", "there"));
  EXPECT_EQ(inbox_b.last_from, a->local());
  EXPECT_EQ(a->counters().tx_packets, 2U);
  EXPECT_EQ(a->counters().tx_bytes, 7U);
  EXPECT_EQ(b->counters().rx_packets, 2U);
}

TEST_F(UdpPortTest, AConnectedPortHearsItsPeerAlone) {
  Inbox inbox_c;
  EXPECT_FALSE(open(inbox_a)->connect(*Endpoint::parse("127.0.0.1:9"))) << "its number is the kernel's";
  const auto a = open(inbox_a, free_endpoint());
  const auto peer = open(inbox_b);
  const auto stranger = open(inbox_c);
  ASSERT_TRUE(a->connect(peer->local()));
  EXPECT_TRUE(a->connected());
  EXPECT_TRUE(send(*stranger, "no", a->local()));
  EXPECT_TRUE(send(*peer, "yes", a->local()));
  EXPECT_TRUE(send(*a, "back", peer->local()));
  run_until([&] { return !inbox_a.received.empty() && !inbox_b.received.empty(); });
  EXPECT_THAT(inbox_a.received, ::testing::ElementsAre("yes"));
  EXPECT_THAT(inbox_b.received, ::testing::ElementsAre("back"));
  EXPECT_EQ(inbox_a.last_from, peer->local());

  a->disconnect();
  EXPECT_TRUE(send(*stranger, "now", a->local()));
  run_until([&] { return inbox_a.received.size() == 2; });
  EXPECT_EQ(inbox_a.received.back(), "now");
  EXPECT_TRUE(send(*a, "you", stranger->local()));
  run_until([&] { return inbox_c.received.size() == 1; });
  EXPECT_EQ(inbox_c.last_from, a->local()) << "the port is still the same";
}

TEST_F(UdpPortTest, AConnectedPortLosesNothingWhenItsPeerComesBack) {
  const auto a = open(inbox_a, free_endpoint());
  auto peer = open(inbox_b);
  const Endpoint at = peer->local();
  ASSERT_TRUE(a->connect(at));
  peer.reset();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(send(*a, "nobody there", at));
    worker->run_once();
  }
  peer = open(inbox_b, at.to_string());
  EXPECT_TRUE(send(*a, "again", at));
  EXPECT_TRUE(send(*peer, "here", a->local()));
  run_until([&] { return !inbox_a.received.empty() && !inbox_b.received.empty(); });
  EXPECT_THAT(inbox_b.received, ::testing::ElementsAre("again"));
  EXPECT_THAT(inbox_a.received, ::testing::ElementsAre("here"));
}

TEST_F(UdpPortTest, ManyPortsInterleaveTheirSlotsAndKeepTheirOrder) {
  const auto sink = open(inbox_b);
  std::vector<std::unique_ptr<UdpPort>> ports;
  for (int i = 0; i < 10; ++i) ports.push_back(open(inbox_a));
  constexpr int kRounds = 40;  // more than the batch has slots, so that it must flush in between
  static_assert(kRounds * 10 > DatagramBatch::kSendSlots);
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < 10; ++i)
      send(*ports[static_cast<std::size_t>(i)], std::to_string(i * 1000 + round), sink->local());
  }
  run_until([&] { return inbox_b.received.size() == kRounds * 10; });
  std::vector<int> last(10, -1);
  for (const std::string& text : inbox_b.received) {
    const int value = std::stoi(text);
    auto& before = last[static_cast<std::size_t>(value / 1000)];
    EXPECT_EQ(value % 1000, before + 1);
    before = value % 1000;
  }
}

TEST_F(UdpPortTest, APreparedSlotThatIsNotCommittedIsReused) {
  const auto a = open(inbox_a);
  const auto b = open(inbox_b);
  const auto* const first = a->prepare().data();
  EXPECT_EQ(b->prepare().data(), first);
  b->commit(1, a->local());
  run_until([&] { return inbox_a.received.size() == 1; });
}

TEST_F(UdpPortTest, OversizedDatagramsAreCountedNotDelivered) {
  const auto a = open(inbox_a);
  const auto b = open(inbox_b);
  EXPECT_FALSE(send(*a, std::string(UdpPort::kMaxDatagram + 1, 'x'), b->local()));
  EXPECT_EQ(a->counters().tx_dropped, 1U);
  EXPECT_TRUE(send(*a, std::string(UdpPort::kMaxDatagram, 'x'), b->local()));
  run_until([&] { return inbox_b.received.size() == 1; });
  EXPECT_EQ(inbox_b.received[0].size(), UdpPort::kMaxDatagram);
}

TEST_F(UdpPortTest, ASingleReadPerWakeUpStillGetsEverything) {
  const auto a = open(inbox_a);
  const auto b = open(inbox_b, "127.0.0.1:0", 1);
  for (int i = 0; i < 5; ++i) send(*a, "x", b->local());
  run_until([&] { return inbox_b.received.size() == 5; });
}

TEST_F(UdpPortTest, AnAddressOfTheOtherFamilyIsDroppedAndCounted) {
  const auto a = open(inbox_a);
  send(*a, "x", *Endpoint::parse("[::1]:9"));
  worker->run_once();
  EXPECT_EQ(a->counters().tx_dropped, 1U);
}

TEST_F(UdpPortTest, AnIpv6WildcardServesIpv4PeersUnderTheirOwnAddress) {
  const auto a = open(inbox_a, "[::]:0");
  const auto b = open(inbox_b);
  send(*b, "ping", *Endpoint::parse("127.0.0.1:" + std::to_string(a->local().port)));
  run_until([&] { return !inbox_a.received.empty(); });
  EXPECT_EQ(inbox_a.last_from, b->local());
  send(*a, "pong", inbox_a.last_from);
  run_until([&] { return !inbox_b.received.empty(); });
}

TEST_F(UdpPortTest, SaysWhichPortIsTaken) {
  const auto a = open(inbox_a);
  const auto taken = UdpPort::open(*worker, {.local = a->local()}, inbox_b);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message,
            "port " + std::to_string(a->local().port) + " (UDP) is in use by another program");
}

TEST_F(UdpPortTest, DestroyingAPortSendsWhatIsPending) {
  auto a = open(inbox_a);
  const auto b = open(inbox_b);
  send(*a, "bye", b->local());
  a.reset();
  run_until([&] { return inbox_b.received.size() == 1; });
}

TEST_F(UdpPortTest, AReceiverMayDestroyItsPort) {
  const auto a = open(inbox_a);
  auto b = open(inbox_b);
  inbox_b.reaction = [&] { b.reset(); };
  for (int i = 0; i < 3; ++i) send(*a, "x", b->local());
  run_until([&] { return b == nullptr; });
  EXPECT_EQ(inbox_b.received.size(), 1U);
}

TEST_F(UdpPortTest, APeerThatIsGoneDoesNotDisturbTheOthers) {
  const auto a = open(inbox_a);
  const auto b = open(inbox_b);
  Inbox gone_inbox;
  auto gone = open(gone_inbox);
  const Endpoint nobody = gone->local();
  gone.reset();
  for (int i = 0; i < 10; ++i) {
    send(*a, "lost", nobody);
    send(*a, "kept", b->local());
    worker->run_once();
  }
  run_until([&] { return inbox_b.received.size() == 10; });
}

}  // namespace
}  // namespace ringback::net
