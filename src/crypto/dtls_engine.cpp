#include "crypto/dtls_engine.h"

#include <algorithm>
#include <cstring>

#include <openssl/err.h>
#include <openssl/srtp.h>

#include "crypto/certificate_native.h"
#include "crypto/datagram_bio.h"

namespace ringback::crypto {
namespace {

constexpr base::Duration kFirstRetransmission = std::chrono::milliseconds(100);
constexpr base::Duration kSlowestRetransmission = std::chrono::seconds(3);

/// Larger than any datagram of the ports; a larger record could not have come in one piece.
constexpr std::size_t kLargestDatagram = 2048;

/// Keeps the system's clock out: the engine expires the timer itself, so OpenSSL must never find it expired.
constexpr unsigned int kNeverMicroseconds = 3600U * 1000 * 1000;

/// GCM first: one pass over the bytes, and half the cost of CM with HMAC.
constexpr const char* kSrtpProfiles =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32";
/// Forward secrecy and authenticated encryption only (RFC 8827 6.5).
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::string_view kExporterLabel = "EXTRACTOR-dtls_srtp";  // RFC 5764 4.2

const EVP_MD* digest_named(std::string_view name) {
  if (name == "sha-256") return EVP_sha256();
  if (name == "sha-224") return EVP_sha224();
  if (name == "sha-384") return EVP_sha384();
  if (name == "sha-512") return EVP_sha512();
  return nullptr;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

struct ProfileSizes {
  std::size_t key;
  std::size_t salt;
};

/// What OpenSSL's verification asks of an engine; an SSL object's app data points to it.
class PeerCheck {
 public:
  virtual bool accept_peer(const X509* certificate) = 0;

 protected:
  ~PeerCheck() = default;
};

/// Called in place of chain verification: self-signed certificates have no chain, the fingerprint is the
/// whole identity (RFC 5763 5). 0 makes the handshake fail with an alert.
int verify_peer(X509_STORE_CTX* store, void*) {
  const auto* ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* check = static_cast<PeerCheck*>(SSL_get_app_data(ssl));
  if (check->accept_peer(X509_STORE_CTX_get0_cert(store))) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
  return 0;
}

std::optional<ProfileSizes> sizes_of(DtlsSrtpProfile profile) {
  switch (profile) {
    case DtlsSrtpProfile::kAes128CmSha1_80:
    case DtlsSrtpProfile::kAes128CmSha1_32:
      return ProfileSizes{16, 14};
    case DtlsSrtpProfile::kAeadAes128Gcm:
      return ProfileSizes{16, 12};
    case DtlsSrtpProfile::kAeadAes256Gcm:
      return ProfileSizes{32, 12};
  }
  return std::nullopt;
}

}  // namespace

SslContextPtr make_dtls_context(X509& certificate, EVP_PKEY& key) {
  SslContextPtr context(SSL_CTX_new(DTLS_method()));
  if (!context) return nullptr;
  SSL_CTX* c = context.get();
  // The MTU is ours, and a peer that renegotiates or resumes has no place in DTLS-SRTP (RFC 8827 6.5).
  SSL_CTX_set_options(
      c, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(c, &verify_peer, nullptr);
  const bool ok = SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) == 1 &&
                  SSL_CTX_set_max_proto_version(c, DTLS1_2_VERSION) == 1 &&
                  SSL_CTX_set_cipher_list(c, kCiphers) == 1 && SSL_CTX_set1_groups_list(c, kGroups) == 1 &&
                  SSL_CTX_use_certificate(c, &certificate) == 1 && SSL_CTX_use_PrivateKey(c, &key) == 1 &&
                  SSL_CTX_set_tlsext_use_srtp(c, kSrtpProfiles) == 0;  // 0 is success, unlike its neighbours
  return ok ? std::move(context) : nullptr;
}

std::string_view to_string(DtlsFault fault) {
  switch (fault) {
    case DtlsFault::kNone:
      return "none";
    case DtlsFault::kSetup:
      return "DTLS could not be set up";
    case DtlsFault::kHandshake:
      return "DTLS handshake failed";
    case DtlsFault::kFingerprintMismatch:
      return "DTLS certificate is not the one of the SDP";
    case DtlsFault::kNoSrtpProfile:
      return "no common SRTP profile";
    case DtlsFault::kTimeout:
      return "DTLS handshake timed out";
  }
  return "unknown";
}

DtlsSrtpKeys::~DtlsSrtpKeys() {
  OPENSSL_cleanse(&send, sizeof(send));
  OPENSSL_cleanse(&receive, sizeof(receive));
}

struct DtlsEngine::Impl final : DatagramBio::Owner, PeerCheck {
  Impl(const Certificate& own, Config settings, Sink& owner)
      : certificate(own), config(std::move(settings)), sink(owner), bio(*this, config.mtu) {}

