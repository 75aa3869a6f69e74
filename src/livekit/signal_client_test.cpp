#include "livekit/signal_client.h"

#include <gtest/gtest.h>

#include "livekit/wire_reader.h"

namespace ringback::livekit {
namespace {

template <class T>
T read_as(const SignalResponse& sent) {
  const auto read = parse_signal_response(encode(sent));
  EXPECT_TRUE(read);
  if (!read || !*read || !std::holds_alternative<T>(**read)) {
    ADD_FAILURE() << "another message came back";
    return {};
  }
  return std::get<T>(**read);
}

template <class T>
T received_as(const ClientMessage& sent) {
  const auto read = parse_signal_request(encode_request(sent));
  EXPECT_TRUE(read);
  if (!read || !std::holds_alternative<T>(*read)) {
    ADD_FAILURE() << "the server reads another message";
    return {};
  }
  return std::get<T>(*read);
}

TEST(SignalClient, ReadsAJoinAsTheServerWroteIt) {
  JoinResponse join;
  join.room.sid = "RM_1";
  join.room.name = "room";
  join.participant.sid = "PA_self";
  join.participant.attributes = {{"a", "b"}};
  ParticipantInfo other;
  other.sid = "PA_other";
  other.state = ParticipantState::kActive;
  other.kind = ParticipantKind::kAgent;
  TrackInfo track;
  track.sid = "TR_1";
  track.encryption = Encryption::kGcm;
  other.tracks = {track};
  join.other_participants = {other};
  join.ice_servers = {{.urls = {"turn:h:1?transport=udp"}, .username = "u", .credential = "c"}};
  join.subscriber_primary = true;
  join.ping_interval = 3;
  join.server_info.version = "1.9.12";
  join.enabled_publish_codecs = {{"audio/opus", ""}, {"audio/PCMU", ""}};
  ClientConfiguration configuration;
  configuration.force_relay = ClientConfiguration::Setting::kEnabled;
  join.client_configuration = configuration;

  const auto read = read_as<JoinResponse>(join);
  EXPECT_EQ(read.room.name, "room");
  EXPECT_EQ(read.participant.sid, "PA_self");
  EXPECT_EQ(read.participant.attributes.at("a"), "b");
  ASSERT_EQ(read.other_participants.size(), 1U);
  EXPECT_EQ(read.other_participants[0].kind, ParticipantKind::kAgent);
  EXPECT_EQ(read.other_participants[0].tracks[0].encryption, Encryption::kGcm);
  EXPECT_EQ(read.ice_servers[0].urls[0], "turn:h:1?transport=udp");
  EXPECT_TRUE(read.subscriber_primary);
  EXPECT_EQ(read.ping_interval, 3);
  EXPECT_EQ(read.ping_timeout, 15);
  EXPECT_EQ(read.server_info.version, "1.9.12");
  EXPECT_EQ(read.enabled_publish_codecs[1].mime, "audio/PCMU");
  ASSERT_TRUE(read.client_configuration);
  EXPECT_EQ(read.client_configuration->force_relay, ClientConfiguration::Setting::kEnabled);
}

TEST(SignalClient, ReadsWhatMovesASession) {
  ServerOffer offer;
  offer.type = "offer";
  offer.sdp = "v=0";
  offer.id = 240;
  offer.mid_to_track_id = {{"1", "TR_1"}};
  EXPECT_EQ(read_as<ServerOffer>(offer).mid_to_track_id.at("1"), "TR_1");
  EXPECT_EQ(read_as<Leave>(Leave{DisconnectReason::kMigration, LeaveAction::kResume}).action,
            LeaveAction::kResume);
  EXPECT_EQ(read_as<RefreshToken>(RefreshToken{"t"}).token, "t");
  EXPECT_EQ(
      read_as<RequestResponse>(RequestResponse{7, RequestResponse::Reason::kNotAllowed, "no", {}}).reason,
      RequestResponse::Reason::kNotAllowed);
  RoomMoved moved;
  moved.participant.sid = "PA_2";
  moved.token = "t2";
  EXPECT_EQ(read_as<RoomMoved>(moved).participant.sid, "PA_2");
}

TEST(SignalClient, ALegacyLeaveThatAllowsToReconnectAsksForIt) {
  std::string leave;
  append_varint_field(leave, 1, 1);
  std::string frame;
  append_bytes_field(frame, 8, leave);
  const auto read = parse_signal_response(frame);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(std::get<Leave>(**read).action, LeaveAction::kReconnect);
}

TEST(SignalClient, SkipsWhatItDoesNotKnowAndRefusesRubbish) {
  std::string newer;
  append_bytes_field(newer, 31, "whatever");
  const auto read = parse_signal_response(newer);
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
  EXPECT_FALSE(parse_signal_response("\xff\xff\xff"));
  EXPECT_FALSE(parse_signal_response(std::string(kMaxSignalFrame + 1, 'x')));
}

TEST(SignalClient, WritesWhatTheServerReads) {
  AddTrack track;
  track.cid = "c";
  track.source = TrackSource::kMicrophone;
  track.disable_red = true;
  EXPECT_TRUE(received_as<AddTrack>(track).disable_red);
  UpdateSubscription subscription;
  subscription.track_sids = {"TR_1"};
  subscription.subscribe = true;
  subscription.participant_tracks = {{"PA_1", {"TR_1"}}};
  EXPECT_EQ(received_as<UpdateSubscription>(subscription).participant_tracks[0].participant_sid, "PA_1");
  SyncState state;
  state.answer = SessionDescription{.type = "answer", .sdp = "v=0", .id = 4, .mid_to_track_id = {}};
  TrackInfo published;
  published.sid = "TR_2";
  state.publish_tracks = {{"c", published}};
  const auto synced = received_as<SyncState>(state);
  EXPECT_EQ(synced.answer->id, 4U);
  EXPECT_EQ(synced.publish_tracks[0].track.sid, "TR_2");
  EXPECT_EQ(received_as<UpdateMetadata>(UpdateMetadata{"m", "n", {{"k", "v"}}, 9}).request_id, 9U);
  EXPECT_EQ(received_as<PingRequest>(PingRequest{5, 6}).rtt, 6);
  EXPECT_EQ(received_as<Leave>(Leave{DisconnectReason::kUserRejected}).reason,
            DisconnectReason::kUserRejected);
}

TEST(SignalClient, NamesTheSessionToResumeInTheQuery) {
  EXPECT_EQ(signal_target({.protocol = 16, .version = "1"}),
            "/rtc?protocol=16&client_protocol=0&sdk=cpp&version=1&auto_subscribe=0");
  EXPECT_NE(signal_target({.protocol = 16, .participant_sid = "PA_1"}).find("&reconnect=1&sid=PA_1"),
            std::string::npos);
}

}  // namespace
}  // namespace ringback::livekit
