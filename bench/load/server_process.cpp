#include "load/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "crypto/random.h"
#include "livekit/access_token.h"
#include "load/http_client.h"
#include "net/clock.h"
#include "net/local_address.h"

extern char** environ;

namespace ringback::bench {
namespace {

constexpr base::Duration kStartPatience = std::chrono::seconds(30);
constexpr base::Duration kStopPatience = std::chrono::seconds(5);
constexpr base::Duration kPoll = std::chrono::milliseconds(20);

base::IpAddress loopback() {
  return base::IpAddress::v4({127, 0, 0, 1});
}

/// A port that nobody uses at this moment.
std::uint16_t free_port(net::SocketKind kind) {
  const auto socket = net::bind_socket(kind, {loopback(), 0});
  return socket ? net::bound_endpoint(socket->get()).port : std::uint16_t{0};
}

/// Runs between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, char* const* environment, const char* folder, int log) {
  if (chdir(folder) != 0) _exit(126);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  std::array<char, 6> command{"serve"};
  std::array<char*, 3> arguments{const_cast<char*>(program), command.data(), nullptr};
  execve(program, arguments.data(), environment);
  _exit(127);
}

}  // namespace

base::ErrorOr<std::unique_ptr<ServerProcess>> ServerProcess::start(const Options& options) {
  std::error_code error;
  const auto program = std::filesystem::canonical(options.program, error);
  if (error) return base::fail(fmt::format("{}: {}", options.program, error.message()));
  std::string pattern = (std::filesystem::temp_directory_path() / "ringback-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return base::fail(std::string("mkdtemp: ") + std::strerror(errno));

  std::unique_ptr<ServerProcess> server(new ServerProcess);
  server->folder_ = pattern;
  server->dialer_ = {loopback(), free_port(net::SocketKind::kTcp)};
  server->rooms_ = {loopback(), free_port(net::SocketKind::kTcp)};
  server->key_ = "APIbench";
  server->secret_ = crypto::random_token(40);

  std::map<std::string, std::string> settings = options.settings;
  if (options.rooms) {
    server->rooms_ = options.rooms->api;
    server->key_ = options.rooms->key;
    server->secret_ = options.rooms->secret;
    settings["LIVEKIT_URL"] = "ws://" + options.rooms->api.to_string();
    settings["REDIS_URL"] = options.rooms->redis_url;
  } else {
    settings["ROOM_PORT"] = std::to_string(server->rooms_.port);
    settings["ROOM_UDP_PORT"] = std::to_string(free_port(net::SocketKind::kUdp));
  }
  settings["PORT"] = std::to_string(server->dialer_.port);
  settings["SIP_PORT"] = std::to_string(free_port(net::SocketKind::kUdp));
  settings["RTP_PORT_RANGE"] = "40000-45999";
  settings["BIND_ADDRESS"] = "127.0.0.1";
  settings["DATA_DIR"] = pattern;
  settings["LIVEKIT_API_KEY"] = server->key_;
  settings["LIVEKIT_API_SECRET"] = server->secret_;
  settings["SIP_TRUNK_URI"] = "sip:" + options.trunk.to_string();
  settings["SIP_TRUNK_NUMBER"] = "+15550000000";
  // Nobody but phones is in these rooms, and that must not end the calls.
  settings["EMPTY_ROOM_TIMEOUT"] = "3600";

  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!settings.contains(text.substr(0, text.find('=')))) environment.push_back(text);
  }
  for (const auto& [name, value] : settings) environment.push_back(name + "=" + value);
  std::vector<char*> pointers;
  for (std::string& variable : environment) pointers.push_back(variable.data());
  pointers.push_back(nullptr);

  const int log = open((server->folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  server->pid_ = fork();
  if (server->pid_ == 0) become(program.c_str(), pointers.data(), server->folder_.c_str(), log);
  close(log);
  if (server->pid_ < 0) return base::fail(std::string("fork: ") + std::strerror(errno));

  const base::TimePoint until = net::monotonic_now() + kStartPatience;
  while (net::monotonic_now() < until) {
    const auto answer = http_request(server->dialer_, "GET", "/readyz", "", "");
    if (answer && answer->status == 200) return server;
    if (!server->running()) break;
    std::this_thread::sleep_for(kPoll);
  }
  std::ifstream text(server->folder_ + "/log");
  return base::fail("ringback did not start:\n" + std::string(std::istreambuf_iterator<char>(text), {}));
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    const base::TimePoint until = net::monotonic_now() + kStopPatience;
    while (running() && net::monotonic_now() < until) std::this_thread::sleep_for(kPoll);
    if (running()) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool ServerProcess::running() const {
  return pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0;
}

std::string ServerProcess::sip_token() const {
  livekit::Claims claims;
  claims.sip = livekit::SipGrants{.admin = true, .call = true};
  claims.expires_at = net::wall_millis() / 1000 + livekit::kDefaultTokenLife;
  return livekit::mint_token(claims, {key_, secret_});
}

base::Duration ServerProcess::cpu_time() const {
  std::uint64_t nanoseconds = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_), error)) {
    std::ifstream file(task.path() / "schedstat");
    std::uint64_t on_cpu = 0;
    if (file >> on_cpu) nanoseconds += on_cpu;
  }
  return base::Duration(static_cast<std::int64_t>(nanoseconds / 1000));
}

std::uint64_t ServerProcess::memory_kib() const {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid_));
  std::string word;
  while (file >> word) {
    std::uint64_t kib = 0;
    if (word == "Pss:" && file >> kib) return kib;
  }
  return 0;
}

}  // namespace ringback::bench
