#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/timer_wheel.h"
#include "net/worker.h"
#include "phone/call.h"
#include "phone/event.h"
#include "phone/options.h"
#include "rtp/port_range.h"
#include "sip/user_agent.h"
#include "sip_transport/sip_transport.h"

namespace ringback::phone {

/// All calls of one phone: feeds SIP messages to the user agent and its events to the calls.
///
/// Lives on the phone's worker; made before the threads start, destroyed after they have ended.
class Switchboard final : public sip_transport::Receiver, private Line, private base::TimerWheel::Entry {
 public:
  Switchboard(net::Worker& worker, sip_transport::SipTransport& transport, const PhoneOptions& options,
              EventHandler on_event);
  ~Switchboard() override;

  /// Ends all calls; on the worker. Nothing is accepted afterwards.
  void hang_up_all();
  [[nodiscard]] bool idle() const { return calls_.empty(); }
  /// Gives back sockets and timers; on the worker, as its last task.
  void close();

  void on_sip_message(std::string bytes, const sip::Source& source) override;
  void on_transport_failed(const sip::Destination& to, std::string why) override;

 private:
  net::Worker& worker() override { return worker_; }
  sip::UserAgent& agent() override { return *agent_; }
  rtp::PortRange& ports() override { return ports_; }
  const PhoneOptions& options() const override { return options_; }
  void emit(const Event& event) override { on_event_(event); }
  void after(base::Duration delay, sip::SessionId session, std::function<void(Call&)> step) override;
  base::IpAddress media_address(const sip::Source& caller) const override;

  void on_timer(base::TimePoint now) override;
  /// Handles what the user agent has to tell, then arms its timer. Ends every entry from outside.
  void settle();
  void handle(const sip::Event& event);
  Call* find(sip::SessionId session);

  net::Worker& worker_;
  sip_transport::SipTransport& transport_;
  PhoneOptions options_;
  EventHandler on_event_;
  rtp::PortRange ports_;
  std::unique_ptr<sip_transport::WorkerLink> link_;
  std::unique_ptr<sip::UserAgent> agent_;
  std::map<sip::SessionId, std::unique_ptr<Call>> calls_;
  unsigned last_call_ = 0;
  bool closing_ = false;
};

}  // namespace ringback::phone
