#include "client/remote_participant.h"

#include "client/client_fixture.h"

namespace ringback::client {
namespace {

using namespace std::chrono_literals;
using livekit::AudioCodec;

class RemoteParticipantTest : public testing::Test, protected RemoteParticipant::Listener {
 protected:
  void on_joined() override {
    ++joined;
    if (publish) participant.publish_audio(*publish, "sip-caller");
  }
  void on_track_added(HeardTrackId, AudioCodec) override { ++tracks; }
  void on_track_removed(HeardTrackId) override { --tracks; }
  void on_data(std::string_view packet) override { data.emplace_back(packet); }
  void on_others(std::size_t now) override { others = now; }
  void on_departed(const Departure& why) override { departed = why; }

  void join(livekit::JoinResponse response = join_response()) {
    participant.join();
    world.pass(5ms);
    world.last().send(response);
  }

  /// The server's answer to the client's newest offer, with every codec that was offered.
  void answer(sdp::WebRtcSection* refuse = nullptr) {
    const auto offers = world.last().all<livekit::Offer>();
    ASSERT_FALSE(offers.empty());
    auto offered = sdp::read_webrtc(offers.back().sdp);
    ASSERT_TRUE(offered);
    sdp::WebRtcDescription ours = *offered;
    ours.transport.setup = sdp::SetupRole::kActive;
    ours.transport.candidates.clear();
    ours.sections.clear();
    for (const auto& section : offered->sections) {
      auto& answered = ours.sections.emplace_back(sdp::answered(section, {}));
      if (refuse != nullptr && section.kind == sdp::SectionKind::kAudio) answered.rejected = true;
    }
    livekit::ServerAnswer message;
    message.type = "answer";
    message.sdp = sdp::write_webrtc(ours);
    message.id = offers.back().id;
    world.last().send(message);
  }

  ClientWorld world;
  std::optional<AudioCodec> publish = AudioCodec::kPcmu;
  RemoteParticipant participant{world,
                                world,
                                static_cast<RemoteParticipant::Listener&>(*this),
                                {.identity = "phone", .token = "t", .log_id = "call", .session = {}}};
  int joined = 0;
  int tracks = 0;
  std::size_t others = 99;
  std::vector<std::string> data;
  std::optional<Departure> departed;
};

TEST_F(RemoteParticipantTest, PublishesItsTrackInTheFirstOffer) {
  join();
  EXPECT_EQ(joined, 1);
  EXPECT_EQ(participant.sid(), "PA_self");
  EXPECT_EQ(others, 0U);
  const auto requests = world.last().all<livekit::AddTrack>();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].name, "sip-caller");
  EXPECT_EQ(requests[0].source, livekit::TrackSource::kMicrophone);
  const auto offers = world.last().all<livekit::Offer>();
  ASSERT_EQ(offers.size(), 1U);
  const auto offer = sdp::read_webrtc(offers[0].sdp);
  ASSERT_TRUE(offer);
  ASSERT_EQ(offer->sections.size(), 2U);
  EXPECT_EQ(offer->sections[0].kind, sdp::SectionKind::kApplication);
  ASSERT_EQ(offer->sections[1].codecs.size(), 1U);
  EXPECT_TRUE(offer->sections[1].codecs[0].is("PCMU"));
  EXPECT_EQ(offer->sections[1].msid->track, requests[0].cid);
  EXPECT_EQ(offer->sections[1].direction, sdp::Direction::kSendOnly);
}

TEST_F(RemoteParticipantTest, LearnsFromTheServerWhichCodecsMayBePublished) {
  EXPECT_FALSE(participant.takes(AudioCodec::kPcmu));
  join();
  EXPECT_TRUE(participant.takes(AudioCodec::kOpus));
  EXPECT_TRUE(participant.takes(AudioCodec::kPcmu));
  EXPECT_FALSE(participant.takes(AudioCodec::kPcma));
}

TEST_F(RemoteParticipantTest, AServerThatRefusesTheTrackEndsTheStay) {
  join();
  sdp::WebRtcSection marker;
  answer(&marker);
  ASSERT_TRUE(departed);
  EXPECT_EQ(departed->kind, Departure::Kind::kNotPublished);
}

TEST_F(RemoteParticipantTest, HearsTheOthersAudioOnly) {
  auto response = join_response();
  response.other_participants = {other("a", "TR_A")};
  join(response);
  EXPECT_EQ(others, 1U);
  livekit::ParticipantUpdate update;
  update.participants = {other("b", "TR_B")};
  update.participants[0].tracks.push_back(update.participants[0].tracks[0]);
  update.participants[0].tracks[1].sid = "TR_V";
  update.participants[0].tracks[1].type = livekit::TrackType::kVideo;
  world.last().send(update);
  EXPECT_EQ(others, 2U);
  const auto wishes = world.last().all<livekit::UpdateSubscription>();
  ASSERT_EQ(wishes.size(), 2U);
  EXPECT_TRUE(wishes[0].subscribe);
  EXPECT_EQ(wishes[0].track_sids, std::vector<std::string>{"TR_A"});
  EXPECT_EQ(wishes[1].track_sids, std::vector<std::string>{"TR_B"});
}

