#include "bridge/internal_sip_call.h"

#include <gtest/gtest.h>

namespace ringback::bridge {
namespace {

using namespace std::chrono_literals;
using livekit::InternalSipCall;
using livekit::TwirpCode;

InternalSipCall typical() {
  InternalSipCall call;
  call.sip_call_id = "SCL_1";
  call.sip_trunk_id = "ST_1";
  call.address = "sip.example.com:5070";
  call.number = "+15550001000";
  call.call_to = "+15551230000";
  call.username = "me";
  call.password = "secret";
  call.room_name = "room";
  call.participant_identity = "phone";
  call.participant_attributes = {{"sip.callID", "SCL_1"}, {"sip.phoneNumber", "+15551230000"}};
  return call;
}

DialRequest good(const InternalSipCall& call) {
  auto dial = dial_request_of(call);
  EXPECT_TRUE(dial.ok()) << (dial ? "" : dial.error().msg);
  return dial ? std::move(*dial) : DialRequest{};
}

livekit::TwirpError refused(const InternalSipCall& call) {
  const auto dial = dial_request_of(call);
  EXPECT_FALSE(dial.ok());
  return dial ? livekit::TwirpError{} : dial.error();
}

TEST(InternalSipCall, BecomesADialRequest) {
  auto call = typical();
  call.headers = {{"X-A", "b"}};
  call.ringing_timeout = 20s;
  const auto dial = good(call);
  EXPECT_EQ(dial.call_id.str(), "SCL_1");
  EXPECT_EQ(dial.trunk.id, "ST_1");
  EXPECT_EQ(dial.trunk.host, "sip.example.com");
  EXPECT_EQ(dial.trunk.port, 5070);
  EXPECT_EQ(dial.trunk.username, "me");
  EXPECT_EQ(dial.number.plain(), "+15551230000");
  EXPECT_EQ(dial.caller.value().plain(), "+15550001000");
  EXPECT_EQ(dial.display_name, "+15550001000");
  EXPECT_EQ(dial.headers.at("X-A"), "b");
  EXPECT_EQ(dial.ringing_timeout, 20s);
  EXPECT_EQ(dial.max_duration, 24h);
  EXPECT_TRUE(dial.hide_number) << "the server's own attributes are the ones that count";
  EXPECT_EQ(dial.participant_attributes.at("sip.phoneNumber"), "+15551230000");
  EXPECT_FALSE(dial.hang_up_when_alone);
  EXPECT_FALSE(dial.ringback_tone);
}

TEST(InternalSipCall, OnlyWhoWaitsHasTheInviteSentAtOnce) {
  auto call = typical();
  EXPECT_TRUE(good(call).room_first);
  call.wait_until_answered = true;
  EXPECT_FALSE(good(call).room_first);
}

TEST(InternalSipCall, DisplayNames) {
  auto call = typical();
  call.display_name = "";
  EXPECT_FALSE(good(call).display_name.has_value());
  call.display_name = "Anna";
  EXPECT_EQ(good(call).display_name, "Anna");
}

TEST(InternalSipCall, LimitsHaveLiveKitsDefaults) {
  auto call = typical();
  EXPECT_EQ(good(call).ringing_timeout, 3min);
  call.max_call_duration = 48h;
  EXPECT_EQ(good(call).max_duration, 24h);
  call.max_call_duration = 5s;
  EXPECT_EQ(good(call).max_duration, 5s);
}

TEST(InternalSipCall, AddressesOfTheRequestWin) {
  auto call = typical();
  call.sip_request_uri =
      livekit::SipRequestDest(std::string("<sip:anna@other.example.com:5099;transport=tcp>"));
  call.sip_from_header = livekit::SipNamedDest{
      .display_name = "Bob",
      .uri =
          livekit::SipUri{.user = "bob", .host = "from.example.com", .ip = "", .port = 0, .transport = {}}};
  const auto dial = good(call);
  EXPECT_EQ(dial.number.plain(), "anna");
  EXPECT_EQ(dial.trunk.host, "other.example.com");
  EXPECT_EQ(dial.trunk.port, 5099);
  EXPECT_EQ(dial.trunk.transport, TrunkTransport::kTcp);
  EXPECT_EQ(dial.caller.value().plain(), "bob");
  EXPECT_EQ(dial.trunk.from_host, "from.example.com");
  EXPECT_EQ(dial.display_name, "Bob");
}

TEST(InternalSipCall, RefusesWhatCannotBeDialled) {
  auto call = typical();
  call.address = "";
  EXPECT_EQ(refused(call).msg, "invalid request URI: address must be set");
  call = typical();
  call.address = "sip:host;x=y";
  EXPECT_EQ(refused(call).code, TwirpCode::kInvalidArgument);
  call = typical();
  call.room_name = "";
  EXPECT_EQ(refused(call).code, TwirpCode::kInvalidArgument);
  call = typical();
  call.call_to = "";
  EXPECT_EQ(refused(call).code, TwirpCode::kInvalidArgument);
  call = typical();
  call.sip_request_uri = livekit::SipRequestDest(std::string("tel:+1"));
  EXPECT_EQ(refused(call).code, TwirpCode::kInvalidArgument);
  call = typical();
  call.sip_to_header = livekit::SipNamedDest{};
  EXPECT_EQ(refused(call).msg, "invalid To header: cannot use both CallTo and SipToHeader");
  call = typical();
  call.media = livekit::SipMediaConfig{};
  call.media->encryption = livekit::SipMediaEncryption::kRequire;
  EXPECT_EQ(refused(call).code, TwirpCode::kFailedPrecondition);
  call.media = livekit::SipMediaConfig{
      .only_listed_codecs = true, .codecs = {{"AMR-WB", 16000}}, .encryption = {}, .media_timeout = {}};
  EXPECT_EQ(refused(call).code, TwirpCode::kFailedPrecondition);
}

}  // namespace
}  // namespace ringback::bridge
