#include "webrtc/stun.h"

#include <algorithm>
#include <cstring>

#include "crypto/hmac.h"
#include "rtp/byte_order.h"

namespace ringback::webrtc {
namespace {

using rtp::read_u16;
using rtp::read_u32;
using rtp::read_u64;
using rtp::write_u16;
using rtp::write_u32;
using rtp::write_u64;

constexpr std::size_t kHeaderSize = 20;
constexpr std::size_t kAttributeHeaderSize = 4;
constexpr std::size_t kIntegritySize = 20;
constexpr std::size_t kFingerprintSize = 4;
constexpr std::uint32_t kMagicCookie = 0x2112A442;
constexpr std::uint32_t kFingerprintXor = 0x5354554e;
constexpr std::size_t kMaxUsername = 513;  // RFC 8489 14.3: less than 509 bytes of text, padded
constexpr std::size_t kMaxText = 763;      // REALM and NONCE: less than 128 characters (RFC 8489 14.9, 14.10)
constexpr std::uint8_t kUdpProtocol = 17;

// RFC 8489 18.3, RFC 8445 16.1 and RFC 8656 18.
enum AttributeType : std::uint16_t {
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000A,
  kChannelNumber = 0x000C,
  kLifetime = 0x000D,
  kXorPeerAddress = 0x0012,
  kRealm = 0x0014,
  kNonce = 0x0015,
  kXorRelayedAddress = 0x0016,
  kRequestedTransport = 0x0019,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802A,
};
constexpr std::uint16_t kFirstOptionalAttribute = 0x8000;

constexpr std::size_t padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

/// The type field interleaves class and method bits (RFC 8489 5, figure 3).
constexpr std::uint16_t type_of(StunClass message_class, std::uint16_t method) {
  const auto c = static_cast<std::uint16_t>(message_class);
  return static_cast<std::uint16_t>((method & 0x000f) | ((method & 0x0070) << 1) | ((method & 0x0f80) << 2) |
                                    ((c & 1) << 4) | ((c & 2) << 7));
}
constexpr StunClass class_of(std::uint16_t type) {
  return static_cast<StunClass>(((type >> 4) & 1) | ((type >> 7) & 2));
}
constexpr std::uint16_t method_of(std::uint16_t type) {
  return static_cast<std::uint16_t>((type & 0x000f) | ((type >> 1) & 0x0070) | ((type >> 2) & 0x0f80));
}

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}

/// CRC-32 of ITU V.42, as FINGERPRINT wants it (RFC 8489 14.7).
std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  static constexpr auto kTable = make_crc_table();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::uint8_t byte : bytes) crc = kTable[(crc ^ byte) & 0xff] ^ (crc >> 8);
  return crc ^ 0xFFFFFFFFU;
}

/// The address fields of XOR-MAPPED-ADDRESS (RFC 8489 14.2) are XORed with cookie and transaction id, which
/// stand side by side in the header at offset 4.
template <std::size_t N>
std::array<std::uint8_t, N> xored(const std::uint8_t* address, const std::uint8_t* header) {
  std::array<std::uint8_t, N> out;
  for (std::size_t i = 0; i < N; ++i) out[i] = address[i] ^ header[4 + i];
  return out;
}

std::string_view text_of(std::span<const std::uint8_t> value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

std::optional<base::Endpoint> read_mapped(std::span<const std::uint8_t> value, const std::uint8_t* header) {
  if (value.size() < 8) return std::nullopt;
  const auto port = static_cast<std::uint16_t>(read_u16(value.data() + 2) ^ (kMagicCookie >> 16));
  if (value[1] == 1 && value.size() == 8) {
    return base::Endpoint{base::IpAddress::v4(xored<4>(value.data() + 4, header)), port};
  }
  if (value[1] == 2 && value.size() == 20) {
    return base::Endpoint{base::IpAddress::v6(xored<16>(value.data() + 4, header)), port};
  }
  return std::nullopt;
}

/// HMAC over the message up to the attribute, with a length field as if it ended behind the attribute (RFC
/// 8489 14.5).
crypto::Sha1Digest integrity_of(std::span<const std::uint8_t> message, std::size_t offset,
                                std::string_view password) {
  std::array<std::uint8_t, 4> start{message[0], message[1], 0, 0};
  write_u16(start.data() + 2,
            static_cast<std::uint16_t>(offset + kAttributeHeaderSize + kIntegritySize - kHeaderSize));
  return crypto::hmac_sha1(crypto::bytes_of(password), {start, message.subspan(4, offset - 4)});
}

bool looks_like_stun(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kHeaderSize && (bytes[0] & 0xC0) == 0 &&
         read_u32(bytes.data() + 4) == kMagicCookie &&
         read_u16(bytes.data() + 2) == bytes.size() - kHeaderSize && bytes.size() % 4 == 0;
}

}  // namespace

