#include "livekit/signal.h"

#include <zlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base64.h"
#include "livekit/connect_request.h"
#include "livekit/wire_reader.h"

namespace ringback::livekit {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

template <class T>
T parse_as(std::string_view frame) {
  const auto request = parse_signal_request(frame);
  EXPECT_TRUE(request);
  const T* value = request ? std::get_if<T>(&*request) : nullptr;
  EXPECT_NE(value, nullptr);
  return value != nullptr ? *value : T{};
}

template <class T>
T parse_json_as(std::string_view frame) {
  const auto request = parse_signal_request_json(frame);
  EXPECT_TRUE(request) << frame;
  const T* value = request ? std::get_if<T>(&*request) : nullptr;
  EXPECT_NE(value, nullptr) << frame;
  return value != nullptr ? *value : T{};
}

std::string message(std::uint32_t field, std::string_view content) {
  std::string frame;
  append_bytes_field(frame, field, content);
  return frame;
}

TEST(SignalRequest, ReadsFieldsByTheirWireNumbers) {
  std::string description;
  append_bytes_field(description, 1, "offer");
  append_bytes_field(description, 2, "v=0\r\n");
  append_varint_field(description, 3, 9);
  const auto offer = parse_as<Offer>(message(1, description));
  EXPECT_EQ(offer.type, "offer");
  EXPECT_EQ(offer.sdp, "v=0\r\n");
  EXPECT_EQ(offer.id, 9U);
  EXPECT_EQ(parse_as<Answer>(message(2, description)).id, 9U);

  std::string track;
  append_bytes_field(track, 1, "cid");
  append_varint_field(track, 8, 2);
  append_varint_field(track, 13, 1);
  append_varint_field(track, 17, 1);
  const auto add = parse_as<AddTrack>(message(4, track));
  EXPECT_EQ(add.cid, "cid");
  EXPECT_EQ(add.source, TrackSource::kMicrophone);
  EXPECT_TRUE(add.disable_red);
  EXPECT_EQ(add.audio_features, std::vector{AudioTrackFeature::kNoDtx});

  std::string ping;
  append_varint_field(ping, 14, 1234);
  EXPECT_EQ(parse_as<Ping>(ping).timestamp, 1234);
  std::string ping_request;
  append_varint_field(ping_request, 1, 5);
  append_varint_field(ping_request, 2, 6);
  EXPECT_EQ(parse_as<PingRequest>(message(16, ping_request)).rtt, 6);
}

TEST(SignalRequest, ReadsJsonInBothSpellings) {
  const auto add = parse_json_as<AddTrack>(
      R"({"addTrack":{"cid":"c","type":"VIDEO","source":"CAMERA","audioFeatures":["TF_STEREO"],"future":1}})");
  EXPECT_EQ(add.type, TrackType::kVideo);
  EXPECT_EQ(parse_json_as<AddTrack>(R"({"add_track":{"audio_features":[1]}})").audio_features.at(0),
            AudioTrackFeature::kNoDtx);
  EXPECT_EQ(parse_json_as<Ping>(R"({"ping":"12345678901"})").timestamp, 12345678901);
  EXPECT_EQ(parse_json_as<Leave>(R"({"leave":{"reason":"USER_REJECTED"}})").reason,
            DisconnectReason::kUserRejected);
  EXPECT_TRUE(parse_json_as<SubscriptionPermission>(R"({"subscriptionPermission":{"allParticipants":true}})")
                  .all_participants);
  EXPECT_EQ(parse_json_as<UpdateMetadata>(R"({"updateMetadata":{"attributes":{"a":"b"},"requestId":4}})")
                .request_id,
            4U);
  EXPECT_FALSE(parse_signal_request_json("{"));
  EXPECT_FALSE(parse_signal_request_json("[]"));
  EXPECT_FALSE(parse_signal_request_json(R"({"ping":"x"})"));
  EXPECT_FALSE(parse_signal_request_json(std::string(200000, '[')));
}

TEST(SignalRequest, ReadsTheRest) {
  const auto state = parse_json_as<SyncState>(
      R"({"syncState":{"answer":{"sdp":"s"},"publishTracks":[{"cid":"c","track":{"sid":"TR_1"}}],)"
      R"("dataChannels":[{"label":"_reliable","id":1}],"datachannelReceiveStates":[{"publisherSid":"PA_1","lastSeq":3}]}})");
  EXPECT_EQ(state.answer->sdp, "s");
  EXPECT_EQ(state.publish_tracks.at(0).track.sid, "TR_1");
  EXPECT_EQ(state.data_channels.at(0).label, "_reliable");
  EXPECT_EQ(state.datachannel_receive_states.at(0).last_seq, 3U);
  const auto subscription = parse_json_as<UpdateSubscription>(
      R"({"subscription":{"trackSids":["a"],"subscribe":true,)"
      R"("participantTracks":[{"participantSid":"PA_1","trackSids":["b"]}]}})");
  EXPECT_TRUE(subscription.subscribe);
  EXPECT_EQ(subscription.participant_tracks.at(0).track_sids.at(0), "b");
  EXPECT_EQ(parse_json_as<Simulate>(R"({"simulate":{"nodeFailure":true}})").scenario,
            Simulate::Scenario::kNodeFailure);
  EXPECT_EQ(parse_json_as<Simulate>(R"({"simulate":{"speakerUpdate":3}})").value, 3);
  EXPECT_TRUE(parse_json_as<UpdateTrackSettings>(R"({"trackSetting":{"disabled":true}})").disabled);
  EXPECT_TRUE(parse_json_as<MuteTrack>(R"({"mute":{"sid":"TR_1","muted":true}})").muted);
  EXPECT_EQ(parse_json_as<UpdateVideoTrack>(R"({"updateVideoTrack":{"width":3}})").width, 3U);
  EXPECT_EQ(parse_json_as<UpdateAudioTrack>(R"({"updateAudioTrack":{"features":["TF_PRECONNECT_BUFFER"]}})")
                .features.at(0),
            AudioTrackFeature::kPreconnectBuffer);
  EXPECT_EQ(
      parse_json_as<PublishDataTrack>(R"({"publishDataTrackRequest":{"pubHandle":2,"name":"n"}})").pub_handle,
      2U);
  EXPECT_EQ(parse_json_as<UpdateVideoLayers>(R"({"updateLayers":{"trackSid":"TR_1"}})").track_sid, "TR_1");
}

TEST(SignalRequest, UnknownMessagesKeepTheirRequestId) {
  std::string store_blob;
  append_varint_field(store_blob, 1, 17);
  const auto unknown = parse_as<UnknownRequest>(message(22, store_blob));
  EXPECT_EQ(unknown.field, 22U);
  EXPECT_EQ(unknown.request_id, 17U);
  EXPECT_EQ(parse_as<UnknownRequest>("").field, 0U);
  EXPECT_EQ(parse_as<UnknownRequest>(message(999, "\xff\xff")).request_id, 0U);
}

TEST(SignalRequest, RefusesMalformedAndLargeFrames) {
  EXPECT_EQ(parse_signal_request("\xff").error(), WireError::kMalformed);
  EXPECT_EQ(parse_signal_request(message(1, "\x0a\x7f")).error(), WireError::kMalformed);
  EXPECT_EQ(parse_signal_request(message(5, "\x0a\x02\xc3\x28")).error(),
            WireError::kMalformed);  // not UTF-8
  EXPECT_EQ(parse_signal_request(std::string(kMaxSignalFrame + 1, 'x')).error(), WireError::kTooLarge);
}

TEST(CandidateInit, ReadsAndWritesRtcIceCandidateInit) {
  const auto candidate = parse_candidate_init(
      R"({"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host","sdpMid":"0","sdpMLineIndex":1,"usernameFragment":null})");
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->sdp_mid, "0");
  EXPECT_EQ(candidate->sdp_mline_index, 1);
  EXPECT_TRUE(parse_candidate_init(R"({"candidate":"","sdpMid":null})"));
  for (const char* bad :
       {"", "1", "[]", R"({"sdpMLineIndex":"0"})", R"({"sdpMLineIndex":-1})", R"({"sdpMid":0})"})
    EXPECT_FALSE(parse_candidate_init(bad)) << bad;
  EXPECT_EQ(write_candidate_init({.candidate = "c", .sdp_mid = "0", .sdp_mline_index = 0}),
            R"({"candidate":"c","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null})");
}

