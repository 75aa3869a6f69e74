#include "app/setting.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "store/database_url.h"

namespace ringback::app {
namespace {

constexpr SettingSpec kSpecs[] = {
    {"LIVEKIT_API_KEY", "", "key of the LiveKit project; generated once when embedded"},
    {"LIVEKIT_API_SECRET", "", "secret of that key; generated once when embedded", true},
    {"LIVEKIT_URL", "",
     "ws:// or wss:// URL of the LiveKit server that has the rooms; unset: ringback serves them"},
    {"REDIS_URL", "",
     "message bus of the LiveKit server at LIVEKIT_URL: ringback then dials for its CreateSIPParticipant. "
     "redis://[user:password@]host:port, rediss:// (TLS), redis+sentinel://host,host/master, "
     "redis+cluster://host,host",
     true},
    {"SIP_CLUSTER_ID", "", "topic on the bus that calls are asked for on; none in livekit-server"},
    {"SIP_SERVICE", "",
     "who dials: own, or livekit (the SIP service behind LIVEKIT_SIP_URL); livekit when that is set"},
    {"LIVEKIT_SIP_URL", "", "LiveKit server whose SIP API places the calls; LIVEKIT_URL when unset"},
    {"LIVEKIT_SIP_API_KEY", "", "key for that server; LIVEKIT_API_KEY when unset"},
    {"LIVEKIT_SIP_API_SECRET", "", "secret of that key", true},
    {"LIVEKIT_SIP_TRUNK_ID", "",
     "outbound trunk (ST_...) of that server; when unset, one is made of SIP_TRUNK_*, else the newest row of "
     "livekit_sip_trunks is taken"},
    {"SIP_TRUNK_NUMBER", "", "caller ID of the trunk in E.164, e.g. +15551230000"},
    {"SIP_TRUNK_URI", "", "the trunk: sip:host, sip:name@host, ;transport=tcp"},
    {"SIP_TRUNK_USERNAME", "", "user name the provider gave for outgoing calls"},
    {"SIP_TRUNK_PASSWORD", "", "password that belongs to it", true},
    {"DATABASE_URL", "",
     "sqlite:PATH, mysql://user:password@host/db, postgresql://...; ringback.db in DATA_DIR when unset"},
    {"NODE_ID", "", "this node's name among several on one database; made once in DATA_DIR when unset"},
    {"PORT", "5000", "port of the dialer API and the page"},
    {"HTTP_BIND", "127.0.0.1", "address the dialer API listens on; beyond loopback it needs API_KEYS"},
    {"ROOM_PORT", "7880", "port of the embedded room server's signalling"},
    {"ROOM_URL", "",
     "URL of the room server that browsers get, such as wss://rooms.example.com behind a TLS proxy"},
    {"ROOM_UDP_PORT", "7882", "first media port of the room server; one per worker from here on"},
    {"WEBHOOK_URLS", "",
     "comma-separated URLs that get the embedded room server's events as LiveKit's webhooks"},
    {"SIP_PORT", "5060", "SIP port, UDP and TCP"},
    {"RTP_PORT_RANGE", "10000-19999", "UDP ports of the phone legs' audio"},
    {"BIND_ADDRESS", "", "address that SIP, RTP and room media listen on; all when unset"},
    {"PUBLIC_ADDRESS", "", "address put into SDP and ICE candidates when the machine is behind NAT"},
    {"DATA_DIR", "./data", "folder of the database and the generated keys"},
    {"API_KEYS", "", "comma-separated keys for the dialer API (Authorization: Bearer)", true},
    {"CORS_ORIGINS", "", "comma-separated origins that may call the API; localhost when unset"},
    {"DEFAULT_REGION", "US", "country of numbers written without +"},
    {"NUMBER_CHECK", "lenient",
     "lenient: dial what looks like a number; plan: refuse what its numbering plan calls impossible"},
    {"WORKERS", "", "media threads; one per core when unset"},
    {"MAX_CALLS", "",
     "calls at one time; more are refused or left to other nodes. As many as RTP ports when unset"},
    {"MAX_CPU", "90",
     "percent of its time from which on a media thread leaves the calls of the bus to other nodes"},
    {"DRAIN_TIMEOUT", "0",
     "seconds that live calls may go on after SIGTERM, while new ones are refused; 0 ends them at once"},
    {"ROOM_AUDIO", "auto", "phone audio in the room: auto, g711 (never transcode) or opus (always)"},
    {"RINGING_TIMEOUT", "60", "seconds a phone may ring before the call ends as no answer"},
    {"MAX_CALL_DURATION", "14400", "seconds after which an answered call is ended"},
    {"MEDIA_TIMEOUT", "30", "seconds without any audio packet from the phone before the call ends"},
    {"EMPTY_ROOM_TIMEOUT", "20", "seconds after the last other participant left before the phone is hung up"},
    {"RINGBACK_TONE", "us", "tone in the room while the phone rings: us, eu or livekit"},
    {"WEB_DIR", "", "folder of the built web page; found beside the program when unset"},
    {"LOG_LEVEL", "info", "debug, info, warn or error"},
    {"LOG_FORMAT", "text", "text or json"},
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const auto& spec : kSpecs) names.emplace_back(spec.name);
  return names;
}

const std::vector<std::string>& trunk_keys() {
  static const std::vector<std::string> keys = {
      "id",        "name",          "provider",     "outbound_address", "outbound_number",
      "transport", "auth_username", "auth_password"};
  return keys;
}

base::Failure<base::Error> unknown_key(const std::string& key, int line, std::span<const std::string> known) {
  const auto nearest = nearest_name(key, known);
  return base::fail(
      nearest ? fmt::format("line {}: unknown key \"{}\"; did you mean \"{}\"?", line, key, *nearest)
              : fmt::format("line {}: unknown key \"{}\"", line, key));
}

// The value of a `.env` line: quotes as a shell would take them, a comment only after a blank.
std::string_view dot_env_value(std::string_view value) {
  value = trim(value);
  if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
    const auto end = value.find(value.front(), 1);
    if (end != std::string_view::npos) return value.substr(1, end - 1);
    return value;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '#' && (i == 0 || value[i - 1] == ' ' || value[i - 1] == '\t'))
      return trim(value.substr(0, i));
  }
  return value;
}

}  // namespace

