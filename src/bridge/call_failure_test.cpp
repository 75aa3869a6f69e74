#include "bridge/call_failure.h"

#include <set>

#include <gtest/gtest.h>

namespace ringback::bridge {
namespace {

TEST(CallFailure, EveryCauseHasItsOwnCodeAndASentence) {
  std::set<std::string_view> codes;
  for (const auto& info : call_causes()) {
    EXPECT_TRUE(codes.insert(info.code).second) << info.code;
    EXPECT_FALSE(info.message.empty()) << info.code;
    if (info.http_status != 200) {
      EXPECT_FALSE(info.action.empty()) << info.code;
    }
  }
}

TEST(CallFailure, ReadsWhatProvidersAnswer) {
  EXPECT_EQ(failure_from_sip(486, "Busy Here", "").code(), "busy");
  EXPECT_EQ(failure_from_sip(603, "Decline", "").code(), "declined");
  EXPECT_EQ(failure_from_sip(480, "Temporarily Unavailable", "").code(), "unavailable");
  EXPECT_EQ(failure_from_sip(502, "Bad Gateway", "").code(), "provider_error");
  EXPECT_EQ(failure_from_sip(302, "Moved", "").code(), "redirected");
  EXPECT_EQ(failure_from_sip(499, "Odd", "").code(), "rejected");

  const auto twilio = failure_from_sip(403, "Forbidden", "32201 Source IP address not in ACL");
  EXPECT_EQ(twilio.code(), "forbidden");
  EXPECT_EQ(twilio.provider_code, "32201");
  EXPECT_EQ(twilio.sip_status, 403);
  EXPECT_NE(twilio.message.find("Source IP address not in ACL"), std::string::npos);

  const auto telnyx = failure_from_sip(403, "Caller Origination Number is Invalid D35", "");
  EXPECT_EQ(telnyx.provider_code, "D35");
}

}  // namespace
}  // namespace ringback::bridge
