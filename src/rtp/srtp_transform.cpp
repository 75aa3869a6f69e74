#include "rtp/srtp_transform.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crypto/aes.h"
#include "crypto/hmac.h"
#include "rtp/byte_order.h"

namespace ringback::rtp {
namespace {

constexpr std::size_t kCmSaltSize = 14;
constexpr std::size_t kCmAuthKeySize = 20;
constexpr std::size_t kMaxKeySize = 32;

/// Writes `index` into the six bytes from `at`, XORed: both suites mix a 48-bit index into their salt.
void mix_index(std::uint8_t* at, std::uint64_t index) {
  for (int i = 5; i >= 0; --i, index >>= 8) at[i] ^= static_cast<std::uint8_t>(index);
}
void mix_ssrc(std::uint8_t* at, std::uint32_t ssrc) {
  write_u32(at, read_u32(at) ^ ssrc);
}

std::array<std::uint8_t, 4> word_bytes(std::uint32_t value) {
  std::array<std::uint8_t, 4> bytes;
  write_u32(bytes.data(), value);
  return bytes;
}

template <std::size_t N>
std::array<std::uint8_t, N> derive(const SrtpKey& master, SrtpKeyLabel label) {
  std::array<std::uint8_t, N> out;
  derive_srtp_key(master, label, out);
  return out;
}

/// A cipher keyed with the derived key of the master key's length.
template <class Cipher>
Cipher make_cipher(const SrtpKey& master, SrtpKeyLabel label) {
  std::array<std::uint8_t, kMaxKeySize> key{};
  const auto used = std::span(key).first(std::min(master.key.size(), key.size()));
  derive_srtp_key(master, label, used);
  Cipher cipher(used);
  key.fill(0);
  return cipher;
}

/// AES counter mode with truncated HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2.1).
class CounterModeTransform final : public SrtpTransform {
 public:
  CounterModeTransform(const SrtpKey& master, std::size_t rtp_tag, std::size_t rtcp_tag)
      : rtp_(master, SrtpKeyLabel::kRtpEncryption, SrtpKeyLabel::kRtpAuthentication, SrtpKeyLabel::kRtpSalt,
             rtp_tag),
        rtcp_(master, SrtpKeyLabel::kRtcpEncryption, SrtpKeyLabel::kRtcpAuthentication,
              SrtpKeyLabel::kRtcpSalt, rtcp_tag) {}

  void seal_rtp(std::span<std::uint8_t> packet, std::size_t header_size, std::uint32_t ssrc,
                std::uint64_t index) override {
    const auto [signed_part, tag] = split(packet, rtp_.tag_size);
    rtp_.cipher.apply(rtp_.counter(ssrc, index), signed_part.subspan(header_size));
    write_tag(tag, rtp_.mac.compute(signed_part, word_bytes(static_cast<std::uint32_t>(index >> 16))));
  }

  bool open_rtp(std::span<std::uint8_t> packet, std::size_t header_size, std::uint32_t ssrc,
                std::uint64_t index) override {
    const auto [signed_part, tag] = split(packet, rtp_.tag_size);
    if (!tag_matches(tag,
                     rtp_.mac.compute(signed_part, word_bytes(static_cast<std::uint32_t>(index >> 16))))) {
      return false;
    }
    rtp_.cipher.apply(rtp_.counter(ssrc, index), signed_part.subspan(header_size));
    return true;
  }

  void seal_rtcp(std::span<std::uint8_t> packet, std::uint32_t ssrc, std::uint32_t index) override {
    const auto [signed_part, tag] = split(packet, rtcp_.tag_size);
    const auto [plain, word] = split(signed_part, kRtcpIndexSize);
    write_u32(word.data(), index | kRtcpEncryptedFlag);
    rtcp_.cipher.apply(rtcp_.counter(ssrc, index), plain.subspan(kRtcpHeaderSize));
    write_tag(tag, rtcp_.mac.compute(signed_part));
  }

