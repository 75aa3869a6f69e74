#include "sdp/sip_profile.h"

#include <gtest/gtest.h>

#include "sdp/parser.h"

namespace ringback::sdp {
namespace {

LocalAudio local() {
  LocalAudio audio;
  audio.address = *base::IpAddress::parse("192.0.2.10");
  audio.rtp_port = 10000;
  return audio;
}

/// Joins lines with CRLF; every peer below begins the same way.
std::string body(std::initializer_list<std::string_view> lines) {
  std::string text = "v=0\r\n";
  for (const std::string_view line : lines) text += std::string(line) + "\r\n";
  return text;
}

TEST(SipNegotiation, OffersWhatTheLegSpeaks) {
  SipNegotiation negotiation(local(), 0xF000000000000002ULL);
  const std::string text = negotiation.make_offer();
  EXPECT_EQ(text,
            "v=0\r\n"
            "o=- 8646911284551352321 1 IN IP4 192.0.2.10\r\n"
            "s=-\r\n"
            "c=IN IP4 192.0.2.10\r\n"
            "t=0 0\r\n"
            "m=audio 10000 RTP/AVP 0 8 101\r\n"
            "a=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-16\r\n"
            "a=ptime:20\r\n"
            "a=sendrecv\r\n");
  EXPECT_EQ(negotiation.make_offer(), text);  // nothing changed: same version (RFC 3264 8)
  const auto held = parse(negotiation.make_offer(Direction::kSendOnly));
  EXPECT_EQ(held->origin.session_version, "2");
}

struct Peer {
  std::string_view name;
  std::string answer;
  AudioCodec codec;
  std::uint8_t payload_type;
  std::string_view rtp;
  std::uint16_t rtcp_port;
  int event_type;  ///< -1: none
  std::uint16_t ptime;
};

class ProviderAnswerTest : public testing::TestWithParam<Peer> {};

TEST_P(ProviderAnswerTest, IsUnderstood) {
  SipNegotiation negotiation(local(), 1);
  (void)negotiation.make_offer();
  const auto audio = negotiation.receive_answer(GetParam().answer);
  ASSERT_TRUE(audio) << audio.error().sentence;
  EXPECT_EQ(audio->codec, GetParam().codec);
  EXPECT_EQ(audio->send_payload_type, GetParam().payload_type);
  EXPECT_EQ(audio->receive_payload_type, static_payload_type(GetParam().codec));
  EXPECT_EQ(audio->rtp.endpoint()->to_string(), GetParam().rtp);
  EXPECT_EQ(audio->rtcp.port, GetParam().rtcp_port);
  EXPECT_EQ(audio->send_event_payload_type ? *audio->send_event_payload_type : -1, GetParam().event_type);
  if (GetParam().event_type >= 0) {
    EXPECT_EQ(audio->receive_event_payload_type, 101);
  }
  EXPECT_EQ(audio->ptime, GetParam().ptime);
  EXPECT_EQ(audio->direction, Direction::kSendRecv);
  EXPECT_FALSE(audio->held);
}

// The shapes in which these families of peers answer an offer of PCMU, PCMA, telephone-event.
INSTANTIATE_TEST_SUITE_P(
    Corpus, ProviderAnswerTest,
    testing::Values(
        Peer{"twilio",
             body({"o=root 1723651238 1723651238 IN IP4 172.18.155.180", "s=Twilio Media Gateway",
                   "c=IN IP4 168.86.137.236", "t=0 0", "m=audio 15598 RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000",
                   "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=maxptime:20",
                   "a=sendrecv"}),
             AudioCodec::kPcmu, 0, "168.86.137.236:15598", 15599, 101, 20},
        Peer{"telnyx",
             body({"o=FreeSWITCH 1692012345 1692012346 IN IP4 64.16.250.20", "s=FreeSWITCH",
                   "c=IN IP4 64.16.250.20", "t=0 0", "m=audio 23456 RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000",
                   "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=silenceSupp:off - - - -",
                   "a=ptime:20", "a=rtcp:23457 IN IP4 64.16.250.20"}),
             AudioCodec::kPcma, 8, "64.16.250.20:23456", 23457, 101, 20},
        Peer{"asterisk",
             body({"o=- 1234 3 IN IP4 203.0.113.4", "s=Asterisk", "c=IN IP4 203.0.113.4", "t=0 0",
                   "m=audio 17354 RTP/AVP 8 0 96", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000",
                   "a=rtpmap:96 telephone-event/8000", "a=fmtp:96 0-16", "a=ptime:20", "a=maxptime:150",
                   "a=sendrecv"}),
             AudioCodec::kPcma, 8, "203.0.113.4:17354", 17355, 96, 20},
        Peer{"baresip",
             body({"o=- 3883943848 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
                   "a=tool:baresip 1.0.0", "m=audio 11122 RTP/AVP 0 101", "b=AS:125", "a=rtpmap:0 PCMU/8000",
                   "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=rtcp:11123", "a=sendrecv",
                   "a=label:1", "a=rtcp-rsize", "a=ssrc:1234 cname:x", "a=ptime:20"}),
             AudioCodec::kPcmu, 0, "127.0.0.1:11122", 11123, 101, 20},
        Peer{"cisco",
             body({"o=CiscoSystemsSIP-GW-UserAgent 7251 6137 IN IP4 198.51.100.3", "s=SIP Call",
                   "c=IN IP4 198.51.100.3", "t=0 0", "m=audio 17212 RTP/AVP 0 19", "c=IN IP4 198.51.100.33",
                   "a=rtpmap:0 PCMU/8000", "a=rtpmap:19 CN/8000", "a=ptime:30"}),
             AudioCodec::kPcmu, 0, "198.51.100.33:17212", 17213, -1, 30},
        Peer{"sipp without rtpmap",
             body({"o=user1 53655765 2353687637 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
                   "m=audio 6000 RTP/AVP 0"}),
             AudioCodec::kPcmu, 0, "127.0.0.1:6000", 6001, -1, 20},
        Peer{"a codec before ours, a strange ptime, rtcp elsewhere",
             body({"o=- 1 1 IN IP4 198.51.100.9", "s=-", "t=0 0", "m=audio 40000 RTP/AVP 18 0 101",
                   "c=IN IP4 198.51.100.9", "a=rtpmap:18 G729/8000", "a=rtpmap:0 pcmu/8000/1",
                   "a=rtpmap:101 TELEPHONE-EVENT/8000", "a=ptime:5", "a=rtcp:50001 IN IP4 198.51.100.10"}),
             AudioCodec::kPcmu, 0, "198.51.100.9:40000", 50001, 101, 20}),
    [](const auto& peer) {
      std::string name;
      for (const char c : peer.param.name) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
      return name;
    });

TEST(SipNegotiation, SaysWhyAnAnswerIsNoUse) {
  const auto fault = [](const std::string& text) {
    SipNegotiation negotiation(local(), 1);
    (void)negotiation.make_offer();
    const auto audio = negotiation.receive_answer(text);
    EXPECT_FALSE(audio);
    EXPECT_FALSE(negotiation.agreed());
    EXPECT_FALSE(audio.error().sentence.empty());
    return audio.error().fault;
  };
  const std::string_view c = "c=IN IP4 192.0.2.2";
  EXPECT_EQ(fault("garbage"), NegotiationFault::kBadDescription);
  EXPECT_EQ(fault(body({c, "m=audio 0 RTP/AVP 0"})), NegotiationFault::kStreamRejected);
  EXPECT_EQ(fault(body({c, "m=audio 4000 RTP/SAVP 0"})), NegotiationFault::kEncryptionRequired);
  EXPECT_EQ(fault(body({c, "m=audio 4000 RTP/AVP 18"})), NegotiationFault::kNoCommonCodec);
  EXPECT_EQ(fault(body({c, "m=audio 4000 RTP/AVP 0", "a=rtpmap:0 L16/44100"})),
            NegotiationFault::kNoCommonCodec);
  EXPECT_EQ(fault(body({"m=audio 4000 RTP/AVP 0"})), NegotiationFault::kNoAudio);
  EXPECT_EQ(fault(body({c, "m=video 4000 RTP/AVP 31"})), NegotiationFault::kNoAudio);
  SipNegotiation silent(local(), 1);
  EXPECT_EQ(silent.receive_answer(body({c, "m=audio 4000 RTP/AVP 0"})).error().fault,
            NegotiationFault::kUnexpected);
}

TEST(SipNegotiation, AnswersAnOfferInItsOrderAndRejectsTheRest) {
  SipNegotiation negotiation(local(), 1);
  const auto answer = negotiation.receive_offer(
      body({"o=- 1 1 IN IP4 192.0.2.2", "s=-", "c=IN IP4 192.0.2.2", "t=0 0", "m=video 4002 RTP/AVP 96",
            "a=rtpmap:96 H264/90000", "m=audio 4000 RTP/AVP 9 8 0 97", "a=rtpmap:97 telephone-event/8000",
            "m=image 4004 udptl t38"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->audio.codec, AudioCodec::kPcma);
  EXPECT_EQ(answer->audio.receive_event_payload_type, 97);
  const auto parsed = parse(answer->text);
  ASSERT_EQ(parsed->media.size(), 3U);
  EXPECT_EQ(parsed->media[0].port, 0);
  EXPECT_EQ(parsed->media[1].port, 10000);
  EXPECT_EQ(parsed->media[1].formats, (std::vector<std::string>{"8", "97"}));
  EXPECT_EQ(parsed->media[2].port, 0);
  EXPECT_EQ(parsed->media[2].protocol, "udptl");
  // A later offer of ours keeps the sections in their places, and the event's payload type.
  const auto offer = parse(negotiation.make_offer());
  ASSERT_EQ(offer->media.size(), 3U);
  EXPECT_EQ(offer->media[1].formats, (std::vector<std::string>{"0", "8", "97"}));
  EXPECT_EQ(offer->media[0].port, 0);
}

TEST(SipNegotiation, TakesThePlainStreamOfTwo) {
  SipNegotiation negotiation(local(), 1);
  const auto answer = negotiation.receive_offer(
      body({"c=IN IP4 192.0.2.2", "m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x",
            "m=audio 4002 RTP/AVP 0"}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->audio.rtp.port, 4002);
  SipNegotiation strict(local(), 1);
  EXPECT_EQ(strict.receive_offer(body({"c=IN IP4 192.0.2.2", "m=audio 4000 RTP/SAVP 0"})).error().fault,
            NegotiationFault::kEncryptionRequired);
}

TEST(SipNegotiation, HoldAndResumeByThePeer) {
  SipNegotiation negotiation(local(), 1);
  (void)negotiation.make_offer();
  ASSERT_TRUE(negotiation.receive_answer(body({"c=IN IP4 192.0.2.2", "m=audio 4000 RTP/AVP 0"})));
  const struct {
    std::string_view connection;
    std::string_view direction;
    Direction ours;
    bool held;
  } offers[] = {
      {"c=IN IP4 192.0.2.2", "a=sendonly", Direction::kRecvOnly, true},
      {"c=IN IP4 192.0.2.2", "a=inactive", Direction::kInactive, true},
      {"c=IN IP4 0.0.0.0", "a=sendrecv", Direction::kRecvOnly, true},
      {"c=IN IP4 192.0.2.2", "a=recvonly", Direction::kSendOnly, false},
      {"c=IN IP4 192.0.2.2", "a=sendrecv", Direction::kSendRecv, false},
  };
  for (const auto& offer : offers) {
    const auto answer =
        negotiation.receive_offer(body({offer.connection, "m=audio 4000 RTP/AVP 0", offer.direction}));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->audio.direction, offer.ours) << offer.direction;
    EXPECT_EQ(answer->audio.held, offer.held) << offer.direction;
    const auto text = parse(answer->text);
    EXPECT_EQ(text->media[0].direction(), offer.ours);
  }
}

TEST(SipNegotiation, HoldByUsIsNoHoldByThePeer) {
  SipNegotiation negotiation(local(), 1);
  (void)negotiation.make_offer(Direction::kSendOnly);
  const auto audio =
      negotiation.receive_answer(body({"c=IN IP4 192.0.2.2", "m=audio 4000 RTP/AVP 0", "a=recvonly"}));
  ASSERT_TRUE(audio);
  EXPECT_EQ(audio->direction, Direction::kSendOnly);
  EXPECT_FALSE(audio->held);
}

TEST(SipNegotiation, AFailedOfferLeavesTheAgreementInForce) {
  SipNegotiation negotiation(local(), 1);
  (void)negotiation.make_offer();
  ASSERT_TRUE(negotiation.receive_answer(body({"c=IN IP4 192.0.2.2", "m=audio 4000 RTP/AVP 0"})));
  EXPECT_FALSE(negotiation.receive_offer(body({"c=IN IP4 192.0.2.3", "m=audio 4000 RTP/AVP 18"})));
  EXPECT_EQ(negotiation.agreed()->rtp.host, "192.0.2.2");
}

TEST(SipNegotiation, AHostNameIsKeptForTheResolver) {
  SipNegotiation negotiation(local(), 1);
  (void)negotiation.make_offer();
  const auto audio =
      negotiation.receive_answer(body({"c=IN IP4 media.example.com", "m=audio 4000 RTP/AVP 0"}));
  ASSERT_TRUE(audio);
  EXPECT_EQ(audio->rtp.host, "media.example.com");
  EXPECT_FALSE(audio->rtp.endpoint());
}

TEST(SipNegotiation, MuxOnlyWhenBothWantIt) {
  const std::string answer = body({"c=IN IP4 192.0.2.2", "m=audio 4000 RTP/AVP 0", "a=rtcp-mux"});
  SipNegotiation without(local(), 1);
  (void)without.make_offer();
  EXPECT_FALSE(without.receive_answer(answer)->rtcp_mux);
  LocalAudio audio = local();
  audio.rtcp_mux = true;
  SipNegotiation with(audio, 1);
  EXPECT_NE(with.make_offer().find("a=rtcp-mux"), std::string::npos);
  const auto agreed = with.receive_answer(answer);
  EXPECT_TRUE(agreed->rtcp_mux);
  EXPECT_EQ(agreed->rtcp, agreed->rtp);
}

TEST(SipNegotiation, AnEarlyAnswerMayComeAgainDifferently) {
  SipNegotiation negotiation(local(), 1);
  (void)negotiation.make_offer();
  EXPECT_EQ(negotiation.receive_answer(body({"c=IN IP4 192.0.2.2", "m=audio 4000 RTP/AVP 0"}))->rtp.port,
            4000);
  EXPECT_EQ(negotiation.receive_answer(body({"c=IN IP4 192.0.2.2", "m=audio 5000 RTP/AVP 8"}))->rtp.port,
            5000);
}

TEST(SipNegotiation, TwoOfUsAgree) {
  LocalAudio here = local();
  here.codecs = {AudioCodec::kG722, AudioCodec::kPcmu};
  LocalAudio there = local();
  there.address = *base::IpAddress::parse("2001:db8::1");
  there.codecs = {AudioCodec::kPcma, AudioCodec::kG722};
  there.telephone_event_payload_type = 96;
  SipNegotiation caller(here, 1);
  SipNegotiation called(there, 2);
  const auto answer = called.receive_offer(caller.make_offer());
  ASSERT_TRUE(answer);
  const auto audio = caller.receive_answer(answer->text);
  ASSERT_TRUE(audio);
  EXPECT_EQ(audio->codec, AudioCodec::kG722);
  EXPECT_EQ(sample_rate(audio->codec), 16000U);
  EXPECT_EQ(audio->send_payload_type, 9);
  EXPECT_EQ(audio->send_event_payload_type, 101);
  EXPECT_EQ(audio->rtp.endpoint()->to_string(), "[2001:db8::1]:10000");
}

}  // namespace
}  // namespace ringback::sdp
