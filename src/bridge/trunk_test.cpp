#include "bridge/trunk.h"

#include <gtest/gtest.h>

namespace ringback::bridge {
namespace {

TEST(TrunkUri, TakesTheFormsOfTheDocumentation) {
  auto plain = trunk_from_uri("sip:example.pstn.twilio.com");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "example.pstn.twilio.com");
  EXPECT_EQ(plain->port, 0);
  EXPECT_EQ(plain->caller(), "ringback");

  auto full = trunk_from_uri("SIP:name:secret@10.0.0.1:5070;transport=TCP;lr");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->from_user, "name");
  EXPECT_EQ(full->address(), "10.0.0.1:5070");
  EXPECT_EQ(full->transport, TrunkTransport::kTcp);
  EXPECT_EQ(full->caller(), "name");

  auto v6 = trunk_from_uri("sip:[2001:db8::1]:5080;transport=udp");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_EQ(v6->address(), "[2001:db8::1]:5080");

  EXPECT_TRUE(trunk_from_uri("sip.telnyx.com"));
}

TEST(TrunkUri, SaysWhatIsWrong) {
  EXPECT_NE(trunk_from_uri("sips:example.com").error().message.find("TLS"), std::string::npos);
  EXPECT_EQ(trunk_from_uri("sip:example.com:99999").error().message, "\"99999\" is not a port");
  EXPECT_FALSE(trunk_from_uri("sip:exa mple.com"));
  EXPECT_FALSE(trunk_from_uri("sip:"));
  EXPECT_FALSE(trunk_from_uri("https://example.com/"));
  EXPECT_FALSE(trunk_from_uri("sip:example.com;transport=tls"));
}

TEST(TrunkTable, PrefersTheSettings) {
  TrunkTable table;
  EXPECT_EQ(table.preferred(), nullptr);
  table.trunks.resize(3);
  table.trunks[0].id = "api";
  table.trunks[0].origin = TrunkOrigin::kApi;
  table.trunks[1].id = "yaml";
  table.trunks[1].origin = TrunkOrigin::kYaml;
  table.trunks[2].id = "yaml2";
  table.trunks[2].origin = TrunkOrigin::kYaml;
  EXPECT_EQ(table.preferred()->id, "yaml");
  EXPECT_EQ(table.find("api")->id, "api");
  EXPECT_EQ(table.find("none"), nullptr);
}

}  // namespace
}  // namespace ringback::bridge
