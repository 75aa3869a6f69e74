// What happens around an answer: forks, repeated and late messages, session timers, reliable responses,
// proxies.

#include <gtest/gtest.h>

#include "sip/header_values.h"
#include "sip/world_test.h"
#include "sip/writer.h"

namespace ringback::sip {
namespace {

using namespace std::chrono_literals;

/// Our user agent against a far side that is played by hand.
class SessionFlowTest : public testing::Test {
 protected:
  SessionFlowTest() : us(world.add("192.0.2.1:5060")) {
    far.remote = *base::Endpoint::parse("198.51.100.2:5060");
  }

  SessionId place() {
    OutboundInvite call;
    call.destination.endpoint = far.remote;
    call.request_uri = "sip:+15551234567@198.51.100.2";
    call.from_uri = "sip:+15550001111@example.com";
    call.credentials = Credentials{"user", "secret"};
    call.sdp = "v=0\r\n";
    const auto id = us.agent().invite(world.now, call);
    EXPECT_TRUE(id);
    return *id;
  }
  /// A response to the last request of that method.
  Message response(std::uint16_t status, const std::string& tag, std::string_view method = "INVITE") {
    const auto request = parse(us.last(std::string(method) + " "));
    EXPECT_TRUE(request);
    Message message;
    message.status = status;
    message.reason = "Whatever";
    for (const std::string_view name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
      message.headers.add(name, std::string(*request->headers.get(name)));
    }
    if (!tag.empty() && to_of(*request)->tag().empty()) {
      message.headers.set("To", std::string(*request->headers.get("To")) + ";tag=" + tag);
    }
    message.headers.add("Contact", "<sip:far@198.51.100.2:5062>");
    return message;
  }
  void feed(const Message& message) { us.agent().receive(world.now, write(message), far); }
  /// A request of the far side inside the call.
  Message request(const std::string& method, std::uint32_t cseq, const std::string& tag) {
    const auto invite = parse(us.last("INVITE "));
    Message message;
    message.method = method;
    message.request_uri = contacts_of(*invite).at(0).uri.to_string();
    message.headers.add("Via", "SIP/2.0/UDP 198.51.100.2;branch=z9hG4bKfar" + std::to_string(++serial_));
    message.headers.add("From", std::string(*invite->headers.get("To")) + ";tag=" + tag);
    message.headers.add("To", std::string(*invite->headers.get("From")));
    message.headers.add("Call-ID", std::string(call_id_of(*invite)));
    message.headers.add("CSeq", std::to_string(cseq) + ' ' + method);
    message.headers.add("Contact", "<sip:far@198.51.100.2:5062>");
    return message;
  }
  SessionId answered(const HeaderList& more = {}) {
    const SessionId id = place();
    Message ok = response(200, "far");
    for (const Header& header : more) ok.headers.add(header.name, header.value);
    feed(ok);
    EXPECT_TRUE(find_event<Answered>(us.agent()));
    return id;
  }

  World world;
  World::Party& us;
  Source far;

 private:
  int serial_ = 0;
};

TEST_F(SessionFlowTest, ForksRingApartAndTheFirstAnswerWins) {
  place();
  feed(response(180, "a"));
  feed(response(183, "b"));
  EXPECT_TRUE(find_event<Ringing>(us.agent()));
  EXPECT_EQ(find_event<Ringing>(us.agent())->remote_tag, "b");
  feed(response(200, "b"));
  EXPECT_EQ(find_event<Answered>(us.agent())->remote_tag, "b");
  EXPECT_EQ(us.count("ACK "), 1U);
  feed(response(200, "a"));  // the other phone was lifted as well
  EXPECT_EQ(us.count("ACK "), 2U);
  EXPECT_EQ(us.count("BYE "), 1U);
  EXPECT_NE(us.last("BYE ").find("tag=a"), std::string::npos);
  EXPECT_FALSE(us.agent().next_event());
}

TEST_F(SessionFlowTest, ARepeated2xxGetsTheSameAckAgain) {
  answered();
  const Message ok = response(200, "far");
  const std::string first = us.last("ACK ");
  feed(ok);
  feed(ok);
  EXPECT_EQ(us.count("ACK "), 3U);
  EXPECT_EQ(us.last("ACK "), first);
  EXPECT_FALSE(us.agent().next_event());
}

TEST_F(SessionFlowTest, ARepeated2xxAfterHangUpIsStillAcknowledged) {
  const SessionId id = answered();
  const Message ok = response(200, "far");
  EXPECT_TRUE(us.agent().bye(world.now, id).ok());
  feed(response(200, {}, "BYE"));
  EXPECT_TRUE(take<Ended>(us.agent()));
  feed(ok);
  EXPECT_EQ(us.count("ACK "), 2U);
}

TEST_F(SessionFlowTest, AckAndByeFollowRecordRouteAndContact) {
  const SessionId id =
      answered({{"Record-Route", "<sip:203.0.113.7:5070;lr>, <sip:203.0.113.8;lr;transport=tcp>"}});
  const auto ack = parse(us.last("ACK "));
  EXPECT_EQ(ack->request_uri, "sip:far@198.51.100.2:5062");
  const auto routes = routes_of(*ack, "Route");
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].uri.host, "203.0.113.8");  // reversed
  EXPECT_EQ(routes[1].uri.port, 5070);
  EXPECT_TRUE(us.agent().bye(world.now, id).ok());
  EXPECT_NE(us.last("BYE ").find("Via: SIP/2.0/TCP"), std::string::npos);
}

