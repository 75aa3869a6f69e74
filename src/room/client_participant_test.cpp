#include "room/client_participant.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "room/room_fixture.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;
using livekit::DisconnectReason;
using livekit::LeaveAction;

sdp::TransportDescription browser_transport(sdp::SetupRole setup, const std::string& ufrag = "abcd") {
  sdp::TransportDescription transport;
  transport.ice_ufrag = ufrag;
  transport.ice_pwd = "0123456789012345678901";
  std::string fingerprint = "AB";
  for (int i = 1; i < 32; ++i) fingerprint += ":AB";
  transport.fingerprints = {{"sha-256", fingerprint}};
  transport.setup = setup;
  return transport;
}

/// The answer of a browser that takes everything.
livekit::Answer answer_to(const livekit::ServerOffer& offer) {
  auto description = sdp::read_webrtc(offer.sdp).value();
  description.transport = browser_transport(sdp::SetupRole::kActive);
  for (auto& section : description.sections) {
    section.direction = sdp::reversed(section.direction);
    section.msid.reset();
    section.ssrcs.clear();
    section.ssrc_groups.clear();
  }
  livekit::Answer answer;
  answer.type = "answer";
  answer.sdp = sdp::write_webrtc(description);
  answer.id = offer.id;
  return answer;
}

/// An offer with sections to receive in and sections that send the tracks with these ids.
livekit::Offer offer_of(std::uint32_t id, int receiving, const std::vector<std::string>& sent) {
  sdp::WebRtcDescription description;
  description.session_id = 1;
  description.session_version = id;
  description.transport = browser_transport(sdp::SetupRole::kActPass);
  int mid = 0;
  for (int i = 0; i < receiving; ++i) {
    description.sections.push_back(sdp::offered_audio(std::to_string(mid++), std::nullopt));
  }
  description.sections.push_back(sdp::application_section(std::to_string(mid++)));
  for (const auto& track : sent) {
    sdp::SentTrack sending;
    sending.msid = {"-", track};
    sending.cname = "c";
    sending.ssrc = 1000 + static_cast<std::uint32_t>(mid);
    description.sections.push_back(sdp::offered_audio(std::to_string(mid++), sending));
  }
  livekit::Offer offer;
  offer.type = "offer";
  offer.sdp = sdp::write_webrtc(description);
  offer.id = id;
  return offer;
}

livekit::AddTrack microphone(const std::string& cid) {
  livekit::AddTrack request;
  request.cid = cid;
  request.name = "mic";
  request.source = livekit::TrackSource::kMicrophone;
  return request;
}

struct ClientTest : testing::Test {
  void SetUp() override { world.open(); }
  Room& room() { return *world.room; }
  void say(const RoomWorld::Client& client, const livekit::SignalRequest& request) {
    client.participant->handle(request, livekit::FrameFormat::kText);
  }
  RoomWorld world;
  FakeListener phone_hears;
};

TEST_F(ClientTest, TheJoinResponseComesFirstAndNamesTheOthers) {
  auto phone = world.join_local("phone", phone_hears);
  phone->publish_audio({});
  const auto client = world.join_client("alice");
  const auto* join = std::get_if<livekit::JoinResponse>(&client.record->sent.front());
  ASSERT_NE(join, nullptr);
  EXPECT_TRUE(join->subscriber_primary);
  EXPECT_EQ(join->participant.version, 0u);
  EXPECT_EQ(join->participant.state, livekit::ParticipantState::kJoining);
  ASSERT_EQ(join->other_participants.size(), 1u);
  EXPECT_EQ(join->other_participants[0].tracks.size(), 1u);
  EXPECT_TRUE(client.record->last<livekit::RefreshToken>());
  EXPECT_TRUE(std::ranges::any_of(join->enabled_publish_codecs,
                                  [](const auto& c) { return c.mime == "audio/PCMU"; }));
}

