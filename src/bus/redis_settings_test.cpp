#include "bus/redis_settings.h"

#include <gtest/gtest.h>

namespace ringback::bus {
namespace {

using Mode = RedisSettings::Mode;

RedisSettings good(std::string_view url) {
  auto settings = parse_redis_url(url);
  EXPECT_TRUE(settings.ok()) << url << ": " << (settings ? "" : settings.error().message);
  return settings ? *settings : RedisSettings{};
}

TEST(RedisUrl, Standalone) {
  const auto plain = good("redis://localhost");
  EXPECT_EQ(plain.mode, Mode::kStandalone);
  EXPECT_EQ(plain.addresses, (std::vector<RedisAddress>{{"localhost", 6379}}));
  EXPECT_FALSE(plain.tls);
  const auto full = good("rediss://me:p%40ss@redis.example.com:6380/3?ca_file=/etc/ca.pem&insecure=true");
  EXPECT_EQ(full.username, "me");
  EXPECT_EQ(full.password, "p@ss");
  EXPECT_EQ(full.database, 3U);
  EXPECT_EQ(full.addresses[0].port, 6380);
  EXPECT_TRUE(full.tls);
  EXPECT_EQ(full.tls_ca_file, "/etc/ca.pem");
  EXPECT_FALSE(full.tls_verify);
  EXPECT_EQ(full.describe(), "Redis by TLS at redis.example.com:6380");
  EXPECT_EQ(good("redis://:secret@[::1]:7000/").password, "secret");
  EXPECT_EQ(good("redis://[::1]:7000").addresses[0].host, "::1");
}

TEST(RedisUrl, Sentinel) {
  const auto settings = good("redis+sentinel://u:p@s1,s2:26380/mymaster/2?sentinel_password=x");
  EXPECT_EQ(settings.mode, Mode::kSentinel);
  EXPECT_EQ(settings.addresses, (std::vector<RedisAddress>{{"s1", 26379}, {"s2", 26380}}));
  EXPECT_EQ(settings.master_name, "mymaster");
  EXPECT_EQ(settings.database, 2U);
  EXPECT_EQ(settings.sentinel_password, "x");
}

TEST(RedisUrl, Cluster) {
  const auto settings = good("rediss+cluster://:p@a:7000,b:7001,c");
  EXPECT_EQ(settings.mode, Mode::kCluster);
  EXPECT_EQ(settings.addresses.size(), 3U);
  EXPECT_EQ(settings.addresses[2].port, 6379);
}

TEST(RedisUrl, SaysWhatIsWrongWithoutSecrets) {
  for (const char* url : {"",
                          "localhost:6379",
                          "http://x",
                          "redis+x://h",
                          "redis://",
                          "redis://:pw-secret@",
                          "redis://pw-secret@h",
                          "redis://h:0",
                          "redis://h:99999",
                          "redis://h:x",
                          "redis://h/x",
                          "redis://h/99999",
                          "redis://h?colour=red",
                          "redis://u:%zz@h",
                          "redis+sentinel://h",
                          "redis+cluster://h/1",
                          "redis://a,b",
                          "rediss://h?cert_file=a",
                          "redis://[::1",
                          "redis://h?insecure=maybe"}) {
    const auto settings = parse_redis_url(url);
    ASSERT_FALSE(settings.ok()) << url;
    EXPECT_FALSE(settings.error().message.empty());
    EXPECT_EQ(settings.error().message.find("pw-secret"), std::string::npos) << settings.error().message;
  }
}

}  // namespace
}  // namespace ringback::bus
