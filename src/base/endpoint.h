#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringback::base {

/// An IPv4 or IPv6 address as a plain value; knows nothing of sockets. IPv4 is kept in its first four bytes.
class IpAddress {
 public:
  enum class Family : std::uint8_t { kNone, kV4, kV6 };

  IpAddress() = default;
  static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  static IpAddress v6(std::array<std::uint8_t, 16> bytes);
  /// Accepts dotted IPv4, IPv6 with or without brackets; no names, no zone ids, no ports.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] bool is_v4() const { return family_ == Family::kV4; }
  [[nodiscard]] bool is_v6() const { return family_ == Family::kV6; }
  [[nodiscard]] bool empty() const { return family_ == Family::kNone; }
  /// 0.0.0.0 or ::
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_loopback() const;
  /// RFC 1918, RFC 6598, RFC 4193, link-local: an address that a public peer cannot send to.
  [[nodiscard]] bool is_private() const;
  /// 4 or 16 bytes in network order; empty for kNone.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const;
  /// "192.0.2.1" or "2001:db8::1" (RFC 5952), without brackets; "" for kNone.
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::kNone;
  std::array<std::uint8_t, 16> bytes_{};
};

/// Address and port of one side of a flow.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:5060" or "[2001:db8::1]:5060".
  [[nodiscard]] std::string to_string() const;
  /// The inverse of to_string(); the port is required.
  static std::optional<Endpoint> parse(std::string_view text);
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace ringback::base

template <>
struct std::hash<ringback::base::IpAddress> {
  std::size_t operator()(const ringback::base::IpAddress& address) const noexcept {
    const auto bytes = address.bytes();
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
};

template <>
struct std::hash<ringback::base::Endpoint> {
  std::size_t operator()(const ringback::base::Endpoint& endpoint) const noexcept {
    return std::hash<ringback::base::IpAddress>{}(endpoint.address) * 65599 + endpoint.port;
  }
};
