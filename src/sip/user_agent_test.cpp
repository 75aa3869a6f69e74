#include "sip/user_agent.h"

#include <gtest/gtest.h>

#include "sip/header_values.h"
#include "sip/token.h"
#include "sip/world_test.h"

namespace ringback::sip {
namespace {

using namespace std::chrono_literals;
constexpr std::string_view kAnswerSdp =
    "v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

/// A caller and a called party with a perfect network between them.
class UserAgentTest : public testing::Test {
 protected:
  UserAgentTest() : UserAgentTest(Config{}) {}
  explicit UserAgentTest(Config called)
      : caller(world.add("192.0.2.1:5060")),
        phone(world.add("192.0.2.2:5060", with_prefix(std::move(called)))) {}
  static Config with_prefix(Config config) {
    config.prefix = "p0";
    return config;
  }

  SessionId place() { return *caller.agent().invite(world.now, call_to(phone)); }
  /// Places a call and has it answered.
  void connect() {
    here = place();
    world.run(100ms);
    there = find_event<IncomingInvite>(phone.agent())->session;
    ASSERT_TRUE(phone.agent().accept(world.now, there, kAnswerSdp).ok());
    world.run(100ms);
    ASSERT_TRUE(find_event<Answered>(caller.agent()));
    ASSERT_TRUE(find_event<Acknowledged>(phone.agent()));
  }
  void expect_nothing_left() {
    world.run(200s);
    EXPECT_EQ(caller.agent().live_objects(), 0U);
    EXPECT_EQ(phone.agent().live_objects(), 0U);
  }

  World world;
  World::Party& caller;
  World::Party& phone;
  SessionId here{};
  SessionId there{};
};

TEST_F(UserAgentTest, CallsRingsAnswersAndHangsUp) {
  const SessionId id = place();
  world.run(100ms);
  EXPECT_TRUE(take<Trying>(caller.agent()));
  const auto incoming = take<IncomingInvite>(phone.agent());
  ASSERT_TRUE(incoming);
  EXPECT_EQ(incoming->request_uri, "sip:+15551234567@sip.example.com");
  EXPECT_EQ(incoming->from.uri.user, "+15550001111");
  EXPECT_EQ(incoming->from.display_name, "ringback");
  EXPECT_FALSE(incoming->sdp.empty());

  EXPECT_TRUE(phone.agent().ring(world.now, incoming->session).ok());
  EXPECT_TRUE(phone.agent().ring(world.now, incoming->session, 183, "Session Progress", kAnswerSdp).ok());
  world.run(100ms);
  EXPECT_EQ(take<Ringing>(caller.agent())->status, 180);
  const auto early = take<Ringing>(caller.agent());
  EXPECT_EQ(early->status, 183);
  EXPECT_EQ(early->sdp, kAnswerSdp);

  EXPECT_TRUE(phone.agent().accept(world.now, incoming->session, kAnswerSdp).ok());
  world.run(100ms);
  const auto answered = take<Answered>(caller.agent());
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->sdp, kAnswerSdp);
  EXPECT_EQ(caller.count("ACK "), 1U);
  EXPECT_TRUE(take<Acknowledged>(phone.agent()));
  EXPECT_TRUE(caller.agent().info(id)->answered);

