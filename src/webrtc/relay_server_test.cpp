#include "webrtc/relay_server.h"

#include <gtest/gtest.h>

namespace ringback::webrtc {
namespace {

using Transport = RelayServer::Transport;

TEST(RelayServerTest, ReadsTheUrisThatRoomServersSend) {
  const auto udp = RelayServer::parse("turn:turn.example.com:3479?transport=udp");
  ASSERT_TRUE(udp);
  EXPECT_EQ(udp->transport, Transport::kUdp);
  EXPECT_EQ(udp->host, "turn.example.com");
  EXPECT_EQ(udp->port, 3479);
  const auto tls = RelayServer::parse("turns:turn.example.com:443?transport=tcp");
  ASSERT_TRUE(tls);
  EXPECT_EQ(tls->transport, Transport::kTls);
  EXPECT_EQ(tls->port, 443);
  const auto tcp = RelayServer::parse("turn:[2001:db8::1]?transport=tcp");
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->transport, Transport::kTcp);
  EXPECT_EQ(tcp->host, "2001:db8::1");
  EXPECT_EQ(tcp->port, 3478);
  EXPECT_EQ(RelayServer::parse("turns:h")->port, 5349);
}

TEST(RelayServerTest, LeavesOutWhatItCannotUse) {
  for (const auto* uri : {"stun:h:1", "turns:h?transport=udp", "turn:", "turn::1", "turn:h:0", "turn:h:70000",
                          "turn:h:", "turn:[::1", "turn:[::1]1", "turn:h?transport=sctp", ""}) {
    EXPECT_FALSE(RelayServer::parse(uri)) << uri;
  }
}

}  // namespace
}  // namespace ringback::webrtc