TEST_F(ClientTest, TracksThatAreThereAreInTheFirstOffer) {
  auto phone = world.join_local("phone", phone_hears);
  const std::string sid = phone->publish_audio({.codec = AudioCodec::kPcmu});
  const auto client = world.join_client("alice");
  const auto offers = client.record->all<livekit::ServerOffer>();
  ASSERT_EQ(offers.size(), 1u);
  EXPECT_EQ(offers[0].mid_to_track_id, (std::map<std::string, std::string>{{"1", sid}}));
  const auto description = sdp::read_webrtc(offers[0].sdp).value();
  ASSERT_EQ(description.sections.size(), 2u);
  EXPECT_EQ(description.sections[1].msid->stream, phone->sid() + "|" + sid);
  EXPECT_NE(description.sections[1].codec("PCMU"), nullptr);

  say(client, answer_to(offers[0]));
  world.pass(10ms);
  EXPECT_EQ(phone_hears.subscribed, std::vector<std::string>{sid});
  EXPECT_TRUE(client.participant->takes(AudioCodec::kPcmu));
}

TEST_F(ClientTest, OffersWaitForTheAnswerAndSectionsAreReusedOnlyWhenEmptied) {
  const auto client = world.join_client("alice");
  say(client, answer_to(*client.record->last<livekit::ServerOffer>()));
  auto phone = world.join_local("phone", phone_hears);
  const std::string first = phone->publish_audio({});
  world.pass(10ms);
  const auto with_first = *client.record->last<livekit::ServerOffer>();
  phone->unpublish(first);
  const std::string second = phone->publish_audio({});
  world.pass(10ms);
  EXPECT_EQ(client.record->last<livekit::ServerOffer>()->id, with_first.id) << "one negotiation at a time";
  say(client, answer_to(with_first));
  const auto with_second = *client.record->last<livekit::ServerOffer>();
  EXPECT_EQ(with_second.id, with_first.id + 1);
  EXPECT_EQ(with_second.mid_to_track_id, (std::map<std::string, std::string>{{"2", second}}));
  say(client, answer_to(with_second));
  phone->unpublish(second);
  world.pass(10ms);
  say(client, answer_to(*client.record->last<livekit::ServerOffer>()));
  const std::string third = phone->publish_audio({});
  world.pass(10ms);
  EXPECT_EQ(client.record->last<livekit::ServerOffer>()->mid_to_track_id,
            (std::map<std::string, std::string>{{"1", third}}));
}

TEST_F(ClientTest, AnOldAnswerIsIgnored) {
  const auto client = world.join_client("alice");
  auto answer = answer_to(*client.record->last<livekit::ServerOffer>());
  answer.id += 7;
  answer.sdp = "nonsense";
  say(client, answer);
  EXPECT_FALSE(client.record->closed);
}

TEST_F(ClientTest, APublishedTrackIsLiveWithTheAnswer) {
  auto phone = world.join_local("phone", phone_hears);
  const auto client = world.join_client("alice");
  say(client, microphone("cid-1"));
  const auto published = client.record->last<livekit::TrackPublished>();
  ASSERT_TRUE(published);
  EXPECT_EQ(published->cid, "cid-1");
  EXPECT_TRUE(published->track.sid.starts_with("TR_AM"));
  EXPECT_TRUE(published->track.mime_type.empty());

  say(client, offer_of(9, 0, {"cid-1"}));
  const auto answer = client.record->last<livekit::ServerAnswer>();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, 9u);
  const auto self = client.record->participant("alice");
  ASSERT_EQ(self->tracks.size(), 1u);
  EXPECT_EQ(self->tracks[0].mime_type, "audio/opus");
  EXPECT_EQ(self->tracks[0].mid, "1");
  world.pass(10ms);
  ASSERT_EQ(phone_hears.tracks.size(), 1u);
  EXPECT_TRUE(client.record->last<livekit::TrackSubscribed>());

  auto without = offer_of(10, 0, {"cid-1"});
  auto description = sdp::read_webrtc(without.sdp).value();
  description.sections[1].direction = sdp::Direction::kInactive;
  without.sdp = sdp::write_webrtc(description);
  say(client, without);
  world.pass(10ms);
  EXPECT_TRUE(phone_hears.tracks.empty()) << "unpublished by an inactive section";
}

