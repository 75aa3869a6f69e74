#include "store/column_value.h"

#include <gtest/gtest.h>

namespace ringback::store {
namespace {

Column text_of(std::size_t most) {
  return {.name = "c", .type = "VARCHAR", .max_characters = most};
}

TEST(ColumnValue, CutsByCharactersNotBytes) {
  EXPECT_EQ(fit("Zoë O'Neil", text_of(3)), "Zoë");
  EXPECT_EQ(fit("📞📞📞", text_of(2)), "📞📞");
  EXPECT_EQ(fit("short", text_of(255)), "short");
  EXPECT_EQ(fit("", text_of(2)), "");
  EXPECT_EQ(fit(std::nullopt, text_of(2)), std::nullopt);
}

TEST(ColumnValue, ReplacesWhatIsNoUtf8) {
  const Column unlimited{.name = "c", .type = "TEXT"};
  EXPECT_EQ(fit("Besetzt \xFC!", unlimited), "Besetzt ?!");
  EXPECT_EQ(fit("\xE2\x82", unlimited), "??");            // cut short
  EXPECT_EQ(fit("\xC0\xAF", unlimited), "??");            // overlong
  EXPECT_EQ(fit("\xED\xA0\x80", unlimited), "???");       // a surrogate
  EXPECT_EQ(fit("\xF5\x80\x80\x80", unlimited), "????");  // beyond Unicode
  EXPECT_EQ(fit(std::string("a\0b", 3), unlimited), "ab");
}

TEST(ColumnValue, NumbersOnlyInColumnsForNumbers) {
  for (const char* type : {"INT", "INTEGER", "BIGINT(20) UNSIGNED", "SMALLINT"}) {
    const Column column{.name = "c", .type = type};
    EXPECT_EQ(fit("42", column), "42") << type;
    EXPECT_EQ(fit("P-42", column), std::nullopt) << type;
    EXPECT_EQ(fit("99999999999999999999", column), std::nullopt) << type;
  }
  for (const char* type : {"POINT", "INTERVAL", "VARCHAR(36)", "ENUM('INT','POINT')"}) {
    EXPECT_EQ(fit("P-42", Column{.name = "c", .type = type}), "P-42") << type;
  }
}

}  // namespace
}  // namespace ringback::store
