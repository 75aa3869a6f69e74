#include "load/report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include <fmt/format.h>

namespace ringback::bench {
namespace {

// The targets; docs/benchmarks.md says where they come from.
struct Targets {
  double setup_ms;
  double g711_delay_ms;
  double opus_delay_ms;
  double g711_cpu_percent;
  double opus_cpu_percent;
  double leg_memory_mib;
};
constexpr Targets kEmbedded{.setup_ms = 5,
                            .g711_delay_ms = 30,
                            .opus_delay_ms = 60,
                            .g711_cpu_percent = 0.08,
                            .opus_cpu_percent = 0.6,
                            .leg_memory_mib = 0.2};
// livekit-server 1.9 waits 200 ms for bids before it gives a call to anybody.
constexpr Targets kRealServer{.setup_ms = 200 + 20,
                              .g711_delay_ms = 60,
                              .opus_delay_ms = 90,
                              .g711_cpu_percent = 0.25,
                              .opus_cpu_percent = 0.7,
                              .leg_memory_mib = 0.6};
constexpr double kPacingMs = 2;

const Targets& targets(bool real_server) {
  return real_server ? kRealServer : kEmbedded;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

std::string machine() {
  utsname system{};
  uname(&system);
  std::ifstream file("/proc/loadavg");
  std::string load;
  file >> load;
  return fmt::format("{} x {}, Linux {}, load average {} at the end", std::thread::hardware_concurrency(),
                     cpu_model(), system.release, load);
}

}  // namespace

void Report::add(const SetupResult& result) {
  const double median = result.post_to_invite_ms.median();
  const double target = targets(result.real_server).setup_ms;
  const auto* const what = result.real_server
                               ? "CreateSIPParticipant -> INVITE leaves, by the bus, idle, median"
                               : "POST -> INVITE leaves, idle, median";
  rows_.push_back({what, fmt::format("< {} ms", target),
                   fmt::format("{:.2f} ms (p99 {:.2f}, HTTP answer {:.2f} ms, {} calls)", median,
                               result.post_to_invite_ms.quantile(0.99), result.post_to_answer_ms.median(),
                               result.post_to_invite_ms.count()),
                   median < target});
}

void Report::add(const TalkResult& result) {
  const bool g711 = result.room_audio == "g711";
  const std::string kind =
      fmt::format("{}, {} legs", g711 ? "G.711 in the room" : "G.711 <-> Opus", result.legs);
  const Targets& least = targets(result.real_server);
  const double delay_target = g711 ? least.g711_delay_ms : least.opus_delay_ms;
  rows_.push_back(
      {"phone -> room -> phone one way, " + kind, fmt::format("< {} ms", delay_target),
       fmt::format("median {:.1f} ms, p99 {:.1f}, max {:.1f} (20 ms packetization included)",
                   result.delay_ms.median(), result.delay_ms.quantile(0.99), result.delay_ms.maximum()),
       !result.delay_ms.empty() && result.delay_ms.quantile(0.99) < delay_target});
  const double cpu_target = g711 ? least.g711_cpu_percent : least.opus_cpu_percent;
  rows_.push_back({"CPU per leg, " + kind, fmt::format("<= {} % of a core", cpu_target),
                   fmt::format("{:.3f} %", result.cpu_percent_per_leg),
                   result.cpu_percent_per_leg <= cpu_target});
  rows_.push_back({"memory per leg, " + kind, fmt::format("<= {} MiB", least.leg_memory_mib),
                   fmt::format("{:.3f} MiB", result.memory_mib_per_leg),
                   result.memory_mib_per_leg <= least.leg_memory_mib});
  const std::uint64_t lost = result.missing + result.stamped_lost;
  rows_.push_back({"lost packets, " + kind, "0",
                   fmt::format("{} ({} sent, {} received in {:.0f} s)", lost, result.sent, result.received,
                               result.seconds),
                   lost == 0});
  const double pacing = result.pacing_ms.quantile(0.99);
  rows_.push_back(
      {"RTP pacing p99, " + kind, fmt::format("<= {} ms", kPacingMs),
       fmt::format("{:.2f} ms (the load's own: {:.2f} ms)", pacing, result.own_pacing_ms.quantile(0.99)),
       pacing <= kPacingMs});
}

std::string Report::to_markdown() const {
  std::string text = "| what | must reach | measured | |\n|---|---|---|---|\n";
  for (const Row& row : rows_) {
    text += fmt::format("| {} | {} | {} | {} |\n", row.what, row.target, row.measured,
                        row.reached ? "ok" : "MISSED");
  }
  return text + "\nMachine: " + machine() + "\n";
}

bool Report::all_reached() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const Row& row) { return row.reached; });
}

}  // namespace ringback::bench
