#include "sdp/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "sdp/writer.h"

namespace ringback::sdp {
namespace {

constexpr std::string_view kFull =
    "v=0\r\n"
    "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
    "s=Call to John Smith\r\n"
    "i=SDP Offer #1\r\n"
    "c=IN IP4 198.51.100.1\r\n"
    "b=AS:128\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "a=ice-lite\r\n"
    "m=audio 49170/2 RTP/AVP 0 96\r\n"
    "i=voice\r\n"
    "c=IN IP6 2001:db8::2\r\n"
    "b=TIAS:64000\r\n"
    "a=rtpmap:96 opus/48000/2\r\n"
    "a=fmtp:96 minptime=10; useinbandfec=1\r\n"
    "a=ssrc:1 cname:a:b\r\n"
    "a=ssrc:2 cname:c\r\n"
    "a=sendonly\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "a=sctp-port:5000\r\n";

TEST(SdpParser, ReadsEverySection) {
  const auto parsed = parse(kFull);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->origin.session_version, "3724394405");
  EXPECT_EQ(parsed->name, "Call to John Smith");
  EXPECT_EQ(parsed->bandwidths.at(0).value, 128U);
  EXPECT_EQ(parsed->attributes.find("group"), "BUNDLE 0 1");
  EXPECT_TRUE(parsed->attributes.has("ice-lite"));
  ASSERT_EQ(parsed->media.size(), 2U);
  const Media& audio = parsed->media[0];
  EXPECT_EQ(audio.port, 49170);
  EXPECT_EQ(audio.port_count, 2);
  EXPECT_EQ(audio.formats, (std::vector<std::string>{"0", "96"}));
  EXPECT_EQ(parsed->connection_of(audio)->host, "2001:db8::2");
  EXPECT_EQ(parsed->connection_of(parsed->media[1])->host, "198.51.100.1");
  EXPECT_EQ(parsed->direction_of(audio), Direction::kSendOnly);
  EXPECT_EQ(parsed->direction_of(parsed->media[1]), Direction::kSendRecv);
  EXPECT_EQ(audio.rtpmap(96)->encoding, "opus");
  EXPECT_EQ(audio.rtpmap(96)->channels, 2U);
  EXPECT_EQ(audio.rtpmap(0)->encoding, "PCMU");
  EXPECT_FALSE(audio.rtpmap(97));
  EXPECT_EQ(fmtp_parameter(*audio.fmtp(96), "useinbandfec"), "1");
  EXPECT_EQ(fmtp_parameter(*audio.fmtp(96), "stereo"), std::nullopt);
  EXPECT_EQ(audio.attributes.all("ssrc").size(), 2U);
  EXPECT_EQ(audio.attributes.find("ssrc"), "1 cname:a:b");
  EXPECT_EQ(parsed->media[1].formats.at(0), "webrtc-datachannel");
  EXPECT_FALSE(parsed->media[1].is_rtp());
}

TEST(SdpParser, WhatIsWrittenIsReadAgain) {
  const auto parsed = parse(kFull);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(write(*parsed), kFull);
  EXPECT_EQ(*parse(write(*parsed)), *parsed);
}

TEST(SdpParser, TakesWhatSloppyPeersSend) {
  // Bare LF, no final line end, double blanks, no s= and t=, blank lines, unknown lines, trailing NUL.
  const auto parsed =
      parse(std::string("v=0\no=- 1  1 IN IP4 h\nx=what\nm=audio  4000 RTP/AVP 0  8 \n\na=ptime:20\n"
                        "a=sendrecv \n\n\0",
                        83));
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->media.at(0).formats.size(), 2U);
  EXPECT_EQ(parsed->media.at(0).direction(), Direction::kSendRecv);
}