std::string_view to_string(SettingSource source) {
  switch (source) {
    case SettingSource::kFlag:
      return "flag";
    case SettingSource::kEnvironment:
      return "environment";
    case SettingSource::kDotEnv:
      return ".env";
    case SettingSource::kYaml:
      return "YAML";
    case SettingSource::kLiveKitSip:
      return "livekit-sip";
    case SettingSource::kGenerated:
      return "generated";
    case SettingSource::kDefault:
      return "default";
  }
  return "";
}

std::span<const SettingSpec> setting_specs() {
  return kSpecs;
}

std::string flag_of(const SettingSpec& spec) {
  std::string flag = "--" + lower(spec.name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string yaml_key_of(const SettingSpec& spec) {
  return lower(spec.name);
}

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known) {
  std::optional<std::string> best;
  std::size_t best_distance = 3;
  for (const auto& candidate : known) {
    const auto distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

base::ErrorOr<std::map<std::string, std::string>> parse_dot_env(std::string_view text) {
  std::map<std::string, std::string> values;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    auto line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const auto equals = line.find('=');
    const auto name = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || name.empty() || name.find(' ') != std::string_view::npos) {
      return base::fail(fmt::format(".env line {} is not NAME=value", number));
    }
    values[std::string(name)] = std::string(dot_env_value(line.substr(equals + 1)));
  }
  return values;
}

base::ErrorOr<YamlSettings> parse_yaml_settings(const std::string& text) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    return base::fail(fmt::format("line {}: {}", error.mark.line + 1, error.msg));
  }
  YamlSettings settings;
  if (root.IsNull()) return settings;
  if (!root.IsMap()) return base::fail("the file must be a map of settings");

  std::vector<std::string> known;
  for (const auto& spec : kSpecs) known.push_back(yaml_key_of(spec));
  known.emplace_back("sip_trunks");

  for (const auto& item : root) {
    const int line = item.first.Mark().line + 1;
    if (!item.first.IsScalar()) return base::fail(fmt::format("line {}: a key must be a plain word", line));
    const std::string& key = item.first.Scalar();
    if (std::find(known.begin(), known.end(), key) == known.end()) return unknown_key(key, line, known);
    if (key == "sip_trunks") {
      if (!item.second.IsSequence())
        return base::fail(fmt::format("line {}: sip_trunks must be a list", line));
      for (const auto& node : item.second) {
        TrunkEntry trunk;
        trunk.line = node.Mark().line + 1;
        if (!node.IsMap()) return base::fail(fmt::format("line {}: a trunk must be a map", trunk.line));
        for (const auto& field : node) {
          const int field_line = field.first.Mark().line + 1;
          const std::string name = field.first.IsScalar() ? field.first.Scalar() : "";
          if (std::find(trunk_keys().begin(), trunk_keys().end(), name) == trunk_keys().end()) {
            return unknown_key(name, field_line, trunk_keys());
          }
          if (!field.second.IsScalar() && !field.second.IsNull()) {
            return base::fail(fmt::format("line {}: {} must be a single value", field_line, name));
          }
          // The scalar's own text keeps the + of an unquoted +1234567890.
          trunk.fields[name] = field.second.IsNull() ? "" : field.second.Scalar();
        }
        settings.trunks.push_back(std::move(trunk));
      }
      continue;
    }
    std::string value;
    if (item.second.IsScalar()) {
      value = item.second.Scalar();
    } else if (item.second.IsSequence()) {
      for (const auto& element : item.second) {
        if (!element.IsScalar())
          return base::fail(fmt::format("line {}: {} must be a list of values", line, key));
        value += (value.empty() ? "" : ",") + element.Scalar();
      }
    } else if (!item.second.IsNull()) {
      return base::fail(fmt::format("line {}: {} must be a single value", line, key));
    }
    std::string name = key;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    settings.values[name] = value;
  }
  return settings;
}

