#include "base/utf8.h"

#include <gtest/gtest.h>

namespace ringback::base {
namespace {

TEST(Utf8, WhatIsValidStays) {
  for (const std::string text : {"", "plain", "M\xC3\xBCller", "\xE2\x82\xAC 5", "\xF0\x9F\x93\x9E"}) {
    EXPECT_EQ(valid_utf8(text), text);
  }
}

TEST(Utf8, EachByteThatIsNoneBecomesAQuestionMark) {
  EXPECT_EQ(valid_utf8("Besetzt f\xFCr M\xFCller"), "Besetzt f?r M?ller");
  EXPECT_EQ(valid_utf8("cut \xE2\x82"), "cut ??");
  EXPECT_EQ(valid_utf8("overlong \xC0\xAF \xE0\x80\xAF"), "overlong ?? ???");
  EXPECT_EQ(valid_utf8("surrogate \xED\xA0\x80"), "surrogate ???");
  EXPECT_EQ(valid_utf8("too high \xF5\x80\x80\x80 \xF4\x90\x80\x80"), "too high ???? ????");
}

}  // namespace
}  // namespace ringback::base
