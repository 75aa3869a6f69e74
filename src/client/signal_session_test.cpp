#include "client/signal_session.h"

#include <optional>

#include "client/client_fixture.h"

namespace ringback::client {
namespace {

using namespace std::chrono_literals;
using livekit::DisconnectReason;
using livekit::LeaveAction;

class SignalSessionTest : public testing::Test, protected SignalSession::Owner {
 protected:
  void on_joined(const livekit::JoinResponse& join) override { joins.push_back(join.participant.sid); }
  void on_resumed(const livekit::ReconnectResponse&) override { ++resumes; }
  void on_signal(const livekit::SignalResponse&) override { ++signals; }
  void on_interrupted(std::string_view) override { ++interruptions; }
  void on_over(const SessionEnd& end) override { over = end; }

  /// Joined, with media.
  void join() {
    session.start();
    world.pass(5ms);
    world.last().send(join_response());
    session.confirm();
  }

  ClientWorld world;
  SignalSession session{
      world, world, static_cast<SignalSession::Owner&>(*this), {.client_version = "1"}, "t1"};
  std::vector<std::string> joins;
  int resumes = 0;
  int signals = 0;
  int interruptions = 0;
  std::optional<SessionEnd> over;
};

TEST_F(SignalSessionTest, JoinsWithItsTokenAndPings) {
  join();
  ASSERT_EQ(joins, std::vector<std::string>{"PA_self"});
  EXPECT_EQ(world.last().token, "t1");
  EXPECT_EQ(world.last().target.find("reconnect"), std::string::npos);
  for (int i = 0; i < 3; ++i) {
    world.pass(5s);
    world.last().send(livekit::PongResponse{});
  }
  EXPECT_EQ(world.last().all<livekit::PingRequest>().size(), 3U);
  EXPECT_EQ(signals, 0);
  EXPECT_EQ(interruptions, 0);
}

TEST_F(SignalSessionTest, ResumesALostConnectionAtOnceWithTheNewestToken) {
  join();
  world.last().send(livekit::RefreshToken{"t2"});
  world.last().lose();
  world.pass(10ms);
  ASSERT_EQ(world.connections.size(), 2U);
  EXPECT_EQ(world.last().token, "t2");
  EXPECT_NE(world.last().target.find("reconnect=1&sid=PA_self"), std::string::npos);
  world.last().send(livekit::ReconnectResponse{});
  EXPECT_EQ(resumes, 1);
  EXPECT_EQ(joins.size(), 1U);
  EXPECT_EQ(interruptions, 1);
}

TEST_F(SignalSessionTest, ASilentServerIsALostConnection) {
  join();
  world.pass(16s);
  EXPECT_EQ(interruptions, 1);
  EXPECT_EQ(world.connections.size(), 2U);
  EXPECT_EQ(world.connections.front()->listener, nullptr);
}

TEST_F(SignalSessionTest, JoinsAnewWhenTheServerHasForgottenIt) {
  join();
  world.last().lose();
  world.pass(10ms);
  world.last().send(livekit::Leave{DisconnectReason::kStateMismatch, LeaveAction::kReconnect});
  world.pass(1s);
  ASSERT_EQ(world.connections.size(), 3U);
  EXPECT_EQ(world.last().target.find("reconnect"), std::string::npos);
  world.last().send(join_response("PA_new"));
  EXPECT_EQ(joins.back(), "PA_new");
  EXPECT_FALSE(over);
}

TEST_F(SignalSessionTest, AGoodbyeMayComeAfterTheEndOfTheMedia) {
  join();
  session.media_closed();
  world.pass(1s);
  ASSERT_EQ(world.connections.size(), 1U);
  world.last().send(livekit::Leave{DisconnectReason::kParticipantRemoved, LeaveAction::kDisconnect});
  ASSERT_TRUE(over);
  EXPECT_EQ(over->reason, DisconnectReason::kParticipantRemoved);
  world.pass(30s);
  EXPECT_EQ(world.connections.size(), 1U);
}

TEST_F(SignalSessionTest, JoinsAnewWhenOnlyTheMediaHasEnded) {
  join();
  session.media_closed();
  world.pass(4s);
  ASSERT_EQ(world.connections.size(), 2U);
  EXPECT_EQ(world.last().target.find("reconnect"), std::string::npos);
  // What the server closes of the stay before says nothing about the new one.
  session.media_closed();
  world.last().send(join_response("PA_new"));
  session.confirm();
  world.last().lose();
  world.pass(10ms);
  world.last().send(livekit::Leave{DisconnectReason::kStateMismatch, LeaveAction::kReconnect});
  world.pass(1s);
  EXPECT_FALSE(over);
  EXPECT_EQ(world.connections.size(), 4U);
}

TEST_F(SignalSessionTest, OneWhoWasPutOutDoesNotComeBackWhenTheGoodbyeIsLost) {
  join();
  session.media_closed();
  world.last().lose();
  world.pass(10ms);
  ASSERT_EQ(world.connections.size(), 2U);
  EXPECT_NE(world.last().target.find("reconnect=1"), std::string::npos);
  world.last().send(livekit::Leave{DisconnectReason::kStateMismatch, LeaveAction::kReconnect});
  world.pass(10ms);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->kind, SessionEnd::Kind::kLeft);
  EXPECT_EQ(over->reason, DisconnectReason::kParticipantRemoved);
  world.pass(30s);
  EXPECT_EQ(world.connections.size(), 2U);
}

TEST_F(SignalSessionTest, TheEndOfTheMediaMayBeSeenAfterTheRefusalToResume) {
  join();
  world.last().lose();
  world.pass(10ms);
  world.last().send(livekit::Leave{DisconnectReason::kStateMismatch, LeaveAction::kReconnect});
  world.pass(200ms);
  session.media_closed();
  world.pass(10ms);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->reason, DisconnectReason::kParticipantRemoved);
  EXPECT_EQ(world.connections.size(), 2U);
}

