#include "dialer/dialled_number.h"

#include <gtest/gtest.h>

namespace ringback::dialer {
namespace {

std::string e164(std::string_view typed, std::string_view region = "US") {
  const auto number = read_dialled_number(typed, region, NumberCheck::kLenient);
  return number ? number->e164 : std::string(number.error().code());
}

TEST(DialledNumber, KeepsTheDigitsAfterPlusAsTheyAre) {
  EXPECT_EQ(e164("+1234567890"), "+1234567890");
  EXPECT_EQ(e164("+15551230000"), "+15551230000");
  EXPECT_EQ(e164(" +1 (555) 123-00.00 "), "+15551230000");
  EXPECT_EQ(e164("+49/30/1234567"), "+49301234567");
  EXPECT_EQ(e164("+999123456789012"), "+999123456789012");
}

TEST(DialledNumber, ReadsNationalFormInTheRegion) {
  EXPECT_EQ(e164("(212) 555-0123"), "+12125550123");
  EXPECT_EQ(e164("1 212 555 0123"), "+12125550123");
  EXPECT_EQ(e164("030 1234567", "DE"), "+49301234567");
  EXPECT_EQ(e164("020 7946 0958", "GB"), "+442079460958");
  EXPECT_EQ(e164("011 44 20 7946 0958"), "+442079460958");
}

TEST(DialledNumber, RefusesWhatIsNoNumber) {
  for (const char* typed :
       {"", "abc", "+", "++15551230000", "+12345", "+1234567890123456", "12", "sip:bob@example.com",
        "+1555123000x", "tel:+15551230000;drop table calls", "\xff\xfe"}) {
    EXPECT_EQ(e164(typed), "invalid_number") << typed;
  }
  EXPECT_EQ(e164(std::string(1000, '1')), "invalid_number");
}

TEST(DialledNumber, PlanCheckTurnsTheWarningIntoARefusal) {
  const auto lenient = read_dialled_number("+1234567", "US", NumberCheck::kLenient);
  ASSERT_TRUE(lenient);
  EXPECT_FALSE(lenient->warning.empty());
  const auto strict = read_dialled_number("+1234567", "US", NumberCheck::kPlan);
  ASSERT_FALSE(strict);
  EXPECT_EQ(strict.error().code(), "impossible_number");
  EXPECT_TRUE(read_dialled_number("+12125550123", "US", NumberCheck::kPlan)->warning.empty());
}

TEST(DialledNumber, KnowsRegions) {
  EXPECT_TRUE(is_known_region("US"));
  EXPECT_TRUE(is_known_region("DE"));
  EXPECT_FALSE(is_known_region("XX"));
  EXPECT_FALSE(is_known_region("us"));
}

}  // namespace
}  // namespace ringback::dialer