TEST(SignalResponse, TextFramesAreProtobufJson) {
  JoinResponse join;
  join.room.name = "blue";
  join.participant.sid = "PA_1";
  join.server_info = {.version = "1.9.12",
                      .protocol = 17,
                      .region = {},
                      .node_id = "ND_1",
                      .debug_info = {},
                      .agent_protocol = 1};
  join.subscriber_primary = true;
  const std::string text = encode(join, FrameFormat::kText);
  EXPECT_EQ(text, R"({"join":{"room":{"name":"blue"},"participant":{"sid":"PA_1"},"serverVersion":"1.9.12",)"
                  R"("subscriberPrimary":true,"pingTimeout":15,"pingInterval":5,)"
                  R"("serverInfo":{"version":"1.9.12","protocol":17,"nodeId":"ND_1","agentProtocol":1}}})");
  EXPECT_EQ(encode(Pong{5}, FrameFormat::kText), R"({"pong":"5"})");
}

TEST(SignalResponse, EmptyMessagesAreStillMessages) {
  EXPECT_EQ(encode(MediaSectionsRequirement{}), std::string("\xca\x01\x00", 3));
  EXPECT_EQ(encode(RoomUpdate{}), std::string("\x5a\x02\x0a\x00", 4));
  EXPECT_EQ(encode(SpeakersChanged{}), std::string("\x52\x00", 2));
  EXPECT_EQ(encode(ParticipantUpdate{}), std::string("\x2a\x00", 2));
}

