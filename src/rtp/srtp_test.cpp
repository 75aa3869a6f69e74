#include "rtp/srtp.h"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/aes.h"
#include "crypto/hex.h"
#include "rtp/packet.h"
#include "rtp/replay_window.h"
#include "rtp/rtcp.h"
#include "rtp/srtp_transform.h"

namespace ringback::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes hex(std::string_view text) {
  return crypto::from_hex(text).value();
}

// RFC 3711 appendix B.3.
TEST(SrtpKeyDerivation, Rfc3711Vectors) {
  const Bytes key = hex("e1f97a0d3e018be0d64fa32c06de4139");
  const Bytes salt = hex("0ec675ad498afeebb6960b3aabe6");
  const SrtpKey master{key, salt};
  Bytes cipher_key(16);
  derive_srtp_key(master, SrtpKeyLabel::kRtpEncryption, cipher_key);
  EXPECT_EQ(crypto::to_hex(cipher_key), "c61e7a93744f39ee10734afe3ff7a087");
  Bytes cipher_salt(14);
  derive_srtp_key(master, SrtpKeyLabel::kRtpSalt, cipher_salt);
  EXPECT_EQ(crypto::to_hex(cipher_salt), "30cbbc08863d8c85d49db34a9ae1");
  Bytes auth_key(94);
  derive_srtp_key(master, SrtpKeyLabel::kRtpAuthentication, auth_key);
  EXPECT_EQ(crypto::to_hex(std::span(auth_key).first(32)),
            "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbce");
  EXPECT_EQ(crypto::to_hex(std::span(auth_key).last(14)), "6b68642c59bbfc2f34db60dbdfb2");
}

