#include "base/masked.h"

#include <gtest/gtest.h>

namespace ringback::base {
namespace {

TEST(Masked, HidesTheMiddleAndNeverPrintsItWhole) {
  EXPECT_EQ(Masked("+15551230000").to_string(), "+155***00");
  EXPECT_EQ(Masked("alice").to_string(), "a***e");
  EXPECT_EQ(Masked("100").to_string(), "***");
  EXPECT_EQ(Masked("").to_string(), "");
  EXPECT_EQ(Masked("+15551230000").plain(), "+15551230000");
}

TEST(Masked, HidesTheNumberInRoomNames) {
  EXPECT_EQ(mask_room_names("room call_crm-1_15551230000_1763800000000 is open"),
            "room call_crm-1_1555***00_1763800000000 is open");
  EXPECT_EQ(mask_room_names("call_a_4912345_1, call_b_4912345_2"), "call_a_4***45_1, call_b_4***45_2");
  for (const char* text :
       {"", "call_", "call_a", "call_a_", "call_a_12", "call_a__1", "recall_a_b_1", "my-room"}) {
    EXPECT_EQ(mask_room_names(text), text);
  }
}

}  // namespace
}  // namespace ringback::base