  bool open_rtcp(std::span<std::uint8_t> packet, std::uint32_t ssrc, std::uint32_t index_word) override {
    const auto [signed_part, tag] = split(packet, rtcp_.tag_size);
    if (!tag_matches(tag, rtcp_.mac.compute(signed_part))) return false;
    if ((index_word & kRtcpEncryptedFlag) == 0) return true;
    const auto body = signed_part.first(signed_part.size() - kRtcpIndexSize).subspan(kRtcpHeaderSize);
    rtcp_.cipher.apply(rtcp_.counter(ssrc, index_word & ~kRtcpEncryptedFlag), body);
    return true;
  }

  std::uint32_t rtcp_index_word(std::span<const std::uint8_t> packet) const override {
    return read_u32(packet.last(kRtcpIndexSize + rtcp_.tag_size).data());
  }

 private:
  struct Keys {
    Keys(const SrtpKey& master, SrtpKeyLabel encryption, SrtpKeyLabel authentication, SrtpKeyLabel salt_label,
         std::size_t tag)
        : cipher(make_cipher<crypto::AesCtr>(master, encryption)),
          mac(derive<kCmAuthKeySize>(master, authentication)),
          salt(derive<kCmSaltSize>(master, salt_label)),
          tag_size(tag) {}

    /// IV = salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16.
    [[nodiscard]] crypto::AesBlock counter(std::uint32_t ssrc, std::uint64_t index) const {
      crypto::AesBlock block{};
      std::copy(salt.begin(), salt.end(), block.begin());
      mix_ssrc(block.data() + 4, ssrc);
      mix_index(block.data() + 8, index);
      return block;
    }

    crypto::AesCtr cipher;
    crypto::HmacSha1 mac;
    std::array<std::uint8_t, kCmSaltSize> salt;
    std::size_t tag_size;
  };

  static std::pair<std::span<std::uint8_t>, std::span<std::uint8_t>> split(std::span<std::uint8_t> bytes,
                                                                           std::size_t tail) {
    return {bytes.first(bytes.size() - tail), bytes.last(tail)};
  }
  static void write_tag(std::span<std::uint8_t> tag, const crypto::Sha1Digest& digest) {
    std::copy_n(digest.begin(), tag.size(), tag.begin());
  }
  static bool tag_matches(std::span<const std::uint8_t> tag, const crypto::Sha1Digest& digest) {
    return crypto::constant_time_equal(tag, std::span(digest).first(tag.size()));
  }

  Keys rtp_;
  Keys rtcp_;
};

/// AES-GCM (RFC 7714). Tags have 16 bytes; in SRTCP the index word stands behind the tag.
class GcmTransform final : public SrtpTransform {
 public:
  GcmTransform(const SrtpKey& master, SrtpDirection direction)
      : rtp_(master, direction, SrtpKeyLabel::kRtpEncryption, SrtpKeyLabel::kRtpSalt),
        rtcp_(master, direction, SrtpKeyLabel::kRtcpEncryption, SrtpKeyLabel::kRtcpSalt) {}

  void seal_rtp(std::span<std::uint8_t> packet, std::size_t header_size, std::uint32_t ssrc,
                std::uint64_t index) override {
    const auto plain = packet.first(packet.size() - crypto::kGcmTagSize);
    rtp_.sealer->seal(rtp_.nonce(ssrc, index), plain.first(header_size), {}, plain.subspan(header_size),
                      packet.last<crypto::kGcmTagSize>());
  }

  bool open_rtp(std::span<std::uint8_t> packet, std::size_t header_size, std::uint32_t ssrc,
                std::uint64_t index) override {
    const auto sealed = packet.first(packet.size() - crypto::kGcmTagSize);
    return rtp_.opener->open(rtp_.nonce(ssrc, index), sealed.first(header_size), {},
                             sealed.subspan(header_size), packet.last<crypto::kGcmTagSize>());
  }

