#include "app/command_line.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/config.h"
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

/// Everything that was configured, from all sources.
base::ErrorOr<Gathered> gather(const Texts& flags, const std::string& config_file) {
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
  return Gathered{SettingValues(flags, environment(), dot_env, yaml.values), std::move(yaml.trunks),
                  near_misses(dot_env)};
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
  void wait() const {
    int signal_number = 0;
    sigwait(&set_, &signal_number);
  }

 private:
  sigset_t set_{};
};

int serve(const Texts& flags, const std::string& config_file) {
  auto gathered = gather(flags, config_file);
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
  signals.wait();
  base::log(base::LogLevel::kInfo, "server", "", "stopping: live calls are ended");
  (*server)->stop();
  return 0;
}

std::string settings_help(const Texts& flags, const std::string& config_file) {
  const auto gathered = gather(flags, config_file);
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
  std::string config_file;
  serve_command->add_option("--config", config_file, "YAML file with settings and sip_trunks");
  for (const auto& spec : setting_specs()) {
    // The table below the options shows them with their values, so the list of options does not.
    serve_command
        ->add_option_function<std::string>(
            flag_of(spec), [&flags, &spec](const std::string& value) { flags[spec.name] = value; }, spec.help)
        ->group("");
  }
  serve_command->footer([&] { return settings_help(flags, config_file); });

  CLI::App* phone_command =
      app.add_subcommand("phone", "Be a SIP phone that takes calls, for demonstrations and tests");
  phone::PhoneOptions phone_options;
  phone::add_options(*phone_command, phone_options);

  CLI11_PARSE(app, argc, argv);
  if (*phone_command) return phone::run(phone_options);
  return serve(flags, config_file);
}

}  // namespace ringback::app
