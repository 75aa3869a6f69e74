#include "app/livekit_sip_config.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "app/setting.h"
#include "http/url.h"

namespace ringback::app {
namespace {

/// Keys that livekit-sip knows and that need no words: they concern calls from phones, which ringback does
/// not take, or inner workings that it does not have.
constexpr std::string_view kWithoutEffect[] = {"sip_ringing_interval",
                                               "hide_inbound_port",
                                               "disable_rejected_invite_cache",
                                               "add_record_route",
                                               "experimental",
                                               "rtp_draining_idle_timeout",
                                               "rtp_draining_duration",
                                               "outbound_route_headers",
                                               "sip_trunk_ids",
                                               "symmetric_rtp",
                                               "ignore_local_addr_in_sdp",
                                               "enable_jitter_buffer",
                                               "enable_jitter_buffer_prob",
                                               "udp_max_payload",
                                               "sip_hostname"};
/// Keys that are not honoured, and what to do or to know instead.
constexpr std::pair<std::string_view, std::string_view> kNotHonoured[] = {
    {"health_port", "ringback answers /healthz and /readyz on PORT"},
    {"prometheus_port", "ringback answers /metrics on PORT"},
    {"pprof_port", "ringback has no Go profiler"},
    {"jaeger_url", "ringback does not trace"},
    {"tcp", "outgoing TCP connections take any local port"},
    {"tls", "calls to trunks with transport TLS are refused"},
    {"local_net", "BIND_ADDRESS chooses the interface"},
};
constexpr std::string_view kMapped[] = {"redis",
                                        "api_key",
                                        "api_secret",
                                        "ws_url",
                                        "sip_port",
                                        "sip_port_listen",
                                        "rtp_port",
                                        "logging",
                                        "cluster_id",
                                        "max_cpu_utilization",
                                        "max_active_calls",
                                        "use_external_ip",
                                        "nat_1_to_1_ip",
                                        "media_use_external_ip",
                                        "media_nat_1_to_1_ip",
                                        "listen_ip",
                                        "media_timeout",
                                        "media_timeout_initial",
                                        "codecs",
                                        "audio_dtmf"};
constexpr std::string_view kRedisKeys[] = {"address",
                                           "username",
                                           "password",
                                           "db",
                                           "use_tls",
                                           "tls",
                                           "sentinel_master_name",
                                           "sentinel_username",
                                           "sentinel_password",
                                           "sentinel_addresses",
                                           "cluster_addresses",
                                           "dial_timeout",
                                           "read_timeout",
                                           "write_timeout",
                                           "max_redirects",
                                           "pool_timeout",
                                           "pool_size"};
constexpr std::string_view kRedisTlsKeys[] = {"enabled",      "insecure",         "server_name",
                                              "ca_cert_file", "client_cert_file", "client_key_file"};

struct Wrong {
  int line;
  std::string message;
};
int line_of(const YAML::Node& node) {
  return node.Mark().line + 1;
}

std::string text_of(const YAML::Node& node, std::string_view key) {
  if (node.IsNull()) return "";
  if (!node.IsScalar()) throw Wrong{line_of(node), fmt::format("{} must be a single value", key)};
  return node.Scalar();
}

bool flag_of(const YAML::Node& node, std::string_view key) {
  const auto text = text_of(node, key);
  if (text == "true") return true;
  if (text == "false" || text.empty()) return false;
  throw Wrong{line_of(node), fmt::format("{} must be true or false", key)};
}

template <class Number>
Number number_of(const YAML::Node& node, std::string_view key) {
  const auto text = text_of(node, key);
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size())
    throw Wrong{line_of(node), fmt::format("{} must be a number", key)};
  return value;
}

/// A Go duration ("1m30s", "500ms") in whole seconds, at least one.
long seconds_of(const YAML::Node& node, std::string_view key) {
  const auto text = text_of(node, key);
  constexpr std::pair<std::string_view, double> kUnits[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3},
                                                            {"s", 1},     {"m", 60},    {"h", 3600}};
  std::string_view rest = text;
  double seconds = 0;
  while (!rest.empty()) {
    double value = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    const auto unit_end = rest.find_first_of("0123456789.");
    const auto unit = rest.substr(0, unit_end);
    const auto* const known = std::find_if(std::begin(kUnits), std::end(kUnits),
                                           [&](const auto& one) { return one.first == unit; });
    if (error != std::errc() || known == std::end(kUnits))
      throw Wrong{line_of(node), fmt::format("{} must be a duration such as 15s", key)};
    seconds += value * known->second;
    rest.remove_prefix(unit.size());
  }
  if (seconds <= 0 || seconds > 1e6) throw Wrong{line_of(node), fmt::format("{} is out of range", key)};
  return std::max(1L, static_cast<long>(seconds + 0.999));
}

