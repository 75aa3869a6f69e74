#include "app/command_line.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/config.h"
#include "app/livekit_sip_config.h"
#include "app/server.h"
#include "app/setting.h"
#include "app/version.h"
#include "base/log.h"
#include "phone/options.h"
#include "phone/phone.h"

namespace ringback::app {
namespace {

using Texts = std::map<std::string, std::string>;

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Texts environment() {
  Texts values;
  for (const auto& spec : setting_specs()) {
    if (const char* value = std::getenv(spec.name)) values[spec.name] = value;
  }
  return values;
}

struct Gathered {
  SettingValues values;
  std::vector<TrunkEntry> trunks;
  std::vector<std::string> warnings;
};

/// The files named on the command line.
struct Files {
  std::string config;
  std::string livekit_sip;  ///< livekit-sip's own configuration
};

/// livekit-sip's configuration, found where livekit-sip finds it.
base::ErrorOr<LiveKitSipConfig> gather_livekit_sip(const std::string& named_file) {
  const auto from_environment = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const std::string body = named_file.empty() ? from_environment("SIP_CONFIG_BODY") : "";
  const std::string file = named_file.empty() ? from_environment("SIP_CONFIG_FILE") : named_file;
  LiveKitSipConfig config;
  if (!body.empty() || !file.empty()) {
    const std::string name = body.empty() ? file : "SIP_CONFIG_BODY";
    const auto text = body.empty() ? read_file(file) : body;
    if (!text) return base::fail(fmt::format("{} cannot be read", file));
    auto parsed = parse_livekit_sip_config(*text);
    if (!parsed) return base::fail(fmt::format("{}: {}", name, parsed.error().message));
    config = std::move(*parsed);
    for (std::string& warning : config.warnings) warning = fmt::format("{}: {}", name, warning);
  }
  if (const auto url = from_environment("LIVEKIT_WS_URL"); !url.empty())
    config.values.emplace("LIVEKIT_URL", url);
  return config;
}

/// Everything that was configured, from all sources.
base::ErrorOr<Gathered> gather(const Texts& flags, const Files& files) {
  const std::string& config_file = files.config;
  Texts dot_env;
  if (const auto text = read_file(".env")) {
    auto parsed = parse_dot_env(*text);
    if (!parsed) return base::Failure{parsed.error()};
    dot_env = std::move(*parsed);
  }
  YamlSettings yaml;
  if (!config_file.empty()) {
    const auto text = read_file(config_file);
    if (!text) return base::fail(fmt::format("{} cannot be read", config_file));
    auto parsed = parse_yaml_settings(*text);
    if (!parsed) return base::fail(fmt::format("{}: {}", config_file, parsed.error().message));
    yaml = std::move(*parsed);
  }
  auto livekit_sip = gather_livekit_sip(files.livekit_sip);
  if (!livekit_sip) return base::Failure{livekit_sip.error()};
  Gathered gathered{SettingValues(flags, environment(), dot_env, yaml.values, livekit_sip->values),
                    std::move(yaml.trunks), near_misses(dot_env)};
  gathered.warnings.insert(gathered.warnings.end(), livekit_sip->warnings.begin(),
                           livekit_sip->warnings.end());
  // livekit-sip lets its file win over the environment; here the order is the same for all settings.
  for (const auto& [name, value] : livekit_sip->values) {
    const auto& entry = gathered.values.entry(name);
    if (entry.source != SettingSource::kLiveKitSip && entry.value != value)
      gathered.warnings.push_back(fmt::format("{} of livekit-sip's configuration is overridden by {}", name,
                                              to_string(entry.source)));
  }
  if (const char* const url = std::getenv("LIVEKIT_WS_URL");
      url != nullptr && gathered.values.given("REDIS_URL") && !gathered.values.given("LIVEKIT_URL"))
    gathered.values.set("LIVEKIT_URL", url, SettingSource::kEnvironment);
  if (livekit_sip->needs_public_address && !gathered.values.given("PUBLIC_ADDRESS"))
    return base::fail(
        "livekit-sip's configuration says use_external_ip, but ringback does not look for the public address "
        "itself: "
        "set PUBLIC_ADDRESS (or nat_1_to_1_ip) to it");
  return gathered;
}

int fail(const std::string& message) {
  fmt::print(stderr, "ringback: {}\n", message);
  return 1;
}

/// SIGINT and SIGTERM are taken by waiting for them; to be made before any thread is.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A peer that closes its connection is seen by the failing write.
    signal(SIGPIPE, SIG_IGN);
  }
  /// The signal's number.
  [[nodiscard]] int wait() const {
    int signal_number = 0;
    sigwait(&set_, &signal_number);
    return signal_number;
  }
  /// Whether one comes before the time has passed.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds limit) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
    const timespec time{.tv_sec = seconds.count(),
                        .tv_nsec = std::chrono::nanoseconds(limit - seconds).count()};
    return sigtimedwait(&set_, nullptr, &time) > 0;
  }

 private:
  sigset_t set_{};
};

