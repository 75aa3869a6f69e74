#include <gtest/gtest.h>

#include "bus/rpc_client.h"
#include "bus/rpc_server.h"

namespace ringback::bus {
namespace {

using namespace std::chrono_literals;

const Method kCreate{"SIPInternal", "CreateSIPParticipant", ""};
const std::string kRequests = "SIPInternal|CreateSIPParticipant|REQ";
const std::string kVerdicts = "SIPInternal|CreateSIPParticipant|RCLAIM";
const std::string kClaims = "SIPInternal|CLI_1|CLAIM";
const std::string kResponses = "SIPInternal|CLI_1|RES";

/// A Redis in memory: records what the core wants, with one wall clock.
class World final : public BusPort {
 public:
  struct Published {
    std::string channel;
    std::string payload;
    base::TimePoint until;
  };

  void subscribe(const std::string& channel) override { channels.insert(channel); }
  void unsubscribe(const std::string& channel) override { channels.erase(channel); }
  void publish(std::string channel, std::string payload, base::TimePoint until) override {
    published.push_back({std::move(channel), std::move(payload), until});
  }
  void take_lock(std::uint64_t ticket, std::string key) override {
    locks.emplace_back(ticket, std::move(key));
  }

  [[nodiscard]] BusTime time() const { return {now, wall_ns}; }
  void pass(base::Duration duration) {
    now += duration;
    wall_ns += std::chrono::nanoseconds(duration).count();
  }
  /// The last message published, which must be of this kind.
  template <class T>
  T last(const std::string& channel) {
    EXPECT_FALSE(published.empty());
    EXPECT_EQ(published.back().channel, channel);
    return std::get<T>(livekit::decode_bus_message(published.back().payload).value());
  }

  base::TimePoint now{1s};
  std::int64_t wall_ns = 1'700'000'000'000'000'000;
  std::set<std::string> channels;
  std::vector<Published> published;
  std::vector<std::pair<std::uint64_t, std::string>> locks;
};

class RpcServerTest : public testing::Test {
 protected:
  RpcServerTest() : server(world, "SRV_me", [this](const Method&, std::string_view) { return bid; }) {
    server.serve(kCreate);
  }
  std::string request(base::Duration life = 30s, const std::string& id = "REQ_1") {
    return livekit::encode(livekit::BusRequest{
        id, "CLI_1", world.wall_ns, world.wall_ns + std::chrono::nanoseconds(life).count(), "body"});
  }
  void receive(const std::string& payload, const std::string& channel = kRequests) {
    EXPECT_TRUE(server.receive(world.time(), channel, payload));
  }
  void verdict(const std::string& server_id, const std::string& id = "REQ_1") {
    receive(livekit::encode(livekit::BusClaimVerdict{id, server_id}), kVerdicts);
  }
  /// Receives a request and wins its lock.
  void claim() {
    receive(request());
    ASSERT_EQ(world.locks.size(), 1U);
    server.lock_decided(world.time(), world.locks[0].first, true);
  }

