#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/endpoint.h"

namespace ringback::webrtc {

/// STUN messages (RFC 8489) with the attributes of ICE (RFC 8445 16.1) and of TURN's clients (RFC 8656), read
/// in place and built into the caller's bytes; nothing here allocates.

enum class StunClass : std::uint8_t { kRequest = 0, kIndication = 1, kSuccess = 2, kError = 3 };

inline constexpr std::uint16_t kStunBinding = 0x001;
inline constexpr std::uint16_t kTurnAllocate = 0x003;
inline constexpr std::uint16_t kTurnRefresh = 0x004;
inline constexpr std::uint16_t kTurnChannelBind = 0x009;

using StunTransactionId = std::array<std::uint8_t, 12>;

namespace stun_error {
inline constexpr std::uint16_t kBadRequest = 400;
inline constexpr std::uint16_t kUnauthorized = 401;
inline constexpr std::uint16_t kUnknownAttribute = 420;
inline constexpr std::uint16_t kAllocationMismatch = 437;
inline constexpr std::uint16_t kStaleNonce = 438;
inline constexpr std::uint16_t kRoleConflict = 487;
}  // namespace stun_error

/// A received STUN message. A value of pointers into the caller's bytes, valid as long as those are.
class StunMessage {
 public:
  /// nullopt unless the bytes are exactly one well-formed STUN message; a FINGERPRINT, when present, is
  /// checked.
  static std::optional<StunMessage> parse(std::span<const std::uint8_t> bytes);

  [[nodiscard]] StunClass message_class() const { return class_; }
  [[nodiscard]] std::uint16_t method() const { return method_; }
  [[nodiscard]] StunTransactionId transaction_id() const;

  // Attributes. Those after MESSAGE-INTEGRITY are not protected by it and therefore not seen (RFC 8489 14.5).
  [[nodiscard]] std::optional<std::string_view> username() const { return username_; }
  [[nodiscard]] std::optional<std::uint32_t> priority() const { return priority_; }
  [[nodiscard]] bool use_candidate() const { return use_candidate_; }
  [[nodiscard]] std::optional<std::uint64_t> ice_controlling() const {
    return controlling_;
  }                                                                                          ///< tie-breaker
  [[nodiscard]] std::optional<std::uint64_t> ice_controlled() const { return controlled_; }  ///< tie-breaker
  [[nodiscard]] std::optional<base::Endpoint> mapped_address() const {
    return mapped_;
  }  ///< XOR-MAPPED-ADDRESS
  [[nodiscard]] std::optional<std::uint16_t> error_code() const { return error_code_; }
  [[nodiscard]] std::optional<std::string_view> realm() const { return realm_; }
  [[nodiscard]] std::optional<std::string_view> nonce() const { return nonce_; }
  [[nodiscard]] std::optional<std::uint32_t> lifetime() const { return lifetime_; }  ///< seconds
  [[nodiscard]] std::optional<base::Endpoint> relayed_address() const {
    return relayed_;
  }  ///< XOR-RELAYED-ADDRESS
  /// The first attribute that must be understood and is not (0: none): answer such a request with 420.
  [[nodiscard]] std::uint16_t unknown_attribute() const { return unknown_; }
  [[nodiscard]] bool has_fingerprint() const { return has_fingerprint_; }
  [[nodiscard]] bool has_integrity() const { return integrity_offset_ != 0; }
  /// Whether MESSAGE-INTEGRITY is there and was made with this password (short-term credentials), or with
  /// this key (long-term ones, RFC 8489 section 9.2.2).
  [[nodiscard]] bool check_integrity(std::string_view password) const;

 private:
  bool read_attribute(std::uint16_t type, std::span<const std::uint8_t> value);

  std::span<const std::uint8_t> bytes_;
  StunClass class_ = StunClass::kRequest;
  std::uint16_t method_ = 0;
  std::size_t integrity_offset_ = 0;  ///< of the attribute's header; 0: none
  bool has_fingerprint_ = false;
  bool use_candidate_ = false;
  std::uint16_t unknown_ = 0;
  std::optional<std::string_view> username_;
  std::optional<std::uint32_t> priority_;
  std::optional<std::uint64_t> controlling_;
  std::optional<std::uint64_t> controlled_;
  std::optional<base::Endpoint> mapped_;
  std::optional<std::uint16_t> error_code_;
  std::optional<std::string_view> realm_;
  std::optional<std::string_view> nonce_;
  std::optional<std::uint32_t> lifetime_;
  std::optional<base::Endpoint> relayed_;
};

/// The part of a binding request's USERNAME before the colon: our user name fragment, by which a shared port
/// finds the connection. Looks at nothing else, so it is cheap; nullopt for what is no binding request with
/// one.
[[nodiscard]] std::optional<std::string_view> stun_local_ufrag(std::span<const std::uint8_t> bytes);

/// Builds one STUN message into a buffer. A message that does not fit ends as size 0.
class StunWriter {
 public:
  StunWriter(std::span<std::uint8_t> out, StunClass message_class, std::uint16_t method,
             const StunTransactionId& transaction_id);

  void add_username(std::string_view username);
  void add_priority(std::uint32_t priority);
  void add_use_candidate();
  void add_ice_controlling(std::uint64_t tie_breaker);
  void add_ice_controlled(std::uint64_t tie_breaker);
  void add_mapped_address(const base::Endpoint& endpoint);
  void add_error_code(std::uint16_t code, std::string_view reason);
  void add_unknown_attribute(std::uint16_t type);
  void add_realm(std::string_view realm);
  void add_nonce(std::string_view nonce);
  void add_lifetime(std::uint32_t seconds);
  void add_requested_udp();  ///< REQUESTED-TRANSPORT: the relay speaks UDP with the peers
  void add_peer_address(const base::Endpoint& endpoint);
  void add_relayed_address(const base::Endpoint& endpoint);
  void add_channel_number(std::uint16_t channel);

  /// Ends the message with MESSAGE-INTEGRITY (unless the password is empty) and FINGERPRINT. Returns its
  /// size.
  std::size_t finish(std::string_view password);

 private:
  std::uint8_t* append(std::uint16_t type, std::size_t size);
  void add_text(std::uint16_t type, std::string_view text);
  void add_xored_address(std::uint16_t type, const base::Endpoint& endpoint);
  void write_length(std::size_t attributes_size);

  std::span<std::uint8_t> out_;
  std::size_t size_ = 0;
  bool overflow_ = false;
};

}  // namespace ringback::webrtc