TEST_F(SessionFlowTest, AStrictRouterGetsTheRequestUri) {
  const SessionId id = answered({{"Record-Route", "<sip:203.0.113.7>"}});
  EXPECT_TRUE(us.agent().bye(world.now, id).ok());
  const auto bye = parse(us.last("BYE "));
  EXPECT_EQ(bye->request_uri, "sip:203.0.113.7");
  EXPECT_EQ(routes_of(*bye, "Route").at(0).uri.user, "far");
}

TEST_F(SessionFlowTest, APrivateContactBehindNatIsReachedByTheSource) {
  const SessionId id = place();
  Message ok = response(200, "far");
  ok.headers.set("Contact", "<sip:far@10.0.0.5:5060>");
  feed(ok);
  EXPECT_TRUE(us.agent().bye(world.now, id).ok());
  EXPECT_NE(us.last("BYE ").find("BYE sip:far@10.0.0.5:5060 SIP/2.0"), std::string::npos);
}

TEST_F(SessionFlowTest, A2xxWithoutTagIsABadResponse) {
  place();
  feed(response(200, {}));
  EXPECT_EQ(find_event<Failed>(us.agent())->cause, FailureCause::kBadResponse);
}

TEST_F(SessionFlowTest, RedirectContactsAreSortedByQ) {
  place();
  Message moved = response(302, "far");
  moved.headers.set("Contact", "<sip:a@x>;q=0.1, <sip:b@x>;q=0.75, <sip:c@x>");
  feed(moved);
  const auto failed = find_event<Failed>(us.agent());
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->cause, FailureCause::kRedirected);
  ASSERT_EQ(failed->contacts.size(), 3U);
  EXPECT_EQ(failed->contacts[0].uri.user, "c");
  EXPECT_EQ(failed->contacts[2].uri.user, "a");
}

TEST_F(SessionFlowTest, PrackInOrderAndOnlyOnce) {
  place();
  Message early = response(183, "far");
  early.headers.add("Require", "100rel");
  early.headers.add("RSeq", "700");
  feed(early);
  feed(early);  // repeated: our PRACK is on its way
  EXPECT_EQ(us.count("PRACK "), 1U);
  EXPECT_EQ(parse(us.last("PRACK "))->headers.get("RAck"), "700 1 INVITE");
  early.headers.set("RSeq", "702");  // 701 was lost: ignored until it has come
  feed(early);
  EXPECT_EQ(us.count("PRACK "), 1U);
  early.headers.set("RSeq", "701");
  feed(early);
  EXPECT_EQ(us.count("PRACK "), 2U);
}