TEST(SdpParser, NamesTheFaultAndItsLine) {
  const struct {
    std::string_view text;
    ParseFault fault;
    std::size_t line;
  } cases[] = {
      {"", ParseFault::kNotADescription, 1},
      {"hello", ParseFault::kNotADescription, 1},
      {"v=1\r\n", ParseFault::kNotADescription, 1},
      {"o=- 1 1 IN IP4 h\r\nv=0\r\n", ParseFault::kNotADescription, 1},
      {"v=0\r\no=- 1 1 IN\r\n", ParseFault::kBadOrigin, 2},
      {"v=0\r\nc=IN IP5 x\r\n", ParseFault::kBadConnection, 2},
      {"v=0\r\nc=IN IP4 \r\n", ParseFault::kBadConnection, 2},
      {"v=0\r\nb=AS\r\n", ParseFault::kBadBandwidth, 2},
      {"v=0\r\nm=audio x RTP/AVP 0\r\n", ParseFault::kBadMedia, 2},
      {"v=0\r\nm=audio 70000 RTP/AVP 0\r\n", ParseFault::kBadMedia, 2},
      {"v=0\r\nm=audio -1 RTP/AVP 0\r\n", ParseFault::kBadMedia, 2},
      {"v=0\r\nm=audio 4000\r\n", ParseFault::kBadMedia, 2},
      {"v=0\r\nm=audio 4000 RTP/AVP\r\n", ParseFault::kBadMedia, 2},
      {"v=0\r\nnonsense\r\n", ParseFault::kBadLine, 2},
      {"v=0\r\na=:x\r\n", ParseFault::kBadLine, 2},
      {"v=0\r\na=\r\n", ParseFault::kBadLine, 2},
  };
  for (const auto& item : cases) {
    const auto parsed = parse(item.text);
    ASSERT_FALSE(parsed) << item.text;
    EXPECT_EQ(parsed.error().fault, item.fault) << item.text;
    EXPECT_EQ(parsed.error().line, item.line) << item.text;
    EXPECT_FALSE(parsed.error().to_string().empty());
  }
}

TEST(SdpParser, BoundsWhatAPeerCanMakeUsKeep) {
  std::string sections = "v=0\r\n";
  for (std::size_t i = 0; i <= kMaxMedia; ++i) sections += "m=audio 9 RTP/AVP 0\r\n";
  EXPECT_EQ(parse(sections).error().fault, ParseFault::kTooLarge);
  std::string attributes = "v=0\r\n";
  for (std::size_t i = 0; i <= kMaxAttributesPerSection; ++i) attributes += "a=x\r\n";
  EXPECT_EQ(parse(attributes).error().fault, ParseFault::kTooLarge);
  EXPECT_EQ(parse(std::string(kMaxBytes + 1, 'v')).error().fault, ParseFault::kTooLarge);
}

TEST(SdpParser, SurvivesEveryTruncation) {
  for (std::size_t length = 0; length < kFull.size(); ++length) (void)parse(kFull.substr(0, length));
}

TEST(Direction, ReversesAndIntersects) {
  EXPECT_EQ(reversed(Direction::kSendOnly), Direction::kRecvOnly);
  EXPECT_EQ(reversed(Direction::kInactive), Direction::kInactive);
  EXPECT_EQ(intersect(Direction::kSendRecv, Direction::kSendOnly), Direction::kSendOnly);
  EXPECT_EQ(intersect(Direction::kRecvOnly, Direction::kSendOnly), Direction::kInactive);
}

TEST(RtpMap, ParsesItsForms) {
  EXPECT_EQ(RtpMap::parse("0 PCMU/8000")->to_string(), "0 PCMU/8000");
  EXPECT_EQ(RtpMap::parse("111 opus/48000/2")->to_string(), "111 opus/48000/2");
  EXPECT_EQ(RtpMap::parse("98 H264/90000/")->channels, 1U);
  for (const char* bad :
       {"", "0", "128 PCMU/8000", "x PCMU/8000", "0 /8000", "0 PCMU", "0 PCMU/0", "0 PCMU/x"}) {
    EXPECT_FALSE(RtpMap::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace ringback::sdp
