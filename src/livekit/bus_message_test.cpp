#include "livekit/bus_message.h"

#include <gtest/gtest.h>

#include "livekit/sip_internal.h"

namespace ringback::livekit {
namespace {

using namespace std::chrono_literals;

template <class T>
T round_trip(const T& message) {
  const auto decoded = decode_bus_message(encode(message));
  EXPECT_TRUE(decoded.has_value());
  return std::get<T>(decoded.value());
}

TEST(BusMessage, ClaimHasTheBytesOfTheWire) {
  const std::string expected = std::string("\x0a\x29") + "type.googleapis.com/internal.ClaimRequest" +
                               "\x12\x29" + "\x0a\x10" + "REQ_UHcWJF3jiKPT" + "\x12\x10" +
                               "SRV_pytest123456" + std::string("\x1d\x00\x00\x80\x3f", 5);
  EXPECT_EQ(encode(BusClaim{"REQ_UHcWJF3jiKPT", "SRV_pytest123456", 1.0F}), expected);
}

TEST(BusMessage, RoundTrips) {
  const auto request = round_trip(BusRequest{"REQ_1", "CLI_1", 5, 7, std::string("\0body", 5)});
  EXPECT_EQ(request.request_id, "REQ_1");
  EXPECT_EQ(request.client_id, "CLI_1");
  EXPECT_EQ(request.sent_at_ns, 5);
  EXPECT_EQ(request.expiry_ns, 7);
  EXPECT_EQ(request.body, std::string("\0body", 5));

  EXPECT_FLOAT_EQ(round_trip(BusClaim{"REQ_1", "SRV_1", 0.25F}).affinity, 0.25F);
  EXPECT_EQ(round_trip(BusClaimVerdict{"REQ_1", "SRV_2"}).server_id, "SRV_2");

  const auto answer = round_trip(BusResponse{"REQ_1", "SRV_1", 9, "answer", {}});
  EXPECT_EQ(answer.body, "answer");
  EXPECT_FALSE(answer.error.has_value());
  const auto failed =
      round_trip(BusResponse{"REQ_1", "SRV_1", 9, "", BusError{"not_found", "no", {{"t", "v"}}}});
  EXPECT_EQ(failed.error.value().code, "not_found");
  ASSERT_EQ(failed.error->details.size(), 1U);
  EXPECT_EQ(failed.error->details[0].value, "v");
}

TEST(BusMessage, WhatIsNoneIsRefused) {
  EXPECT_FALSE(decode_bus_message("").has_value());
  EXPECT_FALSE(decode_bus_message("\xff\xff\xff").has_value());
  // A stream message, and a request whose inside is broken.
  EXPECT_FALSE(
      decode_bus_message(std::string("\x0a\x23") + "type.googleapis.com/internal.Stream" + "\x12\x00")
          .has_value());
  EXPECT_FALSE(
      decode_bus_message(std::string("\x0a\x24") + "type.googleapis.com/internal.Request" + "\x12\x01\xff")
          .has_value());
}

TEST(BusMessage, SipStatusTravelsInTheErrorsDetails) {
  const auto error = bus_error_of(sip_status_error(486, "Busy Here"));
  EXPECT_EQ(error.code, "resource_exhausted");
  EXPECT_EQ(error.message, "sip status 486: Busy Here");
  ASSERT_EQ(error.details.size(), 1U);
  EXPECT_EQ(error.details[0].type_url, "type.googleapis.com/livekit.SIPStatus");
  EXPECT_EQ(error.details[0].value, std::string("\x08\xe6\x03\x12\x09") + "Busy Here");
}

TEST(BusMessage, OtherErrorsKeepCodeAndText) {
  const auto error = bus_error_of({TwirpCode::kCanceled, "sip request timed out", {}});
  EXPECT_EQ(error.code, "canceled");
  EXPECT_EQ(error.message, "sip request timed out");
  EXPECT_TRUE(error.details.empty());
  EXPECT_EQ(bus_error_of({TwirpCode::kMalformed, "x", {}}).code, "malformed_request");
}

TEST(SipInternal, CallRoundTrips) {
  InternalSipCall call;
  call.sip_call_id = "SCL_1";
  call.address = "sip.example.com:5070";
  call.transport = SipTransport::kTcp;
  call.from_host = "from.example.com";
  call.number = "+15550001000";
  call.call_to = "+15551230000";
  call.participant_attributes = {{"sip.callID", "SCL_1"}};
  call.headers = {{"X-A", "b"}};
  call.include_headers = SipHeaderOptions::kAll;
  call.ringing_timeout = 20s;
  call.media = SipMediaConfig{
      .only_listed_codecs = true, .codecs = {{"PCMA", 8000}}, .encryption = {}, .media_timeout = 3s};
  call.wait_until_answered = true;
  call.display_name = "";
  call.sip_from_header = SipNamedDest{.display_name = "A", .uri = std::string("sip:a@b")};
  const auto read = decode_internal_sip_call(encode(call)).value();
  EXPECT_EQ(read.address, call.address);
  EXPECT_EQ(read.transport, call.transport);
  EXPECT_EQ(read.from_host, call.from_host);
  EXPECT_EQ(read.participant_attributes, call.participant_attributes);
  EXPECT_EQ(read.headers, call.headers);
  EXPECT_EQ(read.include_headers, call.include_headers);
  EXPECT_EQ(read.ringing_timeout, 20s);
  EXPECT_EQ(read.max_call_duration, 0s);
  EXPECT_EQ(read.media.value().media_timeout, 3s);
  EXPECT_EQ(read.media->codecs.at(0).name, "PCMA");
  EXPECT_TRUE(read.wait_until_answered);
  EXPECT_EQ(read.display_name, "");
  EXPECT_EQ(std::get<std::string>(read.sip_from_header.value().uri), "sip:a@b");
  EXPECT_FALSE(read.sip_request_uri.has_value());
  EXPECT_FALSE(decode_internal_sip_call("\xff").has_value());
}

}  // namespace
}  // namespace ringback::livekit