TEST(SignalResponse, LeaveTellsOldClientsToReconnect) {
  EXPECT_EQ(encode(Leave{.reason = DisconnectReason::kStateMismatch, .action = LeaveAction::kReconnect},
                   FrameFormat::kText),
            R"({"leave":{"canReconnect":true,"reason":"STATE_MISMATCH","action":"RECONNECT"}})");
  EXPECT_EQ(encode(Leave{.reason = DisconnectReason::kRoomDeleted}, FrameFormat::kText),
            R"({"leave":{"reason":"ROOM_DELETED"}})");
}

TEST(SignalResponse, RequestResponseEchoesTheRequest) {
  AddTrack refused;
  refused.cid = "c";
  const RequestResponse response{
      .request_id = 4, .reason = RequestResponse::Reason::kNotAllowed, .message = "no", .request = refused};
  EXPECT_EQ(
      encode(response, FrameFormat::kText),
      R"({"requestResponse":{"requestId":4,"reason":"NOT_ALLOWED","message":"no","addTrack":{"cid":"c"}}})");
}

TEST(SignalResponse, WritesTracksAndUpdates) {
  ParticipantInfo participant;
  participant.sid = "PA_1";
  participant.kind = ParticipantKind::kSip;
  participant.attributes = {{"sip.callStatus", "active"}};
  participant.permission.emplace();
  participant.permission->can_publish_sources = {TrackSource::kMicrophone};
  participant.tracks.emplace_back().sid = "TR_1";
  participant.tracks.back().codecs.emplace_back().mime_type = "audio/opus";
  participant.tracks.back().version = TimedVersion{.unix_micro = 3, .ticks = 0};
  EXPECT_EQ(
      encode(ParticipantUpdate{{participant}}, FrameFormat::kText),
      R"({"update":{"participants":[{"sid":"PA_1","tracks":[{"sid":"TR_1","codecs":[{"mimeType":"audio/opus"}],)"
      R"("version":{"unixMicro":"3"}}],"permission":{"canPublishSources":["MICROPHONE"]},"kind":"SIP",)"
      R"("attributes":{"sip.callStatus":"active"}}]}})");
}

TEST(ConnectRequest, ReadsQueryParameters) {
  const auto request = parse_connect_request(
      SignalPath::kV0, Query{{"access_token", "t"},
                             {"auto_subscribe", "0"},
                             {"sdk", "js"},
                             {"version", "2.23.0"},
                             {"protocol", "17"},
                             {"client_protocol", "2"},
                             {"adaptive_stream", "1"},
                             {"reconnect", "1"},
                             {"sid", "PA_1"},
                             {"attributes", crypto::base64url_encode(R"({"a":"b"})")},
                             {"capabilities", "CAP_PACKET_TRAILER,CAP_COMPRESSION_DEFLATE_RAW,CAP_FUTURE"},
                             {"unknown", "x"}});
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->single_peer_connection);
  EXPECT_FALSE(request->auto_subscribe);
  EXPECT_TRUE(request->adaptive_stream);
  EXPECT_EQ(request->client.sdk, ClientInfo::Sdk::kJs);
  EXPECT_EQ(request->client.protocol, 17);
  EXPECT_EQ(request->client.client_protocol, 2);
  EXPECT_EQ(request->client.capabilities.size(), 2U);
  EXPECT_TRUE(request->reconnect);
  EXPECT_EQ(request->participant_sid, "PA_1");
  EXPECT_EQ(request->attributes.at("a"), "b");
  EXPECT_TRUE(parse_connect_request(SignalPath::kV0, {})->auto_subscribe);
  EXPECT_FALSE(parse_connect_request(SignalPath::kV0, Query{{"attributes", "!"}}));
}

