#include <gtest/gtest.h>

#include "livekit/room_api.h"
#include "livekit/sip_api.h"
#include "livekit/webhook.h"

/// The client's side of the server API: what we ask other servers reads back as what we meant.
namespace ringback::livekit {
namespace {

constexpr TwirpFormat kFormats[] = {TwirpFormat::kJson, TwirpFormat::kProtobuf};

TEST(ApiClient, RequestsSurviveTheWire) {
  CreateSipParticipantRequest request;
  request.sip_trunk_id = "ST_1";
  request.sip_call_to = "+15551230000";
  request.room_name = "room";
  request.participant_identity = "sip-caller";
  request.participant_name = "Phone Call";
  request.participant_attributes = {{"a", "b"}};
  request.play_dialtone = true;
  request.wait_until_answered = true;
  request.ringing_timeout = std::chrono::seconds(42);
  request.headers = {{"X-A", "1"}};
  request.display_name = "";
  request.sip_request_uri =
      SipUri{.user = "u", .host = "h", .ip = {}, .port = 5070, .transport = SipTransport::kTcp};
  for (const TwirpFormat format : kFormats) {
    const auto read = decode_create_sip_participant(encode(request, format), format);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->sip_trunk_id, "ST_1");
    EXPECT_EQ(read->sip_call_to, "+15551230000");
    EXPECT_EQ(read->room_name, "room");
    EXPECT_EQ(read->participant_identity, "sip-caller");
    EXPECT_EQ(read->participant_name, "Phone Call");
    EXPECT_EQ(read->participant_attributes, request.participant_attributes);
    EXPECT_TRUE(read->play_dialtone);
    EXPECT_TRUE(read->wait_until_answered);
    EXPECT_EQ(read->ringing_timeout, std::chrono::seconds(42));
    EXPECT_EQ(read->max_call_duration, base::Duration::zero());
    EXPECT_EQ(read->headers, request.headers);
    ASSERT_TRUE(read->display_name);
    EXPECT_EQ(*read->display_name, "");
    ASSERT_TRUE(read->sip_request_uri);
    EXPECT_EQ(std::get<SipUri>(*read->sip_request_uri).port, 5070U);
  }
}

TEST(ApiClient, TrunksAndRoomsSurviveTheWire) {
  for (const TwirpFormat format : kFormats) {
    SipOutboundTrunk trunk;
    trunk.address = "sip.example.com";
    trunk.numbers = {"+1555"};
    trunk.auth_password = "secret";
    const auto made =
        decode_create_sip_outbound_trunk(encode(CreateSipOutboundTrunkRequest{trunk}, format), format);
    ASSERT_TRUE(made);
    ASSERT_TRUE(made->trunk);
    EXPECT_EQ(made->trunk->numbers, trunk.numbers);
    EXPECT_EQ(made->trunk->auth_password, "secret");
    trunk.sip_trunk_id = "ST_9";
    EXPECT_EQ(decode_sip_outbound_trunk(encode(trunk, format), format)->sip_trunk_id, "ST_9");

    CreateRoomRequest room;
    room.name = "call_x";
    room.empty_timeout = 60;
    EXPECT_EQ(decode_create_room(encode(room, format), format)->empty_timeout, 60U);
    EXPECT_EQ(decode_delete_room(encode(DeleteRoomRequest{"r"}, format), format)->room, "r");
    EXPECT_EQ(decode_list_participants(encode(ListParticipantsRequest{"r"}, format), format)->room, "r");
    const RoomParticipantIdentity who{.room = "r", .identity = "i"};
    EXPECT_EQ(decode_room_participant_identity(encode(who, format), format)->identity, "i");
  }
}

TEST(ApiClient, ReadsParticipants) {
  ParticipantInfo phone;
  phone.sid = "PA_1";
  phone.identity = "sip-caller";
  phone.kind = ParticipantKind::kSip;
  phone.attributes = {{"sip.callStatus", "ringing"}};
  phone.disconnect_reason = DisconnectReason::kUserRejected;
  for (const TwirpFormat format : kFormats) {
    const auto list = decode_participant_list(encode(ListParticipantsResponse{{phone}}, format), format);
    ASSERT_TRUE(list);
    ASSERT_EQ(list->participants.size(), 1U);
    EXPECT_EQ(list->participants[0].identity, "sip-caller");
    EXPECT_EQ(list->participants[0].kind, ParticipantKind::kSip);
    EXPECT_EQ(list->participants[0].attributes, phone.attributes);
    EXPECT_EQ(list->participants[0].disconnect_reason, DisconnectReason::kUserRejected);
  }
}

TEST(ApiClient, ReadsTwirpErrors) {
  const TwirpError sent = sip_status_error(486, "Busy Here");
  const TwirpError read = decode_twirp_error(http_status_of(sent.code), encode(sent));
  EXPECT_EQ(read.code, sent.code);
  EXPECT_EQ(read.msg, sent.msg);
  EXPECT_EQ(read.meta, sent.meta);
  const auto status = sip_status_of(read);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 486);
  EXPECT_EQ(status->text, "Busy Here");
  EXPECT_FALSE(sip_status_of(TwirpError{}));
  EXPECT_FALSE(sip_status_of(
      TwirpError{.code = TwirpCode::kUnknown, .msg = {}, .meta = {{"sip_status_code", "48x"}}}));
}