// RFC 7714 sections 16.1.1 and 16.2.1 give session keys, so they are checked below the key derivation: this
// is the nonce that section 8.1 builds for SSRC 5501a0b2, ROC 0, SEQ f17b from the salt "Quid pro quo".
TEST(SrtpGcm, Rfc7714Vectors) {
  const Bytes header = hex("8040f17b8041f8d35501a0b2");
  const Bytes payload = hex("47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
  crypto::GcmNonce nonce;
  std::ranges::copy(hex("51753c6580c2726f20718414"), nonce.begin());
  const auto seal = [&](const Bytes& key) {
    Bytes data = payload;
    std::array<std::uint8_t, crypto::kGcmTagSize> tag;
    crypto::AesGcmSealer(key).seal(nonce, header, {}, data, tag);
    return crypto::to_hex(data) + crypto::to_hex(tag);
  };
  EXPECT_EQ(seal(hex("000102030405060708090a0b0c0d0e0f")),
            "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
            "899d7f27beb16a9152cf765ee4390cce");
  EXPECT_EQ(seal(hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")),
            "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
            "7aa3db36dfffd6b0f9bb7878d7a76c13");
}

class SrtpSuites : public testing::TestWithParam<SrtpSuite> {
 protected:
  SrtpSuites() {
    const SrtpSuiteInfo& info = suite_info(GetParam());
    key_a_.assign(info.key_size, 0x11);
    salt_a_.assign(info.salt_size, 0x22);
    key_b_.assign(info.key_size, 0x33);
    salt_b_.assign(info.salt_size, 0x44);
    a_ = SrtpSession::create(GetParam(), {key_a_, salt_a_}, {key_b_, salt_b_}, 4);
    b_ = SrtpSession::create(GetParam(), {key_b_, salt_b_}, {key_a_, salt_a_}, 4);
  }

  static Bytes rtp(std::uint16_t sequence, std::uint32_t ssrc = 7, std::size_t payload = 20) {
    Bytes packet(kFixedHeaderSize + payload);
    const std::size_t size = write_packet(packet, {.payload_type = 111, .sequence = sequence, .ssrc = ssrc},
                                          Bytes(payload, static_cast<std::uint8_t>(sequence)));
    EXPECT_EQ(size, packet.size());
    return packet;
  }
  static Bytes rtcp(std::uint32_t ssrc = 7) {
    Bytes packet(64);
    RtcpWriter writer(packet);
    ReceiverReport report;
    report.ssrc = ssrc;
    writer.add_receiver_report(report);
    writer.add_cname(ssrc, "name");
    packet.resize(writer.size());
    return packet;
  }
  Bytes protect(SrtpSession& session, const Bytes& plain) {
    Bytes packet = plain;
    packet.resize(plain.size() + kSrtpMaxOverhead);
    const auto size = session.protect_rtp(packet, plain.size());
    EXPECT_TRUE(size.ok());
    packet.resize(size.ok() ? *size : 0);
    return packet;
  }
  Bytes protect_control(SrtpSession& session, const Bytes& plain) {
    Bytes packet = plain;
    packet.resize(plain.size() + kSrtpMaxOverhead);
    const auto size = session.protect_rtcp(packet, plain.size());
    EXPECT_TRUE(size.ok());
    packet.resize(size.ok() ? *size : 0);
    return packet;
  }
  static void expect_opens(SrtpSession& session, Bytes packet, const Bytes& plain) {
    const auto size = session.unprotect_rtp(packet);
    ASSERT_TRUE(size.ok()) << static_cast<int>(size.error());
    packet.resize(*size);
    EXPECT_EQ(packet, plain);
  }
  static void expect_refused(SrtpSession& session, Bytes packet, SrtpError error) {
    const auto size = session.unprotect_rtp(packet);
    ASSERT_FALSE(size.ok());
    EXPECT_EQ(size.error(), error);
  }

  Bytes key_a_, salt_a_, key_b_, salt_b_;
  std::optional<SrtpSession> a_;
  std::optional<SrtpSession> b_;
};

TEST_P(SrtpSuites, RtpBothWays) {
  const Bytes plain = rtp(1);
  const Bytes there = protect(*a_, plain);
  EXPECT_EQ(there.size(), plain.size() + suite_info(GetParam()).rtp_tag_size);
  EXPECT_NE(Bytes(there.begin() + 12, there.begin() + 32), Bytes(plain.begin() + 12, plain.end()));
  expect_opens(*b_, there, plain);
  expect_opens(*a_, protect(*b_, plain), plain);
}

TEST_P(SrtpSuites, HeaderExtensionAndEmptyPayload) {
  Bytes plain(64);
  const Bytes level = {5};
  const std::array<HeaderExtension, 1> extensions = {HeaderExtension{1, level}};
  plain.resize(write_packet(plain, {.sequence = 9, .ssrc = 1}, {}, extensions));
  expect_opens(*b_, protect(*a_, plain), plain);
}

TEST_P(SrtpSuites, ReplayIsRefused) {
  const Bytes packet = protect(*a_, rtp(100));
  expect_opens(*b_, packet, rtp(100));
  expect_refused(*b_, packet, SrtpError::kReplayed);
  expect_opens(*b_, protect(*a_, rtp(101)), rtp(101));
  expect_refused(*b_, packet, SrtpError::kReplayed);
}

TEST_P(SrtpSuites, ReorderedPacketsOpenOnceWithinTheWindow) {
  std::vector<Bytes> packets;
  for (std::uint16_t s = 0; s < 600; ++s) packets.push_back(protect(*a_, rtp(s)));
  expect_opens(*b_, packets[599], rtp(599));
  expect_opens(*b_, packets[599 - ReplayWindow::kSize + 1], rtp(599 - ReplayWindow::kSize + 1));
  expect_refused(*b_, packets[599 - ReplayWindow::kSize], SrtpError::kTooOld);
  expect_opens(*b_, packets[300], rtp(300));
  expect_refused(*b_, packets[300], SrtpError::kReplayed);
}

TEST_P(SrtpSuites, RollOverWithLossAndReordering) {
  std::uint32_t index = 65000;
  expect_opens(*b_, protect(*a_, rtp(static_cast<std::uint16_t>(index))),
               rtp(static_cast<std::uint16_t>(index)));
  for (index += 997; index < 4 * 65536; index += 997) {
    const auto sequence = static_cast<std::uint16_t>(index);
    const Bytes before = protect(*a_, rtp(static_cast<std::uint16_t>(sequence - 1)));
    expect_opens(*b_, protect(*a_, rtp(sequence)), rtp(sequence));
    expect_opens(*b_, before, rtp(static_cast<std::uint16_t>(sequence - 1)));
  }
}

TEST_P(SrtpSuites, AnyFlippedBitIsRefusedAndHarmless) {
  const Bytes plain = rtp(5, 7, 4);
  const Bytes packet = protect(*a_, plain);
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Bytes tampered = packet;
    tampered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(b_->unprotect_rtp(tampered).ok()) << bit;
  }
  expect_opens(*b_, packet, plain);
}

TEST_P(SrtpSuites, TruncationIsRefused) {
  const Bytes packet = protect(*a_, rtp(5));
  for (std::size_t size = 0; size < packet.size(); ++size) {
    Bytes cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(b_->unprotect_rtp(cut).ok()) << size;
    EXPECT_FALSE(b_->unprotect_rtcp(cut).ok()) << size;
  }
}

TEST_P(SrtpSuites, SourcesAreBoundedAndForgetting) {
  for (std::uint32_t ssrc = 1; ssrc <= 4; ++ssrc) expect_opens(*b_, protect(*a_, rtp(1, ssrc)), rtp(1, ssrc));
  Bytes fifth = rtp(1, 5);
  fifth.resize(fifth.size() + kSrtpMaxOverhead);
  EXPECT_EQ(a_->protect_rtp(fifth, fifth.size() - kSrtpMaxOverhead).error(), SrtpError::kTooManySources);
  a_->forget_source(2);
  const Bytes packet = protect(*a_, rtp(1, 5));
  expect_refused(*b_, packet, SrtpError::kTooManySources);
  expect_opens(*b_, protect(*a_, rtp(2, 4)), rtp(2, 4));
}

TEST_P(SrtpSuites, RtcpBothWaysWithReplayProtection) {
  const Bytes plain = rtcp();
  Bytes first = protect_control(*a_, plain);
  Bytes second = protect_control(*a_, plain);
  EXPECT_EQ(first.size(), plain.size() + 4 + suite_info(GetParam()).rtcp_tag_size);
  EXPECT_NE(first, second);
  Bytes replay = second;
  const auto size = b_->unprotect_rtcp(second);
  ASSERT_TRUE(size.ok());
  second.resize(*size);
  EXPECT_EQ(second, plain);
  EXPECT_TRUE(b_->unprotect_rtcp(first).ok());
  EXPECT_EQ(b_->unprotect_rtcp(replay).error(), SrtpError::kReplayed);
}

TEST_P(SrtpSuites, TamperedRtcpIsRefused) {
  const Bytes packet = protect_control(*a_, rtcp());
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Bytes tampered = packet;
    tampered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(b_->unprotect_rtcp(tampered).ok()) << bit;
  }
}