void check_keys(const YAML::Node& map, std::string_view name, std::span<const std::string_view> known,
                std::vector<std::string>& warnings) {
  if (!map.IsMap()) throw Wrong{line_of(map), fmt::format("{} must be a map", name)};
  const std::vector<std::string> names(known.begin(), known.end());
  for (const auto& item : map) {
    const auto key = text_of(item.first, name);
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto nearest = nearest_name(key, names);
    warnings.push_back(fmt::format("line {}: {}unknown key \"{}\"{}", line_of(item.first),
                                   name.empty() ? "" : fmt::format("{}: ", name), key,
                                   nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : ""));
  }
}

std::string list_of(const YAML::Node& node, std::string_view key) {
  if (!node.IsSequence()) throw Wrong{line_of(node), fmt::format("{} must be a list", key)};
  std::string list;
  for (const auto& item : node) list += (list.empty() ? "" : ",") + text_of(item, key);
  return list;
}

bool filled(const YAML::Node& node) {
  return node && !node.IsNull() && (!node.IsSequence() || node.size() > 0);
}

/// The `redis` section as a REDIS_URL. Sentinel wins over cluster, cluster over a single address.
std::string redis_url(const YAML::Node& redis, std::vector<std::string>& warnings) {
  check_keys(redis, "redis", kRedisKeys, warnings);
  const auto text = [&](const char* key) {
    const auto node = redis[key];
    return node ? text_of(node, key) : std::string();
  };
  std::vector<std::pair<std::string_view, std::string>> query;
  bool tls = redis["use_tls"] && flag_of(redis["use_tls"], "use_tls");
  if (const auto section = redis["tls"]; filled(section)) {
    check_keys(section, "redis.tls", kRedisTlsKeys, warnings);
    tls = tls || (section["enabled"] && flag_of(section["enabled"], "enabled"));
    constexpr std::pair<const char*, std::string_view> kTexts[] = {{"ca_cert_file", "ca_file"},
                                                                   {"client_cert_file", "cert_file"},
                                                                   {"client_key_file", "key_file"},
                                                                   {"server_name", "server_name"}};
    for (const auto& [key, parameter] : kTexts) {
      if (section[key]) query.emplace_back(parameter, text_of(section[key], key));
    }
    if (section["insecure"] && flag_of(section["insecure"], "insecure"))
      query.emplace_back("insecure", "true");
  }
  std::string url = tls ? "rediss" : "redis";
  std::string places;
  std::string path;
  const auto database = text("db");
  if (filled(redis["sentinel_addresses"])) {
    url += "+sentinel";
    places = list_of(redis["sentinel_addresses"], "sentinel_addresses");
    path = "/" + http::percent_encode(text("sentinel_master_name"));
    if (!database.empty()) path += "/" + database;
    for (const char* key : {"sentinel_username", "sentinel_password"}) query.emplace_back(key, text(key));
  } else if (filled(redis["cluster_addresses"])) {
    url += "+cluster";
    places = list_of(redis["cluster_addresses"], "cluster_addresses");
  } else {
    places = text("address");
    if (!database.empty()) path = "/" + database;
  }
  if (places.empty()) throw Wrong{line_of(redis), "redis has no address"};
  url += "://";
  if (!text("password").empty()) {
    url += http::percent_encode(text("username")) + ":" + http::percent_encode(text("password")) + "@";
  }
  url += places + path;
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    url += fmt::format("{}{}={}", separator, name, http::percent_encode(value));
    separator = '&';
  }
  return url;
}

class Reader {
 public:
  explicit Reader(const YAML::Node& root) : root_(root) {}

  LiveKitSipConfig read() {
    check_all_keys();
    if (!filled(root_["redis"])) throw Wrong{1, "redis configuration is required"};
    set("REDIS_URL", redis_url(root_["redis"], config_.warnings));
    copy("api_key", "LIVEKIT_API_KEY");
    copy("api_secret", "LIVEKIT_API_SECRET");
    copy("ws_url", "LIVEKIT_URL");
    copy("cluster_id", "SIP_CLUSTER_ID");
    read_addresses();
    read_media();
    read_limits();
    read_logging();
    return std::move(config_);
  }

 private:
  void check_all_keys() {
    std::vector<std::string_view> known(std::begin(kMapped), std::end(kMapped));
    known.insert(known.end(), std::begin(kWithoutEffect), std::end(kWithoutEffect));
    for (const auto& [key, instead] : kNotHonoured) known.push_back(key);
    check_keys(root_, "", known, config_.warnings);
    for (const auto& [key, instead] : kNotHonoured) {
      const auto node = root_[std::string(key)];
      const bool off = !filled(node) || (node.IsScalar() && (node.Scalar() == "0" || node.Scalar().empty()));
      if (!off) warn(node, fmt::format("{} is not honoured: {}", key, instead));
    }
  }

