#include "sdp/webrtc_profile.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace ringback::sdp {
namespace {

constexpr std::string_view kFingerprint =
    "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89";

std::string session_lines(std::string_view mids) {
  return "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE " +
         std::string(mids) + "\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n";
}

std::string transport_lines() {
  return "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 "
         "0.0.0.0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
         "a=ice-options:trickle\r\na=fingerprint:sha-256 " +
         std::string(kFingerprint) + "\r\na=setup:actpass\r\n";
}

std::string application_lines(std::string_view mid) {
  return "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + transport_lines() +
         "a=mid:" + std::string(mid) + "\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";
}

std::string microphone_lines(std::string_view mid) {
  return "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n" + transport_lines() +
         "a=mid:" + std::string(mid) +
         "\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
         "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
         "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
         "a=sendonly\r\na=msid:- 4d8e0a29-cid\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
         "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 "
         "minptime=10;useinbandfec=1\r\n"
         "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
         "a=rtpmap:126 telephone-event/8000\r\na=ssrc:3735928559 cname:abc\r\n"
         "a=ssrc:3735928559 msid:- 4d8e0a29-cid\r\n";
}

std::string camera_lines(std::string_view mid) {
  return "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 116 117\r\n" + transport_lines() +
         "a=mid:" + std::string(mid) +
         "\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
         "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
         "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
         "a=extmap:3/recvonly http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
         "a=sendonly\r\na=msid:s camera-cid\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 "
         "goog-remb\r\n"
         "a=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
         "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n"
         "a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\na=rtpmap:116 red/90000\r\na=rtpmap:117 "
         "ulpfec/90000\r\n"
         "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n";
}

std::string receiving_lines(std::string_view mid) {
  return "m=audio 9 UDP/TLS/RTP/SAVPF 109 0\r\n" + transport_lines() + "a=mid:" + std::string(mid) +
         "\r\na=extmap:7 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=recvonly\r\na=rtcp-mux\r\n"
         "a=rtpmap:109 opus/48000/2\r\na=fmtp:109 minptime=10;useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\n";
}

TransportDescription our_transport() {
  TransportDescription transport;
  transport.ice_ufrag = "w0abcdef";
  transport.ice_pwd = "0123456789abcdef01234567";
  transport.ice_lite = true;
  transport.fingerprints = {{"sha-256", std::string(kFingerprint)}};
  transport.setup = SetupRole::kActive;
  transport.candidates = {"candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host"};
  transport.end_of_candidates = true;
  return transport;
}

SentTrack track() {
  return {.msid = {"PA_x|TR_AMy", "TR_AMy"}, .cname = "PA_x|TR_AMy", .ssrc = 1234, .rtx_ssrc = 0};
}

TEST(WebRtcProfile, ReadsAPublisherOffer) {
  const auto offer = read_webrtc(session_lines("0 1 2") + application_lines("0") + microphone_lines("1") +
                                 camera_lines("2"));
  ASSERT_TRUE(offer.ok());
  EXPECT_EQ(offer->transport.ice_ufrag, "EsAw");
  EXPECT_EQ(offer->transport.ice_pwd, "P2uYro0UCOQ4zxjKXaWCBui1");
  EXPECT_EQ(offer->transport.setup, SetupRole::kActPass);
  ASSERT_EQ(offer->transport.fingerprints.size(), 1U);
  EXPECT_EQ(offer->transport.fingerprints[0].value, kFingerprint);
  ASSERT_EQ(offer->sections.size(), 3U);

  const WebRtcSection& data = offer->sections[0];
  EXPECT_EQ(data.kind, SectionKind::kApplication);
  EXPECT_EQ(data.sctp_port, 5000);
  EXPECT_EQ(data.max_message_size, 262144U);

  const WebRtcSection& microphone = offer->sections[1];
  EXPECT_EQ(microphone.direction, Direction::kSendOnly);
  EXPECT_EQ(microphone.msid, (Msid{"-", "4d8e0a29-cid"}));
  EXPECT_EQ(microphone.ssrcs, std::vector<std::uint32_t>{3735928559U});
  EXPECT_EQ(microphone.cname, "abc");
  EXPECT_EQ(microphone.codec("OPUS")->payload_type, 111);
  EXPECT_EQ(microphone.codec("opus")->feedback, std::vector<std::string>{"transport-cc"});
  EXPECT_EQ(microphone.extension_id(extension::kAudioLevel), 1);
  EXPECT_EQ(microphone.extension_id(extension::kRid), 0);

  const WebRtcSection& camera = offer->sections[2];
  EXPECT_EQ(camera.send_rids, (std::vector<std::string>{"q", "h", "f"}));
  EXPECT_EQ(camera.rtx_of(96), 97);
  EXPECT_EQ(camera.rtx_of(116), std::nullopt);
  EXPECT_EQ(camera.extension_id(extension::kTransportWideCc), 3);
}

TEST(WebRtcProfile, FingerprintAndSetupMayStandAtSessionLevel) {
  const std::string text =
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:SHA-256 ab:cd\r\n"
      "a=setup:active\r\na=ice-lite\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
      "a=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\na=end-of-candidates\r\n";
  const auto answer = read_webrtc(text);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->transport.fingerprints[0], (Fingerprint{"sha-256", "AB:CD"}));
  EXPECT_EQ(answer->transport.setup, SetupRole::kActive);
  EXPECT_TRUE(answer->transport.ice_lite);
  EXPECT_EQ(answer->transport.candidates,
            std::vector<std::string>{"candidate:1 1 udp 1 192.0.2.1 5 typ host"});
  EXPECT_TRUE(answer->transport.end_of_candidates);
}