  void on_bio_write(std::span<const std::uint8_t> datagram) override { sink.send_dtls(datagram); }

  void on_bio_timer(bool running) override {
    if (!running) {
      retransmit_at = base::kNever;
      interval = kFirstRetransmission;
    } else if (!retransmitting) {
      interval = kFirstRetransmission;
      retransmit_at = now + interval;
    }
  }

  bool make_ssl() {
    ssl.reset(SSL_new(certificate.native().dtls.get()));
    if (!ssl) return false;
    BIO* io = bio.make();
    if (io == nullptr) return false;
    SSL_set_bio(ssl.get(), io, io);
    SSL_set_app_data(ssl.get(), static_cast<PeerCheck*>(this));
    DTLS_set_timer_cb(ssl.get(), [](SSL*, unsigned int) { return kNeverMicroseconds; });
    SSL_set_mtu(ssl.get(), static_cast<long>(config.mtu));
    if (config.role == DtlsRole::kClient) {
      SSL_set_connect_state(ssl.get());
    } else {
      SSL_set_accept_state(ssl.get());
    }
    return true;
  }

  void fail(DtlsFault why) {
    if (state == DtlsState::kFailed) return;
    state = DtlsState::kFailed;
    if (fault == DtlsFault::kNone) fault = why;
    retransmit_at = base::kNever;
    ERR_clear_error();
  }

  void handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl.get());
    if (result == 1) {
      complete();
      return;
    }
    const int error = SSL_get_error(ssl.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(DtlsFault::kHandshake);
  }

  void complete() {
    if (!export_keys()) {
      fail(DtlsFault::kNoSrtpProfile);
      return;
    }
    state = DtlsState::kConnected;
    retransmit_at = base::kNever;
  }

  bool export_keys() {
    const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(ssl.get());
    if (chosen == nullptr) return false;
    const auto profile = static_cast<DtlsSrtpProfile>(chosen->id);
    const auto sizes = sizes_of(profile);
    if (!sizes) return false;

    // client key, server key, client salt, server salt
    std::array<unsigned char, 2 * (32 + 14)> material{};
    const std::size_t total = 2 * (sizes->key + sizes->salt);
    if (SSL_export_keying_material(ssl.get(), material.data(), total, kExporterLabel.data(),
                                   kExporterLabel.size(), nullptr, 0, 0) != 1) {
      return false;
    }
    DtlsSrtpKeys::Side client;
    DtlsSrtpKeys::Side server;
    const unsigned char* next = material.data();
    const auto take = [&next](std::uint8_t* out, std::size_t size) {
      std::memcpy(out, next, size);
      next += size;
    };
    take(client.key.data(), sizes->key);
    take(server.key.data(), sizes->key);
    take(client.salt.data(), sizes->salt);
    take(server.salt.data(), sizes->salt);
    const bool is_client = config.role == DtlsRole::kClient;
    keys.emplace();
    keys->profile = profile;
    keys->key_size = sizes->key;
    keys->salt_size = sizes->salt;
    keys->send = is_client ? client : server;
    keys->receive = is_client ? server : client;
    OPENSSL_cleanse(material.data(), material.size());
    OPENSSL_cleanse(&client, sizeof(client));
    OPENSSL_cleanse(&server, sizeof(server));
    return true;
  }