TEST_F(SignalSessionTest, TriesWithGrowingDelaysAndResumesOnlyWhileItIsRemembered) {
  join();
  world.last().lose();
  for (int i = 0; i < 800 && world.connections.size() < 8; ++i) {
    world.pass(50ms);
    if (world.last().listener != nullptr) world.last().lose({.http_status = 503, .reason = "down"});
  }
  ASSERT_EQ(world.connections.size(), 8U);
  EXPECT_NE(world.connections[2]->target.find("reconnect=1"), std::string::npos);
  EXPECT_FALSE(over);
  for (int i = 0; i < 800 && !over; ++i) {
    world.pass(100ms);
    if (world.last().listener != nullptr) world.last().lose({.http_status = 0, .reason = "refused"});
  }
  ASSERT_TRUE(over);
  EXPECT_EQ(over->kind, SessionEnd::Kind::kUnreachable);
  EXPECT_EQ(over->detail, "refused");
  EXPECT_EQ(world.last().target.find("reconnect=1"), std::string::npos);
  EXPECT_LT(world.connections.size(), 40U);
}

TEST_F(SignalSessionTest, TellsTheDialerOfFailuresAndOfTheRegionsThatTheServerNamed) {
  join();
  livekit::Leave leave{DisconnectReason::kMigration, LeaveAction::kResume};
  leave.regions = {"wss://a.example", "wss://b.example"};
  world.last().send(leave);
  world.pass(10ms);
  EXPECT_EQ(world.last().failures, 0U);
  EXPECT_EQ(world.last().regions, leave.regions);
  world.last().lose({.http_status = 503, .reason = "down"});
  world.pass(1s);
  EXPECT_EQ(world.last().failures, 1U);
  world.pass(16s);  // silence
  EXPECT_EQ(world.last().failures, 2U);
  world.last().send(join_response("PA_new"));
  world.last().lose();
  world.pass(10s);
  EXPECT_EQ(world.last().failures, 0U);
}