  EXPECT_TRUE(caller.agent().bye(world.now, id, {{"Reason", "Q.850;cause=16"}}).ok());
  world.run(100ms);
  EXPECT_EQ(take<Ended>(caller.agent())->by, EndedBy::kLocal);
  const auto ended = take<Ended>(phone.agent());
  EXPECT_EQ(ended->by, EndedBy::kRemote);
  EXPECT_EQ(reasons_of(ended->headers).at(0).cause, 16);
  EXPECT_EQ(caller.agent().session_count(), 0U);
  expect_nothing_left();
}

TEST_F(UserAgentTest, CalledPartyHangsUp) {
  connect();
  EXPECT_TRUE(phone.agent().bye(world.now, there).ok());
  world.run(100ms);
  EXPECT_EQ(take<Ended>(caller.agent())->by, EndedBy::kRemote);
  EXPECT_EQ(take<Ended>(phone.agent())->by, EndedBy::kLocal);
  EXPECT_EQ(caller.agent().bye(world.now, here).error(), CommandError::kUnknownSession);
  expect_nothing_left();
}

TEST_F(UserAgentTest, BusyIsAFailureWithItsHeaders) {
  const SessionId id = place();
  world.run(100ms);
  const auto incoming = take<IncomingInvite>(phone.agent());
  EXPECT_TRUE(phone.agent()
                  .reject(world.now, incoming->session, 486, "Busy Here",
                          {{"X-Twilio-Error", "32203 Blocked"}, {"Retry-After", "30 (lunch)"}})
                  .ok());
  world.run(100ms);
  const auto failed = find_event<Failed>(caller.agent());
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->session, id);
  EXPECT_EQ(failed->cause, FailureCause::kRejected);
  EXPECT_EQ(failed->status, 486);
  EXPECT_EQ(failed->headers.get("x-twilio-error"), "32203 Blocked");
  EXPECT_EQ(retry_after_of(failed->headers), 30U);
  EXPECT_EQ(caller.count("ACK "), 1U);
  EXPECT_EQ(take<Ended>(phone.agent())->by, EndedBy::kLocal);
  expect_nothing_left();
}

TEST_F(UserAgentTest, RedirectReportsContactsBestFirst) {
  place();
  world.run(100ms);
  const auto incoming = take<IncomingInvite>(phone.agent());
  // Contact is a header of the dialog; a redirect server is played by hand.
  EXPECT_TRUE(phone.agent().reject(world.now, incoming->session, 302).ok());
  world.run(100ms);
  EXPECT_EQ(find_event<Failed>(caller.agent())->cause, FailureCause::kRedirected);
}

TEST_F(UserAgentTest, CancelsWhileRinging) {
  const SessionId id = place();
  world.run(100ms);
  const auto incoming = take<IncomingInvite>(phone.agent());
  EXPECT_TRUE(phone.agent().ring(world.now, incoming->session).ok());
  world.run(100ms);
  EXPECT_TRUE(caller.agent().cancel(world.now, id, {{"Reason", "SIP;cause=200;text=\"elsewhere\""}}).ok());
  world.run(100ms);
  EXPECT_EQ(find_event<Failed>(caller.agent())->cause, FailureCause::kCancelled);
  const auto ended = take<Ended>(phone.agent());
  EXPECT_EQ(ended->by, EndedBy::kRemote);
  EXPECT_EQ(reasons_of(ended->headers).at(0).text, "elsewhere");
  EXPECT_EQ(phone.count(" 487 "), 1U);
  EXPECT_EQ(phone.agent().accept(world.now, incoming->session, kAnswerSdp).error(),
            CommandError::kUnknownSession);
  expect_nothing_left();
}

TEST_F(UserAgentTest, CancelBeforeTheFirstResponseWaitsForIt) {
  const SessionId id = place();
  EXPECT_TRUE(caller.agent().cancel(world.now, id).ok());
  EXPECT_EQ(caller.count("CANCEL "), 0U);
  world.run(100ms);
  EXPECT_EQ(caller.count("CANCEL "), 1U);
  EXPECT_EQ(find_event<Failed>(caller.agent())->cause, FailureCause::kCancelled);
  EXPECT_TRUE(find_event<Ended>(phone.agent()));
  expect_nothing_left();
}

TEST_F(UserAgentTest, AnswerThatCrossesCancelIsAcknowledgedAndEnded) {
  const SessionId id = place();
  world.run(100ms);
  const auto incoming = take<IncomingInvite>(phone.agent());
  EXPECT_TRUE(phone.agent().accept(world.now, incoming->session, kAnswerSdp).ok());
  EXPECT_TRUE(caller.agent().cancel(world.now, id).ok());
  world.run(200ms);
  EXPECT_EQ(caller.count("ACK "), 1U);
  EXPECT_EQ(caller.count("BYE "), 1U);
  const auto failed = find_event<Failed>(caller.agent());
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->cause, FailureCause::kCancelled);
  EXPECT_TRUE(find_event<Ended>(phone.agent()));
  expect_nothing_left();
}

