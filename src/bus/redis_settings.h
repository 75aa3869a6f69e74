#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ringback::bus {

struct RedisAddress {
  std::string host;  ///< name or numeric address (IPv6 without brackets)
  std::uint16_t port = 6379;

  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const RedisAddress&) const = default;
};

/// "host", "host:6379", "[::1]:6379".
[[nodiscard]] base::ErrorOr<RedisAddress> parse_redis_address(std::string_view text,
                                                              std::uint16_t default_port);

/// Where the bus is and how it is entered.
struct RedisSettings {
  enum class Mode : std::uint8_t {
    kStandalone,
    kSentinel,  ///< `addresses` are sentinels, which tell where the master is
    kCluster,   ///< `addresses` are some nodes of the cluster
  };
  Mode mode = Mode::kStandalone;
  std::vector<RedisAddress> addresses;  ///< never empty
  std::string master_name;              ///< kSentinel
  std::string username;                 ///< of an ACL; empty: the default user
  std::string password;
  std::string sentinel_username;
  std::string sentinel_password;
  unsigned database = 0;

  bool tls = false;
  std::string tls_ca_file;    ///< beside the system's authorities
  std::string tls_cert_file;  ///< shown to a Redis that asks for one
  std::string tls_key_file;
  std::string tls_server_name;  ///< expected in the certificate; empty: the host's name
  bool tls_verify = true;

  /// For people: no secrets.
  [[nodiscard]] std::string describe() const;
};

/// Reads REDIS_URL:
///
///   redis://[user[:password]@]host[:port][/database]         rediss:// by TLS
///   redis+sentinel://[user[:password]@]host[:port],.../<master name>[/database]   rediss+sentinel://
///   redis+cluster://[user[:password]@]host[:port],...        rediss+cluster://
///
/// Query parameters: ca_file, cert_file, key_file, server_name, insecure=true; sentinel_username,
/// sentinel_password. Texts are percent-decoded. The error is a sentence without secrets.
[[nodiscard]] base::ErrorOr<RedisSettings> parse_redis_url(std::string_view url);

}  // namespace ringback::bus
