#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "webrtc/ice_agent.h"
#include "webrtc/ice_lite.h"

namespace ringback::webrtc {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

base::Endpoint at(std::string_view text) {
  return *base::Endpoint::parse(text);
}

struct Port final : IceTransport::Sink {
  std::span<std::uint8_t> prepare() override { return slot; }
  void commit(std::size_t size, const IcePath& to) override {
    out.push_back({to, Bytes(slot.begin(), slot.begin() + static_cast<std::ptrdiff_t>(size))});
  }
  struct Outgoing {
    IcePath to;
    Bytes bytes;
  };
  Bytes slot = Bytes(1500);
  std::deque<Outgoing> out;
};

const IceCredentials kServer{"w0server", "serverpassword0123456789"};
const IceCredentials kClient{"client", "clientpassword0123456789"};
const base::TimePoint kStart{1h};

/// A check as a client would send it to the server.
struct Check {
  IceCredentials to = kServer;
  bool use_candidate = false;
  bool controlled = false;

  [[nodiscard]] Bytes bytes() const {
    Bytes buffer(300);
    StunWriter writer(buffer, StunClass::kRequest, kStunBinding, {1, 2, 3});
    writer.add_username(to.ufrag + ":client");
    writer.add_priority(1);
    if (controlled) {
      writer.add_ice_controlled(9);
    } else {
      writer.add_ice_controlling(9);
    }
    if (use_candidate) writer.add_use_candidate();
    buffer.resize(writer.finish(to.password));
    return buffer;
  }
};

class IceLiteTest : public testing::Test {
 protected:
  StunOutcome receive(const Check& check, std::string_view from, base::TimePoint now = kStart) {
    return ice.receive(now, check.bytes(), at(from));
  }
  std::optional<std::uint16_t> answered_error() {
    const auto message = StunMessage::parse(port.out.back().bytes);
    return message ? message->error_code() : std::nullopt;
  }

  Port port;
  IceLite ice{kServer, port};
};

TEST_F(IceLiteTest, AnswersACheckWithTheSourceAddressUnderItsPassword) {
  EXPECT_EQ(receive({}, "198.51.100.7:40000"), StunOutcome::kAuthenticated);
  ASSERT_EQ(port.out.size(), 1U);
  EXPECT_EQ(port.out[0].to, at("198.51.100.7:40000"));
  const auto response = StunMessage::parse(port.out[0].bytes);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->message_class(), StunClass::kSuccess);
  EXPECT_EQ(response->mapped_address(), at("198.51.100.7:40000"));
  EXPECT_EQ(response->transaction_id(), (StunTransactionId{1, 2, 3}));
  EXPECT_TRUE(response->check_integrity(kServer.password));
}

TEST_F(IceLiteTest, FollowsNominationsAndNotMereChecks) {
  receive({}, "198.51.100.7:1");
  EXPECT_EQ(ice.selected(), at("198.51.100.7:1"));  // the only path that works so far
  EXPECT_FALSE(ice.nominated());
  receive({.use_candidate = true}, "198.51.100.7:2");
  EXPECT_EQ(ice.selected(), at("198.51.100.7:2"));
  receive({}, "198.51.100.7:3");
  EXPECT_EQ(ice.selected(), at("198.51.100.7:2"));
  EXPECT_TRUE(ice.is_peer(at("198.51.100.7:3")));
  EXPECT_FALSE(ice.is_peer(at("198.51.100.7:4")));
}

TEST_F(IceLiteTest, StaysSilentToStrangers) {
  Check wrong_password;
  wrong_password.to.password = "guess";
  EXPECT_EQ(receive(wrong_password, "198.51.100.7:1"), StunOutcome::kRefused);
  Check wrong_name;
  wrong_name.to.ufrag = "w0serverX";
  EXPECT_EQ(receive(wrong_name, "198.51.100.7:1"), StunOutcome::kRefused);
  EXPECT_TRUE(port.out.empty());
  EXPECT_FALSE(ice.selected());
}

TEST_F(IceLiteTest, RoleConflictIsAnsweredWith487) {
  EXPECT_EQ(receive({.controlled = true}, "198.51.100.7:1"), StunOutcome::kRefused);
  EXPECT_EQ(answered_error(), 487);
  EXPECT_FALSE(ice.selected());
}

