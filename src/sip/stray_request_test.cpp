// What arrives from strangers and belongs to no call: each gets the answer that the RFCs ask for, or none.

#include <gtest/gtest.h>

#include "sip/header_values.h"
#include "sip/world_test.h"

namespace ringback::sip {
namespace {

class StrayRequestTest : public testing::Test {
 protected:
  StrayRequestTest() : agent(world.add("192.0.2.1:5060")) {
    source.remote = *base::Endpoint::parse("198.51.100.9:5099");
    source.local = agent.here();
  }
  /// Feeds a request and returns the answer's status, 0 for none.
  int status_of(const std::string& text) {
    const std::size_t before = agent.sent.size();
    agent.agent().receive(world.now, text, source);
    if (agent.sent.size() == before) return 0;
    answer = *parse(agent.sent.back());
    return answer.status;
  }
  std::string request(const std::string& method, const std::string& more = {}, const std::string& body = {},
                      const std::string& uri = "sip:1000@192.0.2.1") {
    static int serial = 0;
    const std::string id = std::to_string(++serial);
    return method + ' ' + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9;rport;branch=z9hG4bK" + id +
           "\r\nFrom: <sip:a@example.com>;tag=a" + id + "\r\nTo: <sip:1000@192.0.2.1>\r\nCall-ID: c" + id +
           "\r\nCSeq: 1 " + method + "\r\nContact: <sip:a@198.51.100.9:5099>\r\nMax-Forwards: 70\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  World world;
  World::Party& agent;
  Source source;
  Message answer;
};

TEST_F(StrayRequestTest, OptionsTellsWhatWeCan) {
  EXPECT_EQ(status_of(request("OPTIONS")), 200);
  EXPECT_TRUE(answer.headers.has_token("Allow", "INVITE"));
  EXPECT_TRUE(answer.headers.has_token("Accept", "application/sdp"));
  EXPECT_TRUE(answer.headers.has_token("Supported", "timer"));
  EXPECT_FALSE(to_of(answer)->tag().empty());
  EXPECT_EQ(top_via(answer)->parameters.get("received"), "198.51.100.9");
  EXPECT_EQ(top_via(answer)->parameters.get("rport"), "5099");
}

TEST_F(StrayRequestTest, MethodsOutsideOfCalls) {
  EXPECT_EQ(status_of(request("REGISTER")), 405);
  EXPECT_TRUE(answer.headers.has_token("Allow", "INVITE"));
  EXPECT_EQ(status_of(request("MESSAGE")), 405);
  EXPECT_EQ(status_of(request("SUBSCRIBE")), 489);
  EXPECT_EQ(status_of(request("NOTIFY")), 489);
  EXPECT_EQ(status_of(request("REFER")), 603);
  EXPECT_EQ(status_of(request("BYE")), 481);
  EXPECT_EQ(status_of(request("CANCEL")), 481);
  EXPECT_EQ(status_of(request("NEWMETHOD")), 501);
  EXPECT_EQ(status_of(request("ACK")), 0);
  EXPECT_EQ(agent.agent().session_count(), 0U);
}

TEST_F(StrayRequestTest, InvitesThatWeCannotTake) {
  const std::string sdp = "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\n";
  const std::string typed = "Content-Type: application/sdp\r\n";
  EXPECT_EQ(status_of(request("INVITE", typed + "Require: nothingSupportsThis\r\n", sdp)), 420);
  EXPECT_EQ(answer.headers.get("Unsupported"), "nothingSupportsThis");
  EXPECT_EQ(status_of(request("INVITE", "Content-Type: application/unknown\r\n", "x")), 415);
  EXPECT_TRUE(answer.headers.has_token("Accept", "application/sdp"));
  EXPECT_EQ(status_of(request("INVITE", typed + "Accept: text/nobodyKnowsThis\r\n", sdp)), 406);
  EXPECT_EQ(status_of(request("INVITE", typed, sdp, "nobodyKnowsThisScheme:totallyopaquecontent")), 416);
  EXPECT_EQ(status_of(request("INVITE", typed, sdp, "soap.beep://192.0.2.103:3002")), 416);
  EXPECT_EQ(status_of(request("INVITE", typed + "Supported: timer\r\nSession-Expires: 30\r\n", sdp)), 422);
  EXPECT_EQ(answer.headers.get("Min-SE"), "90");
  EXPECT_EQ(agent.agent().session_count(), 0U);
}

TEST_F(StrayRequestTest, ACallThatComesByTwoWaysIsTakenOnce) {
  std::string invite = request("INVITE");
  EXPECT_EQ(status_of(invite), 100);
  EXPECT_EQ(status_of(invite), 100);  // a retransmission gets the same again
  invite.replace(invite.find("z9hG4bK"), 7, "z9hG4bKother");
  EXPECT_EQ(status_of(invite), 482);
  EXPECT_EQ(agent.agent().session_count(), 1U);
}

TEST_F(StrayRequestTest, BadMessagesAreAnsweredWhenTheyCanBe) {
  std::string text = request("INVITE");
  text.replace(text.find("CSeq: 1 INVITE"), 14, "CSeq: 1 OPTIONS");
  EXPECT_EQ(status_of(text), 400);
  text = request("OPTIONS");
  text.replace(text.find(" SIP/2.0"), 8, " SIP/7.0");
  EXPECT_EQ(status_of(text), 505);
  EXPECT_EQ(status_of("\r\n\r\n"), 0);
  EXPECT_EQ(status_of("garbage"), 0);
  EXPECT_EQ(status_of(std::string(70000, 'A')), 0);
  EXPECT_EQ(agent.agent().statistics().refused_requests, 2U);
}

TEST_F(StrayRequestTest, ResponsesThatNobodyWaitsForAreDropped) {
  EXPECT_EQ(
      status_of(
          "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-w0-1\r\nFrom: <sip:a@b>;tag=1\r\n"
          "To: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n"),
      0);
  EXPECT_EQ(agent.agent().statistics().dropped_messages, 1U);
}

TEST_F(StrayRequestTest, FullHouseIs503) {
  Config config;
  config.max_sessions = 1;
  World::Party& small = world.add("192.0.2.77:5060", config);
  small.agent().receive(world.now, request("INVITE"), source);
  small.agent().receive(world.now, request("INVITE"), source);
  const auto refusal = parse(small.sent.back());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 503);
  EXPECT_TRUE(retry_after_of(refusal->headers));
}

TEST_F(StrayRequestTest, ResponsesGoWhereTheRequestCameFrom) {
  // Without rport: to the port of sent-by (RFC 3261 18.2.2); maddr is ignored.
  class Spy final : public Sink {
   public:
    void send(std::string_view, const Destination& to) override { last = to; }
    Destination last;
  } spy;
  Config config;
  config.local_address = [](Transport, const base::Endpoint&) {
    return *base::Endpoint::parse("192.0.2.1:5060");
  };
  UserAgent direct(config, spy, [](std::span<std::uint8_t> out) { std::ranges::fill(out, std::uint8_t{7}); });
  std::string text = request("OPTIONS");
  text.replace(text.find(";rport"), 6, ":7070;maddr=203.0.113.1");
  direct.receive(world.now, text, source);
  EXPECT_EQ(spy.last.endpoint.to_string(), "198.51.100.9:7070");
  direct.receive(world.now, request("OPTIONS"), source);
  EXPECT_EQ(spy.last.endpoint.to_string(), "198.51.100.9:5099");
  source.transport = Transport::kTcp;
  source.flow = 42;
  direct.receive(world.now, request("OPTIONS"), source);
  EXPECT_EQ(spy.last.flow, 42U);
}

}  // namespace
}  // namespace ringback::sip
