#include "http/url.h"

#include <map>

#include <gtest/gtest.h>

#include "http/proxy.h"

namespace ringback::http {
namespace {

TEST(Url, ReadsItsParts) {
  const auto url = parse_url("WSS://Rooms.Example.com/rtc?a=b%20c#x");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->host, "rooms.example.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/rtc?a=b%20c");
  EXPECT_EQ(url->authority(), "rooms.example.com");
}

TEST(Url, ReadsAddressesAndPorts) {
  const auto url = parse_url("http://u:p%3A@[::1]:7880?x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 7880);
  EXPECT_EQ(url->target, "/?x");
  EXPECT_EQ(url->user_info, "u:p:");
  EXPECT_EQ(url->origin(), "http://[::1]:7880");
}

TEST(Url, RefusesWhatIsNone) {
  for (const char* text :
       {"", "localhost:7880", "ftp://x", "http://", "http://:80", "http://x:0", "http://x:65536",
        "http://x:8a", "http://[::1", "http://[1]", "http://a b", "http://x/\r\nHost: y"})
    EXPECT_FALSE(parse_url(text)) << text;
}

TEST(Url, JoinsAndEncodes) {
  EXPECT_EQ(join_url("wss://x/sub/", "/rtc?a=1"), "wss://x/sub/rtc?a=1");
  EXPECT_EQ(join_url("wss://x", "rtc"), "wss://x/rtc");
  EXPECT_EQ(percent_encode("a+b/~ü"), "a%2Bb%2F~%C3%BC");
  EXPECT_EQ(percent_decode(percent_encode("50% & more")), "50% & more");
}

TEST(Proxy, FollowsTheEnvironment) {
  const std::map<std::string, std::string> variables = {{"HTTPS_PROXY", "http://secure:3128"},
                                                        {"https_proxy", "http://lower:3128"},
                                                        {"HTTP_PROXY", "plain:8080"},
                                                        {"NO_PROXY", "internal.example.com, .corp,10.0.0.1"}};
  const auto settings =
      ProxySettings::from_environment([&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      });
  const auto proxy_host = [&](const char* url) {
    const auto proxy = settings.proxy_for(*parse_url(url));
    return proxy ? proxy->host : "";
  };
  EXPECT_EQ(proxy_host("wss://x.livekit.cloud"), "lower");
  EXPECT_EQ(proxy_host("http://x.example.com"), "plain");
  EXPECT_EQ(proxy_host("https://internal.example.com"), "");
  EXPECT_EQ(proxy_host("https://a.internal.example.com"), "");
  EXPECT_EQ(proxy_host("https://notinternal.example.com"), "lower");
  EXPECT_EQ(proxy_host("https://a.corp"), "");
  EXPECT_EQ(proxy_host("http://10.0.0.1:7880"), "");
  EXPECT_EQ(proxy_host("ws://localhost:7880"), "");
  EXPECT_EQ(proxy_host("ws://[::1]:7880"), "");
  EXPECT_FALSE(ProxySettings().proxy_for(*parse_url("https://x.example.com")));
}

}  // namespace
}  // namespace ringback::http