TEST_P(SrtpSuites, BuffersWithoutRoomAreRefused) {
  Bytes packet = rtp(1);
  EXPECT_EQ(a_->protect_rtp(packet, packet.size()).error(), SrtpError::kNoRoom);
  EXPECT_EQ(a_->protect_rtp(packet, packet.size() + 1).error(), SrtpError::kMalformed);
  Bytes control = rtcp();
  EXPECT_EQ(a_->protect_rtcp(control, control.size()).error(), SrtpError::kNoRoom);
  EXPECT_EQ(a_->protect_rtcp(packet, packet.size()).error(), SrtpError::kMalformed);
}

TEST_P(SrtpSuites, RetransmissionIsTheSamePacket) {
  const Bytes first = protect(*a_, rtp(10));
  protect(*a_, rtp(11));
  EXPECT_EQ(protect(*a_, rtp(10)), first);
}

TEST_P(SrtpSuites, WrongKeySizesMakeNoSession) {
  const Bytes longer(key_a_.size() + 1);
  EXPECT_FALSE(SrtpSession::create(GetParam(), {longer, salt_a_}, {key_b_, salt_b_}));
  EXPECT_FALSE(SrtpSession::create(GetParam(), {key_a_, salt_a_}, {key_b_, {}}));
}

INSTANTIATE_TEST_SUITE_P(All, SrtpSuites,
                         testing::Values(SrtpSuite::kAesCm128HmacSha1_80, SrtpSuite::kAesCm128HmacSha1_32,
                                         SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm));

TEST(SrtpSuiteInfo, NamesAndNumbers) {
  EXPECT_EQ(suite_from_sdes_name("AES_CM_128_HMAC_SHA1_32"), SrtpSuite::kAesCm128HmacSha1_32);
  EXPECT_EQ(suite_from_dtls_profile(8), SrtpSuite::kAeadAes256Gcm);
  EXPECT_FALSE(suite_from_sdes_name("NULL"));
  EXPECT_FALSE(suite_from_dtls_profile(5));
}

TEST(ReplayWindow, SlidesAndForgets) {
  ReplayWindow window;
  EXPECT_EQ(window.check(0), ReplayWindow::Verdict::kFresh);
  window.accept(1000);
  EXPECT_EQ(window.check(1000), ReplayWindow::Verdict::kSeen);
  EXPECT_EQ(window.check(1000 - ReplayWindow::kSize), ReplayWindow::Verdict::kTooOld);
  EXPECT_EQ(window.check(999), ReplayWindow::Verdict::kFresh);
  window.accept(1000 + 10 * ReplayWindow::kSize);
  EXPECT_EQ(window.check(1000 + 10 * ReplayWindow::kSize - 1), ReplayWindow::Verdict::kFresh);
  EXPECT_EQ(window.check(1000), ReplayWindow::Verdict::kTooOld);
  window.accept(1000 + 10 * ReplayWindow::kSize - 5);
  window.accept(1000 + 10 * ReplayWindow::kSize + ReplayWindow::kSize - 6);
  EXPECT_EQ(window.check(1000 + 10 * ReplayWindow::kSize - 5), ReplayWindow::Verdict::kSeen);
}

}  // namespace
}  // namespace ringback::rtp
