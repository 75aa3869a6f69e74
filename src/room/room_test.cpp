#include "room/room.h"

#include <gtest/gtest.h>

#include "room/room_fixture.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;
using livekit::DisconnectReason;
using livekit::ParticipantState;

struct RoomTest : testing::Test {
  void SetUp() override { world.open(); }
  Room& room() { return *world.room; }
  RoomWorld world;
  FakeListener alice_hears;
  FakeListener bob_hears;
};

TEST_F(RoomTest, OthersLearnOfArrivalsAndDeparturesAtOnce) {
  const auto watcher = world.join_client("watcher");
  auto alice = world.join_local("alice", alice_hears);
  ASSERT_TRUE(watcher.record->participant("alice"));
  EXPECT_EQ(watcher.record->participant("alice")->state, ParticipantState::kActive);
  alice->leave(DisconnectReason::kUserRejected);
  const auto gone = watcher.record->participant("alice");
  EXPECT_EQ(gone->state, ParticipantState::kDisconnected);
  EXPECT_EQ(gone->disconnect_reason, DisconnectReason::kUserRejected);
  EXPECT_EQ(room().participants().size(), 1u);
}

TEST_F(RoomTest, VersionsRiseWithEveryChange) {
  const auto watcher = world.join_client("watcher");
  auto alice = world.join_local("alice", alice_hears);
  alice->set_attributes({{"a", "1"}});
  const std::string sid = alice->publish_audio({});
  alice->set_muted(sid, true);
  alice->unpublish(sid);
  std::uint32_t before = 0;
  for (const auto& update : watcher.record->all<livekit::ParticipantUpdate>()) {
    for (const auto& info : update.participants) {
      if (info.identity != "alice") continue;
      EXPECT_GT(info.version, before);
      before = info.version;
    }
  }
  EXPECT_GE(before, 5u);
}

TEST_F(RoomTest, HiddenParticipantsAreNotTold) {
  const auto watcher = world.join_client("watcher");
  auto ghost = world.join_local("ghost", alice_hears, true);
  EXPECT_FALSE(watcher.record->participant("ghost"));
  EXPECT_EQ(room().info().num_participants, 1u);
  world.pass(10ms);
  EXPECT_EQ(alice_hears.occupancy.others, 1u) << "but it sees others";
}

TEST_F(RoomTest, TheNewerHolderOfAnIdentityWins) {
  const auto first = world.join_client("alice");
  const std::string first_sid = first.participant->sid();
  const auto second = world.join_client("alice");
  ASSERT_TRUE(first.record->last<livekit::Leave>());
  EXPECT_EQ(first.record->last<livekit::Leave>()->reason, DisconnectReason::kDuplicateIdentity);
  EXPECT_TRUE(first.record->closed);
  EXPECT_EQ(room().participants().size(), 1u);
  EXPECT_NE(room().find("alice")->sid(), first_sid);
}

TEST_F(RoomTest, LocalParticipantsHearEachOtherWithoutACopyOfTheStream) {
  auto alice = world.join_local("alice", alice_hears);
  auto bob = world.join_local("bob", bob_hears);
  const std::string sid = alice->publish_audio({.codec = AudioCodec::kPcmu});
  world.pass(10ms);
  ASSERT_EQ(bob_hears.tracks.size(), 1u);
  EXPECT_EQ(bob_hears.tracks[0].sid, sid);
  EXPECT_EQ(bob_hears.tracks[0].codec, AudioCodec::kPcmu);
  EXPECT_EQ(alice_hears.subscribed, std::vector<std::string>{sid});

  const std::vector<std::uint8_t> payload(160, 0x55);
  alice->send_audio(world.now(), {.sequence = 7, .timestamp = 1120, .payload = payload});
  ASSERT_EQ(bob_hears.heard.size(), 1u);
  EXPECT_EQ(bob_hears.heard[0].sequence, 7);
  EXPECT_EQ(bob_hears.heard[0].payload, payload);
  EXPECT_TRUE(alice_hears.heard.empty()) << "not to its own publisher";

  alice->set_muted(sid, true);
  alice->send_audio(world.now(), {.sequence = 8, .timestamp = 1280, .payload = payload});
  EXPECT_EQ(bob_hears.heard.size(), 1u) << "nothing passes while muted";
  world.pass(10ms);
  EXPECT_TRUE(bob_hears.muted);
  alice->leave(DisconnectReason::kClientInitiated);
  world.pass(10ms);
  EXPECT_TRUE(bob_hears.tracks.empty());
  EXPECT_EQ(bob_hears.occupancy.others, 0u);
}

