#include "load/report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include <fmt/format.h>

namespace ringback::bench {
namespace {

// The targets; docs/benchmarks.md says where they come from.
constexpr double kSetupMs = 5;
constexpr double kG711DelayMs = 30;
constexpr double kOpusDelayMs = 60;
constexpr double kG711CpuPercent = 0.08;
constexpr double kOpusCpuPercent = 0.6;
constexpr double kLegMemoryMib = 0.2;
constexpr double kPacingMs = 2;

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
  rows_.push_back({"POST -> INVITE leaves, idle, median", fmt::format("< {} ms", kSetupMs),
                   fmt::format("{:.2f} ms (p99 {:.2f}, HTTP answer {:.2f} ms, {} calls)", median,
                               result.post_to_invite_ms.quantile(0.99), result.post_to_answer_ms.median(),
                               result.post_to_invite_ms.count()),
                   median < kSetupMs});
}

void Report::add(const TalkResult& result) {
  const bool g711 = result.room_audio == "g711";
  const std::string kind =
      fmt::format("{}, {} legs", g711 ? "G.711 in the room" : "G.711 <-> Opus", result.legs);
  const double delay_target = g711 ? kG711DelayMs : kOpusDelayMs;
  rows_.push_back(
      {"phone -> room -> phone one way, " + kind, fmt::format("< {} ms", delay_target),
       fmt::format("median {:.1f} ms, p99 {:.1f}, max {:.1f} (20 ms packetization included)",
                   result.delay_ms.median(), result.delay_ms.quantile(0.99), result.delay_ms.maximum()),
       !result.delay_ms.empty() && result.delay_ms.quantile(0.99) < delay_target});
  const double cpu_target = g711 ? kG711CpuPercent : kOpusCpuPercent;
  rows_.push_back({"CPU per leg, " + kind, fmt::format("<= {} % of a core", cpu_target),
                   fmt::format("{:.3f} %", result.cpu_percent_per_leg),
                   result.cpu_percent_per_leg <= cpu_target});
  rows_.push_back({"memory per leg, " + kind, fmt::format("<= {} MiB", kLegMemoryMib),
                   fmt::format("{:.3f} MiB", result.memory_mib_per_leg),
                   result.memory_mib_per_leg <= kLegMemoryMib});
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