TEST_F(UserAgentTest, SilentPeerIsNoResponseAfterTimerB) {
  phone.deaf = true;
  place();
  world.run(31s);
  EXPECT_FALSE(caller.agent().next_event());
  world.run(2s);
  EXPECT_EQ(take<Failed>(caller.agent())->cause, FailureCause::kNoResponse);
  EXPECT_EQ(caller.count("INVITE "), 7U);  // at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s
  expect_nothing_left();
}

TEST_F(UserAgentTest, AnswerInPrackedProvisionalCountsForTheCall) {
  OutboundInvite call = call_to(phone);
  call.headers.add("Require", "100rel");
  const SessionId id = *caller.agent().invite(world.now, call);
  world.run(100ms);
  const auto incoming = take<IncomingInvite>(phone.agent());
  ASSERT_TRUE(incoming);
  EXPECT_TRUE(phone.agent().ring(world.now, incoming->session, 183, {}, kAnswerSdp).ok());
  EXPECT_TRUE(phone.agent().accept(world.now, incoming->session, {}).ok());
  EXPECT_EQ(phone.count(" 200 "), 0U);  // RFC 3262 3: the 2xx waits for PRACK
  world.run(200ms);
  EXPECT_EQ(caller.count("PRACK "), 1U);
  EXPECT_TRUE(take<Trying>(caller.agent()));
  EXPECT_TRUE(take<Ringing>(caller.agent()));
  EXPECT_EQ(take<Answered>(caller.agent())->sdp, kAnswerSdp);
  EXPECT_TRUE(caller.agent().hang_up(world.now, id).ok());
  expect_nothing_left();
}

TEST_F(UserAgentTest, ReinviteFromEachSide) {
  connect();
  EXPECT_TRUE(caller.agent().reinvite(world.now, here, "v=0\r\nhold\r\n").ok());
  EXPECT_EQ(caller.agent().reinvite(world.now, here, "v=0\r\n").error(), CommandError::kBusy);
  world.run(100ms);
  EXPECT_EQ(take<ReinviteOffer>(phone.agent())->sdp, "v=0\r\nhold\r\n");
  EXPECT_TRUE(phone.agent().answer_reinvite(world.now, there, "v=0\r\nheld\r\n").ok());
  world.run(100ms);
  EXPECT_EQ(take<ReinviteAnswered>(caller.agent())->sdp, "v=0\r\nheld\r\n");

  EXPECT_TRUE(phone.agent().reinvite(world.now, there, "v=0\r\nback\r\n").ok());
  world.run(100ms);
  EXPECT_TRUE(take<ReinviteOffer>(caller.agent()));
  EXPECT_TRUE(caller.agent().reject_reinvite(world.now, here, 488).ok());
  world.run(100ms);
  EXPECT_EQ(take<ReinviteFailed>(phone.agent())->status, 488);
  EXPECT_TRUE(caller.agent().bye(world.now, here).ok());
  expect_nothing_left();
}

TEST_F(UserAgentTest, CrossingReinvitesBothSucceedAfterBackOff) {
  connect();
  EXPECT_TRUE(caller.agent().reinvite(world.now, here, "v=0\r\nfrom caller\r\n").ok());
  EXPECT_TRUE(phone.agent().reinvite(world.now, there, "v=0\r\nfrom phone\r\n").ok());
  int answered = 0;
  world.run(10s, [&] {
    while (auto event = caller.agent().next_event()) {
      if (std::get_if<ReinviteOffer>(&*event)) {
        EXPECT_TRUE(caller.agent().answer_reinvite(world.now, here, kAnswerSdp).ok());
      }
      if (std::get_if<ReinviteAnswered>(&*event)) ++answered;
    }
    while (auto event = phone.agent().next_event()) {
      if (std::get_if<ReinviteOffer>(&*event)) {
        EXPECT_TRUE(phone.agent().answer_reinvite(world.now, there, kAnswerSdp).ok());
      }
      if (std::get_if<ReinviteAnswered>(&*event)) ++answered;
    }
  });
  EXPECT_EQ(answered, 2);
  EXPECT_GE(caller.count(" 491 ") + phone.count(" 491 "), 1U);
}

