#include "client/roster.h"

#include "client/client_fixture.h"

namespace ringback::client {
namespace {

TEST(Roster, CountsTheOthersAndTheirAudio) {
  Roster roster;
  auto video = other("cam", "TR_V");
  video.tracks[0].type = livekit::TrackType::kVideo;
  auto self = other("phone", "TR_own");
  const auto change = roster.reset("phone", {other("a", "TR_A"), video, self});
  EXPECT_EQ(roster.others(), 2U);
  ASSERT_EQ(change.added.size(), 1U);
  EXPECT_EQ(change.added[0].sid, "TR_A");
  EXPECT_EQ(change.added[0].participant_sid, "PA_a");
  EXPECT_TRUE(roster.has_track("TR_A"));
  EXPECT_FALSE(roster.has_track("TR_V"));
}

TEST(Roster, FollowsSnapshots) {
  Roster roster;
  roster.reset("phone", {other("a", "TR_1")});
  auto later = other("a", "TR_2");
  later.version = 5;
  const auto change = roster.update({later});
  ASSERT_EQ(change.added.size(), 1U);
  ASSERT_EQ(change.removed.size(), 1U);
  EXPECT_EQ(change.removed[0].sid, "TR_1");

  auto stale = other("a", "TR_1");
  stale.version = 4;
  EXPECT_TRUE(roster.update({stale}).added.empty());

  later.state = livekit::ParticipantState::kDisconnected;
  EXPECT_EQ(roster.update({later}).removed.size(), 1U);
  EXPECT_EQ(roster.others(), 0U);
}

TEST(Roster, ANewSessionOfAnIdentityReplacesTheOldOne) {
  Roster roster;
  roster.reset("phone", {other("a", "TR_1")});
  auto again = other("a", "TR_2");
  again.sid = "PA_again";
  const auto change = roster.update({again});
  EXPECT_EQ(change.removed.size(), 1U);
  EXPECT_EQ(change.added.size(), 1U);
  EXPECT_EQ(roster.others(), 1U);
  auto goodbye = other("a", "TR_1");
  goodbye.state = livekit::ParticipantState::kDisconnected;
  roster.update({goodbye});
  EXPECT_EQ(roster.others(), 1U);
}

TEST(Roster, TellsEncryptedTracks) {
  Roster roster;
  auto secret = other("a", "TR_1");
  secret.tracks[0].encryption = livekit::Encryption::kGcm;
  EXPECT_TRUE(roster.reset("phone", {secret}).encrypted);
}

TEST(Roster, ForgetsEverybodyAtANewStay) {
  Roster roster;
  roster.reset("phone", {other("a", "TR_1")});
  const auto change = roster.reset("phone", {other("b", "TR_2")});
  EXPECT_EQ(change.removed.size(), 1U);
  EXPECT_EQ(change.added.size(), 1U);
  EXPECT_EQ(roster.others(), 1U);
}

}  // namespace
}  // namespace ringback::client
