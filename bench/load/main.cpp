#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "load/report.h"
#include "load/workload.h"

namespace {

using namespace ringback::bench;

struct Workload {
  std::string name;
  std::function<ringback::base::ErrorOr<>(Report&)> run;
};

template <class Outcome>
ringback::base::ErrorOr<> report(Report& into, const Outcome& outcome) {
  if (!outcome) return ringback::base::Failure{outcome.error()};
  into.add(*outcome);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  ringback::base::configure_log(ringback::base::LogLevel::kError, ringback::base::LogFormat::kText);
  LoadOptions options;
  std::vector<std::string> wanted;
  unsigned seconds = 20;
  CLI::App app("Loads a ringback of its own with real SIP and RTP, and prints what it costs.",
               "ringback_bench");
  app.add_option("--ringback", options.program, "The program to measure")->capture_default_str();
  app.add_option("--legs", options.legs, "Phone legs of the G.711 workload; two share a room")
      ->capture_default_str()
      ->check(CLI::Range(2, 5000));
  app.add_option("--transcoded-legs", options.transcoded_legs, "Phone legs of the Opus workload")
      ->capture_default_str()
      ->check(CLI::Range(2, 5000));
  app.add_option("--setups", options.setups, "Calls of the set-up workload")
      ->capture_default_str()
      ->check(CLI::Range(10, 10000));
  app.add_option("--seconds", seconds, "Length of each measurement")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_option("--workers", options.workers, "Media threads of ringback (0: its default)")
      ->capture_default_str();
  RealServer rooms;
  std::string api;
  auto* const livekit = app.add_option("--livekit", api, "HOST:PORT of a livekit-server that has the rooms");
  app.add_option("--redis", rooms.redis_url, "The Redis that it is on")->needs(livekit);
  app.add_option("--key", rooms.key, "Its API key")->needs(livekit);
  app.add_option("--secret", rooms.secret, "The secret of the key")->needs(livekit);
  app.add_option("workloads", wanted, "setup, g711, opus; all when none is named")
      ->check(CLI::IsMember({"setup", "g711", "opus"}));
  CLI11_PARSE(app, argc, argv);
  if (!api.empty()) {
    const auto endpoint = ringback::base::Endpoint::parse(api);
    if (!endpoint) {
      std::fprintf(stderr, "--livekit %s: not an address and a port\n", api.c_str());
      return 2;
    }
    rooms.api = *endpoint;
    options.rooms = rooms;
  }
  options.window = std::chrono::seconds(seconds);
  options.legs -= options.legs % 2;
  options.transcoded_legs -= options.transcoded_legs % 2;

  const std::vector<Workload> workloads{
      {"setup", [&](Report& into) { return report(into, measure_setup(options)); }},
      {"g711", [&](Report& into) { return report(into, measure_talk(options, "g711", options.legs)); }},
      {"opus",
       [&](Report& into) { return report(into, measure_talk(options, "opus", options.transcoded_legs)); }},
  };
  Report table;
  for (const Workload& workload : workloads) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), workload.name) == wanted.end()) continue;
    std::fprintf(stderr, "measuring %s ...\n", workload.name.c_str());
    if (const auto done = workload.run(table); !done) {
      std::fprintf(stderr, "%s: %s\n", workload.name.c_str(), done.error().message.c_str());
      return 2;
    }
  }
  std::fputs(table.to_markdown().c_str(), stdout);
  return table.all_reached() ? 0 : 1;
}
