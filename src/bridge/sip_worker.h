#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/timer_wheel.h"
#include "bridge/call_leg.h"
#include "bridge/sip_settings.h"
#include "rtp/port_range.h"
#include "sip/user_agent.h"
#include "sip_transport/sip_transport.h"

namespace ringback::bridge {

/// The phone legs of one worker, with the SIP user agent and the RTP ports that they share.
///
/// Made before the worker starts, destroyed after it has joined; everything between happens on the worker.
class SipWorker final : private sip_transport::Receiver, private CallLeg::Environment {
  using Environment = CallLeg::Environment;

 public:
  struct Options {
    std::shared_ptr<const SipSettings> settings;
    base::IpAddress bind;         ///< for RTP; empty: all addresses
    std::uint16_t rtp_first = 0;  ///< this worker's share of the port range
    std::uint16_t rtp_last = 0;
    std::string user_agent;  ///< for the User-Agent header
    /// Told of every event, on the worker.
    std::function<void(CallEvent)> on_event;
  };

  SipWorker(net::Worker& worker, RoomDoor& rooms, sip_transport::SipTransport& transport, Options options);
  ~SipWorker();

  /// Places a call; its events begin at once.
  void dial(DialRequest request, std::vector<sip::Destination> targets);
  void hang_up(const CallId& call, CallCause cause);
  void hang_up_all(CallCause cause);
  /// Calls whose end the far side has not confirmed yet count too.
  [[nodiscard]] std::size_t open_sessions() const { return agent_->session_count(); }

 private:
  class Wakeup final : public base::TimerWheel::Entry {
   public:
    explicit Wakeup(SipWorker& owner) : owner_(owner) {}

   private:
    void on_timer(base::TimePoint now) override { owner_.wake(now); }
    SipWorker& owner_;
  };

  void on_sip_message(std::string bytes, const sip::Source& source) override;
  void on_transport_failed(const sip::Destination& to, std::string why) override;

  net::Worker& worker() override { return worker_; }
  sip::UserAgent& agent() override { return *agent_; }
  const SipSettings& settings() override { return *options_.settings; }
  base::Result<std::unique_ptr<RoomSession>, CallFailure> join(
      const DialRequest& request, const std::map<std::string, std::string>& attributes,
      RoomSession::Listener& listener) override {
    return rooms_.join(request, attributes, listener);
  }
  base::ErrorOr<std::unique_ptr<AudioPath>> open_audio(const base::IpAddress& peer,
                                                       const AudioPath::Settings& settings,
                                                       AudioPath::Listener& listener) override;
  void agent_used() override;
  void session_is(CallLeg& leg, sip::SessionId session) override;
  void report(CallEvent event) override { options_.on_event(std::move(event)); }
  void finished(CallLeg& leg) override;

  void wake(base::TimePoint now);
  void drain();
  void refuse(const sip::IncomingInvite& call);

  net::Worker& worker_;
  RoomDoor& rooms_;
  sip_transport::SipTransport& transport_;
  Options options_;
  rtp::PortRange ports_;
  std::unique_ptr<sip_transport::WorkerLink> link_;
  std::unique_ptr<sip::UserAgent> agent_;
  Wakeup wakeup_{*this};
  bool draining_ = false;

  std::unordered_map<CallId, std::unique_ptr<CallLeg>> legs_;
  std::unordered_map<std::uint64_t, CallLeg*> by_session_;
  std::vector<std::unique_ptr<CallLeg>>
      finished_;  ///< destroyed at the next wake-up, outside their own calls
};

}  // namespace ringback::bridge
