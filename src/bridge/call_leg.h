#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/audio_path.h"
#include "bridge/call_event.h"
#include "bridge/room_session.h"
#include "net/timer_queue.h"
#include "sdp/sip_profile.h"
#include "sip/event.h"
#include "sip/transport.h"

namespace ringback::net {
class Worker;
}
namespace ringback::sip {
class UserAgent;
enum class CommandError : std::uint8_t;
}  // namespace ringback::sip

namespace ringback::bridge {

struct SipSettings;

/// One phone leg: a call that we place to a phone and the phone's stay in a room, from the INVITE to the end.
///
/// States, top to bottom; every arrow may also lead to kEnded:
///   kInviting -> kRinging -> kAnswered (digits are being pressed) -> kConnected -> kEnded
///
/// Owner: the SipWorker, on the worker of the room. It is told of SIP events by its owner, of room and phone
/// events by its listeners; it never destroys itself: when finished() the owner reaps it later.
class CallLeg final : private RoomSession::Listener, private AudioPath::Listener {
 public:
  /// What the leg needs of its surroundings; implemented by SipWorker.
  class Environment {
   public:
    virtual net::Worker& worker() = 0;
    virtual sip::UserAgent& agent() = 0;
    virtual const SipSettings& settings() = 0;
    /// Joins a room as this call's participant.
    virtual base::Result<std::unique_ptr<RoomSession>, CallFailure> join(
        const DialRequest& request, const std::map<std::string, std::string>& attributes,
        RoomSession::Listener& listener) = 0;
    virtual base::ErrorOr<std::unique_ptr<AudioPath>> open_audio(const base::IpAddress& peer,
                                                                 const AudioPath::Settings& settings,
                                                                 AudioPath::Listener& listener) = 0;
    /// Events caused by commands that were given to the agent are dealt with soon, outside the caller.
    virtual void agent_used() = 0;
    /// The leg's session with the agent has this id from now on (a new one for each target tried).
    virtual void session_is(CallLeg& leg, sip::SessionId session) = 0;
    virtual void report(CallEvent event) = 0;
    /// The leg is over; destroy it when nothing of it is on the stack.
    virtual void finished(CallLeg& leg) = 0;

   protected:
    ~Environment() = default;
  };

  /// `targets`: where to send the INVITE, best first; never empty.
  CallLeg(Environment& environment, DialRequest request, std::vector<sip::Destination> targets);
  ~CallLeg() override;

  /// Joins the room and sends the INVITE, without waiting for a room server elsewhere. Reports kJoined and
  /// kDialing, in this order where the room is ours, or kEnded.
  void start();
  /// An event of this leg's SIP session.
  void on_sip(const sip::Event& event);
  /// Hangs up, whatever the state. Nothing happens when it is over already.
  void hang_up(CallCause cause) { hang_up(make_failure(cause)); }

  [[nodiscard]] const CallId& id() const { return request_.call_id; }
  [[nodiscard]] const std::string& room_name() const { return request_.room_name; }
  [[nodiscard]] sip::SessionId session() const { return session_; }

 private:
  enum class State { kInviting, kRinging, kAnswered, kConnected, kEnded };

  void handle(const sip::Trying& event);
  void handle(const sip::Ringing& event);
  void handle(const sip::Answered& event);
  void handle(const sip::Failed& event);
  void handle(const sip::Ended& event);
  void handle(const sip::ReinviteOffer& event);
  void handle(const sip::Acknowledged& event);
  void handle(const sip::DtmfInfo& event);
  template <class Other>
  void handle(const Other&) {}

  void on_room_joined() override;
  void on_room_track(audio::TrackId track, audio::Codec codec) override;
  void on_room_track_gone(audio::TrackId track) override;
  void on_room_dtmf(std::string_view digits) override;
  RpcResult on_room_rpc(std::string_view method, std::string_view payload) override;
  void on_others(std::size_t others) override;
  void on_room_closed(CallFailure why) override;

  void on_phone_digit(std::uint8_t code, char digit) override;
  void on_digits_sent() override;
  void on_media_timeout() override;

  void hang_up(CallFailure why, const sip::HeaderList& headers = {});
  /// The phone is in the room: its track is published, the ringback tone begins.
  void enter_room();
  /// Deals with the outcome of a command to the SIP session; false when the session was over.
  bool command(std::string_view what, const base::Result<void, sip::CommandError>& outcome);
  [[nodiscard]] bool send_invite();
  /// True when the next target is being tried.
  [[nodiscard]] bool try_next_target(const sip::Failed& event);
  [[nodiscard]] std::optional<sdp::NegotiatedAudio> read_answer(const std::string& sdp, std::string& why);
  void bridge_audio();
  void watch_room();
  void end(CallFailure why);
  void end(CallCause cause) { end(make_failure(cause)); }
  void set_status(std::string_view status);
  void report(CallEvent::Kind kind) { report(event_of(kind)); }
  void report(CallEvent event);
  [[nodiscard]] CallEvent event_of(CallEvent::Kind kind) const;
  [[nodiscard]] std::map<std::string, std::string> attributes() const;

  Environment& environment_;
  std::unique_ptr<AudioPath> audio_;
  std::unique_ptr<RoomSession> room_;  ///< gone before the audio path, which takes its packets
  State state_ = State::kInviting;
  bool answered_ = false;
  bool early_media_ = false;
  sip::SessionId session_ = sip::SessionId::kNone;
  std::string sip_call_id_;
  std::optional<sdp::SipNegotiation> negotiation_;
  sip::HeaderList answer_headers_;  ///< of the phone's 2xx

  DialRequest request_;
  std::vector<sip::Destination> targets_;
  std::size_t target_ = 0;

  struct RoomTrack {
    audio::TrackId id;
    audio::Codec codec;
  };
  std::vector<RoomTrack> room_tracks_;  ///< heard by the phone once connected
  bool somebody_was_there_ = false;

  net::TimerId ringing_timer_{};
  net::TimerId duration_timer_{};
  net::TimerId empty_timer_{};
  net::TimerId end_call_timer_{};
};

}  // namespace ringback::bridge