  void read_application_data() {
    std::array<std::uint8_t, kLargestDatagram> buffer;
    while (state == DtlsState::kConnected) {
      ERR_clear_error();
      const int size = SSL_read(ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (size > 0) {
        sink.on_dtls_data(now, {buffer.data(), static_cast<std::size_t>(size)});
        continue;
      }
      const int error = SSL_get_error(ssl.get(), size);
      if (error == SSL_ERROR_ZERO_RETURN) {
        state = DtlsState::kClosed;
      } else if (error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL) {
        fail(DtlsFault::kHandshake);
      }
      return;
    }
  }

  bool accept_peer(const X509* peer) override {
    if (peer != nullptr && promised(*peer)) return true;
    fault = DtlsFault::kFingerprintMismatch;
    return false;
  }

  [[nodiscard]] bool promised(const X509& peer) const {
    return std::any_of(config.peer_hashes.begin(), config.peer_hashes.end(),
                       [&peer](const CertificateHash& hash) {
                         const EVP_MD* digest = digest_named(hash.algorithm);
                         if (digest == nullptr) return false;
                         const std::string actual = certificate_hash(peer, *digest);
                         return !actual.empty() && equal_without_case(actual, hash.value);
                       });
  }

  const Certificate certificate;
  const Config config;
  Sink& sink;
  DatagramBio bio;  ///< outlives `ssl`, which owns the BIO that points to it
  SslPtr ssl;
  DtlsState state = DtlsState::kNew;
  DtlsFault fault = DtlsFault::kNone;
  std::optional<DtlsSrtpKeys> keys;
  base::TimePoint now{};  ///< of the call being served, for callbacks out of OpenSSL
  base::TimePoint give_up_at = base::kNever;
  base::TimePoint retransmit_at = base::kNever;
  base::Duration interval = kFirstRetransmission;
  bool retransmitting = false;
};

DtlsEngine::DtlsEngine(const Certificate& certificate, Config config, Sink& sink)
    : impl_(std::make_unique<Impl>(certificate, std::move(config), sink)) {}

DtlsEngine::~DtlsEngine() = default;

void DtlsEngine::start(base::TimePoint now) {
  Impl& self = *impl_;
  if (self.state != DtlsState::kNew) return;
  self.now = now;
  self.state = DtlsState::kHandshaking;
  self.give_up_at = now + self.config.handshake_time;
  if (!self.make_ssl()) {
    self.fail(DtlsFault::kSetup);
    return;
  }
  self.handshake();
}

void DtlsEngine::receive(base::TimePoint now, std::span<const std::uint8_t> datagram) {
  Impl& self = *impl_;
  if (datagram.empty() || datagram.size() > kLargestDatagram) return;
  if (self.state != DtlsState::kHandshaking && self.state != DtlsState::kConnected) return;
  self.now = now;
  self.bio.offer(datagram);
  if (self.state == DtlsState::kHandshaking) self.handshake();
  if (self.state == DtlsState::kConnected) self.read_application_data();
  self.bio.clear();
}

void DtlsEngine::advance(base::TimePoint now) {
  Impl& self = *impl_;
  if (self.state != DtlsState::kHandshaking) return;
  self.now = now;
  if (now >= self.give_up_at) {
    self.fail(DtlsFault::kTimeout);
    return;
  }
  if (now < self.retransmit_at) return;
  ERR_clear_error();
  self.interval = std::min(self.interval * 2, kSlowestRetransmission);
  self.retransmit_at = now + self.interval;
  self.bio.expire_timer();
  self.retransmitting = true;
  const long result = DTLSv1_handle_timeout(self.ssl.get());
  self.retransmitting = false;
  if (result < 0) self.fail(DtlsFault::kTimeout);
}

base::TimePoint DtlsEngine::next_deadline() const {
  if (impl_->state != DtlsState::kHandshaking) return base::kNever;
  return std::min(impl_->retransmit_at, impl_->give_up_at);
}

bool DtlsEngine::send(std::span<const std::uint8_t> data) {
  Impl& self = *impl_;
  if (self.state != DtlsState::kConnected || data.empty()) return false;
  if (data.size() > DTLS_get_data_mtu(self.ssl.get())) return false;
  ERR_clear_error();
  return SSL_write(self.ssl.get(), data.data(), static_cast<int>(data.size())) > 0;
}

void DtlsEngine::close() {
  Impl& self = *impl_;
  if (self.state == DtlsState::kConnected) {
    ERR_clear_error();
    SSL_shutdown(self.ssl.get());
  }
  if (self.state != DtlsState::kFailed) self.state = DtlsState::kClosed;
  self.retransmit_at = base::kNever;
}

DtlsState DtlsEngine::state() const {
  return impl_->state;
}

DtlsFault DtlsEngine::fault() const {
  return impl_->fault;
}

const std::optional<DtlsSrtpKeys>& DtlsEngine::srtp_keys() const {
  return impl_->keys;
}

DtlsRole DtlsEngine::role() const {
  return impl_->config.role;
}

}  // namespace ringback::crypto