TEST_F(SessionFlowTest, ProxyChallengeIsAnsweredAndByeCarriesTheAnswerOn) {
  const SessionId id = place();
  Message challenge = response(407, "far");
  challenge.headers.add("Proxy-Authenticate", "Digest realm=\"sip\", nonce=\"n1\", qop=\"auth\"");
  feed(challenge);
  EXPECT_EQ(us.count("INVITE "), 2U);
  EXPECT_EQ(us.count("ACK "), 1U);
  const auto second = parse(us.last("INVITE "));
  EXPECT_EQ(cseq_of(*second)->number, 2U);
  EXPECT_TRUE(to_of(*second)->tag().empty());
  EXPECT_NE(second->headers.get("Proxy-Authorization")->find("username=\"user\""), std::string_view::npos);
  feed(response(200, "far"));
  EXPECT_TRUE(parse(us.last("ACK "))->headers.has("Proxy-Authorization"));
  EXPECT_TRUE(us.agent().bye(world.now, id).ok());
  EXPECT_NE(us.last("BYE ").find("nc=00000002"), std::string::npos);
  Message again = response(407, {}, "BYE");
  again.headers.add("Proxy-Authenticate", "Digest realm=\"sip\", nonce=\"n2\", qop=\"auth\"");
  feed(again);
  EXPECT_EQ(us.count("BYE "), 2U);
  EXPECT_NE(us.last("BYE ").find("nonce=\"n2\""), std::string::npos);
}

TEST_F(SessionFlowTest, TooSmallIntervalIsRaisedOnce) {
  place();
  Message small = response(422, "far");
  small.headers.add("Min-SE", "1200");
  feed(small);
  const auto second = parse(us.last("INVITE "));
  EXPECT_EQ(second->headers.get("Session-Expires"), "1200");
  EXPECT_EQ(second->headers.get("Min-SE"), "1200");
  feed(response(422, "far"));
  EXPECT_EQ(find_event<Failed>(us.agent())->status, 422);
}

TEST_F(SessionFlowTest, RefreshesTheSessionAtHalfTimeByUpdate) {
  const SessionId id = answered(
      {{"Session-Expires", "1800;refresher=uac"}, {"Require", "timer"}, {"Allow", "INVITE, UPDATE"}});
  world.run(899s);
  EXPECT_EQ(us.count("UPDATE "), 0U);
  world.run(1100ms);
  EXPECT_EQ(us.count("UPDATE "), 1U);
  EXPECT_NE(us.last("UPDATE ").find("Session-Expires: 1800;refresher=uac"), std::string::npos);
  Message ok = response(200, {}, "UPDATE");
  ok.headers.add("Session-Expires", "1800;refresher=uac");
  feed(ok);
  world.run(900s + 100ms);
  EXPECT_EQ(us.count("UPDATE "), 2U);
  EXPECT_FALSE(us.agent().next_event());
  EXPECT_TRUE(us.agent().info(id));
}

TEST_F(SessionFlowTest, RefreshesByReinviteWhenThePeerHasNoUpdate) {
  answered({{"Session-Expires", "90;refresher=uac"}, {"Allow", "INVITE, BYE"}});
  world.run(46s);
  const auto refresh = parse(us.last("INVITE "));
  EXPECT_EQ(refresh->body, "v=0\r\n");
  feed(response(200, {}));
  EXPECT_TRUE(find_event<ReinviteAnswered>(us.agent())->refresh);
}

TEST_F(SessionFlowTest, EndsTheCallWhenTheRefreshDoesNotCome) {
  answered({{"Session-Expires", "1800;refresher=uas"}});
  world.run(1767s);
  EXPECT_FALSE(us.agent().next_event());
  world.run(1100ms);
  EXPECT_EQ(take<Ended>(us.agent())->by, EndedBy::kSessionTimer);
  EXPECT_EQ(us.count("BYE "), 1U);
}

TEST_F(SessionFlowTest, APeersUpdateKeepsTheSessionAlive) {
  answered({{"Session-Expires", "1800;refresher=uas"}});
  world.run(900s);
  Message update = request("UPDATE", 100, "far");
  update.headers.add("Supported", "timer");
  update.headers.add("Session-Expires", "1800;refresher=uac");
  feed(update);
  EXPECT_NE(us.last("SIP/2.0 200").find("Session-Expires: 1800;refresher=uac"), std::string::npos);
  world.run(1000s);
  EXPECT_FALSE(us.agent().next_event());
}

TEST_F(SessionFlowTest, ARefreshThatCannotBeDeliveredEndsTheCall) {
  answered({{"Session-Expires", "90;refresher=uac"}, {"Allow", "UPDATE"}});
  world.run(45100ms);
  ASSERT_EQ(us.count("UPDATE "), 1U);
  Destination broken;
  broken.endpoint = *base::Endpoint::parse("198.51.100.2:5062");
  us.agent().transport_failed(world.now, broken, "no route to host");
  EXPECT_EQ(find_event<Ended>(us.agent())->by, EndedBy::kTransport);
}

