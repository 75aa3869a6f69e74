#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/time.h"

namespace ringback::bench {

/// A livekit-server that has the rooms, and asks ringback for its calls by the Redis that both are on.
struct RealServer {
  base::Endpoint api;
  std::string redis_url;
  std::string key;
  std::string secret;
};

/// A `ringback serve` of the bench's own, in a process and a folder of its own, and what the kernel accounts
/// to it. Destroying it ends the process and removes the folder.
class ServerProcess {
 public:
  struct Options {
    std::string program;                          ///< path of the ringback binary
    base::Endpoint trunk;                         ///< where its calls go
    std::map<std::string, std::string> settings;  ///< more settings, by environment name
    std::optional<RealServer> rooms;              ///< nothing: the embedded room server
  };
  /// Starts it and waits until it is ready.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<ServerProcess>> start(const Options& options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] const base::Endpoint& dialer() const { return dialer_; }
  /// Where LiveKit's server API is, the SIP API with it.
  [[nodiscard]] const base::Endpoint& rooms() const { return rooms_; }
  /// A token that may place calls through the SIP API.
  [[nodiscard]] std::string sip_token() const;

  /// CPU time of all its threads so far, user and system (/proc/<pid>/schedstat of every task: nanoseconds).
  [[nodiscard]] base::Duration cpu_time() const;
  /// Proportional set size in KiB (/proc/<pid>/smaps_rollup).
  [[nodiscard]] std::uint64_t memory_kib() const;
  [[nodiscard]] bool running() const;

 private:
  ServerProcess() = default;
  pid_t pid_ = -1;
  std::string folder_;
  base::Endpoint dialer_;
  base::Endpoint rooms_;
  std::string key_;
  std::string secret_;
};

}  // namespace ringback::bench
