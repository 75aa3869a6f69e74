#include "webrtc/candidate.h"

#include <gtest/gtest.h>

namespace ringback::webrtc {
namespace {

TEST(Candidate, HostUdpHasThePriorityOfTheOnlyAddress) {
  const auto candidate = Candidate::host_udp(*base::Endpoint::parse("192.0.2.1:7882"));
  EXPECT_EQ(candidate.to_string(), "candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host");
  EXPECT_EQ(Candidate::parse(candidate.to_string()), candidate);
}

TEST(Candidate, ReadsWhatBrowsersWrite) {
  const auto candidate = Candidate::parse(
      "a=candidate:842163049 1 udp 1677729535 203.0.113.9 61665 typ srflx raddr 10.0.0.5 rport 61665 "
      "generation 0 "
      "ufrag EsAw network-cost 999\r\n");
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->type, CandidateType::kServerReflexive);
  EXPECT_EQ(candidate->endpoint()->to_string(), "203.0.113.9:61665");
  EXPECT_EQ(candidate->priority, 1677729535U);
}

TEST(Candidate, ReadsIpv6TcpAndHiddenAddresses) {
  const auto v6 = Candidate::parse("candidate:1 1 UDP 2130706431 2001:db8::7 5000 typ host");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->endpoint()->to_string(), "[2001:db8::7]:5000");

  const auto tcp = Candidate::parse("candidate:2 1 tcp 1671430143 192.0.2.1 7881 typ host tcptype passive");
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->transport, CandidateTransport::kTcp);
  EXPECT_EQ(tcp->tcp_type, "passive");
  EXPECT_EQ(Candidate::parse(tcp->to_string()), tcp);

  const auto hidden = Candidate::parse("candidate:3 1 udp 1 4f8a0a5e-2f0b-4b1c.local 5000 typ host");
  ASSERT_TRUE(hidden);
  EXPECT_FALSE(hidden->endpoint());
  EXPECT_EQ(hidden->host, "4f8a0a5e-2f0b-4b1c.local");
}

TEST(Candidate, RefusesWhatIsNone) {
  for (const char* text :
       {"", "candidate:", "candidate:1 1 udp x 192.0.2.1 1 typ host",
        "candidate:1 0 udp 1 192.0.2.1 1 typ host", "candidate:1 1 udp 1 192.0.2.1 70000 typ host",
        "candidate:1 1 udp 1 192.0.2.1 1 typ moon", "candidate:1 1 sctp 1 192.0.2.1 1 typ host",
        "candidate:1 1 udp 1 192.0.2.1 1 host",
        "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host"}) {
    EXPECT_FALSE(Candidate::parse(text)) << text;
  }
}

}  // namespace
}  // namespace ringback::webrtc
