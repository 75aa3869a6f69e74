#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base64.h"
#include "livekit/room_api.h"
#include "livekit/sip_api.h"

namespace ringback::livekit {
namespace {

constexpr auto kJson = TwirpFormat::kJson;
constexpr auto kProtobuf = TwirpFormat::kProtobuf;

TEST(Twirp, RoutesByPathAndMediaType) {
  const auto route =
      route_twirp("POST", "/twirp/livekit.RoomService/CreateRoom", "application/json;charset=UTF-8");
  ASSERT_TRUE(route);
  EXPECT_EQ(route->service, "RoomService");
  EXPECT_EQ(route->method, "CreateRoom");
  EXPECT_EQ(route->format, kJson);
  EXPECT_EQ(route_twirp("POST", "/twirp/livekit.SIP/X", "Application/Protobuf")->format, kProtobuf);
  for (const char* path : {"/twirp/livekit.SIP", "/twirp/livekit.SIP/", "/twirp/", "/twirp/other.SIP/X"}) {
    const auto bad = route_twirp("POST", path, "application/json");
    ASSERT_FALSE(bad) << path;
    EXPECT_EQ(bad.error().code, TwirpCode::kBadRoute);
  }
  const auto get = route_twirp("GET", "/twirp/livekit.SIP/X", "application/json");
  EXPECT_THAT(get.error().msg, testing::HasSubstr("unsupported method"));
  EXPECT_EQ(get.error().meta.at("twirp_invalid_route"), "GET /twirp/livekit.SIP/X");
  EXPECT_EQ(route_twirp("POST", "/twirp/livekit.SIP/X", "text/plain").error().code, TwirpCode::kBadRoute);
}

TEST(Twirp, ErrorsHaveCodeAndStatus) {
  EXPECT_EQ(encode(permissions_denied()), R"({"code":"unauthenticated","msg":"permissions denied"})");
  EXPECT_EQ(http_status_of(TwirpCode::kUnauthenticated), 401);
  EXPECT_EQ(http_status_of(TwirpCode::kFailedPrecondition), 412);
  EXPECT_EQ(encode(TwirpError{TwirpCode::kNotFound, "x\xff", {{"k", "v"}}}),
            "{\"code\":\"not_found\",\"msg\":\"x\xef\xbf\xbd\",\"meta\":{\"k\":\"v\"}}");
}

TEST(RoomApi, DecodesBothFormatsAndSpellings) {
  EXPECT_EQ(
      decode_create_room(R"({"name":"a","emptyTimeout":5,"max_participants":"3"})", kJson)->max_participants,
      3U);
  EXPECT_EQ(decode_create_room("\x0a\x01"
                               "a\x10\x05",
                               kProtobuf)
                ->empty_timeout,
            5U);
  EXPECT_EQ(decode_create_room("{", kJson).error().msg, "the json request could not be decoded");
  EXPECT_EQ(http_status_of(decode_create_room("\xff", kProtobuf).error().code), 400);
  const auto update = decode_update_participant(
      R"({"room":"r","identity":"i","permission":{"canSubscribe":true,"canPublishSources":["MICROPHONE",1]}})",
      kJson);
  ASSERT_TRUE(update && update->permission);
  EXPECT_TRUE(update->permission->can_subscribe);
  EXPECT_FALSE(update->permission->can_update_metadata);
  EXPECT_EQ(update->permission->can_publish_sources.size(), 2U);
  EXPECT_FALSE(decode_update_participant(R"({"room":"r"})", kJson)->permission);
}

TEST(RoomApi, ChecksTheNonce) {
  const auto send = decode_send_data(R"({"room":"r","data":"aGk=","kind":"LOSSY","topic":"t"})", kJson);
  ASSERT_TRUE(send);
  EXPECT_EQ(send->data, "hi");
  EXPECT_EQ(send->kind, DataPacketKind::kLossy);
  EXPECT_EQ(send->topic, "t");
  EXPECT_EQ(decode_send_data(R"({"nonce":"aGk="})", kJson).error().msg,
            "nonce should be 16-bytes or not present, got: 2 bytes");
}

TEST(RoomApi, JsonAnswersNameEveryField) {
  Room room;
  room.sid = "RM_1";
  room.creation_time = 5;
  EXPECT_EQ(
      encode(room, kJson),
      R"({"sid":"RM_1","name":"","empty_timeout":0,"max_participants":0,"creation_time":"5","turn_password":"",)"
      R"("enabled_codecs":[],"metadata":"","num_participants":0,"active_recording":false,"num_publishers":0,)"
      R"("version":null,"departure_timeout":0,"creation_time_ms":"0"})");
  EXPECT_EQ(encode(ListRoomsResponse{}, kJson), R"({"rooms":[]})");
  EXPECT_EQ(encode(MuteRoomTrackResponse{}, kJson), R"({"track":null})");
  EXPECT_EQ(encode(EmptyResponse{}, kJson), "{}");
  EXPECT_EQ(encode(EmptyResponse{}, kProtobuf), "");
  EXPECT_THAT(encode(EmptyEgressList{}, kJson), testing::HasSubstr(R"("items":[])"));
  EXPECT_THAT(encode(EmptyIngressList{}, kJson), testing::HasSubstr(R"("items":[])"));
  EXPECT_EQ(encode(EmptyDispatchList{}, kJson), R"({"agent_dispatches":[]})");
  ParticipantInfo participant;
  participant.kind = ParticipantKind::kSip;
  participant.attributes = {{"k", "v"}};
  const std::string json = encode(participant, kJson);
  EXPECT_THAT(json, testing::HasSubstr(R"("kind":"SIP")"));
  EXPECT_THAT(json, testing::HasSubstr(R"("attributes":{"k":"v"})"));
  EXPECT_THAT(json, testing::HasSubstr(R"("permission":null)"));
}

SipOutboundTrunk sample_trunk() {
  SipOutboundTrunk trunk;
  trunk.address = "sip.example.com:5060";
  trunk.numbers = {"+15550001"};
  return trunk;
}

std::string problem(const Verdict& verdict) {
  return verdict ? "" : verdict.error().msg;
}

TEST(SipApi, DecodesWhatTheSdkSends) {
  const auto request = decode_create_sip_participant(
      R"({"sipTrunkId":"ST_1","sipCallTo":"+15550002","roomName":"r","participantIdentity":"sip-caller",)"
      R"("participantName":"Phone Call","dtmf":"1w2","playRingtone":true,"waitUntilAnswered":true,)"
      R"("ringingTimeout":"30s","maxCallDuration":"1.5s","media":{"mediaTimeout":"20s"},"displayName":""})",
      kJson);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->sip_call_to, "+15550002");
  EXPECT_TRUE(request->play_dialtone);
  EXPECT_TRUE(request->wait_until_answered);
  EXPECT_EQ(request->ringing_timeout, std::chrono::seconds(30));
  EXPECT_EQ(request->max_call_duration, std::chrono::milliseconds(1500));
  EXPECT_EQ(request->media->media_timeout, std::chrono::seconds(20));
  EXPECT_EQ(request->display_name, "");
  EXPECT_EQ(problem(validate(*request)), "");
  EXPECT_EQ(participant_identity_of(*request), "sip-caller");
  CreateSipParticipantRequest unnamed;
  unnamed.sip_call_to = "123";
  EXPECT_EQ(participant_identity_of(unnamed), "sip_123");
}

TEST(SipApi, TrunkAnswersHaveLiveKitsShape) {
  SipOutboundTrunk trunk = sample_trunk();
  trunk.media.emplace();
  trunk.media->media_timeout = std::chrono::seconds(30);
  const std::string json = encode(ListSipOutboundTrunksResponse{{trunk}}, kJson);
  EXPECT_THAT(json, testing::HasSubstr(R"("transport":"SIP_TRANSPORT_AUTO")"));
  EXPECT_THAT(json, testing::HasSubstr(R"("created_at":null)"));
  EXPECT_THAT(
      json, testing::HasSubstr(R"("media":{"only_listed_codecs":false,"codecs":[],"media_timeout":"30s"})"));
  EXPECT_EQ(encode(EmptySipList{}, kJson), R"({"items":[]})");
  EXPECT_THAT(encode(DeletedSipTrunk{"ST_1"}, kJson), testing::HasSubstr(R"("kind":"TRUNK_LEGACY")"));
  const auto again = decode_create_sip_outbound_trunk(
      std::string("\x0a") + static_cast<char>(encode(trunk, kProtobuf).size()) + encode(trunk, kProtobuf),
      kProtobuf);
  EXPECT_EQ(again->trunk->numbers, trunk.numbers);
}

TEST(SipApi, RefusesTrunksInLiveKitsWords) {
  EXPECT_EQ(problem(validate(CreateSipOutboundTrunkRequest{})), "missing trunk");
  EXPECT_EQ(problem(validate(sample_trunk())), "");
  const auto with = [](auto change) {
    SipOutboundTrunk trunk = sample_trunk();
    change(trunk);
    return problem(validate(CreateSipOutboundTrunkRequest{trunk}));
  };
  EXPECT_EQ(with([](auto& t) { t.sip_trunk_id = "ST_1"; }), "trunk id must not be set");
  EXPECT_EQ(with([](auto& t) { t.numbers.clear(); }), "no trunk numbers specified");
  EXPECT_EQ(with([](auto& t) { t.address.clear(); }), "no outbound address specified");
  EXPECT_EQ(with([](auto& t) { t.address = "h;transport=tcp"; }),
            "trunk address should not contain transport parameter");
  EXPECT_EQ(with([](auto& t) { t.address = "sip:h"; }),
            "trunk address should be a hostname or IP, not SIP URI");
  EXPECT_EQ(with([](auto& t) {
              t.headers = {{"Call-ID", "x"}};
            }),
            "invalid header name: header name Call-ID not supported");
  EXPECT_THAT(with([](auto& t) {
                t.headers = {{"X-A", "a\r\nb"}};
              }),
              testing::StartsWith("invalid header value"));
  EXPECT_EQ(with([](auto& t) { t.headers = {{"X-A", "h\xc3\xa9\t1"}, {"To", ""}}; }), "");
  EXPECT_EQ(with([](auto& t) {
              t.media.emplace().codecs = {{"a/b", 0}};
            }),
            "codec name must not contain '/'");
  EXPECT_EQ(with([](auto& t) { t.media.emplace().media_timeout = std::chrono::minutes(11); }),
            "media_timeout must not exceed 10m0s");
}

TEST(SipApi, RefusesCallsInLiveKitsOrder) {
  CreateSipParticipantRequest request;
  EXPECT_EQ(problem(validate(request)), "missing sip trunk id and sip number");
  request.trunk.emplace();
  EXPECT_EQ(problem(validate(request)), "no outbound hostname specified");
  request.trunk->hostname = "a@b";
  EXPECT_EQ(problem(validate(request)), "trunk hostname should be a hostname or IP, not SIP URI");
  request.trunk->hostname = "b";
  EXPECT_EQ(problem(validate(request)), "missing sip callee number");
  request.sip_call_to = "sip:x@y";
  EXPECT_EQ(problem(validate(request)), "SipCallTo should be a phone number or SIP user, not a full SIP URI");
  request.sip_call_to = "123";
  EXPECT_EQ(problem(validate(request)), "missing room name");
  request.room_name = "r";
  EXPECT_EQ(problem(validate(request)), "");
  request.display_name = std::string(129, 'x');
  EXPECT_EQ(problem(validate(request)), "DisplayName too long (max 128 characters)");
  request.display_name = "a\"b";
  EXPECT_THAT(problem(validate(request)), testing::StartsWith("DisplayName must be a valid quoted string"));
  request.display_name = "a\\\"b";
  request.destination = SipDestination{.city = "x", .country = {}, .region = {}};
  EXPECT_EQ(problem(validate(request)), "if city is specified, country or region must also be specified");
  request.destination->country = "us";
  EXPECT_THAT(problem(validate(request)), testing::EndsWith("(2-letter like 'US', 'IN', 'UK')"));
  request.destination->country = "US";
  EXPECT_EQ(problem(validate(request)), "");
}

TEST(SipApi, ChecksTransferTargets) {
  TransferSipParticipantRequest request{
      .participant_identity = "i", .room_name = "r", .transfer_to = "<tel:+1555>", .headers = {}};
  EXPECT_EQ(problem(validate(request)), "");
  request.transfer_to = "+1555";
  EXPECT_EQ(problem(validate(request)),
            "transfer_to must be a valid SIP(s) or TEL URI (sip:, sips: or tel:)");
  request.transfer_to = "";
  EXPECT_EQ(problem(validate(request)), "missing transfer to");
}

TEST(SipApi, UpdatesTrunks) {
  SipOutboundTrunk stored = sample_trunk();
  stored.sip_trunk_id = "ST_1";
  const auto decode = [](std::string_view json) { return *decode_update_sip_outbound_trunk(json, kJson); };
  const auto updated = apply(
      decode(
          R"({"sip_trunk_id":"ST_1","update":{"name":"n","numbers":{"add":["+2"],"remove":["+15550001"]}}})"),
      stored);
  ASSERT_TRUE(updated) << updated.error().msg;
  EXPECT_EQ(updated->name, "n");
  EXPECT_EQ(updated->numbers, std::vector<std::string>{"+2"});
  EXPECT_EQ(updated->address, stored.address);
  EXPECT_EQ(updated->sip_trunk_id, "ST_1");

  const auto emptied =
      apply(decode(R"({"sip_trunk_id":"ST_1","update":{"numbers":{"clear":true}}})"), stored);
  EXPECT_EQ(emptied.error().code, TwirpCode::kUnknown);
  EXPECT_EQ(emptied.error().msg, "no trunk numbers specified");
  EXPECT_EQ(apply(decode(R"({"sip_trunk_id":"ST_1","update":{"numbers":{}}})"), stored).error().msg,
            "unsupported list update operation");
  EXPECT_EQ(apply(decode(R"({"sip_trunk_id":"ST_1"})"), stored).error().msg,
            "missing or unsupported update action");
  EXPECT_EQ(apply(decode(R"({"sip_trunk_id":"ST_1","replace":{"sip_trunk_id":"ST_2"}})"), stored).error().msg,
            "trunk id in the info must be empty or match the id in the update");
}

TEST(SipApi, FiltersTrunks) {
  SipOutboundTrunk trunk = sample_trunk();
  trunk.sip_trunk_id = "ST_5";
  EXPECT_TRUE(matches({}, trunk));
  const auto matches_when = [&](auto change) {
    ListSipTrunksRequest filter;
    change(filter);
    return matches(filter, trunk);
  };
  EXPECT_FALSE(matches_when([](auto& filter) { filter.trunk_ids = {"ST_6"}; }));
  EXPECT_FALSE(matches_when([](auto& filter) { filter.numbers = {"15550001"}; }));
  EXPECT_TRUE(matches_when([](auto& filter) { filter.numbers = {"+15550001"}; }));
  EXPECT_FALSE(matches_when([](auto& filter) { filter.after_id = "ST_5"; }));
}

TEST(SipApi, EncryptionOnceDemandedStays) {
  SipMediaConfig trunk, call;
  trunk.codecs = {{"PCMU", 0}};
  trunk.encryption = SipMediaEncryption::kRequire;
  call.only_listed_codecs = true;
  call.encryption = SipMediaEncryption::kDisable;
  const SipMediaConfig merged = merge(trunk, call);
  EXPECT_EQ(merged.encryption, SipMediaEncryption::kRequire);
  EXPECT_EQ(merged.codecs.size(), 1U);
  EXPECT_FALSE(merged.only_listed_codecs);
}

TEST(SipApi, FinalStatusesBecomeTwirpErrors) {
  const TwirpError busy = sip_status_error(486, "Busy Here");
  EXPECT_EQ(busy.code, TwirpCode::kResourceExhausted);
  EXPECT_EQ(busy.msg, "twirp error unknown: sip status 486: Busy Here");
  EXPECT_EQ(busy.meta.at("sip_status_code"), "486");
  EXPECT_EQ(busy.meta.at("sip_status"), "Busy Here");
  EXPECT_TRUE(crypto::base64_decode(busy.meta.at("error_details")));
  EXPECT_EQ(sip_status_error(486, "").meta.at("sip_status"), "SIP_STATUS_BUSY_HERE");
  const std::pair<int, TwirpCode> table[] = {
      {404, TwirpCode::kNotFound},           {603, TwirpCode::kPermissionDenied},
      {407, TwirpCode::kUnauthenticated},    {408, TwirpCode::kDeadlineExceeded},
      {503, TwirpCode::kFailedPrecondition}, {505, TwirpCode::kInvalidArgument},
      {488, TwirpCode::kInvalidArgument},    {487, TwirpCode::kAborted},
      {480, TwirpCode::kResourceExhausted},  {599, TwirpCode::kFailedPrecondition},
      {699, TwirpCode::kInvalidArgument},    {199, TwirpCode::kUnknown}};
  for (const auto& [sip, code] : table) EXPECT_EQ(sip_status_error(sip, "").code, code) << sip;
}

}  // namespace
}  // namespace ringback::livekit
