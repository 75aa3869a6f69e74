#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/timer_wheel.h"
#include "load/leg.h"
#include "net/front.h"
#include "net/worker.h"
#include "sip/user_agent.h"
#include "sip_transport/sip_transport.h"

namespace ringback::bench {

/// What the calls of a workload meet.
struct FarSideOptions {
  Probe probe = Probe::kStamp;
  bool answer = true;  ///< false: every call is refused with 486 at once
};

/// The provider's side of the load: takes all calls by real SIP, and carries their audio by real RTP.
///
/// The last four digits of the dialled number are the leg's index; legs 2n and 2n+1 hear each other. Two
/// threads of its own; the public functions are for the driver's thread.
class FarSide final : private sip_transport::Receiver, private base::TimerWheel::Entry {
 public:
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<FarSide>> start(const FarSideOptions& options);
  ~FarSide() override;

  [[nodiscard]] base::Endpoint sip_endpoint() const;
  /// Calls that are answered and acknowledged now.
  [[nodiscard]] std::size_t answered() const { return answered_.load(); }
  [[nodiscard]] std::size_t invited() const { return invited_.load(); }
  /// When the last INVITE arrived.
  [[nodiscard]] base::TimePoint last_invite() const {
    return base::TimePoint{base::Duration(last_invite_us_.load())};
  }

  void begin_window();
  [[nodiscard]] std::vector<LegReport> end_window();

 private:
  explicit FarSide(const FarSideOptions& options) : options_(options) {}
  void on_sip_message(std::string bytes, const sip::Source& source) override;
  void on_transport_failed(const sip::Destination& to, std::string why) override;
  void on_timer(base::TimePoint now) override;
  void settle();
  void take_call(const sip::IncomingInvite& invite);
  /// Runs the task on the worker and waits for its end.
  void on_worker(const std::function<void()>& task);

  FarSideOptions options_;
  std::unique_ptr<net::Front> front_;
  std::unique_ptr<net::Worker> worker_;
  std::unique_ptr<sip_transport::SipTransport> transport_;
  std::unique_ptr<sip_transport::WorkerLink> link_;
  std::unique_ptr<sip::UserAgent> agent_;
  std::map<sip::SessionId, std::unique_ptr<Leg>> legs_;
  std::map<unsigned, Leg*> by_index_;
  std::atomic<std::size_t> answered_{0};
  std::atomic<std::size_t> invited_{0};
  std::atomic<std::int64_t> last_invite_us_{0};
};

}  // namespace ringback::bench
