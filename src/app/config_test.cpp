#include "app/config.h"

#include <gtest/gtest.h>

namespace ringback::app {
namespace {

using Texts = std::map<std::string, std::string>;

base::ErrorOr<Config> config_of(Texts environment) {
  environment.try_emplace("LIVEKIT_API_KEY", "APIkey");
  environment.try_emplace("LIVEKIT_API_SECRET", "a-secret");
  return make_config(SettingValues({}, environment, {}, {}), {});
}

std::string error_of(Texts environment) {
  const auto config = config_of(std::move(environment));
  return config ? "" : config.error().message;
}

TEST(DatabaseConfig, IsAFileInTheDataFolderUnlessAServerIsNamed) {
  EXPECT_EQ(config_of({{"DATA_DIR", "/var/lib/x"}})->database_url, "sqlite:/var/lib/x/ringback.db");
  EXPECT_EQ(config_of({{"DATABASE_URL", "mysql://u:p@h/d"}})->database_url, "mysql://u:p@h/d");
  const std::string error = error_of({{"DATABASE_URL", "mysql://u:s3cret@h"}});
  EXPECT_NE(error.find("DATABASE_URL: the name of the database is missing"), std::string::npos) << error;
  EXPECT_EQ(error.find("s3cret"), std::string::npos) << error;
  EXPECT_NE(error_of({{"NODE_ID", "a b"}}).find("NODE_ID must be"), std::string::npos);
}

TEST(LiveKitSipConfig, TakesTheRoomServersUrlAndKeysWhereNoOthersAreSet) {
  const auto config = config_of({{"LIVEKIT_URL", "wss://x.livekit.cloud"}, {"SIP_SERVICE", "livekit"}});
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->livekit_sip);
  EXPECT_EQ(config->livekit_sip->sip_url, "wss://x.livekit.cloud");
  EXPECT_EQ(config->livekit_sip->sip_key.key, "APIkey");
  EXPECT_EQ(config->room_url, "wss://x.livekit.cloud");
}

TEST(LiveKitSipConfig, IsMeantWhereASipUrlIsSet) {
  const auto config = config_of({{"LIVEKIT_URL", "wss://rooms.example.com"},
                                 {"LIVEKIT_SIP_URL", "https://sip.example.com"},
                                 {"LIVEKIT_SIP_API_KEY", "APIsip"},
                                 {"LIVEKIT_SIP_API_SECRET", "another"},
                                 {"SIP_TRUNK_URI", "sip:provider.example.com"},
                                 {"SIP_TRUNK_NUMBER", "+15550001000"}});
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->livekit_sip);
  EXPECT_EQ(config->livekit_sip->sip_url, "https://sip.example.com");
  EXPECT_EQ(config->livekit_sip->sip_key.secret, "another");
  EXPECT_EQ(config->livekit_sip->room_key.secret, "a-secret");
  ASSERT_TRUE(config->livekit_sip->trunk.account);
  EXPECT_EQ(config->livekit_sip->trunk.account->host, "provider.example.com");
}

TEST(LiveKitRoomsConfig, OurSipServiceDialsIntoTheRoomsOfAnotherServer) {
  const auto config = config_of({{"LIVEKIT_URL", "wss://x.livekit.cloud"}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->livekit_url, "wss://x.livekit.cloud");
  EXPECT_EQ(config->room_url, "wss://x.livekit.cloud");
  EXPECT_FALSE(config->livekit_sip);
  EXPECT_NE(error_of({{"LIVEKIT_URL", "x.livekit.cloud"}}).find("LIVEKIT_URL must be"), std::string::npos);
}

TEST(BusConfig, NeedsTheServerOfTheBus) {
  const auto config = config_of({{"LIVEKIT_URL", "ws://rooms:7880"},
                                 {"REDIS_URL", "redis://:pw@redis"},
                                 {"SIP_CLUSTER_ID", "eu"},
                                 {"MAX_CALLS", "7"}});
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->bus);
  EXPECT_EQ(config->bus->redis.addresses.front().host, "redis");
  EXPECT_EQ(config->bus->cluster_id, "eu");
  EXPECT_EQ(config->sip.max_calls, 7U);
  EXPECT_DOUBLE_EQ(config->sip.max_cpu, 0.9);
  EXPECT_FALSE(config_of({})->bus);
  EXPECT_NE(error_of({{"REDIS_URL", "redis://redis"}}).find("LIVEKIT_URL"), std::string::npos);
  EXPECT_NE(error_of({{"REDIS_URL", "redis://redis"}, {"LIVEKIT_URL", "ws://x"}, {"SIP_SERVICE", "livekit"}})
                .find("SIP_SERVICE"),
            std::string::npos);
  const auto error = error_of({{"REDIS_URL", "redis://:pw-secret@redis/x"}, {"LIVEKIT_URL", "ws://x"}});
  EXPECT_NE(error.find("REDIS_URL: the database"), std::string::npos) << error;
  EXPECT_EQ(error.find("pw-secret"), std::string::npos) << error;
  EXPECT_NE(error_of({{"MAX_CALLS", "0"}}).find("MAX_CALLS"), std::string::npos);
  EXPECT_NE(error_of({{"MAX_CPU", "101"}}).find("MAX_CPU"), std::string::npos);
}

TEST(LiveKitSipConfig, NamesWhatDoesNotFit) {
  EXPECT_NE(error_of({{"SIP_SERVICE", "livekit"}}).find("needs LIVEKIT_URL"), std::string::npos);
  EXPECT_NE(error_of({{"SIP_SERVICE", "theirs"}}).find("SIP_SERVICE must be own or livekit"),
            std::string::npos);
  EXPECT_NE(
      error_of({{"SIP_SERVICE", "livekit"}, {"LIVEKIT_URL", "x.livekit.cloud"}}).find("LIVEKIT_URL must be"),
      std::string::npos);
  EXPECT_NE(
      error_of({{"SIP_SERVICE", "livekit"}, {"LIVEKIT_URL", "wss://x"}, {"LIVEKIT_SIP_API_KEY", "APIsip"}})
          .find("belong together"),
      std::string::npos);
  EXPECT_NE(error_of({{"SIP_SERVICE", "livekit"}, {"LIVEKIT_URL", "wss://x"}, {"WEBHOOK_URLS", "http://y"}})
                .find("WEBHOOK_URLS is for the embedded"),
            std::string::npos);
}

TEST(LiveKitSipConfig, MakesNoKeysForSomebodyElsesServer) {
  SettingValues values({}, {{"LIVEKIT_URL", "wss://x.livekit.cloud"}}, {}, {});
  const auto provided = provide_keys(values);
  ASSERT_FALSE(provided);
  EXPECT_NE(provided.error().message.find("LIVEKIT_API_KEY"), std::string::npos);
}

}  // namespace
}  // namespace ringback::app
