#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace ringback::crypto {

/// A self-signed ECDSA P-256 certificate with its private key, as DTLS-SRTP uses them (RFC 8827 6.5):
/// identity is the fingerprint in the signalled SDP, not a name. Immutable; copies share it; any thread.
class Certificate {
 public:
  /// Makes a key pair (about 50 us). Valid from a day before `now` (clocks of peers differ) for a year.
  static base::ErrorOr<Certificate> generate(base::WallMillis now);

  /// SHA-256 over the DER form, as SDP writes it: "AB:CD:..." with 32 upper-case pairs.
  [[nodiscard]] const std::string& fingerprint() const;

  /// OpenSSL's X509 and EVP_PKEY; only for sources inside crypto.
  struct Native;
  [[nodiscard]] const Native& native() const { return *native_; }

 private:
  explicit Certificate(std::shared_ptr<const Native> native) : native_(std::move(native)) {}
  std::shared_ptr<const Native> native_;
};

}  // namespace ringback::crypto
