#include "bus/redis_settings.h"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace ringback::bus {
namespace {

constexpr std::uint16_t kRedisPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr unsigned kMaxDatabase = 16383;

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    std::uint8_t byte = 0;
    const auto digits = text.substr(i + 1, 2);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || stop != digits.data() + 2) return std::nullopt;
    plain += static_cast<char>(byte);
    i += 2;
  }
  return plain;
}

/// The text before the separator; the rest stays. Everything when there is no separator.
std::string_view take_until(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

base::ErrorOr<> read_scheme(std::string_view scheme, RedisSettings& into) {
  using Mode = RedisSettings::Mode;
  const auto base_name = take_until(scheme, '+');
  if (base_name != "redis" && base_name != "rediss")
    return base::fail("it must begin with redis:// or rediss:// (+sentinel, +cluster)");
  into.tls = base_name == "rediss";
  if (scheme.empty()) {
    into.mode = Mode::kStandalone;
  } else if (scheme == "sentinel") {
    into.mode = Mode::kSentinel;
  } else if (scheme == "cluster") {
    into.mode = Mode::kCluster;
  } else {
    return base::fail("only +sentinel and +cluster may follow redis or rediss");
  }
  return {};
}

base::ErrorOr<> read_query(std::string_view query, RedisSettings& into) {
  const struct {
    std::string_view name;
    std::string& text;
  } texts[] = {{"ca_file", into.tls_ca_file},
               {"cert_file", into.tls_cert_file},
               {"key_file", into.tls_key_file},
               {"server_name", into.tls_server_name},
               {"sentinel_username", into.sentinel_username},
               {"sentinel_password", into.sentinel_password}};
  while (!query.empty()) {
    auto value = take_until(query, '&');
    const auto name = take_until(value, '=');
    const auto plain = percent_decoded(value);
    if (!plain) return base::fail(fmt::format("the parameter {} has a bad %-escape", name));
    bool known = false;
    for (const auto& text : texts) {
      if (text.name != name) continue;
      text.text = *plain;
      known = true;
    }
    if (name == "insecure") {
      if (*plain != "true" && *plain != "false") return base::fail("insecure must be true or false");
      into.tls_verify = *plain == "false";
      known = true;
    }
    if (!known)
      return base::fail(fmt::format(
          "the parameter \"{}\" is unknown; there are ca_file, cert_file, key_file, server_name, insecure, "
          "sentinel_username and sentinel_password",
          name));
  }
  return {};
}

base::ErrorOr<> read_database(std::string_view text, RedisSettings& into) {
  if (text.empty()) return {};
  const auto database = number<unsigned>(text);
  if (!database || *database > kMaxDatabase)
    return base::fail("the database behind the last / must be a number");
  into.database = *database;
  return {};
}

}  // namespace

std::string RedisAddress::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

base::ErrorOr<RedisAddress> parse_redis_address(std::string_view text, std::uint16_t default_port) {
  RedisAddress address;
  address.port = default_port;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return base::fail("a [ is not closed");
    address.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    has_port = text.starts_with(':');
    if (!text.empty() && !has_port) return base::fail("only a port may follow ]");
    if (has_port) port = text.substr(1);
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
  }
  if (address.host.empty()) return base::fail("the host is missing");
  if (address.host.find_first_of(", @") != std::string::npos)
    return base::fail("one host was expected; several are for redis+sentinel:// and redis+cluster://");
  if (has_port) {
    const auto value = number<std::uint16_t>(port);
    if (!value || *value == 0) return base::fail("a port must be a number from 1 to 65535");
    address.port = *value;
  }
  return address;
}

std::string RedisSettings::describe() const {
  std::string places;
  for (const RedisAddress& address : addresses) places += (places.empty() ? "" : ", ") + address.to_string();
  const std::string_view by = tls ? " by TLS" : "";
  switch (mode) {
    case Mode::kStandalone:
      break;
    case Mode::kSentinel:
      return fmt::format("Redis{}, master {} of the sentinels {}", by, master_name, places);
    case Mode::kCluster:
      return fmt::format("Redis cluster{} at {}", by, places);
  }
  return fmt::format("Redis{} at {}", by, places);
}

base::ErrorOr<RedisSettings> parse_redis_url(std::string_view url) {
  RedisSettings settings;
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return base::fail("it is no URL such as redis://host:6379");
  if (auto read = read_scheme(url.substr(0, scheme_end), settings); !read) return base::Failure{read.error()};
  url.remove_prefix(scheme_end + 3);

  auto rest = take_until(url, '?');
  const auto query = url;
  const auto slash = rest.find('/');
  auto authority = rest.substr(0, slash);
  auto path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);

  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    auto user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    const auto user = percent_decoded(take_until(user_info, ':'));
    const auto password = percent_decoded(user_info);
    if (!user || !password) return base::fail("the user name or password has a bad %-escape");
    settings.username = *user;
    settings.password = *password;
    if (settings.password.empty() && !settings.username.empty())
      return base::fail(
          "a password must follow the user name: redis://user:password@host (or redis://:password@host)");
  }

  const bool several = settings.mode != RedisSettings::Mode::kStandalone;
  const auto default_port = settings.mode == RedisSettings::Mode::kSentinel ? kSentinelPort : kRedisPort;
  do {
    auto address = parse_redis_address(several ? take_until(authority, ',') : std::exchange(authority, {}),
                                       default_port);
    if (!address) return base::Failure{address.error()};
    settings.addresses.push_back(std::move(*address));
  } while (!authority.empty());

  if (settings.mode == RedisSettings::Mode::kSentinel) {
    const auto name = percent_decoded(take_until(path, '/'));
    if (!name || name->empty())
      return base::fail("the master's name must follow the sentinels: redis+sentinel://host1,host2/mymaster");
    settings.master_name = *name;
  }
  if (settings.mode == RedisSettings::Mode::kCluster && !path.empty() && path != "0")
    return base::fail("a cluster has database 0 only");
  if (auto read = read_database(path, settings); !read) return base::Failure{read.error()};
  if (auto read = read_query(query, settings); !read) return base::Failure{read.error()};
  if (settings.tls_cert_file.empty() != settings.tls_key_file.empty())
    return base::fail("cert_file and key_file belong together");
  return settings;
}

}  // namespace ringback::bus
