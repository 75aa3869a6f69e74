#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ringback::store {

enum class DatabaseKind : std::uint8_t { kSqlite, kMysql, kPostgresql };

/// DATABASE_URL in pieces, percent-decoded.
struct DatabaseUrl {
  DatabaseKind kind = DatabaseKind::kSqlite;
  std::string path = {};  ///< SQLite only
  std::string user = {};
  std::string password = {};
  std::string host = {};
  std::uint16_t port = 0;
  std::string database = {};
  /// What follows "?", names checked against those that the kind knows.
  std::map<std::string, std::string> options = {};
};

/// "sqlite:PATH", "mysql://user:password@host:port/database?ssl-ca=...", "postgresql://...". The schemes
/// mariadb and postgres mean the same. The error is for people and never holds the password.
[[nodiscard]] base::ErrorOr<DatabaseUrl> parse_database_url(std::string_view url);

/// The URL as logs and pages may show it: whatever may be a password is "***".
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace ringback::store
