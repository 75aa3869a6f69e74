#include "phone/options.h"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <string>

namespace ringback::phone {
namespace {

PhoneOptions parse(const std::string& line) {
  PhoneOptions options;
  CLI::App app;
  add_options(app, options);
  app.parse(line);
  return options;
}

TEST(PhoneOptions, DefaultsSuitOneMachine) {
  const PhoneOptions options = parse("");
  EXPECT_EQ(options.listen.to_string(), "127.0.0.1:5070");
  EXPECT_FALSE(options.credentials);
  EXPECT_EQ(options.tone_hz, 0);
}

TEST(PhoneOptions, ReadsEverything) {
  const PhoneOptions options = parse(
      "--listen 127.0.0.1:6000 --rtp-range 30000-30010 --auth alice:se:cret --answer-after 20 --tone 440 "
      "--record x.wav "
      "--json --alaw");
  EXPECT_EQ(options.listen.port, 6000);
  EXPECT_EQ(options.rtp_low, 30000);
  EXPECT_EQ(options.rtp_high, 30010);
  ASSERT_TRUE(options.credentials);
  EXPECT_EQ(options.credentials->user, "alice");
  EXPECT_EQ(options.credentials->password, "se:cret");
  EXPECT_EQ(options.answer_after, base::Duration(20'000));
  EXPECT_EQ(options.tone_hz, 440);
  EXPECT_EQ(options.record, "x.wav");
  EXPECT_TRUE(options.json);
  EXPECT_TRUE(options.alaw);
}

TEST(PhoneOptions, RefusesWhatMakesNoSense) {
  for (const auto* line : {"--listen nowhere", "--rtp-range 20", "--rtp-range 30-20", "--auth alice",
                           "--tone 9000", "--answer-after -5", "--unknown"}) {
    EXPECT_THROW(parse(line), CLI::ParseError) << line;
  }
}

}  // namespace
}  // namespace ringback::phone
