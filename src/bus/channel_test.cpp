#include "bus/channel.h"

#include <gtest/gtest.h>

namespace ringback::bus {
namespace {

TEST(Channel, NamesAreThoseOfTheWire) {
  const Method create{"SIPInternal", "CreateSIPParticipant", ""};
  EXPECT_EQ(request_channel(create), "SIPInternal|CreateSIPParticipant|REQ");
  EXPECT_EQ(verdict_channel(create), "SIPInternal|CreateSIPParticipant|RCLAIM");
  const Method transfer{"SIPInternal", "TransferSIPParticipant", "SCL_x"};
  EXPECT_EQ(request_channel(transfer), "SIPInternal|TransferSIPParticipant|SCL_x|REQ");
  EXPECT_EQ(verdict_channel(transfer), "SIPInternal|TransferSIPParticipant|SCL_x|RCLAIM");
  EXPECT_EQ(claim_channel("IOInfo", "CLI_me"), "IOInfo|CLI_me|CLAIM");
  EXPECT_EQ(response_channel("IOInfo", "CLI_me"), "IOInfo|CLI_me|RES");
}

TEST(Channel, OtherCharactersAreEscaped) {
  EXPECT_EQ(escaped("room_a1-+.|"), "room_a1u+002du+002bu+002eu+007c");
  EXPECT_EQ(escaped("\xc3\xa9"), "u+00e9");
  EXPECT_EQ(escaped("\xe2\x82\xac"), "u+20ac");
  EXPECT_EQ(escaped("\xf0\x9f\x98\x80x"), "U+0001f600x");
  EXPECT_EQ(escaped("\xff"
                    "a\xc3"),
            "u+fffdau+fffd");
  EXPECT_EQ(escaped("\xed\xa0\x80"), "u+fffdu+fffdu+fffd");
  EXPECT_EQ(request_channel({"S", "M", "eu-west"}), "S|M|euu+002dwest|REQ");
}

TEST(Channel, LockKeyIsBase64OfTheHash) {
  EXPECT_EQ(queue_lock_key("abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

}  // namespace
}  // namespace ringback::bus
