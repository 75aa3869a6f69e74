#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "rtp/srtp.h"

namespace ringback::rtp {

/// Key derivation (RFC 3711 section 4.3, RFC 7714 section 11) with a key derivation rate of 0. Fills `out`
/// with the session key for `label`; `salt` of 12 bytes is extended by zeros on the right.
enum class SrtpKeyLabel : std::uint8_t {
  kRtpEncryption = 0,
  kRtpAuthentication = 1,
  kRtpSalt = 2,
  kRtcpEncryption = 3,
  kRtcpAuthentication = 4,
  kRtcpSalt = 5,
};
void derive_srtp_key(const SrtpKey& master, SrtpKeyLabel label, std::span<std::uint8_t> out);

enum class SrtpDirection : std::uint8_t { kSend, kReceive };

/// The cryptography of one suite under the session keys of one direction. Knows the layout of protected
/// packets but nothing of roll-over and replay: the caller supplies the packet index. Buffers are checked by
/// the caller.
class SrtpTransform {
 public:
  static std::unique_ptr<SrtpTransform> create(SrtpSuite suite, SrtpDirection direction,
                                               const SrtpKey& master);
  virtual ~SrtpTransform() = default;

  /// `packet` is the plain packet and the room for its tag; `index` is ROC * 65536 + SEQ.
  virtual void seal_rtp(std::span<std::uint8_t> packet, std::size_t header_size, std::uint32_t ssrc,
                        std::uint64_t index) = 0;
  /// False when the tag does not match; the bytes are then unspecified.
  [[nodiscard]] virtual bool open_rtp(std::span<std::uint8_t> packet, std::size_t header_size,
                                      std::uint32_t ssrc, std::uint64_t index) = 0;
  /// `packet` is the plain compound and the room for index word and tag.
  virtual void seal_rtcp(std::span<std::uint8_t> packet, std::uint32_t ssrc, std::uint32_t index) = 0;
  /// `index_word`: the packet's index with the E flag, as rtcp_index_word() reads it.
  [[nodiscard]] virtual bool open_rtcp(std::span<std::uint8_t> packet, std::uint32_t ssrc,
                                       std::uint32_t index_word) = 0;
  /// The word with E flag and index; where it stands depends on the suite.
  [[nodiscard]] virtual std::uint32_t rtcp_index_word(std::span<const std::uint8_t> packet) const = 0;
};

inline constexpr std::uint32_t kRtcpEncryptedFlag = 0x80000000;
inline constexpr std::size_t kRtcpHeaderSize = 8;  ///< stays in the clear: first header word and sender SSRC
inline constexpr std::size_t kRtcpIndexSize = 4;

}  // namespace ringback::rtp
