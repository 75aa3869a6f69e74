#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/srtp.h"

namespace ringback::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// libsrtp2 with the keys of one direction: what the field's other implementations accept and send.
class Oracle {
 public:
  Oracle(SrtpSuite suite, Bytes key_and_salt, srtp_ssrc_type_t direction) : key_(std::move(key_and_salt)) {
    static const bool initialised = srtp_init() == srtp_err_status_ok;
    EXPECT_TRUE(initialised);
    srtp_policy_t policy;
    std::memset(&policy, 0, sizeof(policy));
    switch (suite) {
      case SrtpSuite::kAesCm128HmacSha1_80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
        break;
      case SrtpSuite::kAesCm128HmacSha1_32:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
        break;
      case SrtpSuite::kAeadAes128Gcm:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
      case SrtpSuite::kAeadAes256Gcm:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
    }
    policy.ssrc.type = direction;
    policy.key = key_.data();
    policy.window_size = 512;
    policy.allow_repeat_tx = 1;
    srtp_t session = nullptr;
    EXPECT_EQ(srtp_create(&session, &policy), srtp_err_status_ok);
    session_.reset(session);
  }

  using Operation = srtp_err_status_t (*)(srtp_t, void*, int*);
  /// The packet after the operation, or empty when it failed.
  Bytes run(Operation operation, const Bytes& input) {
    Bytes packet = input;
    packet.resize(input.size() + SRTP_MAX_TRAILER_LEN + 4);
    int length = static_cast<int>(input.size());
    if (operation(session_.get(), packet.data(), &length) != srtp_err_status_ok) return {};
    packet.resize(static_cast<std::size_t>(length));
    return packet;
  }

 private:
  struct Deleter {
    void operator()(srtp_t session) const { srtp_dealloc(session); }
  };
  Bytes key_;
  std::unique_ptr<std::remove_pointer_t<srtp_t>, Deleter> session_;
};

class SrtpAgainstOracle : public testing::TestWithParam<SrtpSuite> {
 protected:
  SrtpAgainstOracle() : random_(42) {
    const SrtpSuiteInfo& info = suite_info(GetParam());
    key_ = random_bytes(info.key_size);
    salt_ = random_bytes(info.salt_size);
    ours_ = SrtpSession::create(GetParam(), {key_, salt_}, {key_, salt_});
  }

  Bytes random_bytes(std::size_t size) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return bytes;
  }
  Bytes key_and_salt() const {
    Bytes both = key_;
    both.insert(both.end(), salt_.begin(), salt_.end());
    return both;
  }
  Bytes random_rtp(std::uint16_t sequence) {
    Bytes packet(1400);
    const Bytes level = random_bytes(1 + random_() % 20);
    const HeaderExtension extension{1, level};
    const std::span<const HeaderExtension> extensions(&extension, random_() % 2);
    packet.resize(write_packet(packet,
                               {.marker = random_() % 2 == 0,
                                .payload_type = static_cast<std::uint8_t>(random_() % 64),
                                .sequence = sequence,
                                .timestamp = static_cast<std::uint32_t>(random_()),
                                .ssrc = static_cast<std::uint32_t>(random_() % 3)},
                               random_bytes(random_() % 1200), extensions));
    return packet;
  }
  Bytes random_rtcp() {
    Bytes packet(1400);
    RtcpWriter writer(packet);
    SenderReport report;
    report.ssrc = static_cast<std::uint32_t>(random_() % 3);
    report.ntp_time = random_();
    writer.add_sender_report(report);
    writer.add_cname(report.ssrc, std::string(random_() % 100, 'c'));
    packet.resize(writer.size());
    return packet;
  }
  Bytes ours_protect(const Bytes& plain, bool control) {
    Bytes packet = plain;
    packet.resize(plain.size() + kSrtpMaxOverhead);
    const auto size =
        control ? ours_->protect_rtcp(packet, plain.size()) : ours_->protect_rtp(packet, plain.size());
    packet.resize(size.ok() ? *size : 0);
    return packet;
  }
  Bytes ours_unprotect(Bytes packet, bool control) {
    const auto size = control ? ours_->unprotect_rtcp(packet) : ours_->unprotect_rtp(packet);
    packet.resize(size.ok() ? *size : 0);
    return packet;
  }

  std::mt19937 random_;
  Bytes key_;
  Bytes salt_;
  std::optional<SrtpSession> ours_;
};

TEST_P(SrtpAgainstOracle, ProtectedRtpIsByteEqual) {
  Oracle oracle(GetParam(), key_and_salt(), ssrc_any_outbound);
  for (int i = 0; i < 3000; ++i) {
    const Bytes plain = random_rtp(static_cast<std::uint16_t>(i * 29));  // wraps once
    ASSERT_EQ(ours_protect(plain, false), oracle.run(srtp_protect, plain)) << i;
  }
}

TEST_P(SrtpAgainstOracle, OpensTheOraclesRtpAlsoReordered) {
  Oracle oracle(GetParam(), key_and_salt(), ssrc_any_outbound);
  Bytes held_plain;
  Bytes held;
  for (int i = 0; i < 2000; ++i) {
    const Bytes plain = random_rtp(static_cast<std::uint16_t>(60000 + i * 11));
    const Bytes packet = oracle.run(srtp_protect, plain);
    ASSERT_FALSE(packet.empty());
    if (i % 10 == 0) {
      held = packet;
      held_plain = plain;
      continue;
    }
    ASSERT_EQ(ours_unprotect(packet, false), plain) << i;
    if (i > 10 && i % 10 == 5) {
      ASSERT_EQ(ours_unprotect(held, false), held_plain) << i;
    }
  }
}

TEST_P(SrtpAgainstOracle, SameVerdictOnDamagedAndReplayedRtp) {
  Oracle sender(GetParam(), key_and_salt(), ssrc_any_outbound);
  Oracle receiver(GetParam(), key_and_salt(), ssrc_any_inbound);
  std::vector<Bytes> sent;
  for (int i = 0; i < 2000; ++i) {
    sent.push_back(sender.run(srtp_protect, random_rtp(static_cast<std::uint16_t>(i))));
    Bytes packet = sent[sent.size() - 1 - random_() % std::min<std::size_t>(sent.size(), 40)];
    if (random_() % 4 == 0)
      packet[random_() % packet.size()] ^= static_cast<std::uint8_t>(1U << (random_() % 8));
    if (random_() % 8 == 0) packet.resize(random_() % packet.size());
    ASSERT_EQ(ours_unprotect(packet, false), receiver.run(srtp_unprotect, packet)) << i;
  }
}

TEST_P(SrtpAgainstOracle, ProtectedRtcpOpensAtTheOracleAndBack) {
  Oracle receiver(GetParam(), key_and_salt(), ssrc_any_inbound);
  Oracle sender(GetParam(), key_and_salt(), ssrc_any_outbound);
  for (int i = 0; i < 500; ++i) {
    const Bytes plain = random_rtcp();
    const Bytes ours = ours_protect(plain, true);
    ASSERT_EQ(receiver.run(srtp_unprotect_rtcp, ours), plain) << i;
    const Bytes theirs = sender.run(srtp_protect_rtcp, plain);
    ASSERT_EQ(theirs.size(), ours.size());
    ASSERT_EQ(ours_unprotect(theirs, true), plain) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, SrtpAgainstOracle,
                         testing::Values(SrtpSuite::kAesCm128HmacSha1_80, SrtpSuite::kAesCm128HmacSha1_32,
                                         SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm));

}  // namespace
}  // namespace ringback::rtp
