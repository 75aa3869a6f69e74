#include "phone/options.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <string_view>

#include "phone/behaviour.h"

namespace ringback::phone {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

void set_listen(const std::string& text, PhoneOptions& options) {
  const auto endpoint = base::Endpoint::parse(text);
  if (!endpoint)
    throw CLI::ValidationError("--listen", "must be an address and a port, as in 127.0.0.1:5070");
  options.listen = *endpoint;
}

void set_rtp_range(const std::string& text, PhoneOptions& options) {
  const auto dash = text.find('-');
  const auto low = parse_port(std::string_view(text).substr(0, dash));
  const auto high =
      dash == std::string::npos ? std::nullopt : parse_port(std::string_view(text).substr(dash + 1));
  if (!low || !high || *low < 1024 || *high <= *low) {
    throw CLI::ValidationError("--rtp-range", "must be two ports from 1024 on, as in 20000-20999");
  }
  options.rtp_low = *low;
  options.rtp_high = *high;
}

void set_credentials(const std::string& text, PhoneOptions& options) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    throw CLI::ValidationError("--auth", "must be a name and a password, as in alice:secret");
  }
  options.credentials = PhoneOptions::Credentials{text.substr(0, colon), text.substr(colon + 1)};
}

void add_milliseconds(CLI::App& app, const std::string& name, base::Duration& target,
                      const std::string& help) {
  app.add_option_function<std::int64_t>(
         name, [&target](const std::int64_t& ms) { target = std::chrono::milliseconds(ms); }, help)
      ->type_name("MS")
      ->check(CLI::Range(0, 3'600'000))
      ->default_str(std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(target).count()));
}

}  // namespace

void add_options(CLI::App& app, PhoneOptions& options) {
  app.add_option_function<std::string>(
         "--listen", [&options](const std::string& text) { set_listen(text, options); },
         "Where to take calls, by UDP and TCP")
      ->type_name("ADDRESS:PORT")
      ->default_str(options.listen.to_string());
  app.add_option_function<std::string>(
         "--rtp-range", [&options](const std::string& text) { set_rtp_range(text, options); },
         "Ports for audio")
      ->type_name("LOW-HIGH")
      ->default_str(std::to_string(options.rtp_low) + "-" + std::to_string(options.rtp_high));
  app.add_option_function<std::string>(
         "--auth", [&options](const std::string& text) { set_credentials(text, options); },
         "Ask callers for this name and password")
      ->type_name("USER:PASSWORD");
  add_milliseconds(app, "--answer-after", options.answer_after, "How long it rings");
  add_milliseconds(app, "--hang-up-after", options.hang_up_after, "When numbers that hang up do so");
  add_milliseconds(app, "--echo-delay", options.echo_delay, "How late the echo comes");
  app.add_option("--tone", options.tone_hz, "Play this tone on every call, for measurements")
      ->type_name("HZ")
      ->check(CLI::Range(50, 3800));
  app.add_flag("--alaw", options.alaw, "Prefer PCMA to PCMU");
  app.add_flag("--measure", options.measure, "Report pitch and level of what is heard, once a second");
  app.add_option("--record", options.record,
                 "Write what is heard to a WAV file (call 2 writes FILE-2.wav, and so on)")
      ->type_name("FILE.wav");
  app.add_flag("--json", options.json, "Print events as JSON lines, with measurements");
  app.footer(behaviour_table());
}

}  // namespace ringback::phone