TEST_F(RemoteParticipantTest, AnswersTheServersOffer) {
  join();
  sdp::WebRtcDescription theirs;
  theirs.transport.ice_ufrag = "abcd";
  theirs.transport.ice_pwd = "0123456789012345678901";
  theirs.transport.fingerprints = {{"sha-256", world.certificate().fingerprint()}};
  theirs.sections.push_back(sdp::application_section("0"));
  theirs.sections.push_back(sdp::offered_audio(
      "1", sdp::SentTrack{.msid = {"PA_a|TR_A", "TR_A"}, .cname = "c", .ssrc = 7, .rtx_ssrc = 0}));
  theirs.sections.push_back(sdp::offered_audio("2", std::nullopt));
  theirs.sections.push_back(sdp::offered_video(
      "3", sdp::SentTrack{.msid = {"PA_a|TR_V", "TR_V"}, .cname = "c", .ssrc = 8, .rtx_ssrc = 9}));
  livekit::ServerOffer offer;
  offer.type = "offer";
  offer.sdp = sdp::write_webrtc(theirs);
  offer.id = 240;
  world.last().send(offer);
  const auto answers = world.last().all<livekit::Answer>();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].id, 240U);
  const auto read = sdp::read_webrtc(answers[0].sdp);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->sections.size(), 4U);
  EXPECT_EQ(read->transport.setup, sdp::SetupRole::kActive);
  EXPECT_EQ(read->sections[1].direction, sdp::Direction::kRecvOnly);
  EXPECT_EQ(read->sections[2].direction, sdp::Direction::kInactive);
  EXPECT_EQ(read->sections[3].direction, sdp::Direction::kInactive);
}

TEST_F(RemoteParticipantTest, AnEncryptedRoomIsLeftAtOnce) {
  auto response = join_response();
  response.other_participants = {other("a", "TR_A")};
  response.other_participants[0].tracks[0].encryption = livekit::Encryption::kGcm;
  join(response);
  ASSERT_TRUE(departed);
  EXPECT_EQ(departed->kind, Departure::Kind::kEncrypted);
  EXPECT_EQ(joined, 0);
  EXPECT_EQ(world.last().all<livekit::Leave>().size(), 1U);
}

TEST_F(RemoteParticipantTest, AttributesWaitForTheRoomAndComeBackWithIt) {
  participant.set_attributes({{"sip.callStatus", "ringing"}});
  join();
  participant.set_attributes({{"sip.callStatus", "active"}});
  auto updates = world.last().all<livekit::UpdateMetadata>();
  ASSERT_EQ(updates.size(), 2U);
  EXPECT_EQ(updates[0].attributes.at("sip.callStatus"), "ringing");
  EXPECT_EQ(updates[1].attributes.at("sip.callStatus"), "active");
  EXPECT_NE(updates[0].request_id, updates[1].request_id);

  world.last().send(
      livekit::Leave{livekit::DisconnectReason::kStateMismatch, livekit::LeaveAction::kReconnect});
  world.pass(1s);
  world.last().send(join_response("PA_again"));
  updates = world.last().all<livekit::UpdateMetadata>();
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].attributes.at("sip.callStatus"), "active");
}

TEST_F(RemoteParticipantTest, PublishesAgainAfterAFullReconnection) {
  join();
  answer();
  world.last().send(
      livekit::Leave{livekit::DisconnectReason::kStateMismatch, livekit::LeaveAction::kReconnect});
  world.pass(1s);
  world.last().send(join_response("PA_again"));
  EXPECT_EQ(joined, 1);
  EXPECT_EQ(participant.sid(), "PA_again");
  EXPECT_EQ(world.last().all<livekit::AddTrack>().size(), 1U);
  const auto offers = world.last().all<livekit::Offer>();
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_EQ(sdp::read_webrtc(offers[0].sdp)->sections.size(), 2U);
  EXPECT_FALSE(departed);
}

TEST_F(RemoteParticipantTest, AResumeTellsTheStateAndRestartsIce) {
  auto response = join_response();
  response.other_participants = {other("a", "TR_A")};
  join(response);
  livekit::TrackPublished published;
  published.cid = world.last().all<livekit::AddTrack>()[0].cid;
  published.track.sid = "TR_mine";
  world.last().send(published);
  answer();
  const auto before = sdp::read_webrtc(world.last().all<livekit::Offer>().back().sdp);
  world.last().lose();
  world.pass(10ms);
  world.last().send(livekit::ReconnectResponse{});
  const auto states = world.last().all<livekit::SyncState>();
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].publish_tracks[0].track.sid, "TR_mine");
  EXPECT_EQ(states[0].subscription->track_sids, std::vector<std::string>{"TR_A"});
  const auto offers = world.last().all<livekit::Offer>();
  ASSERT_EQ(offers.size(), 1U);
  const auto after = sdp::read_webrtc(offers[0].sdp);
  EXPECT_NE(after->transport.ice_ufrag, before->transport.ice_ufrag);
}

TEST_F(RemoteParticipantTest, GoesAlongWhenTheServerMovesItToAnotherRoom) {
  auto response = join_response();
  response.other_participants = {other("a", "TR_A")};
  join(response);
  livekit::RoomMoved moved;
  moved.token = "t2";
  moved.participant.sid = "PA_moved";
  moved.participant.identity = "phone";
  moved.other_participants = {other("b", "TR_B"), other("c", "TR_C")};
  world.last().send(moved);
  EXPECT_EQ(participant.sid(), "PA_moved");
  EXPECT_EQ(others, 2U);
  const auto wishes = world.last().all<livekit::UpdateSubscription>();
  ASSERT_EQ(wishes.size(), 2U);
  EXPECT_EQ(wishes[1].track_sids, (std::vector<std::string>{"TR_B", "TR_C"}));
  EXPECT_FALSE(departed);
}

TEST_F(RemoteParticipantTest, ServerLeaveIsTheLastWord) {
  join();
  world.last().send(livekit::Leave{livekit::DisconnectReason::kRoomDeleted});
  ASSERT_TRUE(departed);
  EXPECT_EQ(departed->kind, Departure::Kind::kLeft);
  EXPECT_EQ(departed->reason, livekit::DisconnectReason::kRoomDeleted);
}

}  // namespace
}  // namespace ringback::client