TEST(WebRtcProfile, SaysWhyAnOfferIsUnusable) {
  const auto fault = [](const std::string& text) {
    const auto result = read_webrtc(text);
    EXPECT_FALSE(result.ok());
    return result.error();
  };
  EXPECT_EQ(fault("hello"), WebRtcFault::kNotSdp);
  EXPECT_EQ(fault(session_lines("")), WebRtcFault::kNoSections);
  EXPECT_EQ(fault(session_lines("0 0") + application_lines("0") + application_lines("0")),
            WebRtcFault::kBadMid);
  EXPECT_EQ(fault(session_lines("0") + application_lines("0") + microphone_lines("1")),
            WebRtcFault::kNotBundled);
  std::string text = session_lines("0") + application_lines("0");
  std::string without = text;
  without.erase(without.find("a=fingerprint"), without.find("a=setup") - without.find("a=fingerprint"));
  EXPECT_EQ(fault(without), WebRtcFault::kNoFingerprint);
  without = text;
  without.replace(without.find("EsAw"), 4, "E");
  EXPECT_EQ(fault(without), WebRtcFault::kNoIce);
}

TEST(WebRtcProfile, PublisherAnswerKeepsPayloadTypesAndDropsWhatWeDoNotForward) {
  const auto offer = read_webrtc(session_lines("0 1 2") + application_lines("0") + microphone_lines("1") +
                                 camera_lines("2"));
  ASSERT_TRUE(offer.ok());
  WebRtcDescription answer;
  answer.transport = our_transport();
  for (const WebRtcSection& section : offer->sections) answer.sections.push_back(answered(section, {}));

  const WebRtcSection& audio = answer.sections[1];
  EXPECT_EQ(audio.direction, Direction::kRecvOnly);
  ASSERT_EQ(audio.codecs.size(), 3U);
  EXPECT_EQ(audio.codecs[0].payload_type, 111);
  EXPECT_EQ(audio.codecs[0].fmtp, "minptime=10;useinbandfec=1;usedtx=1");
  EXPECT_EQ(audio.codecs[1].payload_type, 0);
  EXPECT_EQ(audio.codecs[2].payload_type, 8);
  EXPECT_EQ(audio.extension_id(extension::kAudioLevel), 1);
  EXPECT_EQ(audio.extension_id(extension::kMid), 4);
  EXPECT_EQ(audio.extension_id(extension::kAbsSendTime), 0);
  EXPECT_FALSE(audio.msid);

  const WebRtcSection& video = answer.sections[2];
  EXPECT_EQ(video.codecs.size(), 4U);
  EXPECT_EQ(video.recv_rids, (std::vector<std::string>{"q", "h", "f"}));
  EXPECT_EQ(video.codec(96)->feedback,
            (std::vector<std::string>{"goog-remb", "ccm fir", "nack", "nack pli"}));
  EXPECT_EQ(video.extension_id(extension::kTransportWideCc), 0);
  const auto with_feedback = answered(offer->sections[2], {.transport_cc = true});
  EXPECT_EQ(with_feedback.extension_id(extension::kTransportWideCc), 3);

  const std::string text = write_webrtc(answer);
  EXPECT_NE(text.find("a=setup:active\r\n"), std::string::npos);
  EXPECT_NE(text.find("a=simulcast:recv q;h;f\r\n"), std::string::npos);
  EXPECT_NE(text.find("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"), std::string::npos);
  EXPECT_NE(text.find("a=max-message-size:65535\r\n"), std::string::npos);
  EXPECT_NE(text.find("a=ice-lite\r\n"), std::string::npos);
  EXPECT_EQ(text.find("red/"), std::string::npos);
}

