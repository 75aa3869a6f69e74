#include "app/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "crypto/random.h"
#include "http/url.h"
#include "store/database_url.h"

namespace ringback::app {
namespace {

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto item = text.substr(0, comma);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

base::Failure<base::Error> wrong(const SettingValues& values, std::string_view name,
                                 std::string_view expected) {
  const auto& entry = values.entry(name);
  return base::fail(fmt::format("{} must be {}, but is \"{}\" (from {})", name, expected, entry.value,
                                to_string(entry.source)));
}

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.';
}

bool is_node_name(const std::string& name) {
  return !name.empty() && name.size() <= 60 && std::all_of(name.begin(), name.end(), is_name_character);
}

base::ErrorOr<> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return base::fail(fmt::format("DATA_DIR {} cannot be made: {}", folder.string(), error.message()));
  return {};
}

base::ErrorOr<> read_address(const SettingValues& values, std::string_view name, base::IpAddress& into) {
  if (!values.given(name)) return {};
  const auto address = base::IpAddress::parse(values.text(name));
  if (!address) return wrong(values, name, "an IP address");
  into = *address;
  return {};
}

template <class Choice, std::size_t N>
base::ErrorOr<Choice> read_choice(const SettingValues& values, std::string_view name,
                                  const std::array<std::pair<std::string_view, Choice>, N>& choices) {
  std::string names;
  for (const auto& [text, choice] : choices) {
    if (values.text(name) == text) return choice;
    names += names.empty() ? "" : ", ";
    names += text;
  }
  return wrong(values, name, "one of " + names);
}

bool is_websocket_url(std::string_view url) {
  return (url.starts_with("ws://") || url.starts_with("wss://")) && http::parse_url(url).ok();
}

base::ErrorOr<bridge::Trunk> trunk_from_settings(const SettingValues& values) {
  auto trunk = bridge::trunk_from_uri(values.text("SIP_TRUNK_URI"));
  if (!trunk) return base::fail(fmt::format("SIP_TRUNK_URI: {}", trunk.error().message));
  trunk->id = "ST_settings";
  trunk->name = "SIP_TRUNK_URI";
  trunk->origin = bridge::TrunkOrigin::kSettings;
  if (values.given("SIP_TRUNK_NUMBER")) trunk->numbers = {values.text("SIP_TRUNK_NUMBER")};
  trunk->username = values.text("SIP_TRUNK_USERNAME");
  trunk->password = values.text("SIP_TRUNK_PASSWORD");
  return trunk;
}

base::ErrorOr<bridge::Trunk> trunk_from_yaml(const TrunkEntry& entry, std::size_t index) {
  const auto field = [&entry](const char* name) {
    const auto found = entry.fields.find(name);
    return found == entry.fields.end() ? std::string() : found->second;
  };
  const auto address = field("outbound_address");
  if (address.empty())
    return base::fail(fmt::format("sip_trunks, line {}: outbound_address is missing", entry.line));
  auto trunk = bridge::trunk_from_uri(address);
  if (!trunk) return base::fail(fmt::format("sip_trunks, line {}: {}", entry.line, trunk.error().message));
  trunk->origin = bridge::TrunkOrigin::kYaml;
  trunk->id = field("id").empty() ? fmt::format("yaml-{}", index + 1) : field("id");
  trunk->name = field("name");
  trunk->provider = field("provider");
  if (const auto number = field("outbound_number"); !number.empty()) trunk->numbers = {number};
  trunk->username = field("auth_username");
  trunk->password = field("auth_password");
  const auto transport = field("transport");
  if (transport == "tcp") {
    trunk->transport = bridge::TrunkTransport::kTcp;
  } else if (transport == "udp") {
    trunk->transport = bridge::TrunkTransport::kUdp;
  } else if (!transport.empty()) {
    return base::fail(
        fmt::format("sip_trunks, line {}: transport must be udp or tcp, not \"{}\"", entry.line, transport));
  }
  return trunk;
}

