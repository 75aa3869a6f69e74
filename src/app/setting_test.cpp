#include "app/setting.h"

#include <gtest/gtest.h>

namespace ringback::app {
namespace {

using Map = std::map<std::string, std::string>;

TEST(DotEnv, TakesQuotesCommentsAndExport) {
  const auto values = parse_dot_env(
      "# trunk\nexport SIP_TRUNK_URI=sip:example.com;transport=tcp # provider\nA=\"x # "
      "y\"\r\nB='z'\n\nC=\nD=a#b\n");
  ASSERT_TRUE(values);
  EXPECT_EQ(values->at("SIP_TRUNK_URI"), "sip:example.com;transport=tcp");
  EXPECT_EQ(values->at("A"), "x # y");
  EXPECT_EQ(values->at("B"), "z");
  EXPECT_EQ(values->at("C"), "");
  EXPECT_EQ(values->at("D"), "a#b");
}

TEST(DotEnv, NamesTheLineItCannotRead) {
  const auto values = parse_dot_env("A=1\nthis is no setting\n");
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().message, ".env line 2 is not NAME=value");
}

TEST(DotEnv, WarnsOfNearMissesOnly) {
  EXPECT_EQ(
      near_misses({{"SIP_TRUNK_URL", "x"}, {"OTHER_PROGRAM", "y"}, {"PORTS", "1"}, {"SIP_TRUNK_URI", "z"}}),
      std::vector<std::string>{
          ".env: SIP_TRUNK_URL is not a setting of ringback; did you mean SIP_TRUNK_URI?"});
}

TEST(Yaml, TakesTheDocumentedTrunkBlockAsItStands) {
  const auto settings = parse_yaml_settings(
      "sip_trunks:\n"
      "  - id: my-twilio-trunk\n"
      "    name: Twilio SIP Trunk\n"
      "    outbound_address: sip.twilio.com\n"
      "    outbound_number: +1234567890\n"
      "    auth_username: your_username\n"
      "    auth_password: your_password\n"
      "port: 5001\n"
      "cors_origins: [https://a.example, https://b.example]\n");
  ASSERT_TRUE(settings) << settings.error().message;
  ASSERT_EQ(settings->trunks.size(), 1u);
  EXPECT_EQ(settings->trunks[0].fields.at("outbound_number"), "+1234567890");
  EXPECT_EQ(settings->values.at("PORT"), "5001");
  EXPECT_EQ(settings->values.at("CORS_ORIGINS"), "https://a.example,https://b.example");
}

TEST(Yaml, NamesLineAndNearestKey) {
  const auto wrong = parse_yaml_settings("port: 1\nsip_trunk:\n  - id: a\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "line 2: unknown key \"sip_trunk\"; did you mean \"sip_trunks\"?");
  const auto inner = parse_yaml_settings("sip_trunks:\n  - id: a\n    auth_user_name: b\n");
  ASSERT_FALSE(inner);
  EXPECT_EQ(inner.error().message, "line 3: unknown key \"auth_user_name\"; did you mean \"auth_username\"?");
  EXPECT_FALSE(parse_yaml_settings("a: [1\n"));
  EXPECT_FALSE(parse_yaml_settings("just text"));
}

TEST(SettingValues, PrecedenceIsFlagEnvironmentDotEnvYamlDefault) {
  const SettingValues values({{"PORT", "1"}}, {{"PORT", "2"}, {"SIP_PORT", "22"}, {"ROOM_PORT", ""}},
                             {{"SIP_PORT", "33"}, {"ROOM_PORT", "3"}}, {{"HTTP_BIND", "::1"}});
  EXPECT_EQ(values.text("PORT"), "1");
  EXPECT_EQ(values.entry("PORT").source, SettingSource::kFlag);
  EXPECT_EQ(values.text("SIP_PORT"), "22");
  EXPECT_EQ(values.text("ROOM_PORT"), "3");
  EXPECT_EQ(values.text("HTTP_BIND"), "::1");
  EXPECT_TRUE(values.is_default("ROOM_UDP_PORT"));
}

TEST(SettingValues, NumberErrorsNameSettingValueAndSource) {
  const SettingValues values({}, {{"PORT", "50x"}}, {}, {});
  const auto port = values.number("PORT", 1, 65535);
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().message,
            "PORT must be a whole number from 1 to 65535, but is \"50x\" (from environment)");
}

TEST(SettingValues, DescriptionNeverShowsSecrets) {
  const SettingValues values({}, {{"SIP_TRUNK_PASSWORD", "hunter2"}, {"LIVEKIT_API_SECRET", "s3cret"}}, {},
                             {});
  const auto text = values.describe();
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_EQ(text.find("s3cret"), std::string::npos);
  EXPECT_NE(text.find("SIP_TRUNK_PASSWORD   (set)"), std::string::npos);
}

}  // namespace
}  // namespace ringback::app