std::optional<StunMessage> StunMessage::parse(std::span<const std::uint8_t> bytes) {
  if (!looks_like_stun(bytes)) return std::nullopt;
  StunMessage message;
  message.bytes_ = bytes;
  const std::uint16_t message_type = read_u16(bytes.data());
  message.class_ = class_of(message_type);
  message.method_ = method_of(message_type);

  std::size_t offset = kHeaderSize;
  while (offset < bytes.size()) {
    if (bytes.size() - offset < kAttributeHeaderSize) return std::nullopt;
    const std::uint16_t type = read_u16(bytes.data() + offset);
    const std::size_t size = read_u16(bytes.data() + offset + 2);
    if (bytes.size() - offset - kAttributeHeaderSize < padded(size)) return std::nullopt;
    const auto value = bytes.subspan(offset + kAttributeHeaderSize, size);
    if (type == kFingerprint) {
      const bool last = offset + kAttributeHeaderSize + kFingerprintSize == bytes.size();
      if (!last || size != kFingerprintSize) return std::nullopt;
      if (read_u32(value.data()) != (crc32(bytes.first(offset)) ^ kFingerprintXor)) return std::nullopt;
      message.has_fingerprint_ = true;
    } else if (message.integrity_offset_ == 0) {
      if (type == kMessageIntegrity) {
        if (size != kIntegritySize) return std::nullopt;
        message.integrity_offset_ = offset;
      } else if (!message.read_attribute(type, value)) {
        return std::nullopt;
      }
    }
    offset += kAttributeHeaderSize + padded(size);
  }
  return message;
}

bool StunMessage::read_attribute(std::uint16_t type, std::span<const std::uint8_t> value) {
  switch (type) {
    case kUsername:
      if (value.size() > kMaxUsername) return false;
      if (!username_) username_ = text_of(value);
      return true;
    case kPriority:
      if (value.size() != 4) return false;
      priority_ = read_u32(value.data());
      return true;
    case kUseCandidate:
      use_candidate_ = true;
      return value.empty();
    case kIceControlling:
      if (value.size() != 8) return false;
      controlling_ = read_u64(value.data());
      return true;
    case kIceControlled:
      if (value.size() != 8) return false;
      controlled_ = read_u64(value.data());
      return true;
    case kXorMappedAddress:
      mapped_ = read_mapped(value, bytes_.data());
      return mapped_.has_value();
    case kErrorCode:
      if (value.size() < 4) return false;
      error_code_ = static_cast<std::uint16_t>((value[2] & 0x07) * 100 + value[3]);
      return true;
    case kRealm:
      if (value.size() > kMaxText) return false;
      realm_ = text_of(value);
      return true;
    case kNonce:
      if (value.size() > kMaxText) return false;
      nonce_ = text_of(value);
      return true;
    case kLifetime:
      if (value.size() != 4) return false;
      lifetime_ = read_u32(value.data());
      return true;
    case kXorRelayedAddress:
      relayed_ = read_mapped(value, bytes_.data());
      return relayed_.has_value();
    case kUnknownAttributes:
      return true;
    default:
      if (type < kFirstOptionalAttribute && unknown_ == 0) unknown_ = type;
      return true;
  }
}

StunTransactionId StunMessage::transaction_id() const {
  StunTransactionId id;
  std::memcpy(id.data(), bytes_.data() + 8, id.size());
  return id;
}

bool StunMessage::check_integrity(std::string_view password) const {
  if (integrity_offset_ == 0) return false;
  const auto expected = integrity_of(bytes_, integrity_offset_, password);
  return crypto::constant_time_equal(
      expected, bytes_.subspan(integrity_offset_ + kAttributeHeaderSize, kIntegritySize));
}

std::optional<std::string_view> stun_local_ufrag(std::span<const std::uint8_t> bytes) {
  if (!looks_like_stun(bytes) || read_u16(bytes.data()) != type_of(StunClass::kRequest, kStunBinding)) {
    return std::nullopt;
  }
  std::size_t offset = kHeaderSize;
  while (bytes.size() - offset >= kAttributeHeaderSize) {
    const std::uint16_t type = read_u16(bytes.data() + offset);
    const std::size_t size = read_u16(bytes.data() + offset + 2);
    offset += kAttributeHeaderSize;
    if (bytes.size() - offset < padded(size)) return std::nullopt;
    if (type == kUsername) {
      const std::string_view username(reinterpret_cast<const char*>(bytes.data()) + offset, size);
      const std::size_t colon = username.find(':');
      if (colon == std::string_view::npos || colon == 0) return std::nullopt;
      return username.substr(0, colon);
    }
    offset += padded(size);
  }
  return std::nullopt;
}