TEST_F(IceLiteTest, UnknownMandatoryAttributeIsAnsweredWith420) {
  Bytes buffer(300);
  StunWriter writer(buffer, StunClass::kRequest, kStunBinding, {});
  writer.add_username("w0server:client");
  writer.add_unknown_attribute(0x7777);
  buffer[20 + 4 + 16] = 0x7f;  // UNKNOWN-ATTRIBUTES becomes an attribute that nobody knows
  buffer.resize(writer.finish(kServer.password));
  EXPECT_EQ(ice.receive(kStart, buffer, at("198.51.100.7:1")), StunOutcome::kRefused);
  EXPECT_EQ(answered_error(), 420);
}

TEST_F(IceLiteTest, APeerThatChangesPortsForeverCostsBoundedMemory) {
  receive({.use_candidate = true}, "198.51.100.7:1");
  for (int i = 0; i < 1000; ++i) {
    receive({}, "198.51.100.7:" + std::to_string(2 + i), kStart + i * 1ms);
  }
  EXPECT_TRUE(ice.is_peer(at("198.51.100.7:1")));  // in use, though silent for longest
  EXPECT_TRUE(ice.is_peer(at("198.51.100.7:1001")));
  EXPECT_FALSE(ice.is_peer(at("198.51.100.7:2")));
}

TEST_F(IceLiteTest, RestartKeepsTheOldPathUntilTheNewOneIsNominated) {
  const IceCredentials fresh{"w0fresh", "freshpassword0123456789ab"};
  receive({.use_candidate = true}, "198.51.100.7:1");
  ice.restart(fresh);
  EXPECT_EQ(ice.local_ufrags(), (std::vector<std::string>{"w0fresh", "w0server"}));
  EXPECT_EQ(receive({}, "198.51.100.7:1"), StunOutcome::kAuthenticated);
  EXPECT_EQ(receive({.to = fresh}, "192.0.2.9:1"), StunOutcome::kAuthenticated);
  EXPECT_EQ(ice.selected(), at("198.51.100.7:1"));
  receive({.to = fresh, .use_candidate = true}, "192.0.2.9:1");
  EXPECT_EQ(ice.selected(), at("192.0.2.9:1"));
  EXPECT_EQ(receive({.use_candidate = true}, "198.51.100.7:1"), StunOutcome::kRefused);
  EXPECT_EQ(ice.selected(), at("192.0.2.9:1"));
}

/// Two full agents with a wire between them.
class IceAgentTest : public testing::Test {
 protected:
  void run(IceAgent& a, const char* a_address, IceAgent& b, const char* b_address, base::Duration time) {
    const base::TimePoint end = now + time;
    while (true) {
      carry(a_port, at(a_address), b, at(b_address));
      carry(b_port, at(b_address), a, at(a_address));
      if (!a_port.out.empty() || !b_port.out.empty()) continue;
      const base::TimePoint next = std::min(a.next_deadline(), b.next_deadline());
      if (next > end) break;
      now = std::max(now, next);
      a.advance(now);
      b.advance(now);
    }
    now = end;
  }

  void carry(Port& from, const base::Endpoint& source, IceAgent& to, const base::Endpoint& target) {
    while (!from.out.empty()) {
      const auto packet = std::move(from.out.front());
      from.out.pop_front();
      now += 1ms;
      if (packet.to == target) to.receive(now, packet.bytes, source);
    }
  }

  static Candidate host(const char* address) { return Candidate::host_udp(at(address)); }

  base::TimePoint now = kStart;
  Port a_port;
  Port b_port;
};

TEST_F(IceAgentTest, ControllingAndControlledAgreeOnAPath) {
  IceAgent a(IceAgent::Role::kControlling, kServer, a_port);
  IceAgent b(IceAgent::Role::kControlled, kClient, b_port);
  a.set_remote(now, kClient);
  b.set_remote(now, kServer);
  a.add_remote_candidate(now, host("192.0.2.99:1"));  // leads nowhere
  a.add_remote_candidate(now, host("192.0.2.2:2"));
  run(a, "192.0.2.1:1", b, "192.0.2.2:2", 2s);
  EXPECT_EQ(a.selected(), at("192.0.2.2:2"));
  EXPECT_EQ(b.selected(), at("192.0.2.1:1"));  // learnt from the check: peer-reflexive
  EXPECT_TRUE(b.is_peer(at("192.0.2.1:1")));
}

