#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "net/front.h"
#include "webrtc/data_channels.h"
#include "webrtc/sctp_stack.h"
#include "webrtc_transport/data_links.h"

namespace ringback::webrtc_transport {

class MediaPort;

/// Runs SCTP for the data channels of all transports on the front thread, and carries packets and messages
/// between it and the workers. One for the process. Created and destroyed on the front (or while it does not
/// run); the workers have joined when it is destroyed.
class DataRelay final : public DataLinks {
 public:
  explicit DataRelay(net::Front& front);
  ~DataRelay() override;

  /// The port of the next worker, in the order of the workers' indices; before any of its transports is in
  /// use. Both must outlive the front thread's run.
  void add_port(base::Executor& worker, MediaPort& port) { ports_.push_back({&worker, &port}); }

  void start(std::uint64_t link, const Options& options) override;
  void receive(std::uint64_t link, std::string packet) override;
  void send(std::uint64_t link, bool reliable, std::shared_ptr<const std::string> message) override;
  void stop(std::uint64_t link) override;

 private:
  class Association;
  struct PortAddress {
    base::Executor* worker;
    MediaPort* port;
  };

  /// Posts work on the association of a link to the front.
  void post(std::uint64_t link, std::function<void(Association&)> work);
  void run_timers();
  void schedule_timers();

  net::Front& front_;
  webrtc::SctpStack stack_;
  std::vector<PortAddress> ports_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Association>> associations_;
  net::TimerId timer_;
  base::TimePoint timers_ran_at_{};
};

}  // namespace ringback::webrtc_transport
