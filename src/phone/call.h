#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "net/worker.h"
#include "phone/behaviour.h"
#include "phone/event.h"
#include "phone/media.h"
#include "phone/options.h"
#include "sdp/sip_profile.h"
#include "sip/event.h"
#include "sip/user_agent.h"

namespace ringback::phone {

class Call;

/// What a call needs of the phone that it belongs to.
class Line {
 public:
  virtual net::Worker& worker() = 0;
  virtual sip::UserAgent& agent() = 0;
  virtual rtp::PortRange& ports() = 0;
  virtual const PhoneOptions& options() const = 0;
  virtual void emit(const Event& event) = 0;
  /// Calls `step` later, unless the call has ended by then.
  virtual void after(base::Duration delay, sip::SessionId session, std::function<void(Call&)> step) = 0;
  /// Our address as the caller can reach it.
  virtual base::IpAddress media_address(const sip::Source& caller) const = 0;

 protected:
  ~Line() = default;
};

/// One incoming call, from the INVITE to its end. Owner: the phone's line, on its worker; the line destroys
/// it when the session is over.
class Call final : private MediaListener {
 public:
  Call(Line& line, unsigned number, const sip::IncomingInvite& invite);
  ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Does what the number stands for; once, right after construction.
  void begin();
  void on_acknowledged(const sip::Acknowledged& event);
  void on_reinvite(const sip::ReinviteOffer& event);
  void on_info_digit(char digit) { on_digit(digit); }
  void on_ended(const sip::Ended& event);
  void hang_up();

 private:
  void ring();
  void ring_with_early_media();
  void answer();
  void refuse(std::uint16_t status);
  /// Opens the audio and evaluates the caller's offer; false when the call was refused for it.
  bool prepare_media();
  void start_sound();
  [[nodiscard]] Event event(Event::Kind kind) const;

  void on_digit(char digit) override;
  void on_measurement(const Ear::Measurement& measurement) override;

  Line& line_;
  sip::SessionId session_;
  unsigned number_;
  std::string dialled_;
  std::string from_;
  std::string offer_;
  Behaviour behaviour_;
  base::IpAddress address_;
  std::unique_ptr<Media> media_;
  std::optional<sdp::SipNegotiation> negotiation_;
  std::string answer_;  ///< our description: the answer to their offer, or our offer when they made none
  bool refused_ = false;
  bool held_ = false;
};

}  // namespace ringback::phone