base::ErrorOr<> read_trunks(const SettingValues& values, const std::vector<TrunkEntry>& yaml,
                            Config& config) {
  if (values.given("SIP_TRUNK_URI")) {
    auto trunk = trunk_from_settings(values);
    if (!trunk) return base::Failure{trunk.error()};
    config.trunks.push_back(std::move(*trunk));
  } else {
    for (const char* name : {"SIP_TRUNK_NUMBER", "SIP_TRUNK_USERNAME", "SIP_TRUNK_PASSWORD"}) {
      if (values.given(name)) return base::fail(fmt::format("{} is set, but SIP_TRUNK_URI is missing", name));
    }
  }
  if (values.given("SIP_TRUNK_USERNAME") != values.given("SIP_TRUNK_PASSWORD")) {
    return base::fail("SIP_TRUNK_USERNAME and SIP_TRUNK_PASSWORD belong together: one of them is missing");
  }
  for (std::size_t i = 0; i < yaml.size(); ++i) {
    auto trunk = trunk_from_yaml(yaml[i], i);
    if (!trunk) return base::Failure{trunk.error()};
    const bool taken = std::any_of(config.trunks.begin(), config.trunks.end(),
                                   [&](const bridge::Trunk& other) { return other.id == trunk->id; });
    if (taken)
      return base::fail(
          fmt::format("sip_trunks, line {}: the id \"{}\" is used twice", yaml[i].line, trunk->id));
    config.trunks.push_back(std::move(*trunk));
  }
  return {};
}

/// REDIS_URL: the place of a LiveKit server's SIP service.
base::ErrorOr<> read_bus(const SettingValues& values, bool livekit_dials, Config& config) {
  if (!values.given("REDIS_URL")) return {};
  if (livekit_dials)
    return base::fail(
        "REDIS_URL makes ringback the SIP service of a LiveKit server, but SIP_SERVICE=livekit (or "
        "LIVEKIT_SIP_URL) "
        "says that another one dials: unset one of them");
  if (!values.given("LIVEKIT_URL"))
    return base::fail(
        "REDIS_URL is the bus of a LiveKit server, so LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET "
        "must be set "
        "to that server");
  auto redis = bus::parse_redis_url(values.text("REDIS_URL"));
  if (!redis) return base::fail(fmt::format("REDIS_URL: {}", redis.error().message));
  config.bus.emplace();
  config.bus->redis = std::move(*redis);
  config.bus->cluster_id = values.text("SIP_CLUSTER_ID");
  return {};
}

/// For calls that the SIP service of a LiveKit server places; the trunks have been read.
base::ErrorOr<dialer::LiveKitCallService::Options> read_livekit_sip(const SettingValues& values,
                                                                    const Config& config) {
  if (!values.given("LIVEKIT_URL"))
    return base::fail(
        "LIVEKIT_SIP_URL (or SIP_SERVICE=livekit) needs LIVEKIT_URL: the SIP service dials into the rooms of "
        "a "
        "LiveKit server, not into ours");
  dialer::LiveKitCallService::Options options;
  options.room_url = values.text("LIVEKIT_URL");
  options.sip_url = values.given("LIVEKIT_SIP_URL") ? values.text("LIVEKIT_SIP_URL") : options.room_url;
  for (const char* name : {"LIVEKIT_URL", "LIVEKIT_SIP_URL"}) {
    if (!values.given(name)) continue;
    if (const auto url = http::parse_url(values.text(name)); !url)
      return wrong(values, name, "a ws:// or wss:// URL (" + url.error().message + ")");
  }
  options.room_key = {config.api_key, config.api_secret};
  options.sip_key = options.room_key;
  if (values.given("LIVEKIT_SIP_API_KEY") != values.given("LIVEKIT_SIP_API_SECRET"))
    return base::fail(
        "LIVEKIT_SIP_API_KEY and LIVEKIT_SIP_API_SECRET belong together: one of them is missing");
  if (values.given("LIVEKIT_SIP_API_KEY"))
    options.sip_key = {values.text("LIVEKIT_SIP_API_KEY"), values.text("LIVEKIT_SIP_API_SECRET")};
  options.trunk.id = values.text("LIVEKIT_SIP_TRUNK_ID");
  if (!config.trunks.empty()) options.trunk.account = config.trunks.front();
  options.trunk.secret = options.sip_key.secret;
  options.ringing_timeout = config.sip.ringing_timeout;
  options.max_duration = config.sip.max_call_duration;
  options.empty_room_timeout = config.sip.empty_room_timeout;
  return options;
}

}  // namespace

