#include "dialer/call_request.h"

#include <gtest/gtest.h>

namespace ringback::dialer {
namespace {

TEST(CallRequest, TakesTheDocumentedBody) {
  const auto request = parse_call_request(
      R"({"callerId":"test","phoneNumber":"+1234567890","callerName":"Test Caller","prospectId":null,"more":[1]})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->caller_id, "test");
  EXPECT_EQ(request->phone_number, "+1234567890");
  EXPECT_EQ(request->caller_name, "Test Caller");
  EXPECT_EQ(request->prospect_id, "");
}

TEST(CallRequest, SaysWhatIsWrong) {
  const auto message = [](std::string_view body) {
    const auto request = parse_call_request(body);
    return request ? std::string("accepted") : request.error().message;
  };
  EXPECT_EQ(message(""), "The body is not valid JSON");
  EXPECT_EQ(message("{"), "The body is not valid JSON");
  EXPECT_EQ(message("[]"), "The body must be a JSON object");
  EXPECT_EQ(message("\"x\""), "The body must be a JSON object");
  EXPECT_EQ(message("{}"), "The field callerId is missing");
  EXPECT_EQ(message(R"({"callerId":"a"})"), "The field phoneNumber is missing");
  EXPECT_EQ(message(R"({"callerId":1,"phoneNumber":"2"})"), "The field callerId must be text");
  EXPECT_EQ(message(R"({"callerId":"a","phoneNumber":15551230000})"), "The field phoneNumber must be text");
  EXPECT_EQ(message(R"({"callerId":"","phoneNumber":"2"})"), "The field callerId is empty");
  EXPECT_EQ(message(R"({"callerId":"a\nb","phoneNumber":"2"})"), "The field callerId has control characters");
  EXPECT_EQ(message(R"({"callerId":")" + std::string(300, 'a') + R"(","phoneNumber":"2"})"),
            "The field callerId is longer than 256 bytes");
  EXPECT_NE(message(std::string(100000, '[')), "accepted");
}

TEST(RoomNames, AreUniqueWithinAMillisecond) {
  RoomNames names;
  EXPECT_EQ(names.next("crm-dialer", "+1234567890", 1763800000000),
            "call_crm-dialer_1234567890_1763800000000");
  EXPECT_EQ(names.next("crm-dialer", "+1234567890", 1763800000000),
            "call_crm-dialer_1234567890_1763800000001");
  EXPECT_EQ(names.next("a b/c\xc3\xa9", "+1", 1763800000005), "call_a-b-c--_1_1763800000005");
}

}  // namespace
}  // namespace ringback::dialer