TEST_F(SessionFlowTest, ALostDialogEndsTheCall) {
  const SessionId id = answered();
  EXPECT_TRUE(us.agent().reinvite(world.now, id, "v=0\r\n").ok());
  feed(response(481, {}));
  EXPECT_EQ(find_event<ReinviteFailed>(us.agent())->status, 481);
  EXPECT_EQ(find_event<Ended>(us.agent())->by, EndedBy::kDialogLost);
}

TEST_F(SessionFlowTest, RequestsInsideTheCall) {
  answered();
  feed(request("OPTIONS", 10, "far"));
  EXPECT_EQ(us.count("SIP/2.0 200"), 1U);
  feed(request("REFER", 11, "far"));
  EXPECT_EQ(us.count("SIP/2.0 603"), 1U);
  feed(request("OPTIONS", 5, "far"));  // older than the last one
  EXPECT_EQ(us.count("SIP/2.0 500"), 1U);
  feed(request("OPTIONS", 12, "stranger"));
  EXPECT_EQ(us.count("SIP/2.0 481"), 1U);
  Message info = request("INFO", 13, "far");
  info.headers.add("Content-Type", "application/dtmf-relay");
  info.body = "Signal=11\r\nDuration=250\r\n";
  feed(info);
  EXPECT_EQ(take<DtmfInfo>(us.agent())->digit, '#');
  info = request("INFO", 14, "far");
  info.headers.add("Content-Type", "application/media_control+xml");
  info.body = "<x/>";
  feed(info);
  EXPECT_EQ(us.count("SIP/2.0 415"), 1U);
  Message bye = request("BYE", 15, "far");
  bye.headers.add("Reason", "Q.850;cause=16;text=\"Normal call clearing\"");
  feed(bye);
  const auto ended = take<Ended>(us.agent());
  ASSERT_TRUE(ended);
  EXPECT_EQ(reasons_of(ended->headers).at(0).text, "Normal call clearing");
}

TEST_F(SessionFlowTest, ACallGivenUpForSilenceIsCancelledWhenItRingsAfterAll) {
  Config quick;
  quick.no_response_timeout = 4s;
  World::Party& hasty = world.add("192.0.2.9:5060", quick);
  OutboundInvite call;
  call.destination.endpoint = far.remote;
  call.request_uri = "sip:+15551234567@198.51.100.2";
  call.from_uri = "sip:a@example.com";
  ASSERT_TRUE(hasty.agent().invite(world.now, call).ok());
  world.run(5s);
  EXPECT_EQ(take<Failed>(hasty.agent())->cause, FailureCause::kNoResponse);
  const auto invite = parse(hasty.last("INVITE "));
  Message ringing;
  ringing.status = 180;
  for (const std::string_view name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    ringing.headers.add(name, std::string(*invite->headers.get(name)));
  }
  hasty.agent().receive(world.now, write(ringing), far);
  EXPECT_EQ(hasty.count("CANCEL "), 1U);
  EXPECT_FALSE(hasty.agent().next_event());
  world.run(100s);
  EXPECT_EQ(hasty.agent().live_objects(), 0U);
}

TEST_F(SessionFlowTest, NoAckEndsAnIncomingCall) {
  Message invite;
  invite.method = "INVITE";
  invite.request_uri = "sip:1000@192.0.2.1";
  invite.headers = {{"Via", "SIP/2.0/UDP 198.51.100.2;branch=z9hG4bKx;rport"},
                    {"From", "<sip:far@198.51.100.2>;tag=f"},
                    {"To", "<sip:1000@192.0.2.1>"},
                    {"Call-ID", "cid"},
                    {"CSeq", "1 INVITE"},
                    {"Contact", "<sip:far@198.51.100.2>"}};
  feed(invite);
  const SessionId id = take<IncomingInvite>(us.agent())->session;
  EXPECT_TRUE(us.agent().accept(world.now, id, "v=0\r\n").ok());
  EXPECT_TRUE(us.agent().bye(world.now, id).ok());
  EXPECT_EQ(us.count("BYE "), 0U);  // RFC 3261 15: not before the ACK
  world.run(32100ms);
  EXPECT_EQ(us.count("SIP/2.0 200"), 11U);  // 0.5, 1, 2, 4, 4, ... s apart for 32 s
  EXPECT_EQ(us.count("BYE "), 1U);
  world.run(40s);
  EXPECT_TRUE(take<Ended>(us.agent()));
}

}  // namespace
}  // namespace ringback::sip