  World world;
  RpcServer::Bid bid;
  RpcServer server;
};

TEST_F(RpcServerTest, ServesARequestFromLockToResponse) {
  EXPECT_EQ(world.channels, (std::set<std::string>{kRequests, kVerdicts}));
  const auto payload = request();
  receive(payload);
  ASSERT_EQ(world.locks.size(), 1U);
  EXPECT_EQ(world.locks[0].second, queue_lock_key(payload));
  EXPECT_TRUE(world.published.empty()) << "nothing is claimed without the lock";
  EXPECT_EQ(server.claims(), 1U);

  server.lock_decided(world.time(), world.locks[0].first, true);
  const auto claim = world.last<livekit::BusClaim>(kClaims);
  EXPECT_EQ(claim.request_id, "REQ_1");
  EXPECT_EQ(claim.server_id, "SRV_me");
  EXPECT_FLOAT_EQ(claim.affinity, 1.0F);
  EXPECT_FALSE(server.next_event().has_value());

  verdict("SRV_me");
  const auto given = server.next_event();
  ASSERT_TRUE(given.has_value());
  EXPECT_EQ(given->body, "body");
  EXPECT_EQ(given->method, kCreate);
  EXPECT_EQ(given->deadline, world.now + 30s);
  EXPECT_EQ(server.claims(), 0U);

  server.respond(world.time(), *given, RpcResult(std::string("answer")));
  const auto response = world.last<livekit::BusResponse>(kResponses);
  EXPECT_EQ(response.request_id, "REQ_1");
  EXPECT_EQ(response.server_id, "SRV_me");
  EXPECT_EQ(response.sent_at_ns, world.wall_ns);
  EXPECT_EQ(response.body, "answer");
  EXPECT_EQ(world.published.back().until, given->deadline) << "a response waits for a Redis that is away";
  EXPECT_EQ(server.counters().served, 1U);
}

TEST_F(RpcServerTest, RespondsWithErrors) {
  claim();
  verdict("SRV_me");
  const auto given = server.next_event();
  server.respond(world.time(), given.value(),
                 base::Failure{livekit::BusError{"not_found", "no such thing", {}}});
  const auto response = world.last<livekit::BusResponse>(kResponses);
  EXPECT_EQ(response.error.value().code, "not_found");
  EXPECT_EQ(response.error->message, "no such thing");
}

TEST_F(RpcServerTest, ALoadedServerWaitsBeforeItTriesTheLock) {
  bid.load = 0.25;
  receive(request());
  EXPECT_TRUE(world.locks.empty());
  EXPECT_EQ(server.next_deadline(), world.now + 150ms);
  world.pass(149ms);
  server.advance(world.time());
  EXPECT_TRUE(world.locks.empty());
  world.pass(1ms);
  server.advance(world.time());
  ASSERT_EQ(world.locks.size(), 1U);
  server.lock_decided(world.time(), world.locks[0].first, true);
  EXPECT_FLOAT_EQ(world.last<livekit::BusClaim>(kClaims).affinity, 0.75F);
}

TEST_F(RpcServerTest, EvenTheBusiestClaimsBeforeTheClientGivesUp) {
  bid.load = 7;
  receive(request());
  EXPECT_EQ(server.next_deadline(), world.now + RpcServer::kLongestWait);
  static_assert(RpcServer::kLongestWait < RpcClient::kClaimPatience / 2);
  world.pass(RpcServer::kLongestWait);
  server.advance(world.time());
  server.lock_decided(world.time(), world.locks.at(0).first, true);
  EXPECT_GT(world.last<livekit::BusClaim>(kClaims).affinity, 0.0F);
}

TEST_F(RpcServerTest, AFullServerLetsRequestsPass) {
  bid.accept = false;
  receive(request());
  EXPECT_TRUE(world.locks.empty());
  EXPECT_EQ(server.next_deadline(), base::kNever);
  EXPECT_EQ(server.counters().passed, 1U);
}

TEST_F(RpcServerTest, AServerThatFillsUpWhileItWaitsDoesNotTryTheLock) {
  bid.load = 1;
  receive(request());
  bid.accept = false;
  world.pass(RpcServer::kLongestWait);
  server.advance(world.time());
  EXPECT_TRUE(world.locks.empty());
  EXPECT_EQ(server.counters().passed, 1U);
}

TEST_F(RpcServerTest, WhoLosesTheLockStaysSilent) {
  receive(request());
  server.lock_decided(world.time(), world.locks.at(0).first, false);
  EXPECT_TRUE(world.published.empty());
  EXPECT_EQ(server.counters().outrun, 1U);
  verdict("SRV_other");
  EXPECT_FALSE(server.next_event().has_value());
}

TEST_F(RpcServerTest, AnOldClientMayChooseAnother) {
  claim();
  verdict("SRV_other");
  EXPECT_FALSE(server.next_event().has_value());
  verdict("SRV_me");
  EXPECT_FALSE(server.next_event().has_value()) << "a verdict is final";
}

TEST_F(RpcServerTest, VerdictsForOtherRequestsAreIgnored) {
  claim();
  verdict("SRV_me", "REQ_2");
  EXPECT_FALSE(server.next_event().has_value());
  verdict("SRV_me");
  EXPECT_TRUE(server.next_event().has_value());
}

TEST_F(RpcServerTest, ExpiredRequestsAreDropped) {
  receive(request(0s));
  receive(request(-7s, "REQ_2"));
  EXPECT_TRUE(world.locks.empty());
  EXPECT_EQ(server.counters().expired, 2U);
  EXPECT_EQ(server.last_lateness(), 7s);
}

TEST_F(RpcServerTest, AbsurdTimesDoNoHarm) {
  for (const std::int64_t expiry :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    receive(livekit::encode(livekit::BusRequest{"REQ_x", "CLI_1", 0, expiry, ""}));
  }
  EXPECT_EQ(server.counters().expired, 1U);
  EXPECT_EQ(world.locks.size(), 1U);
}

TEST_F(RpcServerTest, AClaimThatIsNotDecidedIsForgotten) {
  claim();
  EXPECT_EQ(server.next_deadline(), world.now + RpcServer::kVerdictPatience);
  world.pass(RpcServer::kVerdictPatience);
  server.advance(world.time());
  EXPECT_EQ(server.claims(), 0U);
  verdict("SRV_me");
  EXPECT_FALSE(server.next_event().has_value());
}

TEST_F(RpcServerTest, ALostLockReplyIsForgotten) {
  receive(request());
  world.pass(RpcServer::kVerdictPatience);
  server.advance(world.time());
  EXPECT_EQ(server.next_deadline(), base::kNever);
  server.lock_decided(world.time(), world.locks.at(0).first, true);
  EXPECT_TRUE(world.published.empty());
}

TEST_F(RpcServerTest, MalformedMessagesAreCounted) {
  receive("rubbish");
  receive("", kVerdicts);
  receive(livekit::encode(livekit::BusClaimVerdict{"REQ_1", "SRV_me"}));
  receive(request(), kVerdicts);
  receive(livekit::encode(livekit::BusRequest{"", "", 0, std::numeric_limits<std::int64_t>::max(), ""}));
  EXPECT_EQ(server.counters().malformed, 5U);
  EXPECT_FALSE(server.receive(world.time(), "Other|REQ", request()));
}

TEST_F(RpcServerTest, AStoppedMethodIsLeft) {
  receive(request());
  server.stop(kCreate);
  EXPECT_TRUE(world.channels.empty());
  EXPECT_FALSE(server.receive(world.time(), kRequests, request()));
  server.lock_decided(world.time(), world.locks.at(0).first, true);
  EXPECT_TRUE(world.published.empty());
}

TEST_F(RpcServerTest, AFloodIsBounded) {
  bid.load = 1;
  for (std::size_t i = 0; i < RpcServer::kMaxPending + 10; ++i)
    receive(request(30s, "REQ_" + std::to_string(i)));
  EXPECT_EQ(server.counters().passed, 10U);
}

class RpcClientTest : public testing::Test {
 protected:
  RpcClientTest() {
    client.open("SIPInternal");
    client.call(world.time(), "REQ_1", kCreate, "body");
  }
  void claim(const std::string& server_id) {
    client.receive(world.time(), kClaims, livekit::encode(livekit::BusClaim{"REQ_1", server_id, 1}));
  }
  World world;
  RpcClient client{world, "CLI_1"};
};

TEST_F(RpcClientTest, TakesTheFirstClaimAndItsResponse) {
  EXPECT_EQ(world.channels, (std::set<std::string>{kClaims, kResponses}));
  const auto request = world.last<livekit::BusRequest>(kRequests);
  EXPECT_EQ(request.expiry_ns - request.sent_at_ns, 3'000'000'000);
  claim("SRV_1");
  EXPECT_EQ(world.last<livekit::BusClaimVerdict>(kVerdicts).server_id, "SRV_1");
  const auto count = world.published.size();
  claim("SRV_2");
  EXPECT_EQ(world.published.size(), count);
  client.receive(world.time(), kResponses,
                 livekit::encode(livekit::BusResponse{"REQ_1", "SRV_1", 1, "yes", {}}));
  const auto outcome = client.next_event();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->request_id, "REQ_1");
  EXPECT_EQ(outcome->result.value(), "yes");
  EXPECT_EQ(client.next_deadline(), base::kNever);
}

TEST_F(RpcClientTest, NobodyServes) {
  EXPECT_EQ(client.next_deadline(), world.now + 1s);
  world.pass(1s);
  client.advance(world.time());
  EXPECT_EQ(client.next_event().value().result.error().code, "unavailable");
}

TEST_F(RpcClientTest, TheServerIsSilent) {
  claim("SRV_1");
  world.pass(1s);
  client.advance(world.time());
  EXPECT_FALSE(client.next_event().has_value());
  world.pass(2s);
  client.advance(world.time());
  EXPECT_EQ(client.next_event().value().result.error().code, "deadline_exceeded");
}

TEST_F(RpcClientTest, ErrorsComeThrough) {
  client.receive(world.time(), kResponses,
                 livekit::encode(
                     livekit::BusResponse{"REQ_1", "SRV_1", 1, "", livekit::BusError{"internal", "oh", {}}}));
  EXPECT_EQ(client.next_event().value().result.error().message, "oh");
  EXPECT_FALSE(client.receive(world.time(), "elsewhere", ""));
  EXPECT_TRUE(client.receive(world.time(), kClaims, "rubbish"));
}

}  // namespace
}  // namespace ringback::bus