TEST_F(UserAgentTest, InfoCarriesKeyPresses) {
  connect();
  EXPECT_TRUE(phone.agent().send_dtmf_info(world.now, there, '#', 200).ok());
  world.run(100ms);
  const auto dtmf = take<DtmfInfo>(caller.agent());
  ASSERT_TRUE(dtmf);
  EXPECT_EQ(dtmf->digit, '#');
  EXPECT_EQ(dtmf->duration_ms, 200U);
}

TEST_F(UserAgentTest, OffersLateWhenTheInviteHasNone) {
  OutboundInvite call = call_to(phone);
  call.sdp.clear();
  ASSERT_TRUE(caller.agent().invite(world.now, call).ok());
  world.run(100ms);
  const auto incoming = take<IncomingInvite>(phone.agent());
  ASSERT_TRUE(incoming);
  EXPECT_TRUE(incoming->sdp.empty());
  EXPECT_TRUE(phone.agent().accept(world.now, incoming->session, kAnswerSdp).ok());
  world.run(100ms);
  EXPECT_EQ(find_event<Answered>(caller.agent())->sdp, kAnswerSdp);
}

TEST_F(UserAgentTest, TransportFailureIsReportedAtOnce) {
  const SessionId id = place();
  caller.agent().transport_failed(world.now, call_to(phone).destination, "connection refused");
  const auto failed = take<Failed>(caller.agent());
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->session, id);
  EXPECT_EQ(failed->cause, FailureCause::kTransport);
  EXPECT_EQ(failed->detail, "connection refused");
}

TEST_F(UserAgentTest, LargeInviteGoesByTcpAndFallsBackToUdp) {
  OutboundInvite call = call_to(phone);
  call.destination.tcp_allowed = true;
  call.headers.add("X-Long", std::string(1500, 'x'));
  ASSERT_TRUE(caller.agent().invite(world.now, call).ok());
  EXPECT_NE(caller.sent.back().find("Via: SIP/2.0/TCP"), std::string::npos);
  Destination tcp = call.destination;
  tcp.transport = Transport::kTcp;
  caller.agent().transport_failed(world.now, tcp, "connection refused");
  EXPECT_NE(caller.sent.back().find("Via: SIP/2.0/UDP"), std::string::npos);
  EXPECT_FALSE(caller.agent().next_event());
  world.run(100ms);
  EXPECT_TRUE(find_event<IncomingInvite>(phone.agent()));
}

TEST_F(UserAgentTest, TokensNameTheirOwner) {
  connect();
  EXPECT_EQ(owner_of(phone.last("SIP/2.0 200")), "w0");
  EXPECT_EQ(owner_of(caller.last("ACK ")), "p0");
  EXPECT_FALSE(owner_of(caller.last("INVITE ")));
  EXPECT_EQ(raw_call_id(caller.last("INVITE ")), caller.agent().info(here)->call_id);
  EXPECT_TRUE(phone.agent().bye(world.now, there).ok());
  EXPECT_EQ(owner_of(phone.sent.back()), "w0");
}

TEST_F(UserAgentTest, HeadersOfTheOwnerCannotReplaceOursNorSmuggle) {
  OutboundInvite call = call_to(phone);
  call.headers = {{"Call-ID", "mine"}, {"X-Ok", "a\r\nX-Evil: b"}, {"Bad Name", "x"}, {"i", "mine too"}};
  ASSERT_TRUE(caller.agent().invite(world.now, call).ok());
  const std::string invite = caller.sent.back();
  EXPECT_EQ(invite.find("mine"), std::string::npos);
  EXPECT_EQ(invite.find("\r\nX-Evil"), std::string::npos);
  EXPECT_NE(invite.find("X-Ok: a"), std::string::npos);
}

TEST_F(UserAgentTest, BadUrisAreRefusedBeforeAnythingIsSent) {
  OutboundInvite call = call_to(phone);
  call.request_uri = "sip:a b@c";
  EXPECT_EQ(caller.agent().invite(world.now, call).error(), CommandError::kBadUri);
  EXPECT_TRUE(caller.sent.empty());
  EXPECT_EQ(caller.agent().live_objects(), 0U);
}

}  // namespace
}  // namespace ringback::sip
