#include "webrtc/turn_client.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "rtp/byte_order.h"

namespace ringback::webrtc {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

base::Endpoint at(std::string_view text) {
  return *base::Endpoint::parse(text);
}

const base::Endpoint kPeer = at("192.0.2.2:7882");
const base::Endpoint kRelayed = at("198.51.100.9:50000");

/// A TURN server by hand: keeps what it was sent and answers as the test says.
class TurnClientTest : public testing::Test, protected TurnClient::Sink {
 protected:
  static std::string key(std::string_view password = "secret") {
    const auto digest = crypto::md5("user:tests:" + std::string(password));
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
  }

  void send_to_server(std::span<const std::uint8_t> packet) override {
    sent.emplace_back(packet.begin(), packet.end());
  }
  void on_relayed(std::span<std::uint8_t> data, const base::Endpoint& peer) override {
    EXPECT_EQ(peer, kPeer);
    heard.emplace_back(data.begin(), data.end());
  }

  /// The newest request, which must be signed once the realm is known.
  [[nodiscard]] StunMessage last(std::uint16_t method) const {
    const auto message = StunMessage::parse(sent.back());
    EXPECT_TRUE(message);
    EXPECT_EQ(message->method(), method);
    return *message;
  }

  template <class Fill>
  void answer(StunClass message_class, const std::string& signature, const Fill& fill) {
    const auto request = StunMessage::parse(sent.back());
    ASSERT_TRUE(request);
    Bytes buffer(300);
    StunWriter writer(buffer, message_class, request->method(), request->transaction_id());
    fill(writer);
    buffer.resize(writer.finish(signature));
    client.receive(now, buffer);
  }
  void challenge(std::uint16_t code, std::string_view nonce) {
    answer(StunClass::kError, "", [&](StunWriter& writer) {
      writer.add_error_code(code, "");
      writer.add_realm("tests");
      writer.add_nonce(nonce);
    });
  }
  void grant(std::uint32_t lifetime = 600) {
    answer(StunClass::kSuccess, key(), [&](StunWriter& writer) {
      writer.add_relayed_address(kRelayed);
      writer.add_lifetime(lifetime);
    });
  }
  void succeed() {
    answer(StunClass::kSuccess, key(), [](StunWriter&) {});
  }
  void make_ready() {
    client.allocate(now);
    challenge(401, "nonce1");
    grant();
    ASSERT_EQ(client.state(), TurnClient::State::kReady);
  }
  void run_until(base::TimePoint end) {
    while (client.next_deadline() <= end) {
      now = client.next_deadline();
      client.advance(now);
    }
    now = end;
  }

  base::TimePoint now{1h};
  std::vector<Bytes> sent;
  std::vector<Bytes> heard;
  TurnClient client{"user", "secret", false, *this};
};

TEST_F(TurnClientTest, AllocatesWithTheCredentialsThatTheServerAsksFor) {
  client.allocate(now);
  EXPECT_FALSE(last(kTurnAllocate).has_integrity());
  challenge(401, "nonce1");
  const auto request = last(kTurnAllocate);
  EXPECT_EQ(request.username(), "user");
  EXPECT_EQ(request.realm(), "tests");
  EXPECT_EQ(request.nonce(), "nonce1");
  EXPECT_TRUE(request.check_integrity(key()));
  EXPECT_EQ(client.state(), TurnClient::State::kAllocating);
  grant();
  EXPECT_EQ(client.state(), TurnClient::State::kReady);
  EXPECT_EQ(client.relayed(), kRelayed);
}

TEST_F(TurnClientTest, CredentialsThatAreAskedForAgainAndAgainAreWrong) {
  client.allocate(now);
  challenge(401, "nonce1");
  challenge(401, "nonce2");
  challenge(401, "nonce3");
  EXPECT_EQ(client.state(), TurnClient::State::kFailed);
  EXPECT_EQ(client.failure(), "the TURN server does not take the credentials");
  EXPECT_LE(sent.size(), 3U);
}

TEST_F(TurnClientTest, AForgedGrantIsIgnored) {
  client.allocate(now);
  challenge(401, "nonce1");
  answer(StunClass::kSuccess, key("guess"), [](StunWriter& writer) { writer.add_relayed_address(kRelayed); });
  EXPECT_EQ(client.state(), TurnClient::State::kAllocating);
  grant();
  EXPECT_EQ(client.state(), TurnClient::State::kReady);
}

TEST_F(TurnClientTest, SilenceIsRepeatedAndThenAFailure) {
  client.allocate(now);
  run_until(now + 30s);
  EXPECT_EQ(sent.size(), 5U);
  EXPECT_EQ(client.state(), TurnClient::State::kFailed);
  EXPECT_EQ(client.next_deadline(), base::kNever);
}

TEST_F(TurnClientTest, WhatIsSentBeforeTheChannelStandsLeavesWhenItDoes) {
  make_ready();
  const Bytes first = {1, 2, 3};
  client.send(now, first, kPeer);
  EXPECT_TRUE(last(kTurnChannelBind).check_integrity(key()));
  succeed();
  EXPECT_EQ(sent.back(), (Bytes{0x40, 0, 0, 3, 1, 2, 3}));
  client.send(now, Bytes{4}, kPeer);
  EXPECT_EQ(sent.back(), (Bytes{0x40, 0, 0, 1, 4}));
  Bytes back = {0x40, 0, 0, 2, 8, 9, 0, 0};  // with a stream's padding
  client.receive(now, back);
  EXPECT_EQ(heard, (std::vector<Bytes>{{8, 9}}));
}

TEST_F(TurnClientTest, MalformedChannelDataIsDropped) {
  make_ready();
  client.send(now, Bytes{1}, kPeer);
  succeed();
  for (Bytes bad : {Bytes{0x40}, Bytes{0x40, 0, 0, 5, 1}, Bytes{0x40, 1, 0, 1, 1}, Bytes{0x7f, 0xff, 0, 0}}) {
    client.receive(now, bad);
  }
  EXPECT_TRUE(heard.empty());
}

TEST_F(TurnClientTest, AllocationChannelAndPermissionAreKeptAlive) {
  make_ready();
  client.send(now, Bytes{1}, kPeer);
  succeed();
  sent.clear();
  run_until(now + 4min);  // permissions live for five
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(last(kTurnChannelBind).has_integrity());
  succeed();
  run_until(now + 3min + 1s);
  sent.clear();
  run_until(client.next_deadline());
  EXPECT_EQ(client.state(), TurnClient::State::kReady);
  EXPECT_FALSE(sent.empty());
}

TEST_F(TurnClientTest, AStaleNonceIsReplaced) {
  make_ready();
  run_until(now + 9min);
  EXPECT_TRUE(last(kTurnRefresh).has_integrity());
  challenge(438, "nonce2");
  EXPECT_EQ(last(kTurnRefresh).nonce(), "nonce2");
  answer(StunClass::kSuccess, key(), [](StunWriter& writer) { writer.add_lifetime(600); });
  EXPECT_EQ(client.state(), TurnClient::State::kReady);
  EXPECT_EQ(client.next_deadline(), now + 9min);
}

TEST_F(TurnClientTest, ReleaseGivesTheAllocationBack) {
  make_ready();
  client.release();
  EXPECT_EQ(last(kTurnRefresh).lifetime(), 0U);
}

}  // namespace
}  // namespace ringback::webrtc
