#include "livekit/access_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base64.h"
#include "crypto/hmac.h"
#include "livekit/webhook.h"

namespace ringback::livekit {
namespace {

constexpr UnixSeconds kNow = 1'763'800'000;
const ApiKey kKey{.key = "devkey", .secret = "secret"};

std::optional<std::string> secret_of(std::string_view key) {
  if (key == "devkey") return "secret";
  return std::nullopt;
}

/// Signs any text as payload, so that tests can say what no mint would.
std::string sign(std::string_view payload, std::string_view header = R"({"alg":"HS256"})",
                 std::string_view secret = "secret") {
  std::string token = crypto::base64url_encode(header) + "." + crypto::base64url_encode(payload);
  const auto digest = crypto::hmac_sha256(secret, token);
  return token + "." + crypto::base64url_encode(digest);
}

std::string refusal(std::string_view token, UnixSeconds now = kNow) {
  const auto result = verify_token(token, secret_of, now);
  return result ? "accepted" : result.error().message;
}

Claims user_claims() {
  Claims claims;
  claims.identity = "alice";
  claims.name = "Alice \"A\" \xc3\xbc";
  claims.metadata = "{}";
  claims.attributes = {{"a", "1"}};
  claims.kind = ParticipantKind::kSip;
  claims.not_before = kNow;
  claims.expires_at = kNow + kDefaultTokenLife;
  claims.video.emplace();
  claims.video->room_join = true;
  claims.video->room = "room";
  claims.video->can_publish = false;
  claims.video->can_publish_sources = {TrackSource::kMicrophone, TrackSource::kScreenShareAudio};
  claims.sip = SipGrants{.admin = false, .call = true};
  claims.room_config.emplace();
  claims.room_config->empty_timeout = 7;
  claims.room_config->agents.push_back(
      {.agent_name = "bot", .metadata = "m", .deployment = {}, .attributes = {}});
  return claims;
}

TEST(AccessToken, MintedTokensVerify) {
  const auto claims = verify_token(mint_token(user_claims(), kKey), secret_of, kNow);
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->identity, "alice");
  EXPECT_EQ(claims->name, "Alice \"A\" \xc3\xbc");
  EXPECT_EQ(claims->kind, ParticipantKind::kSip);
  EXPECT_EQ(claims->issuer, "devkey");
  EXPECT_EQ(claims->attributes.at("a"), "1");
  ASSERT_TRUE(claims->video);
  EXPECT_TRUE(claims->video->room_join);
  EXPECT_EQ(claims->video->can_publish, false);
  EXPECT_FALSE(claims->video->can_subscribe.has_value());
  EXPECT_EQ(claims->video->can_publish_sources.size(), 2U);
  EXPECT_TRUE(claims->sip->call);
  EXPECT_FALSE(claims->sip->admin);
  EXPECT_EQ(claims->room_config->empty_timeout, 7U);
  EXPECT_EQ(claims->room_config->agents.at(0).agent_name, "bot");
  EXPECT_EQ(claims->expires_at, kNow + kDefaultTokenLife);
}

TEST(AccessToken, VerifiesTheVectorOfRfc7515) {
  // RFC 7515 appendix A.1; the key there is binary.
  constexpr std::string_view kToken =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const auto key = crypto::base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const KeyLookup lookup = [&](std::string_view issuer) -> std::optional<std::string> {
    if (issuer != "joe") return std::nullopt;
    return std::string(key->begin(), key->end());
  };
  EXPECT_TRUE(verify_token(kToken, lookup, 1'300'819'000));
  EXPECT_FALSE(verify_token(kToken, lookup, 1'300'819'380 + kClockSkew + 1));
}

TEST(AccessToken, RefusesInLiveKitsWords) {
  EXPECT_EQ(refusal(""), "invalid authorization token");
  EXPECT_EQ(refusal("a.b"), "invalid authorization token");
  EXPECT_EQ(refusal("a.b.c.d"), "invalid authorization token");
  EXPECT_EQ(refusal("!!.!!.!!"), "invalid authorization token");
  EXPECT_EQ(refusal(sign("[]")), "invalid authorization token");
  EXPECT_EQ(refusal(sign(R"({"iss":"stranger"})")), "invalid API key: stranger");
  const std::string forged = sign(R"({"iss":"devkey"})", R"({"alg":"HS256"})", "wrong");
  EXPECT_EQ(refusal(forged), "invalid token: " + forged + ", error: the signature does not match");
}

TEST(AccessToken, AcceptsNoOtherAlgorithm) {
  const std::string payload = R"({"iss":"devkey","sub":"x"})";
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS512"})",
                             R"({"alg":"RS256"})", R"({"alg":["HS256"]})", R"({})", R"({"typ":"JWT"})"})
    EXPECT_EQ(refusal(sign(payload, header)), "invalid authorization token") << header;
  const std::string unsigned_token =
      crypto::base64url_encode(R"({"alg":"HS256"})") + "." + crypto::base64url_encode(payload) + ".";
  EXPECT_THAT(refusal(unsigned_token), testing::HasSubstr("the signature does not match"));
}

TEST(AccessToken, AChangedPayloadIsRefused) {
  std::string token = mint_token(user_claims(), kKey);
  token[token.find('.') + 5] ^= 1;
  EXPECT_NE(refusal(token), "accepted");
}

TEST(AccessToken, ForgivesAMinuteOfSkew) {
  const auto with = [](const char* name, UnixSeconds at) {
    return sign(R"({"iss":"devkey",")" + std::string(name) + "\":" + std::to_string(at) + "}");
  };
  EXPECT_EQ(refusal(with("exp", kNow - 60)), "accepted");
  EXPECT_THAT(refusal(with("exp", kNow - 61)), testing::HasSubstr("expired"));
  EXPECT_EQ(refusal(with("nbf", kNow + 60)), "accepted");
  EXPECT_THAT(refusal(with("nbf", kNow + 61)), testing::HasSubstr("not valid yet"));
  EXPECT_THAT(refusal(with("iat", kNow + 61)), testing::HasSubstr("issued in the future"));
  EXPECT_EQ(refusal(sign(R"({"iss":"devkey","exp":1763800000.5})")), "accepted");
  EXPECT_THAT(refusal(sign(R"({"iss":"devkey","exp":"soon"})")), testing::HasSubstr("not a number"));
  EXPECT_THAT(refusal(sign(R"({"iss":"devkey","exp":1e300})")), testing::HasSubstr("not a number"));
}

TEST(AccessToken, WrongTypesAreRefusedNotGuessed) {
  for (const char* claims : {R"("video":[])", R"("video":{"roomJoin":"yes"})", R"("video":{"canPublish":1})",
                             R"("video":{"room":5})", R"("video":{"canPublishSources":"microphone"})",
                             R"("sub":7)", R"("attributes":{"a":1})", R"("sip":true)", R"("roomConfig":"x")"})
    EXPECT_THAT(refusal(sign(R"({"iss":"devkey",)" + std::string(claims) + "}")),
                testing::StartsWith("invalid token"))
        << claims;
  EXPECT_EQ(refusal(sign(R"({"iss":"devkey","identity":"x","inference":{"perform":true},"video":null})")),
            "accepted");
}

TEST(AccessToken, BoundsSizeAndDepth) {
  EXPECT_EQ(refusal(std::string(kMaxToken + 1, 'a')), "invalid authorization token");
  const std::string deep =
      R"({"iss":"devkey","roomConfig":)" + std::string(10000, '[') + std::string(10000, ']') + "}";
  EXPECT_EQ(refusal(sign(deep)), "invalid authorization token");
}

TEST(AccessToken, TakesTheHeaderBeforeTheParameter) {
  EXPECT_EQ(**bearer_token("Bearer abc", "def"), "abc");
  EXPECT_EQ(**bearer_token(std::nullopt, "def"), "def");
  EXPECT_FALSE(bearer_token(std::nullopt, std::nullopt)->has_value());
  const auto refused = bearer_token("Basic abc", "def");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "invalid authorization header. Must start with Bearer ");
}

/// The grants of a token with this `video` claim.
VideoGrants grants_of(std::string_view video) {
  const auto claims =
      verify_token(sign(R"({"iss":"devkey","video":)" + std::string(video) + "}"), secret_of, kNow);
  EXPECT_TRUE(claims) << video;
  return claims ? claims->video_or_none() : VideoGrants{};
}

TEST(VideoGrants, AbsentIsNotFalse) {
  const VideoGrants absent = grants_of("{}");
  EXPECT_TRUE(absent.may_publish());
  EXPECT_TRUE(absent.may_subscribe());
  EXPECT_TRUE(absent.may_publish_data());
  EXPECT_FALSE(absent.may_update_own_metadata());
  EXPECT_FALSE(grants_of(R"({"canPublish":false})").may_publish_data());
  EXPECT_TRUE(grants_of(R"({"canPublish":false,"canPublishData":true})").may_publish_data());
  const VideoGrants talker = grants_of(R"({"canPublish":true,"canPublishSources":["microphone"]})");
  EXPECT_TRUE(talker.may_publish(TrackSource::kMicrophone));
  EXPECT_FALSE(talker.may_publish(TrackSource::kCamera));
  EXPECT_FALSE(Claims{}.video_or_none().may_subscribe());
}

TEST(VideoGrants, AnUnknownSourceStillRestricts) {
  EXPECT_FALSE(grants_of(R"({"canPublishSources":["hologram"]})").may_publish(TrackSource::kMicrophone));
}

TEST(VideoGrants, PermissionsReplaceTheEffectiveValues) {
  const VideoGrants grants = grants_of(R"({"room":"r","roomJoin":true,"canUpdateOwnMetadata":true})");
  ParticipantPermission permission = permission_of(grants);
  EXPECT_TRUE(permission.can_publish && permission.can_publish_data && permission.can_update_metadata);
  permission.can_publish = permission.can_update_metadata = false;
  const VideoGrants changed = with_permission(grants, permission);
  EXPECT_EQ(changed.room, "r");
  EXPECT_FALSE(changed.may_publish());
  EXPECT_TRUE(changed.may_publish_data());
  EXPECT_FALSE(changed.may_update_own_metadata());
}

TEST(RefreshToken, LivesAtLeastTenMinutes) {
  Claims claims = user_claims();
  claims.expires_at = kNow + 5;
  const auto refreshed = verify_token(mint_refresh_token(claims, kKey, kNow + 3), secret_of, kNow + 3);
  ASSERT_TRUE(refreshed);
  EXPECT_EQ(refreshed->expires_at, kNow + 3 + 600);
  claims.expires_at = kNow + 86400;
  EXPECT_EQ(verify_token(mint_refresh_token(claims, kKey, kNow), secret_of, kNow)->expires_at, kNow + 86400);
}

TEST(Webhook, IsSignedOverItsBody) {
  WebhookEvent event{.event = "participant_joined",
                     .id = "EV_1",
                     .created_at = kNow,
                     .room = {},
                     .participant = {},
                     .track = {}};
  event.room.emplace();
  event.room->name = "blue";
  event.participant.emplace();
  event.participant->identity = "alice";
  event.participant->state = ParticipantState::kActive;
  const SignedWebhook webhook = sign_webhook(event, kKey, kNow);
  EXPECT_EQ(
      webhook.body,
      R"({"event":"participant_joined","room":{"name":"blue"},"participant":{"identity":"alice","state":"ACTIVE"},)"
      R"("id":"EV_1","createdAt":"1763800000"})");
  const auto claims = verify_token(webhook.authorization, secret_of, kNow);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->sha256, crypto::base64_encode(crypto::sha256(webhook.body)));
  EXPECT_EQ(claims->expires_at, kNow + 300);
}

}  // namespace
}  // namespace ringback::livekit