TEST_F(SignalSessionTest, ARoomThatIsGoneIsNoRefusal) {
  join();
  world.last().lose();
  world.pass(10ms);
  world.last().lose({.http_status = 404, .reason = "requested room does not exist"});
  ASSERT_TRUE(over);
  EXPECT_EQ(over->kind, SessionEnd::Kind::kLeft);
  EXPECT_EQ(over->reason, DisconnectReason::kRoomClosed);
}

TEST_F(SignalSessionTest, ARefusalIsFinal) {
  session.start();
  world.pass(5ms);
  world.last().lose({.http_status = 401, .reason = "no"});
  ASSERT_TRUE(over);
  EXPECT_EQ(over->kind, SessionEnd::Kind::kRefused);
  EXPECT_EQ(over->detail, "no");
  world.pass(30s);
  EXPECT_EQ(world.connections.size(), 1U);
}

TEST_F(SignalSessionTest, GivesUpWhenNoMediaComes) {
  session.start();
  world.pass(5ms);
  world.last().send(join_response());
  world.pass(2s);
  session.rejoin("no media");
  world.pass(1s);
  EXPECT_EQ(world.connections.size(), 2U);
  world.pass(20s);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->kind, SessionEnd::Kind::kUnreachable);
}

TEST_F(SignalSessionTest, FollowsWhatALeaveAsksFor) {
  join();
  world.last().send(livekit::Leave{DisconnectReason::kMigration, LeaveAction::kResume});
  world.pass(10ms);
  EXPECT_NE(world.last().target.find("reconnect=1"), std::string::npos);
  world.last().send(livekit::ReconnectResponse{});
  session.confirm();
  world.last().send(livekit::Leave{DisconnectReason::kParticipantRemoved, LeaveAction::kDisconnect});
  ASSERT_TRUE(over);
  EXPECT_EQ(over->kind, SessionEnd::Kind::kLeft);
  EXPECT_EQ(over->reason, DisconnectReason::kParticipantRemoved);
  EXPECT_FALSE(session.send(livekit::MuteTrack{}));
}

TEST_F(SignalSessionTest, SaysGoodbyeAndHearsNothingMore) {
  join();
  session.leave(DisconnectReason::kUserRejected);
  const auto& connection = *world.connections.front();
  ASSERT_EQ(connection.all<livekit::Leave>().size(), 1U);
  EXPECT_EQ(connection.all<livekit::Leave>().front().reason, DisconnectReason::kUserRejected);
  world.pass(5ms);
  EXPECT_EQ(connection.listener, nullptr);
  world.pass(60s);
  EXPECT_EQ(world.connections.size(), 1U);
  EXPECT_FALSE(over);
}

TEST_F(SignalSessionTest, SaysGoodbyeToAServerThatIsJustLettingItIn) {
  session.start();
  world.pass(5ms);
  const auto connection = world.connections.front();
  session.leave(DisconnectReason::kUserRejected);
  world.pass(5ms);
  EXPECT_EQ(connection->all<livekit::Leave>().size(), 1U);
  EXPECT_EQ(connection->listener, nullptr);
}

TEST_F(SignalSessionTest, RubbishEndsTheConnectionNotTheSession) {
  join();
  world.last().listener->on_frame("\xff\xff\xff");
  world.pass(10ms);
  EXPECT_EQ(world.connections.size(), 2U);
  EXPECT_FALSE(over);
}

TEST_F(SignalSessionTest, AMovedSessionHasANewTokenAndSid) {
  join();
  livekit::RoomMoved moved;
  moved.token = "t9";
  moved.participant.sid = "PA_moved";
  world.last().send(moved);
  EXPECT_EQ(signals, 1);
  world.last().lose();
  world.pass(10ms);
  EXPECT_EQ(world.last().token, "t9");
  EXPECT_NE(world.last().target.find("sid=PA_moved"), std::string::npos);
}

}  // namespace
}  // namespace ringback::client
