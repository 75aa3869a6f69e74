#include "load/workload.h"

#include <chrono>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "load/far_side.h"
#include "load/http_client.h"
#include "load/server_process.h"
#include "net/clock.h"

namespace ringback::bench {
namespace {

constexpr base::Duration kPoll = std::chrono::microseconds(200);
constexpr base::Duration kCallPatience = std::chrono::seconds(10);

// Between two calls of the set-up workload: the server is idle again.
constexpr base::Duration kRest = std::chrono::milliseconds(100);

// Until jitter buffers, allocators and rates have settled.
constexpr base::Duration kSettle = std::chrono::seconds(3);

template <class Condition>
bool wait_until(base::Duration patience, const Condition& condition) {
  const base::TimePoint until = net::monotonic_now() + patience;
  while (!condition()) {
    if (net::monotonic_now() > until) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

double milliseconds(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1000;
}

ServerProcess::Options server_options(const LoadOptions& options, const FarSide& far_side) {
  ServerProcess::Options server;
  server.program = options.program;
  server.trunk = far_side.sip_endpoint();
  server.rooms = options.rooms;
  if (options.workers > 0) server.settings["WORKERS"] = std::to_string(options.workers);
  return server;
}

/// A trunk to the far side that the livekit-server keeps; the embedded one has that of ringback's settings.
base::ErrorOr<std::string> trunk_of(const ServerProcess& server, const FarSide& far_side, bool real_server) {
  if (!real_server) return std::string("ST_settings");
  const std::string body =
      fmt::format(R"({{"trunk":{{"name":"bench","address":"{}","numbers":["+15550000000"]}}}})",
                  far_side.sip_endpoint().to_string());
  const auto answer = http_request(server.rooms(), "POST", "/twirp/livekit.SIP/CreateSIPOutboundTrunk", body,
                                   server.sip_token());
  if (!answer) return base::Failure{answer.error()};
  const auto begin = answer->body.find("ST_");
  if (answer->status != 200 || begin == std::string::npos) {
    return base::fail(fmt::format("trunk: HTTP {} {}", answer->status, answer->body));
  }
  return answer->body.substr(begin, answer->body.find('"', begin) - begin);
}

base::ErrorOr<> place_leg(const ServerProcess& server, const std::string& token, const std::string& trunk,
                          unsigned index) {
  const std::string body =
      fmt::format(R"({{"sip_trunk_id":"{}","sip_call_to":"+1555800{:04}","room_name":"bench-{}",)"
                  R"("participant_identity":"leg-{}"}})",
                  trunk, index, index / 2, index);
  const auto answer =
      http_request(server.rooms(), "POST", "/twirp/livekit.SIP/CreateSIPParticipant", body, token);
  if (!answer) return base::Failure{answer.error()};
  if (answer->status != 200)
    return base::fail(fmt::format("leg {}: HTTP {} {}", index, answer->status, answer->body));
  return {};
}

base::ErrorOr<> place_legs(const ServerProcess& server, const FarSide& far_side, const std::string& trunk,
                           unsigned first, unsigned count) {
  const std::string token = server.sip_token();
  const std::size_t before = far_side.answered();
  for (unsigned index = first; index < first + count; ++index) {
    if (auto placed = place_leg(server, token, trunk, index); !placed) return placed;
  }
  const bool up = wait_until(kCallPatience, [&] { return far_side.answered() >= before + count; });
  if (!up)
    return base::fail(fmt::format("only {} of {} legs were answered", far_side.answered() - before, count));
  return {};
}

}  // namespace

base::ErrorOr<SetupResult> measure_setup(const LoadOptions& options) {
  auto far_side = FarSide::start({.answer = false});
  if (!far_side) return base::Failure{far_side.error()};
  auto server = ServerProcess::start(server_options(options, **far_side));
  if (!server) return base::Failure{server.error()};

  const auto trunk = trunk_of(**server, **far_side, options.rooms.has_value());
  if (!trunk) return base::Failure{trunk.error()};
  const std::string token = (*server)->sip_token();

  SetupResult result;
  result.real_server = options.rooms.has_value();
  for (unsigned i = 0; i < options.setups; ++i) {
    const std::size_t before = (*far_side)->invited();
    const std::string body =
        options.rooms
            ? fmt::format(R"({{"sip_trunk_id":"{}","sip_call_to":"+1555900{:04}","room_name":"setup-{}"}})",
                          *trunk, i, i)
            : fmt::format(R"({{"callerId":"bench","phoneNumber":"+1555900{:04}"}})", i);
    const base::TimePoint posted = net::monotonic_now();
    const auto answer =
        options.rooms
            ? http_request((*server)->rooms(), "POST", "/twirp/livekit.SIP/CreateSIPParticipant", body, token)
            : http_request((*server)->dialer(), "POST", "/api/livekit/call", body, "");
    const base::TimePoint answered = net::monotonic_now();
    if (!answer) return base::Failure{answer.error()};
    if (answer->status != 200) return base::fail(fmt::format("HTTP {} {}", answer->status, answer->body));
    if (!wait_until(kCallPatience, [&] { return (*far_side)->invited() > before; })) {
      return base::fail("no INVITE came");
    }
    if (i >= 5) {  // the first ones pay for pages and caches that were never touched
      result.post_to_invite_ms.add(milliseconds((*far_side)->last_invite() - posted));
      result.post_to_answer_ms.add(milliseconds(answered - posted));
    }
    std::this_thread::sleep_for(kRest);
  }
  return result;
}

base::ErrorOr<TalkResult> measure_talk(const LoadOptions& options, const std::string& room_audio,
                                       unsigned legs) {
  const bool stamps = room_audio == "g711";
  auto far_side = FarSide::start({.probe = stamps ? Probe::kStamp : Probe::kBurst});
  if (!far_side) return base::Failure{far_side.error()};
  ServerProcess::Options settings = server_options(options, **far_side);
  settings.settings["ROOM_AUDIO"] = room_audio;
  auto server = ServerProcess::start(settings);
  if (!server) return base::Failure{server.error()};

  const auto trunk = trunk_of(**server, **far_side, options.rooms.has_value());
  if (!trunk) return base::Failure{trunk.error()};
  // Two calls before the count, so that what is made once per process is not charged to the legs.
  if (auto placed = place_legs(**server, **far_side, *trunk, 0, 2); !placed)
    return base::Failure{placed.error()};
  std::this_thread::sleep_for(kSettle);
  const std::uint64_t memory_before = (*server)->memory_kib();
  if (auto placed = place_legs(**server, **far_side, *trunk, 2, legs - 2); !placed)
    return base::Failure{placed.error()};
  std::this_thread::sleep_for(kSettle);

  (*far_side)->begin_window();
  const base::TimePoint began = net::monotonic_now();
  const base::Duration cpu_before = (*server)->cpu_time();
  std::this_thread::sleep_for(options.window);
  const base::Duration cpu = (*server)->cpu_time() - cpu_before;
  const base::Duration elapsed = net::monotonic_now() - began;
  const auto reports = (*far_side)->end_window();
  const std::uint64_t memory_after = (*server)->memory_kib();

  TalkResult result;
  result.room_audio = room_audio;
  result.real_server = options.rooms.has_value();
  result.legs = static_cast<unsigned>(reports.size());
  result.seconds = milliseconds(elapsed) / 1000;
  if (result.legs < legs)
    return base::fail(fmt::format("{} of {} legs ended early", legs - result.legs, legs));
  result.cpu_percent_per_leg =
      100 * static_cast<double>(cpu.count()) / static_cast<double>(elapsed.count()) / legs;
  result.memory_mib_per_leg = (static_cast<double>(memory_after) - static_cast<double>(memory_before)) /
                              1024 / (legs > 2 ? legs - 2 : 1);
  for (const LegReport& report : reports) {
    result.sent += report.sent;
    result.received += report.received;
    result.missing += report.missing;
    result.stamped_lost += report.stamped_lost;
    result.delay_ms.add(report.delay_ms);
    result.pacing_ms.add(report.pacing_ms);
    result.own_pacing_ms.add(report.own_pacing_ms);
  }
  return result;
}

}  // namespace ringback::bench