/// Lets the live calls of a node that refuses new ones go on to their end, to the deadline, or to another
/// signal.
void drain(Server& server, const StopSignals& signals, base::Duration timeout) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kLook = std::chrono::milliseconds(200);
  constexpr auto kTell = std::chrono::seconds(10);
  constexpr auto kInfo = base::LogLevel::kInfo;
  server.drain();
  const auto deadline = Clock::now() + timeout;
  auto tell_at = Clock::now();
  while (const std::size_t live = server.live_calls()) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - Clock::now()).count();
    if (left <= 0)
      return base::log(kInfo, "server", "", "the time to drain is over: {} call(s) are live", live);
    if (Clock::now() >= tell_at) {
      base::log(kInfo, "server", "", "draining: {} call(s) are live and have {} s; new ones are refused",
                live, left);
      tell_at += kTell;
    }
    if (signals.wait_for(kLook)) return base::log(kInfo, "server", "", "another signal ends the draining");
  }
  base::log(kInfo, "server", "", "drained: no call is live");
}

int serve(const Texts& flags, const Files& files) {
  auto gathered = gather(flags, files);
  if (!gathered) return fail(gathered.error().message);
  if (auto keys = provide_keys(gathered->values); !keys) return fail(keys.error().message);
  if (auto name = provide_node_id(gathered->values); !name) return fail(name.error().message);
  const auto config = make_config(gathered->values, gathered->trunks);
  if (!config) return fail(config.error().message);

  base::configure_log(config->log_level, config->log_format);
  for (const auto& warning : gathered->warnings)
    base::log(base::LogLevel::kWarn, "config", "", "{}", warning);

  const StopSignals signals;
  auto server = Server::start(*config);
  if (!server) return fail(server.error().message);
  fmt::print("{}", (*server)->describe());
  std::fflush(stdout);
  if (signals.wait() == SIGTERM && config->drain_timeout > base::Duration::zero())
    drain(**server, signals, config->drain_timeout);
  base::log(base::LogLevel::kInfo, "server", "", "stopping: live calls are ended");
  (*server)->stop();
  return 0;
}

std::string settings_help(const Texts& flags, const Files& files) {
  const auto gathered = gather(flags, files);
  if (!gathered)
    return fmt::format("\nThe settings in force cannot be shown: {}\n", gathered.error().message);
  return fmt::format("\nSettings: name and flag, value in force, source, meaning.\n{}",
                     gathered->values.describe());
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("ringback makes phone calls from LiveKit rooms really ring", "ringback");
  app.set_version_flag("--version", std::string("ringback ") + kVersion);
  app.require_subcommand(1);

  CLI::App* serve_command =
      app.add_subcommand("serve", "Run the dialer, the room server and the SIP service");
  Texts flags;
  Files files;
  serve_command->add_option("--config", files.config, "YAML file with settings and sip_trunks");
  serve_command->add_option(
      "--livekit-sip-config", files.livekit_sip,
      "livekit-sip's YAML file, taken as it is (also SIP_CONFIG_FILE, SIP_CONFIG_BODY)");
  for (const auto& spec : setting_specs()) {
    // The table below the options shows them with their values, so the list of options does not.
    serve_command
        ->add_option_function<std::string>(
            flag_of(spec), [&flags, &spec](const std::string& value) { flags[spec.name] = value; }, spec.help)
        ->group("");
  }
  serve_command->footer([&] { return settings_help(flags, files); });

  CLI::App* phone_command =
      app.add_subcommand("phone", "Be a SIP phone that takes calls, for demonstrations and tests");
  phone::PhoneOptions phone_options;
  phone::add_options(*phone_command, phone_options);

  CLI11_PARSE(app, argc, argv);
  if (*phone_command) return phone::run(phone_options);
  return serve(flags, files);
}

}  // namespace ringback::app