base::ErrorOr<Config> make_config(const SettingValues& values, const std::vector<TrunkEntry>& yaml_trunks) {
  Config config;

  const bool livekit_dials =
      values.given("SIP_SERVICE") ? values.text("SIP_SERVICE") == "livekit" : values.given("LIVEKIT_SIP_URL");
  if (values.given("SIP_SERVICE") && !livekit_dials && values.text("SIP_SERVICE") != "own")
    return wrong(values, "SIP_SERVICE", "own or livekit");

  const struct {
    const char* name;
    std::uint16_t& into;
    long least;
  } ports[] = {{"PORT", config.http_port, 1},
               {"ROOM_PORT", config.room_port, 1},
               {"ROOM_UDP_PORT", config.room_udp_port, 1},
               {"SIP_PORT", config.sip_port, 1}};
  for (const auto& port : ports) {
    const auto number = values.number(port.name, port.least, 65535);
    if (!number) return base::Failure{number.error()};
    port.into = static_cast<std::uint16_t>(*number);
  }
  const struct {
    const char* name;
    base::Duration& into;
    long most;
    long least = 1;
  } durations[] = {{"RINGING_TIMEOUT", config.sip.ringing_timeout, 3600},
                   {"MAX_CALL_DURATION", config.sip.max_call_duration, 7 * 86400},
                   {"MEDIA_TIMEOUT", config.sip.media_timeout, 3600},
                   {"EMPTY_ROOM_TIMEOUT", config.sip.empty_room_timeout, 86400},
                   {"DRAIN_TIMEOUT", config.drain_timeout, 7 * 86400, 0}};
  for (const auto& duration : durations) {
    const auto number = values.number(duration.name, duration.least, duration.most);
    if (!number) return base::Failure{number.error()};
    duration.into = std::chrono::seconds(*number);
  }

  const auto& range = values.text("RTP_PORT_RANGE");
  unsigned first = 0;
  unsigned last = 0;
  int used = 0;
  if (std::sscanf(range.c_str(), "%5u-%5u%n", &first, &last, &used) != 2 ||
      static_cast<std::size_t>(used) != range.size() || first < 1024 || last > 65535 || last < first + 1) {
    return wrong(values, "RTP_PORT_RANGE", "two ports from 1024 on such as 10000-19999");
  }
  config.sip.rtp_first = static_cast<std::uint16_t>(first);
  config.sip.rtp_last = static_cast<std::uint16_t>(last);

  if (auto read = read_address(values, "BIND_ADDRESS", config.bind_address); !read)
    return base::Failure{read.error()};
  if (auto read = read_address(values, "PUBLIC_ADDRESS", config.public_address); !read) {
    return base::Failure{read.error()};
  }

  config.http_bind = values.text("HTTP_BIND");
  const auto http_address = base::IpAddress::parse(config.http_bind);
  if (!http_address) return wrong(values, "HTTP_BIND", "an IP address");
  config.api_keys = split_list(values.text("API_KEYS"));
  if (!http_address->is_loopback() && config.api_keys.empty()) {
    return base::fail(
        fmt::format("HTTP_BIND={} lets other machines call the API, so API_KEYS must be set (they send "
                    "Authorization: Bearer <key>)",
                    config.http_bind));
  }
  config.cors_origins = split_list(values.text("CORS_ORIGINS"));

  config.default_region = values.text("DEFAULT_REGION");
  if (!dialer::is_known_region(config.default_region)) {
    return wrong(values, "DEFAULT_REGION", "a two-letter country in capitals such as US or DE");
  }
  const auto check = read_choice<dialer::NumberCheck, 2>(
      values, "NUMBER_CHECK",
      {{{"lenient", dialer::NumberCheck::kLenient}, {"plan", dialer::NumberCheck::kPlan}}});
  if (!check) return base::Failure{check.error()};
  config.number_check = *check;
  const auto audio = read_choice<bridge::RoomAudio, 3>(values, "ROOM_AUDIO",
                                                       {{{"auto", bridge::RoomAudio::kAuto},
                                                         {"g711", bridge::RoomAudio::kG711},
                                                         {"opus", bridge::RoomAudio::kOpus}}});
  if (!audio) return base::Failure{audio.error()};
  config.sip.room_audio = *audio;
  const auto tone = read_choice<audio::ToneSpec, 3>(values, "RINGBACK_TONE",
                                                    {{{"us", audio::tones::kRingbackUs},
                                                      {"eu", audio::tones::kRingbackEurope},
                                                      {"livekit", audio::tones::kRingbackLiveKit}}});
  if (!tone) return base::Failure{tone.error()};
  config.sip.ringback_tone = *tone;
  const auto level = read_choice<base::LogLevel, 4>(values, "LOG_LEVEL",
                                                    {{{"debug", base::LogLevel::kDebug},
                                                      {"info", base::LogLevel::kInfo},
                                                      {"warn", base::LogLevel::kWarn},
                                                      {"error", base::LogLevel::kError}}});
  if (!level) return base::Failure{level.error()};
  config.log_level = *level;
  const auto format = read_choice<base::LogFormat, 2>(
      values, "LOG_FORMAT", {{{"text", base::LogFormat::kText}, {"json", base::LogFormat::kJson}}});
  if (!format) return base::Failure{format.error()};
  config.log_format = *format;

  config.workers = std::max(1U, std::thread::hardware_concurrency());
  if (values.given("WORKERS")) {
    const auto workers = values.number("WORKERS", 1, 64);
    if (!workers) return base::Failure{workers.error()};
    config.workers = static_cast<unsigned>(*workers);
  }

  if (values.given("MAX_CALLS")) {
    const auto most = values.number("MAX_CALLS", 1, 100000);
    if (!most) return base::Failure{most.error()};
    config.sip.max_calls = static_cast<std::size_t>(*most);
  }
  const auto max_cpu = values.number("MAX_CPU", 1, 100);
  if (!max_cpu) return base::Failure{max_cpu.error()};
  config.sip.max_cpu = static_cast<double>(*max_cpu) / 100;

  config.data_dir = values.text("DATA_DIR");
  config.database_url = values.given("DATABASE_URL") ? values.text("DATABASE_URL")
                                                     : "sqlite:" + config.data_dir + "/ringback.db";
  if (const auto url = store::parse_database_url(config.database_url); !url)
    return base::Failure{url.error()};
  config.node_id = values.text("NODE_ID");
  if (values.given("NODE_ID") && !is_node_name(config.node_id)) {
    return wrong(values, "NODE_ID", "up to 60 letters, digits, dots, dashes and underscores");
  }
  config.web_dir = values.text("WEB_DIR");
  config.api_key = values.text("LIVEKIT_API_KEY");
  config.api_secret = values.text("LIVEKIT_API_SECRET");
  config.room_url = fmt::format("ws://localhost:{}", config.room_port);
  if (values.given("LIVEKIT_URL") && !livekit_dials) {
    config.livekit_url = config.room_url = values.text("LIVEKIT_URL");
    if (!is_websocket_url(config.livekit_url)) {
      return wrong(values, "LIVEKIT_URL", "a ws:// or wss:// URL such as wss://my-project.livekit.cloud");
    }
  }
  if (values.given("ROOM_URL")) {
    config.room_url = values.text("ROOM_URL");
    if (!is_websocket_url(config.room_url)) {
      return wrong(values, "ROOM_URL", "a ws:// or wss:// URL");
    }
  }

  config.webhook_urls = split_list(values.text("WEBHOOK_URLS"));
  for (const std::string& url : config.webhook_urls) {
    if (const auto read = http::parse_url(url); !read)
      return base::fail("WEBHOOK_URLS holds what is no URL: " + read.error().message);
  }

  if (!config.webhook_urls.empty() && values.given("LIVEKIT_URL")) {
    return base::fail(
        "WEBHOOK_URLS is for the embedded room server: with LIVEKIT_URL set that server's own settings name "
        "the receivers of its webhooks");
  }

  if (auto read = read_bus(values, livekit_dials, config); !read) return base::Failure{read.error()};
  if (auto read = read_trunks(values, yaml_trunks, config); !read) return base::Failure{read.error()};
  if (livekit_dials) {
    auto options = read_livekit_sip(values, config);
    if (!options) return base::Failure{options.error()};
    config.livekit_sip = std::move(*options);
    if (!values.given("ROOM_URL")) config.room_url = config.livekit_sip->room_url;
  }
  return config;
}