StunWriter::StunWriter(std::span<std::uint8_t> out, StunClass message_class, std::uint16_t method,
                       const StunTransactionId& transaction_id)
    : out_(out), size_(kHeaderSize), overflow_(out.size() < kHeaderSize) {
  if (overflow_) return;
  write_u16(out_.data(), type_of(message_class, method));
  write_u32(out_.data() + 4, kMagicCookie);
  std::memcpy(out_.data() + 8, transaction_id.data(), transaction_id.size());
}

std::uint8_t* StunWriter::append(std::uint16_t type, std::size_t size) {
  if (overflow_ || out_.size() - size_ < kAttributeHeaderSize + padded(size)) {
    overflow_ = true;
    return nullptr;
  }
  std::uint8_t* attribute = out_.data() + size_;
  write_u16(attribute, type);
  write_u16(attribute + 2, static_cast<std::uint16_t>(size));
  std::memset(attribute + kAttributeHeaderSize + size, 0, padded(size) - size);
  size_ += kAttributeHeaderSize + padded(size);
  return attribute + kAttributeHeaderSize;
}

void StunWriter::write_length(std::size_t attributes_size) {
  write_u16(out_.data() + 2, static_cast<std::uint16_t>(attributes_size));
}

void StunWriter::add_text(std::uint16_t type, std::string_view text) {
  if (auto* value = append(type, text.size())) std::memcpy(value, text.data(), text.size());
}

void StunWriter::add_username(std::string_view username) {
  add_text(kUsername, username);
}

void StunWriter::add_realm(std::string_view realm) {
  add_text(kRealm, realm);
}

void StunWriter::add_nonce(std::string_view nonce) {
  add_text(kNonce, nonce);
}

void StunWriter::add_lifetime(std::uint32_t seconds) {
  if (auto* value = append(kLifetime, 4)) write_u32(value, seconds);
}

void StunWriter::add_requested_udp() {
  if (auto* value = append(kRequestedTransport, 4)) write_u32(value, std::uint32_t{kUdpProtocol} << 24);
}

void StunWriter::add_channel_number(std::uint16_t channel) {
  if (auto* value = append(kChannelNumber, 4)) write_u32(value, std::uint32_t{channel} << 16);
}

void StunWriter::add_priority(std::uint32_t priority) {
  if (auto* value = append(kPriority, 4)) write_u32(value, priority);
}

void StunWriter::add_use_candidate() {
  append(kUseCandidate, 0);
}

void StunWriter::add_ice_controlling(std::uint64_t tie_breaker) {
  if (auto* value = append(kIceControlling, 8)) write_u64(value, tie_breaker);
}

void StunWriter::add_ice_controlled(std::uint64_t tie_breaker) {
  if (auto* value = append(kIceControlled, 8)) write_u64(value, tie_breaker);
}

void StunWriter::add_mapped_address(const base::Endpoint& endpoint) {
  add_xored_address(kXorMappedAddress, endpoint);
}

void StunWriter::add_peer_address(const base::Endpoint& endpoint) {
  add_xored_address(kXorPeerAddress, endpoint);
}

void StunWriter::add_relayed_address(const base::Endpoint& endpoint) {
  add_xored_address(kXorRelayedAddress, endpoint);
}

void StunWriter::add_xored_address(std::uint16_t type, const base::Endpoint& endpoint) {
  const auto address = endpoint.address.bytes();
  auto* value = append(type, 4 + address.size());
  if (value == nullptr) return;
  value[0] = 0;
  value[1] = endpoint.address.is_v6() ? 2 : 1;
  write_u16(value + 2, static_cast<std::uint16_t>(endpoint.port ^ (kMagicCookie >> 16)));
  for (std::size_t i = 0; i < address.size(); ++i) value[4 + i] = address[i] ^ out_[4 + i];
}

void StunWriter::add_error_code(std::uint16_t code, std::string_view reason) {
  auto* value = append(kErrorCode, 4 + reason.size());
  if (value == nullptr) return;
  value[0] = 0;
  value[1] = 0;
  value[2] = static_cast<std::uint8_t>(code / 100);
  value[3] = static_cast<std::uint8_t>(code % 100);
  std::memcpy(value + 4, reason.data(), reason.size());
}

void StunWriter::add_unknown_attribute(std::uint16_t type) {
  if (auto* value = append(kUnknownAttributes, 2)) write_u16(value, type);
}

std::size_t StunWriter::finish(std::string_view password) {
  if (!password.empty()) {
    const std::size_t offset = size_;
    if (auto* value = append(kMessageIntegrity, kIntegritySize)) {
      const auto digest = integrity_of(out_.first(size_), offset, password);
      std::copy(digest.begin(), digest.end(), value);
    }
  }
  const std::size_t offset = size_;
  auto* value = append(kFingerprint, kFingerprintSize);
  if (value == nullptr) return 0;
  write_length(size_ - kHeaderSize);
  write_u32(value, crc32(out_.first(offset)) ^ kFingerprintXor);
  return size_;
}

}  // namespace ringback::webrtc
