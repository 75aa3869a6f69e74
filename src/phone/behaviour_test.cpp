#include "phone/behaviour.h"

#include <gtest/gtest.h>

namespace ringback::phone {
namespace {

TEST(Behaviour, TheLastFourDigitsOrTheNameChoose) {
  EXPECT_EQ(behaviour_for("+15551230001"), Behaviour::kBusy);
  EXPECT_EQ(behaviour_for("15551230006"), Behaviour::kPressKeys);
  EXPECT_EQ(behaviour_for("busy"), Behaviour::kBusy);
  EXPECT_EQ(behaviour_for("no-answer"), Behaviour::kNoAnswer);
}

TEST(Behaviour, EverybodyElseGetsTheEcho) {
  for (const auto* user : {"+1234567890", "+15551230000", "", "01", "+493012345601", "alice"}) {
    EXPECT_EQ(behaviour_for(user), Behaviour::kEcho) << user;
  }
}

TEST(Behaviour, RefusalsHaveAStatus) {
  EXPECT_EQ(refusal_status(Behaviour::kBusy), 486);
  EXPECT_EQ(refusal_status(Behaviour::kDecline), 603);
  EXPECT_EQ(refusal_status(Behaviour::kEcho), 0);
}

TEST(Behaviour, HelpNamesEveryNumber) {
  const std::string table = behaviour_table();
  for (const auto* name :
       {"busy", "no-answer", "decline", "early-media", "hang-up", "press-keys", "tone", "mute"}) {
    EXPECT_NE(table.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace ringback::phone