  void seal_rtcp(std::span<std::uint8_t> packet, std::uint32_t ssrc, std::uint32_t index) override {
    const auto word = packet.last<kRtcpIndexSize>();
    write_u32(word.data(), index | kRtcpEncryptedFlag);
    const auto sealed = packet.first(packet.size() - kRtcpIndexSize);
    const auto plain = sealed.first(sealed.size() - crypto::kGcmTagSize);
    rtcp_.sealer->seal(rtcp_.nonce(ssrc, index), plain.first(kRtcpHeaderSize), word,
                       plain.subspan(kRtcpHeaderSize), sealed.last<crypto::kGcmTagSize>());
  }

  bool open_rtcp(std::span<std::uint8_t> packet, std::uint32_t ssrc, std::uint32_t index_word) override {
    const auto word = packet.last<kRtcpIndexSize>();
    const auto sealed = packet.first(packet.size() - kRtcpIndexSize);
    const auto body = sealed.first(sealed.size() - crypto::kGcmTagSize);
    // Unencrypted packets are authenticated as a whole (RFC 7714 section 9.3).
    const std::size_t clear = (index_word & kRtcpEncryptedFlag) != 0 ? kRtcpHeaderSize : body.size();
    return rtcp_.opener->open(rtcp_.nonce(ssrc, index_word & ~kRtcpEncryptedFlag), body.first(clear), word,
                              body.subspan(clear), sealed.last<crypto::kGcmTagSize>());
  }

  std::uint32_t rtcp_index_word(std::span<const std::uint8_t> packet) const override {
    return read_u32(packet.last<kRtcpIndexSize>().data());
  }

 private:
  struct Keys {
    Keys(const SrtpKey& master, SrtpDirection direction, SrtpKeyLabel encryption, SrtpKeyLabel salt_label)
        : salt(derive<crypto::kGcmNonceSize>(master, salt_label)) {
      if (direction == SrtpDirection::kSend) {
        sealer = make_cipher<crypto::AesGcmSealer>(master, encryption);
      } else {
        opener = make_cipher<crypto::AesGcmOpener>(master, encryption);
      }
    }

    /// Two zero bytes, SSRC and 48-bit index, XORed with the salt (RFC 7714 sections 8.1 and 9.1).
    [[nodiscard]] crypto::GcmNonce nonce(std::uint32_t ssrc, std::uint64_t index) const {
      crypto::GcmNonce nonce = salt;
      mix_ssrc(nonce.data() + 2, ssrc);
      mix_index(nonce.data() + 6, index);
      return nonce;
    }

    crypto::GcmNonce salt;
    std::optional<crypto::AesGcmSealer> sealer;  ///< when sending
    std::optional<crypto::AesGcmOpener> opener;  ///< when receiving
  };

  Keys rtp_;
  Keys rtcp_;
};

}  // namespace

void derive_srtp_key(const SrtpKey& master, SrtpKeyLabel label, std::span<std::uint8_t> out) {
  crypto::AesBlock counter{};
  std::copy_n(master.salt.begin(), std::min(master.salt.size(), kCmSaltSize), counter.begin());
  counter[7] ^= static_cast<std::uint8_t>(label);
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  crypto::AesCtr(master.key).apply(counter, out);
}

std::unique_ptr<SrtpTransform> SrtpTransform::create(SrtpSuite suite, SrtpDirection direction,
                                                     const SrtpKey& master) {
  const SrtpSuiteInfo& info = suite_info(suite);
  switch (suite) {
    case SrtpSuite::kAesCm128HmacSha1_80:
    case SrtpSuite::kAesCm128HmacSha1_32:
      return std::make_unique<CounterModeTransform>(master, info.rtp_tag_size, info.rtcp_tag_size);
    case SrtpSuite::kAeadAes128Gcm:
    case SrtpSuite::kAeadAes256Gcm:
      return std::make_unique<GcmTransform>(master, direction);
  }
  return nullptr;
}

}  // namespace ringback::rtp
