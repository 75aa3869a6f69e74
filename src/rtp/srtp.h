#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace ringback::rtp {

/// The protection profiles of the field: RFC 3711 (SDES, DTLS-SRTP) and RFC 7714.
enum class SrtpSuite : std::uint8_t {
  kAesCm128HmacSha1_80,
  kAesCm128HmacSha1_32,  ///< 4-byte tag on RTP, 10-byte tag on RTCP (RFC 5764 section 4.1.2)
  kAeadAes128Gcm,
  kAeadAes256Gcm,
};

/// Sizes in bytes.
struct SrtpSuiteInfo {
  std::string_view sdes_name;      ///< in a=crypto lines (RFC 4568, RFC 7714)
  std::string_view dtls_name;      ///< as OpenSSL lists it for the use_srtp extension
  std::uint16_t dtls_profile = 0;  ///< IANA number in use_srtp
  std::size_t key_size = 0;
  std::size_t salt_size = 0;
  std::size_t rtp_tag_size = 0;
  std::size_t rtcp_tag_size = 0;
};
[[nodiscard]] const SrtpSuiteInfo& suite_info(SrtpSuite suite);
[[nodiscard]] std::optional<SrtpSuite> suite_from_sdes_name(std::string_view name);
[[nodiscard]] std::optional<SrtpSuite> suite_from_dtls_profile(std::uint16_t profile);

/// Room that a caller must leave behind a plain packet: tag, and for RTCP the index word.
inline constexpr std::size_t kSrtpMaxOverhead = 20;

enum class SrtpError : std::uint8_t {
  kMalformed,       ///< not an RTP or RTCP packet, or too short for its tag
  kNoRoom,          ///< the buffer has less than the overhead free
  kAuthentication,  ///< the tag is wrong: tampered, or another key
  kReplayed,        ///< seen before
  kTooOld,          ///< behind the replay window, so a replay cannot be told
  kTooManySources,  ///< the session's limit of SSRCs is reached
  kKeyExpired,      ///< 2^48 RTP or 2^31 RTCP packets were sent: new keys are due (RFC 3711 section 9.2)
};

/// Master key and salt of one direction.
struct SrtpKey {
  std::span<const std::uint8_t> key;
  std::span<const std::uint8_t> salt;
};

/// SRTP and SRTCP of one peer, both directions (RFC 3711, RFC 7714), without MKI and with a key derivation
/// rate of 0.
///
/// The seam of the module: everything above sees these functions only. Owned and used by one thread. Works in
/// place, and allocates only when a new SSRC appears. `max_sources` bounds the SSRCs of each direction; on
/// the receiving side only authenticated packets take a place.
///
/// Never give two sessions the same sending key: with equal SSRCs they would use one key stream twice. For
/// the same reason a retransmission must carry the same bytes as the packet it repeats.
class SrtpSession {
 public:
  /// nullopt when a key or salt has the wrong size for the suite.
  static std::optional<SrtpSession> create(SrtpSuite suite, const SrtpKey& send, const SrtpKey& receive,
                                           std::size_t max_sources = 256);
  ~SrtpSession();
  SrtpSession(SrtpSession&&) noexcept;
  SrtpSession& operator=(SrtpSession&&) noexcept;

  /// Encrypts and authenticates the packet in the first `size` bytes of `buffer`; `buffer` must have the
  /// suite's overhead free behind it. Returns the protected size.
  base::Result<std::size_t, SrtpError> protect_rtp(std::span<std::uint8_t> buffer, std::size_t size);
  base::Result<std::size_t, SrtpError> protect_rtcp(std::span<std::uint8_t> buffer, std::size_t size);

  /// Checks and decrypts in place; returns the plain size. After an error the bytes are unspecified.
  base::Result<std::size_t, SrtpError> unprotect_rtp(std::span<std::uint8_t> packet);
  base::Result<std::size_t, SrtpError> unprotect_rtcp(std::span<std::uint8_t> packet);

  /// Frees the sending place of an SSRC that ended; it must not be used again under this key. Received SSRCs
  /// are never forgotten, or old packets of theirs could be replayed.
  void forget_source(std::uint32_t ssrc);

  [[nodiscard]] SrtpSuite suite() const;

 private:
  struct State;
  explicit SrtpSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ringback::rtp
