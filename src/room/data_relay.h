#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/front.h"
#include "room/data_links.h"
#include "room/room_host.h"
#include "webrtc/data_channels.h"
#include "webrtc/sctp_stack.h"

namespace ringback::room {

/// Runs SCTP for the data channels of all transports on the front thread, and carries packets and messages
/// between it and the workers. Owned by RoomServer; created and destroyed on the front (or while it does not
/// run).
class DataRelay final : public DataLinks {
 public:
  explicit DataRelay(net::Front& front);
  ~DataRelay() override;

  /// The host of the next worker; before any of its rooms is in use.
  void add_host(HostAddress host) { hosts_.push_back(std::move(host)); }

  void start(std::uint64_t link, const Options& options) override;
  void receive(std::uint64_t link, std::string packet) override;
  void send(std::uint64_t link, bool reliable, std::shared_ptr<const std::string> message) override;
  void stop(std::uint64_t link) override;

 private:
  class Association;

  /// Posts work on the association of a link to the front.
  void post(std::uint64_t link, std::function<void(Association&)> work);
  void run_timers();
  void schedule_timers();

  net::Front& front_;
  webrtc::SctpStack stack_;
  std::vector<HostAddress> hosts_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Association>> associations_;
  net::TimerId timer_;
  base::TimePoint timers_ran_at_{};
};

}  // namespace ringback::room