  void read_addresses() {
    if (const auto listen = root_["sip_port_listen"], announced = root_["sip_port"];
        listen && announced && text_of(listen, "sip_port_listen") != text_of(announced, "sip_port")) {
      throw Wrong{line_of(listen),
                  "sip_port_listen: ringback announces the port that it listens on, so both must be equal"};
    }
    copy("sip_port", "SIP_PORT");
    copy("sip_port_listen", "SIP_PORT");
    if (const auto node = root_["listen_ip"]; node && text_of(node, "listen_ip") != "0.0.0.0")
      copy("listen_ip", "BIND_ADDRESS");
    copy("nat_1_to_1_ip", "PUBLIC_ADDRESS");
    if (const auto media = root_["media_nat_1_to_1_ip"];
        filled(media) && !text_of(media, "media_nat_1_to_1_ip").empty()) {
      const auto signalling = root_["nat_1_to_1_ip"];
      if (!signalling || text_of(signalling, "nat_1_to_1_ip") != text_of(media, "media_nat_1_to_1_ip"))
        throw Wrong{line_of(media),
                    "media_nat_1_to_1_ip: ringback has one public address for signalling and media, "
                    "so it must equal nat_1_to_1_ip"};
    }
    for (const char* key : {"use_external_ip", "media_use_external_ip"}) {
      if (root_[key] && flag_of(root_[key], key)) config_.needs_public_address = true;
    }
  }

  void read_media() {
    if (const auto range = root_["rtp_port"]; filled(range)) {
      set("RTP_PORT_RANGE", range.IsMap() ? fmt::format("{}-{}", text_of(range["start"], "rtp_port.start"),
                                                        text_of(range["end"], "rtp_port.end"))
                                          : text_of(range, "rtp_port"));
    }
    const auto general = root_["media_timeout"];
    const auto initial = root_["media_timeout_initial"];
    if (filled(general)) set("MEDIA_TIMEOUT", std::to_string(seconds_of(general, "media_timeout")));
    if (filled(initial)) {
      const long seconds = seconds_of(initial, "media_timeout_initial");
      if (!filled(general)) set("MEDIA_TIMEOUT", std::to_string(seconds));
      if (!filled(general) || seconds_of(general, "media_timeout") != seconds)
        warn(initial,
             "media_timeout_initial: ringback has one limit, MEDIA_TIMEOUT, for the first packet and the "
             "later ones");
    }
    if (const auto codecs = root_["codecs"]; filled(codecs)) {
      for (const auto& item : codecs) {
        const auto name = text_of(item.first, "codecs");
        const bool wanted = flag_of(item.second, name);
        const bool offered = name == "PCMU/8000" || name == "PCMA/8000";
        if (offered && !wanted)
          throw Wrong{line_of(item.first), fmt::format("codecs: {} cannot be switched off", name)};
        if (!offered && wanted)
          warn(item.first, fmt::format("codecs: {} is not offered; calls use PCMU or PCMA", name));
      }
    }
    if (const auto node = root_["audio_dtmf"]; node && flag_of(node, "audio_dtmf"))
      warn(node, "audio_dtmf is not honoured: keys are sent as telephone events only");
  }

  void read_limits() {
    if (const auto node = root_["max_cpu_utilization"]; filled(node)) {
      const auto share = number_of<double>(node, "max_cpu_utilization");
      // As livekit-sip: what is out of range is the default.
      if (share > 0 && share <= 1)
        set("MAX_CPU", std::to_string(std::max(1, static_cast<int>(share * 100 + 0.5))));
    }
    if (const auto node = root_["max_active_calls"]; filled(node)) {
      if (const auto most = number_of<long>(node, "max_active_calls"); most > 0)
        set("MAX_CALLS", std::to_string(most));
    }
  }

  void read_logging() {
    const auto logging = root_["logging"];
    if (!filled(logging)) return;
    if (!logging.IsMap()) throw Wrong{line_of(logging), "logging must be a map"};
    if (logging["level"]) set("LOG_LEVEL", text_of(logging["level"], "logging.level"));
    if (logging["json"] && flag_of(logging["json"], "logging.json")) set("LOG_FORMAT", "json");
  }

  void copy(const char* key, const char* setting) {
    if (const auto node = root_[key]; filled(node)) set(setting, text_of(node, key));
  }
  void set(const char* setting, std::string value) { config_.values[setting] = std::move(value); }
  void warn(const YAML::Node& node, const std::string& message) {
    config_.warnings.push_back(fmt::format("line {}: {}", line_of(node), message));
  }

  const YAML::Node root_;
  LiveKitSipConfig config_;
};

}  // namespace

base::ErrorOr<LiveKitSipConfig> parse_livekit_sip_config(const std::string& text) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap()) return base::fail("missing config: it must be livekit-sip's map of settings");
    return Reader(root).read();
  } catch (const YAML::Exception& error) {
    return base::fail(fmt::format("line {}: {}", error.mark.line + 1, error.msg));
  } catch (const Wrong& wrong) {
    return base::fail(fmt::format("line {}: {}", wrong.line, wrong.message));
  }
}

}  // namespace ringback::app