TEST_F(IceAgentTest, RoleConflictIsResolvedByTheTieBreaker) {
  for (const auto role : {IceAgent::Role::kControlling, IceAgent::Role::kControlled}) {
    IceAgent a(role, kServer, a_port);
    IceAgent b(role, kClient, b_port);
    a.set_remote(now, kClient);
    b.set_remote(now, kServer);
    a.add_remote_candidate(now, host("192.0.2.2:2"));
    b.add_remote_candidate(now, host("192.0.2.1:1"));
    run(a, "192.0.2.1:1", b, "192.0.2.2:2", 5s);
    EXPECT_NE(a.role(), b.role());
    EXPECT_EQ(a.selected(), at("192.0.2.2:2"));
    EXPECT_EQ(b.selected(), at("192.0.2.1:1"));
  }
}

TEST_F(IceAgentTest, CandidatesMayTrickleInLate) {
  IceAgent a(IceAgent::Role::kControlling, kServer, a_port);
  IceAgent b(IceAgent::Role::kControlled, kClient, b_port);
  a.set_remote(now, kClient);
  b.set_remote(now, kServer);
  run(a, "192.0.2.1:1", b, "192.0.2.2:2", 2s);
  EXPECT_FALSE(a.selected());
  EXPECT_FALSE(a.exhausted());
  a.add_remote_candidate(now, host("192.0.2.2:2"));
  run(a, "192.0.2.1:1", b, "192.0.2.2:2", 2s);
  EXPECT_TRUE(a.selected());
}

TEST_F(IceAgentTest, EveryPairFailingExhaustsTheAgent) {
  IceAgent a(IceAgent::Role::kControlling, kServer, a_port);
  a.set_remote(now, kClient);
  a.add_remote_candidate(now, host("192.0.2.99:1"));
  a.add_remote_candidate(now, host("192.0.2.98:1"));
  while (a.next_deadline() != base::kNever) {
    now = a.next_deadline();
    a.advance(now);
  }
  EXPECT_TRUE(a.exhausted());
  EXPECT_LT(now - kStart, 20s);
}

TEST_F(IceAgentTest, ConsentKeepsAskingTheSelectedPath) {
  IceAgent a(IceAgent::Role::kControlling, kServer, a_port);
  IceAgent b(IceAgent::Role::kControlled, kClient, b_port);
  a.set_remote(now, kClient);
  b.set_remote(now, kServer);
  a.add_remote_candidate(now, host("192.0.2.2:2"));
  run(a, "192.0.2.1:1", b, "192.0.2.2:2", 2s);
  const auto before = a.last_heard();
  run(a, "192.0.2.1:1", b, "192.0.2.2:2", 30s);
  EXPECT_GT(a.last_heard(), before + 25s);
  EXPECT_GT(b.last_heard(), before + 25s);
}

TEST_F(IceAgentTest, ForgedAnswersAreRefused) {
  IceAgent a(IceAgent::Role::kControlling, kServer, a_port);
  a.set_remote(now, kClient);
  a.add_remote_candidate(now, host("192.0.2.2:2"));
  a.advance(now);
  ASSERT_EQ(a_port.out.size(), 1U);
  const auto check = StunMessage::parse(a_port.out[0].bytes);
  ASSERT_TRUE(check);
  Port forger;
  answer_binding(forger, *check, at("192.0.2.1:1"), "not the password");
  EXPECT_EQ(a.receive(now, forger.out[0].bytes, at("192.0.2.2:2")), StunOutcome::kRefused);
  answer_binding(forger, *check, at("192.0.2.1:1"), kClient.password);
  EXPECT_EQ(a.receive(now, forger.out[1].bytes, at("192.0.2.66:2")), StunOutcome::kRefused);
  EXPECT_FALSE(a.selected());
}

/// A client whose server can be reached by some of its paths only.
class FallbackTest : public testing::Test {
 protected:
  static Candidate tcp(const char* address) {
    return *Candidate::parse("1 1 tcp 1671430143 " + at(address).address.to_string() + " " +
                             std::to_string(at(address).port) + " typ host tcptype passive");
  }

  void begin() {
    client.set_remote(now, kServer);
    client.add_remote_candidate(now, Candidate::host_udp(at("192.0.2.2:2")));
    client.add_remote_candidate(now, tcp("192.0.2.2:1"));
  }