SettingValues::SettingValues(const std::map<std::string, std::string>& flags,
                             const std::map<std::string, std::string>& environment,
                             const std::map<std::string, std::string>& dot_env,
                             const std::map<std::string, std::string>& yaml,
                             const std::map<std::string, std::string>& livekit_sip) {
  for (const auto& spec : kSpecs) {
    Entry entry{spec.fallback, SettingSource::kDefault};
    const std::pair<const std::map<std::string, std::string>*, SettingSource> sources[] = {
        {&flags, SettingSource::kFlag},
        {&environment, SettingSource::kEnvironment},
        {&dot_env, SettingSource::kDotEnv},
        {&yaml, SettingSource::kYaml},
        {&livekit_sip, SettingSource::kLiveKitSip}};
    for (const auto& [values, source] : sources) {
      const auto found = values->find(spec.name);
      // An empty value counts as unset, as shells and compose files produce it: NAME=
      if (found == values->end() || found->second.empty()) continue;
      entry = {found->second, source};
      break;
    }
    entries_.emplace(spec.name, std::move(entry));
  }
}

const SettingValues::Entry& SettingValues::entry(std::string_view name) const {
  const auto found = entries_.find(name);
  assert(found != entries_.end() && "a setting that is not in the table");
  return found->second;
}

base::ErrorOr<long> SettingValues::number(std::string_view name, long least, long most) const {
  const Entry& setting = entry(name);
  long value = 0;
  const char* end = setting.value.data() + setting.value.size();
  const auto [stop, error] = std::from_chars(setting.value.data(), end, value);
  if (error != std::errc{} || stop != end || value < least || value > most) {
    return base::fail(fmt::format("{} must be a whole number from {} to {}, but is \"{}\" (from {})", name,
                                  least, most, setting.value, to_string(setting.source)));
  }
  return value;
}

void SettingValues::set(std::string_view name, std::string value, SettingSource source) {
  const auto found = entries_.find(name);
  assert(found != entries_.end());
  found->second = {std::move(value), source};
}

std::string SettingValues::describe() const {
  std::string text;
  for (const auto& spec : kSpecs) {
    const Entry& setting = entry(spec.name);
    std::string shown = setting.value.empty() ? "(unset)" : spec.secret ? "(set)" : setting.value;
    if (!setting.value.empty() && std::string_view(spec.name) == "DATABASE_URL") {
      shown = store::without_password(setting.value);
    }
    text += fmt::format("  {:<20} {:<22} {:<12} {}\n  {:<20} {:<22}\n", spec.name, shown,
                        to_string(setting.source), spec.help, "", flag_of(spec));
  }
  return text;
}

std::vector<std::string> near_misses(const std::map<std::string, std::string>& dot_env) {
  const auto names = known_names();
  std::vector<std::string> warnings;
  for (const auto& [name, value] : dot_env) {
    // Names that belong to later parts of the product or to LiveKit's own tools are right as they are.
    static const std::vector<std::string> others = {"SIP_TLS_PORT"};
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    if (std::find(others.begin(), others.end(), name) != others.end()) continue;
    // Short names (PORT) are near to many that other programs use; only names with a prefix of ours are
    // judged.
    const auto nearest = name.size() >= 8 ? nearest_name(name, names) : std::nullopt;
    if (nearest)
      warnings.push_back(
          fmt::format(".env: {} is not a setting of ringback; did you mean {}?", name, *nearest));
  }
  return warnings;
}

}  // namespace ringback::app