TEST_F(RoomTest, ALocalParticipantThatIsLoudIsAnActiveSpeaker) {
  const auto listener = world.join_client("alice");
  auto phone = world.join_local("phone", bob_hears);
  const std::string sid = phone->publish_audio({.codec = AudioCodec::kPcmu});
  const std::vector<std::uint8_t> payload(160, 0x55);
  auto send_a_second = [&, sequence = std::uint16_t{0}](std::uint8_t level) mutable {
    for (int i = 0; i < 50; ++i, ++sequence) {
      phone->send_audio(
          world.now(),
          {.sequence = sequence, .timestamp = sequence * 160U, .level = level, .payload = payload});
      world.pass(20ms);
    }
  };
  send_a_second(15);
  const auto loud = listener.record->last<livekit::SpeakersChanged>();
  ASSERT_TRUE(loud);
  ASSERT_EQ(loud->speakers.size(), 1u);
  EXPECT_EQ(loud->speakers[0].sid, phone->sid());
  EXPECT_TRUE(loud->speakers[0].active);
  send_a_second(127);
  const auto silent = listener.record->last<livekit::SpeakersChanged>();
  ASSERT_EQ(silent->speakers.size(), 1u);
  EXPECT_FALSE(silent->speakers[0].active);
}

TEST_F(RoomTest, AListenerMayDestroyItsParticipantWhenTheRoomIsDeleted) {
  auto alice = world.join_local("alice", alice_hears);
  alice_hears.when_removed = [&] { alice.reset(); };
  room().close(DisconnectReason::kRoomDeleted);
  EXPECT_FALSE(alice_hears.removed) << "never inside the call that caused it";
  EXPECT_FALSE(alice->joined());
  alice->set_metadata("is ignored");
  world.pass(10ms);
  EXPECT_EQ(alice_hears.removed, DisconnectReason::kRoomDeleted);
  EXPECT_EQ(alice, nullptr);
}

TEST_F(RoomTest, DataIsStampedDeduplicatedAndDeliveredToItsDestinations) {
  FakeListener carol_hears;
  auto alice = world.join_local("alice", alice_hears);
  auto bob = world.join_local("bob", bob_hears);
  auto carol = world.join_local("carol", carol_hears);
  alice->send_data(user_packet("one", 1), true);
  alice->send_data(user_packet("one again", 1), true);
  alice->send_data(user_packet("for carol", 2, {"carol", "alice"}), true);
  alice->send_data(user_packet("lossy"), false);
  world.pass(10ms);
  ASSERT_EQ(bob_hears.data.size(), 2u);
  ASSERT_EQ(carol_hears.data.size(), 3u);
  EXPECT_TRUE(alice_hears.data.empty()) << "never back to the sender";
  const auto envelope = livekit::parse_data_envelope(bob_hears.data[0]);
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(envelope->participant_identity, "alice");
  EXPECT_EQ(envelope->participant_sid, alice->sid());
  EXPECT_EQ(envelope->sequence, 1u);
  EXPECT_EQ(livekit::parse_user_packet(carol_hears.data[1])->payload, "for carol");
}

TEST_F(RoomTest, DigitsTravelAsSipDtmf) {
  auto alice = world.join_local("alice", alice_hears);
  auto bob = world.join_local("bob", bob_hears);
  alice->send_dtmf('#');
  world.pass(10ms);
  ASSERT_EQ(bob_hears.data.size(), 1u);
  EXPECT_EQ(livekit::parse_sip_dtmf(bob_hears.data[0])->code, 11u);
}

TEST_F(RoomTest, TheServersDataReachesEverybodyOncePerNonce) {
  auto alice = world.join_local("alice", alice_hears);
  livekit::SendDataRequest request;
  request.data = "news";
  request.nonce = "0123456789abcdef";
  room().send_data(request);
  room().send_data(request);
  world.pass(10ms);
  ASSERT_EQ(alice_hears.data.size(), 1u);
  EXPECT_EQ(livekit::parse_data_envelope(alice_hears.data[0])->participant_identity, "");
}