base::ErrorOr<> provide_node_id(SettingValues& values) {
  if (values.given("NODE_ID")) return {};
  const std::filesystem::path folder = values.text("DATA_DIR");
  if (auto made = make_folder(folder); !made) return made;
  const auto path = folder / "node_id";
  if (!std::filesystem::exists(path)) {
    // The machine's name for people, and something of our own: machines are cloned and containers are all
    // alike.
    char host[64] = {};
    ::gethostname(host, sizeof host - 1);
    std::string name;
    for (const char c : std::string_view(host).substr(0, 40)) name += is_name_character(c) ? c : '-';
    std::ofstream(path) << name << '-' << crypto::random_token(6) << '\n';
  }
  std::string name;
  std::ifstream(path) >> name;
  if (!is_node_name(name)) {
    return base::fail(fmt::format("{} cannot be read; delete it to have a new name made", path.string()));
  }
  values.set("NODE_ID", name, SettingSource::kGenerated);
  return {};
}

base::ErrorOr<> provide_keys(SettingValues& values) {
  const bool has_key = values.given("LIVEKIT_API_KEY");
  const bool has_secret = values.given("LIVEKIT_API_SECRET");
  if (has_key && has_secret) return {};
  if (!has_key && !has_secret && values.given("LIVEKIT_URL"))
    return base::fail(
        "LIVEKIT_URL names a LiveKit server, so LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set to a key "
        "of it");
  if (has_key != has_secret) {
    return base::fail(fmt::format("{} is set, but {} is missing: they belong together",
                                  has_key ? "LIVEKIT_API_KEY" : "LIVEKIT_API_SECRET",
                                  has_key ? "LIVEKIT_API_SECRET" : "LIVEKIT_API_KEY"));
  }

  const std::filesystem::path folder = values.text("DATA_DIR");
  const auto path = folder / "keys.env";
  if (auto made = make_folder(folder); !made) return made;

  if (!std::filesystem::exists(path)) {
    // 0600 from the start: the umask is narrowed while the file is made.
    const auto old_mask = ::umask(0077);
    std::ofstream out(path);
    out << "LIVEKIT_API_KEY="
        << "API" << crypto::random_token(12) << "\nLIVEKIT_API_SECRET=" << crypto::random_token(44) << "\n";
    out.close();
    ::umask(old_mask);
    if (!out) return base::fail(fmt::format("{} cannot be written", path.string()));
  }
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  const auto keys = parse_dot_env(text.str());
  if (!in || !keys || !keys->contains("LIVEKIT_API_KEY") || !keys->contains("LIVEKIT_API_SECRET")) {
    return base::fail(fmt::format("{} cannot be read; delete it to have new keys made", path.string()));
  }
  values.set("LIVEKIT_API_KEY", keys->at("LIVEKIT_API_KEY"), SettingSource::kGenerated);
  values.set("LIVEKIT_API_SECRET", keys->at("LIVEKIT_API_SECRET"), SettingSource::kGenerated);
  return {};
}

}  // namespace ringback::app
