#include "app/livekit_sip_config.h"

#include <gtest/gtest.h>

namespace ringback::app {
namespace {

LiveKitSipConfig good(const std::string& text) {
  auto config = parse_livekit_sip_config(text);
  EXPECT_TRUE(config.ok()) << (config ? "" : config.error().message);
  return config ? std::move(*config) : LiveKitSipConfig{};
}

std::string refusal(const std::string& text) {
  const auto config = parse_livekit_sip_config(text);
  EXPECT_FALSE(config.ok());
  return config ? "" : config.error().message;
}

TEST(LiveKitSipConfig, ItsExampleIsTakenAsItIs) {
  const auto config = good(R"(
api_key: APIkey
api_secret: secret
ws_url: ws://localhost:7880
redis:
  address: localhost:6379
sip_port: 5070
rtp_port: 10000-12000
use_external_ip: false
logging:
  level: debug
)");
  EXPECT_EQ(config.values, (std::map<std::string, std::string>{{"LIVEKIT_API_KEY", "APIkey"},
                                                               {"LIVEKIT_API_SECRET", "secret"},
                                                               {"LIVEKIT_URL", "ws://localhost:7880"},
                                                               {"REDIS_URL", "redis://localhost:6379"},
                                                               {"SIP_PORT", "5070"},
                                                               {"RTP_PORT_RANGE", "10000-12000"},
                                                               {"LOG_LEVEL", "debug"}}));
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_FALSE(config.needs_public_address);
}

TEST(LiveKitSipConfig, RedisInAllItsForms) {
  const auto url = [](const std::string& redis) {
    return good("redis: {" + redis + "}").values.at("REDIS_URL");
  };
  EXPECT_EQ(url("address: 'h:1', username: me, password: 'a@b', db: 2"), "redis://me:a%40b@h:1/2");
  EXPECT_EQ(url("address: 'h:1', use_tls: true"), "rediss://h:1");
  EXPECT_EQ(url("address: 'h:1', tls: {enabled: true, ca_cert_file: /ca.pem, insecure: true}"),
            "rediss://h:1?ca_file=%2Fca.pem&insecure=true");
  EXPECT_EQ(
      url("sentinel_master_name: main, sentinel_addresses: ['a:1', 'b:2'], sentinel_password: x, db: 1"),
      "redis+sentinel://a:1,b:2/main/1?sentinel_password=x");
  EXPECT_EQ(url("address: 'unused:1', cluster_addresses: ['a:1', 'b:2'], password: p"),
            "redis+cluster://:p@a:1,b:2");
}

TEST(LiveKitSipConfig, TheRestThatCanBeDone) {
  const auto config = good(R"(
redis: {address: h}
cluster_id: eu
nat_1_to_1_ip: 192.0.2.1
listen_ip: 10.0.0.1
media_timeout: 1m30s
max_cpu_utilization: 0.75
max_active_calls: 40
rtp_port: {start: 10000, end: 10100}
logging: {json: true, sample: true}
codecs: {"G722/8000": false}
hide_inbound_port: true
health_port: 0
)");
  EXPECT_EQ(config.values.at("SIP_CLUSTER_ID"), "eu");
  EXPECT_EQ(config.values.at("PUBLIC_ADDRESS"), "192.0.2.1");
  EXPECT_EQ(config.values.at("BIND_ADDRESS"), "10.0.0.1");
  EXPECT_EQ(config.values.at("MEDIA_TIMEOUT"), "90");
  EXPECT_EQ(config.values.at("MAX_CPU"), "75");
  EXPECT_EQ(config.values.at("MAX_CALLS"), "40");
  EXPECT_EQ(config.values.at("RTP_PORT_RANGE"), "10000-10100");
  EXPECT_EQ(config.values.at("LOG_FORMAT"), "json");
  EXPECT_TRUE(config.warnings.empty()) << config.warnings.front();
}

TEST(LiveKitSipConfig, SaysWhatItDoesNotDo) {
  const auto config = good(R"(redis: {address: h, adress: x}
health_port: 8080
tls: {certs: []}
audio_dtmf: true
codecs: {"AMR-WB/16000": true}
media_timeout_initial: 20s
use_external_ip: true
sip_prot: 5060
)");
  const std::vector<std::string> expected = {
      "line 8: unknown key \"sip_prot\"; did you mean \"sip_port\"?",
      "line 2: health_port is not honoured: ringback answers /healthz and /readyz on PORT",
      "line 3: tls is not honoured: calls to trunks with transport TLS are refused",
      "line 1: redis: unknown key \"adress\"; did you mean \"address\"?",
      "line 6: media_timeout_initial: ringback has one limit, MEDIA_TIMEOUT, for the first packet and the "
      "later ones",
      "line 5: codecs: AMR-WB/16000 is not offered; calls use PCMU or PCMA",
      "line 4: audio_dtmf is not honoured: keys are sent as telephone events only"};
  EXPECT_EQ(config.warnings, expected);
  EXPECT_EQ(config.values.at("MEDIA_TIMEOUT"), "20");
  EXPECT_TRUE(config.needs_public_address);
}

TEST(LiveKitSipConfig, RefusesWhatWouldChangeCalls) {
  EXPECT_EQ(refusal("sip_port: 5060"), "line 1: redis configuration is required");
  EXPECT_NE(
      refusal("redis: {address: h}\nsip_port: 5060\nsip_port_listen: 5061").find("line 3: sip_port_listen"),
      std::string::npos);
  EXPECT_NE(refusal("redis: {address: h}\nmedia_nat_1_to_1_ip: 192.0.2.1").find("line 2"), std::string::npos);
  EXPECT_NE(refusal("redis: {address: h}\ncodecs: {\"PCMU/8000\": false}").find("cannot be switched off"),
            std::string::npos);
  EXPECT_EQ(refusal("redis: {db: 1}"), "line 1: redis has no address");
  EXPECT_EQ(refusal("redis: {address: h}\nmedia_timeout: soon"),
            "line 2: media_timeout must be a duration such as 15s");
  EXPECT_FALSE(refusal("redis: [").empty());
  EXPECT_FALSE(refusal("").empty());
}

}  // namespace
}  // namespace ringback::app