TEST_F(RoomTest, ALostPermissionTakesTracksAway) {
  auto alice = world.join_local("alice", alice_hears);
  auto bob = world.join_local("bob", bob_hears);
  alice->publish_audio({});
  livekit::ParticipantPermission only_listening;
  only_listening.can_subscribe = true;
  room().update_permission(*room().find("alice"), only_listening);
  world.pass(10ms);
  EXPECT_TRUE(bob_hears.tracks.empty());
  EXPECT_TRUE(room().find("alice")->tracks().empty());
}

TEST_F(RoomTest, APublisherChoosesItsSubscribers) {
  auto alice = world.join_local("alice", alice_hears);
  auto bob = world.join_local("bob", bob_hears);
  const std::string sid = alice->publish_audio({});
  livekit::SubscriptionPermission chosen;
  room().set_subscription_permission(*room().find("alice"), chosen);
  world.pass(10ms);
  EXPECT_TRUE(bob_hears.tracks.empty());
  livekit::TrackPermission permission;
  permission.participant_identity = "bob";
  permission.track_sids = {sid};
  chosen.track_permissions = {permission};
  room().set_subscription_permission(*room().find("alice"), chosen);
  world.pass(10ms);
  EXPECT_EQ(bob_hears.tracks.size(), 1u);
}

TEST_F(RoomTest, AttributesMergeAndEmptyValuesDelete) {
  auto alice = world.join_local("alice", alice_hears);
  alice->set_attributes({{"keep", "1"}, {"drop", "2"}});
  alice->set_attributes({{"drop", ""}});
  alice->set_metadata("m");
  alice->set_metadata("");
  const auto& info = room().find("alice")->info();
  EXPECT_EQ(info.attributes, (livekit::Attributes{{"keep", "1"}}));
  EXPECT_EQ(info.metadata, "m");
}

TEST(RoomLife, AnUnvisitedRoomClosesAfterTheEmptyTimeout) {
  RoomWorld world;
  world.open(room_for(3, 20));
  world.pass(2s);
  EXPECT_TRUE(world.room);
  world.pass(3s);
  EXPECT_FALSE(world.room);
}

TEST(RoomLife, ALeftRoomClosesAfterTheDepartureTimeout) {
  RoomWorld world;
  world.open(room_for(300, 5));
  FakeListener listener;
  auto alice = world.join_local("alice", listener);
  world.pass(60s);
  EXPECT_TRUE(world.room);
  alice->leave(DisconnectReason::kClientInitiated);
  world.pass(3s);
  EXPECT_TRUE(world.room);
  world.pass(4s);
  EXPECT_FALSE(world.room);
}

TEST(RoomLife, ARoomHasPlaceForSoManyButARejoinFits) {
  RoomWorld world;
  Room& room = world.open(room_for(300, 20, 1));
  FakeListener listener;
  auto alice = world.join_local("alice", listener);
  EXPECT_FALSE(room.has_place_for("bob", false));
  EXPECT_TRUE(room.has_place_for("alice", false));
  EXPECT_TRUE(room.has_place_for("agent", true));
}

TEST(RoomEvents, AreToldInOrder) {
  std::vector<livekit::WebhookEvent> told;
  RoomWorld world;
  FakeListener listener;
  world.settings_value.on_event = [&](livekit::WebhookEvent event) { told.push_back(std::move(event)); };
  world.open();
  auto ghost = world.join_local("ghost", listener, true);
  auto alice = world.join_local("alice", listener);
  const std::string kept = alice->publish_audio({});
  const std::string dropped = alice->publish_audio({});
  alice->unpublish(dropped);
  alice->leave(DisconnectReason::kUserRejected);
  world.room->close(DisconnectReason::kRoomDeleted);

  std::vector<std::string> names;
  for (const auto& event : told) names.push_back(event.event);
  EXPECT_EQ(names, (std::vector<std::string>{"room_started", "participant_joined", "track_published",
                                             "track_published", "track_unpublished", "track_unpublished",
                                             "participant_left", "room_finished"}));
  ASSERT_EQ(told.size(), 8u);
  EXPECT_EQ(told[1].participant->identity, "alice");
  EXPECT_EQ(told[1].participant->state, ParticipantState::kActive);
  EXPECT_EQ(told[1].room->name, "r");
  EXPECT_EQ(told[2].track->sid, kept);
  EXPECT_EQ(told[4].track->sid, dropped);
  EXPECT_EQ(told[6].participant->state, ParticipantState::kDisconnected);
  EXPECT_EQ(told[6].participant->disconnect_reason, DisconnectReason::kUserRejected);
}

}  // namespace
}  // namespace ringback::room
