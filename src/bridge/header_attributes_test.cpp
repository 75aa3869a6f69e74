#include "bridge/header_attributes.h"

#include <gtest/gtest.h>

namespace ringback::bridge {
namespace {

using livekit::SipHeaderOptions;

const sip::HeaderList kAnswer = {
    {"Contact", "<sip:x>"}, {"X-One", "1"}, {"x-two", "2"}, {"X-Two", "3"}, {"X-Twilio-CallSid", "CA1"}};

TEST(HeaderAttributes, NothingUnlessAsked) {
  EXPECT_TRUE(answer_attributes(kAnswer, {}, SipHeaderOptions::kNone).empty());
}

TEST(HeaderAttributes, ValuesAreUtf8WhateverTheNetworkSent) {
  const sip::HeaderList latin1 = {{"X-Name", "M\xFCller"}, {"X-Twilio-CallSid", "CA\xFF"}};
  EXPECT_EQ(
      answer_attributes(latin1, {{"X-Name", "name"}}, SipHeaderOptions::kXHeaders),
      (AttributeMap{{"name", "M?ller"}, {"sip.h.x-name", "M?ller"}, {"sip.h.x-twilio-callsid", "CA?"}}));
  EXPECT_EQ(provider_attributes(latin1), (AttributeMap{{"sip.twilio.callSid", "CA?"}}));
}

TEST(HeaderAttributes, XHeadersOrAll) {
  const auto some = answer_attributes(kAnswer, {}, SipHeaderOptions::kXHeaders);
  EXPECT_EQ(some,
            (AttributeMap{{"sip.h.x-one", "1"}, {"sip.h.x-two", "3"}, {"sip.h.x-twilio-callsid", "CA1"}}));
  EXPECT_EQ(answer_attributes(kAnswer, {}, SipHeaderOptions::kAll).at("sip.h.contact"), "<sip:x>");
}

TEST(HeaderAttributes, MappingTakesTheFirstValue) {
  const auto mapped =
      answer_attributes(kAnswer, {{"x-TWO", "two"}, {"X-Missing", "no"}}, SipHeaderOptions::kNone);
  EXPECT_EQ(mapped, (AttributeMap{{"two", "2"}}));
}

TEST(HeaderAttributes, ProvidersIds) {
  EXPECT_EQ(provider_attributes(kAnswer), (AttributeMap{{"sip.twilio.callSid", "CA1"}}));
}

}  // namespace
}  // namespace ringback::bridge
