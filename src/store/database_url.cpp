#include "store/database_url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include <fmt/format.h>

namespace ringback::store {
namespace {

constexpr std::string_view kMysqlOptions[] = {"ssl-ca", "ssl-cert", "ssl-key", "ssl-mode", "socket"};
// Handed on to libpq as they are.
constexpr std::string_view kPostgresqlOptions[] = {
    "sslmode",         "sslrootcert",      "sslcert",    "sslkey", "sslcrl",
    "channel_binding", "application_name", "gssencmode", "host",   "target_session_attrs"};

struct Scheme {
  std::string_view name;
  DatabaseKind kind;
  std::uint16_t port;
};
constexpr Scheme kSchemes[] = {{"mysql", DatabaseKind::kMysql, 3306},
                               {"mariadb", DatabaseKind::kMysql, 3306},
                               {"postgresql", DatabaseKind::kPostgresql, 5432},
                               {"postgres", DatabaseKind::kPostgresql, 5432}};

std::optional<int> hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_value(text[i + 1]);
    const auto low = hex_value(text[i + 2]);
    if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
    plain += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return plain;
}

/// Takes what stands before `mark` off the front of `text`, and the mark; all of it when there is no mark.
std::string_view take_until(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  const auto front = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return front;
}

base::Failure<base::Error> wrong(std::string_view what) {
  return base::fail(fmt::format("DATABASE_URL: {}", what));
}

base::ErrorOr<> read_authority(std::string_view authority, DatabaseUrl& url) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    auto user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    const auto user = percent_decode(take_until(user_info, ':'));
    const auto password = percent_decode(user_info);
    if (!user || !password) {
      return wrong(
          "the user or the password has a % that is no percent-encoding; write %25 for a percent sign");
    }
    url.user = *user;
    url.password = *password;
  }
  std::string_view host = authority;
  if (authority.starts_with('[')) {  // an IPv6 address
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return wrong("the host's [ has no ]");
    host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(host.size());
  }
  url.host = host;
  if (authority.empty()) return {};
  authority.remove_prefix(1);
  const auto [end, error] = std::from_chars(authority.data(), authority.data() + authority.size(), url.port);
  if (error != std::errc{} || end != authority.data() + authority.size() || url.port == 0) {
    // What stands here may be the rest of a password with an unencoded @ or /.
    return wrong("the port is no number from 1 to 65535; percent-encode special characters of the password");
  }
  return {};
}

base::ErrorOr<> read_options(std::string_view query, std::span<const std::string_view> known,
                             DatabaseUrl& url) {
  while (!query.empty()) {
    auto value = take_until(query, '&');
    if (value.empty()) continue;
    const auto name = take_until(value, '=');
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return wrong(fmt::format("unknown option \"{}\"; known are {}", name, fmt::join(known, ", ")));
    }
    auto decoded = percent_decode(value);
    if (!decoded) return wrong(fmt::format("the option {} has a % that is no percent-encoding", name));
    url.options[std::string(name)] = std::move(*decoded);
  }
  return {};
}

base::ErrorOr<> check_mysql_tls(const DatabaseUrl& url) {
  const auto mode = url.options.find("ssl-mode");
  if (mode == url.options.end()) return {};
  constexpr std::array<std::string_view, 3> kModes = {"disabled", "required", "verify-ca"};
  if (std::find(kModes.begin(), kModes.end(), mode->second) != kModes.end()) return {};
  return wrong(fmt::format("ssl-mode must be {}", fmt::join(kModes, ", ")));
}

base::ErrorOr<DatabaseUrl> parse_sqlite(std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);
  if (path.empty()) return wrong("sqlite: needs a path, such as sqlite:data/ringback.db");
  DatabaseUrl url;
  url.path = path;
  return url;
}

}  // namespace

base::ErrorOr<DatabaseUrl> parse_database_url(std::string_view text) {
  const auto scheme = text.substr(0, text.find(':'));
  text.remove_prefix(std::min(text.size(), scheme.size() + 1));
  if (scheme == "sqlite") return parse_sqlite(text);
  const auto* const found = std::find_if(std::begin(kSchemes), std::end(kSchemes),
                                         [&](const Scheme& one) { return one.name == scheme; });
  if (found == std::end(kSchemes)) {
    return wrong(
        fmt::format("no driver for \"{}\"; use sqlite:PATH, mysql://... or postgresql://...", scheme));
  }
  if (!text.starts_with("//")) {
    return wrong(fmt::format("{}: must go on with //user:password@host:port/database", scheme));
  }
  text.remove_prefix(2);

  DatabaseUrl url;
  url.kind = found->kind;
  url.port = found->port;
  auto location = take_until(text, '?');
  if (auto read = read_authority(take_until(location, '/'), url); !read) return base::Failure{read.error()};
  const auto database = percent_decode(location);
  if (!database || database->empty() || database->find('/') != std::string::npos) {
    return wrong("the name of the database is missing: .../database at the end");
  }
  url.database = *database;
  const bool mysql = url.kind == DatabaseKind::kMysql;
  const std::span<const std::string_view> known = mysql
                                                      ? std::span<const std::string_view>(kMysqlOptions)
                                                      : std::span<const std::string_view>(kPostgresqlOptions);
  if (auto read = read_options(text, known, url); !read) return base::Failure{read.error()};
  if (mysql) {
    if (auto checked = check_mysql_tls(url); !checked) return base::Failure{checked.error()};
  }
  if (url.host.empty() && !url.options.contains(mysql ? "socket" : "host"))
    return wrong("the host is missing");
  return url;
}

std::string without_password(std::string_view url) {
  const auto begin = url.find("://");
  // A path of SQLite has no password, and it may contain every character.
  if (url.starts_with("sqlite:") || begin == std::string_view::npos) {
    return std::string(url.starts_with("sqlite:") ? url : url.substr(0, url.find(':')));
  }
  const auto authority = begin + 3;
  // The last @ of all: where a password was not encoded, rather too much is hidden than too little.
  const auto at = url.rfind('@');
  if (at == std::string_view::npos || at < authority) return std::string(url);
  const auto user_info = url.substr(authority, at - authority);
  const auto colon = user_info.find(':');
  if (colon == std::string_view::npos) return std::string(url);
  return fmt::format("{}:***{}", url.substr(0, authority + colon), url.substr(at));
}

}  // namespace ringback::store