TEST_F(ClientTest, ATrackThatMayNotBePublishedIsRefused) {
  livekit::ParticipantPermission listener;
  listener.can_subscribe = true;
  const auto client = world.join_client("alice", {}, listener);
  say(client, microphone("cid"));
  ASSERT_TRUE(client.record->last<livekit::RequestResponse>());
  EXPECT_EQ(client.record->last<livekit::RequestResponse>()->reason,
            livekit::RequestResponse::Reason::kNotAllowed);
  EXPECT_FALSE(client.record->last<livekit::TrackPublished>());
}

TEST_F(ClientTest, ASingleConnectionCarriesTracksInTheClientsSections) {
  auto phone = world.join_local("phone", phone_hears);
  const std::string first = phone->publish_audio({});
  livekit::ConnectRequest connect;
  connect.single_peer_connection = true;
  connect.publisher_offer = offer_of(1, 2, {});
  const auto client = world.join_client("alice", connect);
  EXPECT_FALSE(client.record->last<livekit::JoinResponse>()->subscriber_primary);
  EXPECT_FALSE(client.record->last<livekit::ServerOffer>()) << "the server never offers";
  const auto answer = client.record->last<livekit::ServerAnswer>();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, 1u);
  EXPECT_EQ(answer->mid_to_track_id, (std::map<std::string, std::string>{{"0", first}}));
  world.pass(10ms);
  EXPECT_EQ(phone_hears.subscribed, std::vector<std::string>{first});

  const std::string second = phone->publish_audio({});
  world.pass(10ms);
  auto requirement = client.record->last<livekit::MediaSectionsRequirement>();
  ASSERT_TRUE(requirement);
  EXPECT_EQ(requirement->num_audios, 0u) << "a free section is left";
  const std::string third = phone->publish_audio({});
  world.pass(10ms);
  requirement = client.record->last<livekit::MediaSectionsRequirement>();
  EXPECT_EQ(requirement->num_audios, 1u);

  say(client, offer_of(2, 3, {}));
  EXPECT_EQ(client.record->last<livekit::ServerAnswer>()->mid_to_track_id,
            (std::map<std::string, std::string>{{"0", first}, {"1", second}, {"2", third}}));
}

TEST_F(ClientTest, SubscriptionsFollowWishes) {
  auto phone = world.join_local("phone", phone_hears);
  const std::string sid = phone->publish_audio({});
  livekit::ConnectRequest connect;
  connect.auto_subscribe = false;
  const auto client = world.join_client("alice", connect);
  EXPECT_TRUE(client.record->last<livekit::ServerOffer>()->mid_to_track_id.empty());
  say(client, answer_to(*client.record->last<livekit::ServerOffer>()));
  livekit::UpdateSubscription wish;
  wish.track_sids = {sid};
  wish.subscribe = true;
  say(client, wish);
  world.pass(10ms);
  EXPECT_EQ(client.record->last<livekit::ServerOffer>()->mid_to_track_id.size(), 1u);
  EXPECT_TRUE(client.record->last<livekit::SubscriptionPermissionUpdate>()->allowed);
}

TEST_F(ClientTest, MetadataRequestsAreConfirmedOrRefused) {
  const auto client = world.join_client("alice");
  livekit::UpdateMetadata request;
  request.name = "Alice";
  request.request_id = 5;
  say(client, request);
  EXPECT_EQ(client.record->last<livekit::RequestResponse>()->request_id, 5u);
  EXPECT_EQ(client.record->last<livekit::RequestResponse>()->reason, livekit::RequestResponse::Reason::kOk);
  EXPECT_EQ(client.record->participant("alice")->name, "Alice");
  request.metadata = std::string(world.settings().max_metadata_size + 1, 'x');
  say(client, request);
  EXPECT_EQ(client.record->last<livekit::RequestResponse>()->reason,
            livekit::RequestResponse::Reason::kLimitExceeded);
}

TEST_F(ClientTest, PingsAreAnsweredInBothForms) {
  const auto client = world.join_client("alice");
  say(client, livekit::Ping{.timestamp = 1});
  say(client, livekit::PingRequest{.timestamp = 2});
  EXPECT_TRUE(client.record->last<livekit::Pong>());
  EXPECT_EQ(client.record->last<livekit::PongResponse>()->last_ping_timestamp, 2);
}