  /// Answers what arrives by a path that is open.
  void run(base::Duration time) {
    const base::TimePoint end = now + time;
    while (true) {
      while (!port.out.empty()) {
        const auto packet = std::move(port.out.front());
        port.out.pop_front();
        sent.push_back(packet.to);
        if (std::ranges::find(open, packet.to.via) == open.end()) continue;
        now += 1ms;
        Port answers;
        const auto check = StunMessage::parse(packet.bytes);
        ASSERT_TRUE(check);
        nominated = check->use_candidate();
        priority = check->priority().value_or(0);
        answer_binding(answers, *check, at("198.51.100.7:1"), kServer.password);
        client.receive(now, answers.out[0].bytes, packet.to);
      }
      if (client.next_deadline() > end) break;
      now = std::max(now, client.next_deadline());
      client.advance(now);
    }
    now = end;
  }
  [[nodiscard]] bool tried(const IcePath& path) const { return std::ranges::find(sent, path) != sent.end(); }

  base::TimePoint now = kStart;
  Port port;
  IceAgent client{IceAgent::Role::kControlling, kClient, port};
  std::vector<IcePath::Via> open;
  std::vector<IcePath> sent;
  bool nominated = false;
  std::uint32_t priority = 0;
};

const IcePath kTcpPath(at("192.0.2.2:1"), IcePath::kTcp);
const IcePath kRelayPath(at("192.0.2.2:2"), IcePath::kFirstRelay);

TEST_F(FallbackTest, TcpIsNotTouchedWhereUdpWorks) {
  open = {IcePath::kUdp, IcePath::kTcp};
  begin();
  run(30s);
  EXPECT_EQ(client.selected(), at("192.0.2.2:2"));
  EXPECT_FALSE(tried(kTcpPath));
}

TEST_F(FallbackTest, TcpIsNominatedWithinTwoSecondsWhereUdpIsClosed) {
  open = {IcePath::kTcp};
  begin();
  run(900ms);
  EXPECT_TRUE(tried(at("192.0.2.2:2")));
  EXPECT_FALSE(tried(kTcpPath));
  run(1100ms);
  EXPECT_EQ(client.selected(), kTcpPath);
  EXPECT_TRUE(nominated);
  EXPECT_LT(priority, candidate_priority(CandidateType::kPeerReflexive, 0, 1)) << "the peer prefers UDP too";
  const auto heard = client.last_heard();
  run(30s);
  EXPECT_GT(client.last_heard(), heard + 25s) << "consent is kept on TCP";
  EXPECT_FALSE(client.exhausted());
}

TEST_F(FallbackTest, ActiveTcpCandidatesOfThePeerLeadNowhere) {
  open = {IcePath::kTcp};
  client.set_remote(now, kServer);
  client.add_remote_candidate(now, *Candidate::parse("1 1 tcp 1 192.0.2.2 9 typ host tcptype active"));
  run(5s);
  EXPECT_TRUE(sent.empty());
}

TEST_F(FallbackTest, ARelayCarriesWhatNothingElseDoes) {
  open = {IcePath::kFirstRelay};
  begin();
  run(2s);
  EXPECT_FALSE(client.selected());
  client.add_relay(now, IcePath::kFirstRelay);
  run(1s);
  EXPECT_EQ(client.selected(), kRelayPath);
  EXPECT_TRUE(nominated);
}

TEST_F(FallbackTest, CandidatesThatTrickleInLaterGoThroughTheRelayToo) {
  open = {IcePath::kFirstRelay};
  client.set_remote(now, kServer);
  client.add_relay(now, IcePath::kFirstRelay);
  client.add_remote_candidate(now, Candidate::host_udp(at("192.0.2.2:2")));
  run(3s);
  EXPECT_EQ(client.selected(), kRelayPath);
}

TEST_F(FallbackTest, ARestartTriesUdpFirstAgainAndKeepsTheOldPathMeanwhile) {
  open = {IcePath::kTcp};
  begin();
  run(3s);
  ASSERT_EQ(client.selected(), kTcpPath);
  open = {IcePath::kUdp, IcePath::kTcp};
  client.restart({"client2", "clientpassword2222222222"});
  EXPECT_EQ(client.selected(), kTcpPath);
  client.set_remote(now, {"w0again", kServer.password});
  run(2s);
  EXPECT_EQ(client.selected(), at("192.0.2.2:2"));
}

}  // namespace
}  // namespace ringback::webrtc