std::string gzip(std::string_view text) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string wrap(std::string_view join_request, bool compressed) {
  std::string wrapped;
  if (compressed) append_varint_field(wrapped, 1, 1);
  append_bytes_field(wrapped, 2, compressed ? gzip(join_request) : std::string(join_request));
  return wrapped;
}

base::Result<ConnectRequest, ConnectError> connect_v1(std::string value) {
  return parse_connect_request(SignalPath::kV1, Query{{"join_request", std::move(value)}});
}

std::string sample_join_request() {
  std::string client, settings, offer, join;
  append_varint_field(client, 1, 12);
  append_varint_field(client, 3, 17);
  append_varint_field(settings, 1, 1);
  append_bytes_field(offer, 1, "offer");
  append_varint_field(offer, 3, 1);
  append_bytes_field(join, 1, client);
  append_bytes_field(join, 2, settings);
  append_bytes_field(join, 6, offer);
  return join;
}

TEST(ConnectRequest, ReadsWrappedJoinRequests) {
  for (const bool compressed : {false, true}) {
    const auto wrapped = wrap(sample_join_request(), compressed);
    for (const auto padding : {crypto::Base64Padding::kPadded, crypto::Base64Padding::kUnpadded}) {
      const auto request =
          connect_v1(crypto::base64_encode(crypto::bytes_of(wrapped), crypto::Base64Alphabet::kUrl, padding));
      ASSERT_TRUE(request) << request.error().message;
      EXPECT_TRUE(request->single_peer_connection);
      EXPECT_TRUE(request->auto_subscribe);
      EXPECT_EQ(request->client.sdk, ClientInfo::Sdk::kNode);
      ASSERT_TRUE(request->publisher_offer);
      EXPECT_EQ(request->publisher_offer->id, 1U);
    }
  }
  const std::string encoded = crypto::base64url_encode(wrap(sample_join_request(), false));
  EXPECT_TRUE(
      parse_connect_request(SignalPath::kV0, Query{{"join_request", encoded}})->single_peer_connection);
}

TEST(ConnectRequest, RefusesBadJoinRequests) {
  EXPECT_EQ(parse_connect_request(SignalPath::kV1, {}).error().message, "join_request is required");
  EXPECT_EQ(connect_v1("***").error().message, "cannot base64 decode wrapped join request");
  EXPECT_EQ(connect_v1(crypto::base64url_encode("\xff\xff")).error().message,
            "cannot unmarshal wrapped join request");
  EXPECT_EQ(connect_v1(crypto::base64url_encode(wrap("\xff\xff", false))).error().message,
            "cannot unmarshal join request");
  std::string not_gzip;
  append_varint_field(not_gzip, 1, 1);
  append_bytes_field(not_gzip, 2, "plain");
  EXPECT_EQ(connect_v1(crypto::base64url_encode(not_gzip)).error().message,
            "cannot read decompressed join request");
  std::string cut = wrap(sample_join_request(), true);
  std::string half;
  append_varint_field(half, 1, 1);
  append_bytes_field(half, 2, std::string_view(cut).substr(4, cut.size() / 2));
  EXPECT_FALSE(connect_v1(crypto::base64url_encode(half)));
}

TEST(ConnectRequest, GzipBombsStopAtTheLimit) {
  const std::string bomb = wrap(std::string(64 * 1024 * 1024, 'x'), true);
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(connect_v1(crypto::base64url_encode(bomb)).error().message, "join request too large");
  EXPECT_EQ(connect_v1(std::string(3 * kMaxJoinRequest, 'A')).error().message, "join request too large");
}

}  // namespace
}  // namespace ringback::livekit
