#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/certificate.h"

namespace ringback::crypto {

/// SRTP protection profiles by their numbers on the wire (RFC 5764, RFC 7714).
enum class DtlsSrtpProfile : std::uint16_t {
  kAes128CmSha1_80 = 0x0001,
  kAes128CmSha1_32 = 0x0002,
  kAeadAes128Gcm = 0x0007,
  kAeadAes256Gcm = 0x0008,
};

/// Master keys and salts exported from a finished handshake (RFC 5764 4.2); wiped on destruction.
struct DtlsSrtpKeys {
  DtlsSrtpProfile profile = DtlsSrtpProfile::kAes128CmSha1_80;
  std::size_t key_size = 0;   ///< bytes
  std::size_t salt_size = 0;  ///< bytes
  struct Side {
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 14> salt{};
  };
  Side send;     ///< protects what this side sends
  Side receive;  ///< unprotects what the peer sends

  DtlsSrtpKeys() = default;
  DtlsSrtpKeys(const DtlsSrtpKeys&) = default;
  DtlsSrtpKeys& operator=(const DtlsSrtpKeys&) = default;
  ~DtlsSrtpKeys();
};

/// A certificate hash that the peer promised over the signalling channel.
struct CertificateHash {
  std::string algorithm;  ///< "sha-256", also "sha-224", "sha-384", "sha-512"; weaker ones never match
  std::string value;      ///< "AB:CD:...", any case
};

enum class DtlsRole : std::uint8_t { kClient, kServer };
enum class DtlsState : std::uint8_t { kNew, kHandshaking, kConnected, kClosed, kFailed };

enum class DtlsFault : std::uint8_t {
  kNone,
  kSetup,                ///< OpenSSL refused the configuration
  kHandshake,            ///< alert or protocol error
  kFingerprintMismatch,  ///< the peer's certificate is not the promised one: somebody is in between
  kNoSrtpProfile,        ///< no common protection profile
  kTimeout,              ///< no answer within the handshake time
};
[[nodiscard]] std::string_view to_string(DtlsFault fault);

/// One DTLS 1.2 association (RFC 6347) with use_srtp (RFC 5764) over OpenSSL and memory only: datagrams come
/// in by receive(), leave by the sink, time is an argument. next_deadline() and advance() drive the
/// retransmission of lost flights, 100 ms doubling to 3 s: ICE has just measured the path, so the full second
/// of RFC 6347 4.2.4.1 would only delay the call.
///
/// One thread at a time (its owner's). A sink call must not re-enter the engine.
class DtlsEngine {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    /// One datagram for the peer, at most Config::mtu bytes; valid during the call.
    virtual void send_dtls(std::span<const std::uint8_t> datagram) = 0;
    /// Decrypted application data (one record); valid during the call.
    virtual void on_dtls_data(base::TimePoint now, std::span<const std::uint8_t> data) = 0;
  };

  struct Config {
    DtlsRole role = DtlsRole::kServer;
    std::vector<CertificateHash> peer_hashes;  ///< the peer's certificate must match one
    std::size_t mtu = 1200;                    ///< bytes of UDP payload
    base::Duration handshake_time = std::chrono::seconds(30);
  };

  DtlsEngine(const Certificate& certificate, Config config, Sink& sink);
  ~DtlsEngine();
  DtlsEngine(const DtlsEngine&) = delete;
  DtlsEngine& operator=(const DtlsEngine&) = delete;

  /// The client sends its first flight; the server starts waiting.
  void start(base::TimePoint now);
  void receive(base::TimePoint now, std::span<const std::uint8_t> datagram);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;

  /// Encrypts one record of application data. False before the handshake is done, or when it does not fit the
  /// MTU.
  bool send(std::span<const std::uint8_t> data);
  /// Sends close_notify; the state becomes kClosed.
  void close();

  [[nodiscard]] DtlsState state() const;
  [[nodiscard]] DtlsFault fault() const;
  /// Present once connected.
  [[nodiscard]] const std::optional<DtlsSrtpKeys>& srtp_keys() const;
  [[nodiscard]] DtlsRole role() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringback::crypto