TEST(ApiClient, ReadsAnswersThatAreNoTwirpErrors) {
  const TwirpError plain = decode_twirp_error(401, "invalid API key: x\nmore");
  EXPECT_EQ(plain.code, TwirpCode::kUnauthenticated);
  EXPECT_EQ(plain.msg, "HTTP 401: invalid API key: x");
  EXPECT_EQ(decode_twirp_error(502, "<html>").code, TwirpCode::kUnavailable);
  EXPECT_EQ(decode_twirp_error(500, "{\"code\":7}").code, TwirpCode::kUnknown);
  EXPECT_EQ(decode_twirp_error(404, "").msg, "HTTP 404");
  EXPECT_EQ(decode_twirp_error(500, std::string(5000, 'x')).msg.size(), 210U);
  EXPECT_EQ(decode_twirp_error(500, "a\x80\x01").msg, "HTTP 500: a??");
  std::string umlauts = "x";
  for (int i = 0; i < 1000; ++i) umlauts += "\u00fc";
  EXPECT_EQ(decode_twirp_error(500, R"({"code":"internal","msg":")" + umlauts + "\"}").msg,
            umlauts.substr(0, 499));
}

class WebhookTest : public testing::Test {
 protected:
  static constexpr UnixSeconds kNow = 1'763'800'000;
  const ApiKey key_{"APIkey", "a-secret"};
  const KeyLookup secret_of_ = [this](std::string_view key) {
    return key == key_.key ? std::optional(key_.secret) : std::nullopt;
  };
};

TEST_F(WebhookTest, ReadsWhatWasSigned) {
  WebhookEvent event;
  event.event = "participant_left";
  event.id = "EV_1";
  event.room.emplace().name = "room";
  event.participant.emplace().identity = "sip-caller";
  event.participant->disconnect_reason = DisconnectReason::kUserUnavailable;
  const SignedWebhook sent = sign_webhook(event, key_, kNow);
  const auto read = verify_webhook(sent.body, sent.authorization, secret_of_, kNow + 10);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->event, "participant_left");
  EXPECT_EQ(read->room->name, "room");
  EXPECT_EQ(read->participant->disconnect_reason, DisconnectReason::kUserUnavailable);
  EXPECT_FALSE(read->track);
}

TEST_F(WebhookTest, RefusesWhatWasNot) {
  WebhookEvent event;
  event.event = "room_finished";
  const SignedWebhook sent = sign_webhook(event, key_, kNow);
  EXPECT_FALSE(verify_webhook(sent.body + " ", sent.authorization, secret_of_, kNow));
  EXPECT_FALSE(verify_webhook(sent.body, "", secret_of_, kNow));
  EXPECT_FALSE(verify_webhook(sent.body, sent.authorization, secret_of_, kNow + 3600));
  const SignedWebhook foreign = sign_webhook(event, {"APIkey", "another"}, kNow);
  EXPECT_FALSE(verify_webhook(foreign.body, foreign.authorization, secret_of_, kNow));
  // A room token proves no body.
  Claims claims;
  claims.expires_at = kNow + 60;
  EXPECT_FALSE(verify_webhook(sent.body, mint_token(claims, key_), secret_of_, kNow));
}

}  // namespace
}  // namespace ringback::livekit