TEST(WebRtcProfile, DtxAndStereoFollowTheTrack) {
  const auto offer = read_webrtc(session_lines("1") + microphone_lines("1"));
  ASSERT_TRUE(offer.ok());
  const auto music = answered(offer->sections[0], {.audio_dtx = false, .audio_stereo = true});
  EXPECT_EQ(music.codec("opus")->fmtp, "minptime=10;useinbandfec=1;stereo=1");
}

TEST(WebRtcProfile, SinglePeerConnectionAnswerAssignsTracksToReceivingSections) {
  const auto offer = read_webrtc(session_lines("0 1 6") + receiving_lines("0") + receiving_lines("1") +
                                 application_lines("6"));
  ASSERT_TRUE(offer.ok());
  const auto assigned = answered(offer->sections[0], {.send = track()});
  EXPECT_EQ(assigned.direction, Direction::kSendOnly);
  EXPECT_EQ(assigned.msid, track().msid);
  EXPECT_EQ(assigned.ssrcs, std::vector<std::uint32_t>{1234});
  EXPECT_EQ(assigned.codec("opus")->payload_type, 109);
  EXPECT_EQ(assigned.codec("opus")->fmtp, "minptime=10;useinbandfec=1");
  EXPECT_EQ(assigned.extension_id(extension::kMid), 7);
  const auto free = answered(offer->sections[1], {});
  EXPECT_EQ(free.direction, Direction::kSendOnly);
  EXPECT_FALSE(free.msid);
  EXPECT_TRUE(free.ssrcs.empty());
}

TEST(WebRtcProfile, SubscriberOfferReadsBackAsWritten) {
  WebRtcDescription offer;
  offer.session_id = 77;
  offer.session_version = 3;
  offer.transport = our_transport();
  offer.transport.setup = SetupRole::kActPass;
  SentTrack video = track();
  video.rtx_ssrc = 5678;
  offer.sections = {application_section("0"), offered_audio("1", track()), offered_audio("2", std::nullopt),
                    offered_video("3", video)};
  const std::string text = write_webrtc(offer);
  const auto back = read_webrtc(text);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, offer);
  EXPECT_NE(text.find("a=msid:PA_x|TR_AMy TR_AMy\r\n"), std::string::npos);
  EXPECT_NE(text.find("a=ssrc-group:FID 1234 5678\r\n"), std::string::npos);
  EXPECT_NE(text.find("a=group:BUNDLE 0 1 2 3\r\n"), std::string::npos);
  // Candidates stand once, in the section that carries the transport.
  EXPECT_EQ(text.find("a=candidate:"), text.rfind("a=candidate:"));
}

TEST(WebRtcProfile, RejectedAndForeignSectionsKeepTheirPlace) {
  const std::string text = session_lines("0") + application_lines("0") +
                           "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n"
                           "m=text 9 RTP/AVP 98\r\na=mid:2\r\na=rtpmap:98 t140/1000\r\n";
  const auto offer = read_webrtc(text);
  ASSERT_TRUE(offer.ok());
  WebRtcDescription answer;
  answer.transport = our_transport();
  for (const WebRtcSection& section : offer->sections) answer.sections.push_back(answered(section, {}));
  const std::string out = write_webrtc(answer);
  EXPECT_NE(out.find("m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"), std::string::npos);
  EXPECT_NE(out.find("m=text 0 RTP/AVP 98\r\n"), std::string::npos);
  EXPECT_NE(out.find("a=group:BUNDLE 0\r\n"), std::string::npos);
}

TEST(WebRtcProfile, SectionWithoutACommonCodecIsRejected) {
  auto offer = read_webrtc(session_lines("1") + microphone_lines("1"));
  ASSERT_TRUE(offer.ok());
  std::erase_if(offer->sections[0].codecs, [](const WebRtcCodec& c) { return !c.is("G722"); });
  EXPECT_TRUE(answered(offer->sections[0], {}).rejected);
}

TEST(WebRtcProfile, DamagedOffersAreHarmless) {
  const std::string good =
      session_lines("0 1 2") + application_lines("0") + microphone_lines("1") + camera_lines("2");
  std::mt19937 random(17);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    for (int n = 0; n < 5; ++n) bad[random() % bad.size()] = static_cast<char>(random());
    if (i % 4 == 0) bad.resize(random() % bad.size());
    const auto offer = read_webrtc(bad);
    if (!offer) continue;
    WebRtcDescription answer;
    for (const WebRtcSection& section : offer->sections) answer.sections.push_back(answered(section, {}));
    EXPECT_TRUE(write_webrtc(answer).size() > 10);
  }
}

}  // namespace
}  // namespace ringback::sdp
