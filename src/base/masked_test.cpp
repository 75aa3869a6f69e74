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

}  // namespace
}  // namespace ringback::base