TEST_F(ClientTest, ALeaveIsAnsweredBeforeClosing) {
  const auto client = world.join_client("alice");
  say(client, livekit::Leave{.reason = DisconnectReason::kClientInitiated});
  const auto leave = client.record->last<livekit::Leave>();
  ASSERT_TRUE(leave);
  EXPECT_EQ(leave->reason, DisconnectReason::kClientInitiated);
  EXPECT_EQ(leave->action, LeaveAction::kDisconnect);
  EXPECT_TRUE(client.record->closed);
  EXPECT_TRUE(room().participants().empty());
}

TEST_F(ClientTest, AConnectionThatBreaksBeforeMediaEndsTheStay) {
  const auto client = world.join_client("alice");
  client.participant->disconnected();
  EXPECT_TRUE(room().participants().empty());
}

TEST_F(ClientTest, NobodyStaysWithoutMediaForOverAMinute) {
  const auto client = world.join_client("alice");
  world.pass(59s);
  EXPECT_EQ(room().participants().size(), 1u);
  world.pass(2s);
  EXPECT_TRUE(room().participants().empty());
  EXPECT_EQ(client.record->last<livekit::Leave>()->reason, DisconnectReason::kJoinFailure);
}

TEST_F(ClientTest, AResumedSessionLearnsWhatItMissed) {
  auto phone = world.join_local("phone", phone_hears);
  const auto client = world.join_client("alice");
  const std::string sid = client.participant->sid();
  room().activated(*client.participant);
  say(client, answer_to(*client.record->last<livekit::ServerOffer>()));
  const auto first_offer = *client.record->last<livekit::ServerOffer>();
  client.participant->disconnected();
  EXPECT_EQ(room().participants().size(), 2u) << "an active participant may come back";
  phone->leave(DisconnectReason::kUserUnavailable);

  auto record = std::make_shared<FakeLink::Record>();
  client.participant->resume(99, std::make_unique<FakeLink>(record), {});
  ASSERT_FALSE(record->sent.empty());
  EXPECT_TRUE(std::holds_alternative<livekit::ReconnectResponse>(record->sent.front()));
  EXPECT_EQ(record->participant("phone")->state, livekit::ParticipantState::kDisconnected);
  EXPECT_EQ(record->participant("alice")->sid, sid);
  EXPECT_TRUE(record->last<livekit::RoomUpdate>());
  EXPECT_TRUE(record->last<livekit::RefreshToken>());
  const auto offer = record->last<livekit::ServerOffer>();
  ASSERT_TRUE(offer) << "with new ICE credentials";
  EXPECT_NE(sdp::read_webrtc(offer->sdp)->transport.ice_ufrag,
            sdp::read_webrtc(first_offer.sdp)->transport.ice_ufrag);
}

TEST_F(ClientTest, ASyncStateWithAStrangeTrackNeedsAFullReconnect) {
  const auto client = world.join_client("alice");
  livekit::SyncState state;
  state.publish_tracks.emplace_back();
  state.publish_tracks.back().track.sid = "TR_unknown";
  say(client, state);
  EXPECT_EQ(client.record->last<livekit::Leave>()->action, LeaveAction::kReconnect);
}

TEST_F(ClientTest, AnUnreadableOfferNeedsAFullReconnect) {
  const auto client = world.join_client("alice");
  livekit::Offer offer;
  offer.sdp = "v=0";
  say(client, offer);
  EXPECT_EQ(client.record->last<livekit::Leave>()->reason, DisconnectReason::kStateMismatch);
  EXPECT_TRUE(room().participants().empty());
}

TEST_F(ClientTest, TokensAreRefreshedEveryFiveMinutesAndOnChanges) {
  const auto client = world.join_client("alice");
  room().activated(*client.participant);
  client.participant->evaluate_subscriptions();
  const auto tokens = [&] { return client.record->all<livekit::RefreshToken>().size(); };
  const std::size_t before = tokens();
  room().update_values(*client.participant, "Name", {}, {});
  EXPECT_EQ(tokens(), before + 1);
}

}  // namespace
}  // namespace ringback::room
