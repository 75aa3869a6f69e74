#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "base/time.h"
#include "client/signal_link.h"
#include "livekit/signal_client.h"
#include "webrtc_transport/transport_context.h"

namespace ringback::client {

/// Why a stay in a room is over for good.
struct SessionEnd {
  enum class Kind : std::uint8_t {
    kRefused,      ///< the server does not let us in: token, grants, unknown room
    kUnreachable,  ///< no connection to the server, or no media, for too long
    kLeft,         ///< the server ended the stay: `reason` says why
  };
  Kind kind = Kind::kLeft;
  livekit::DisconnectReason reason = livekit::DisconnectReason::kUnknown;
  std::string detail;  ///< for people
};

/// Keeps one participant's signalling alive: joins, pings, resumes after a lost connection, joins anew when
/// the server has forgotten us or asks for it, and gives up after a while.
///
/// Recovery follows LiveKit's clients: the participant is resumed as long as the server may still know it,
/// else it joins again with the newest token; delays grow from 0 to a few seconds. The owner says when the
/// media is up (confirm()); until then the time for giving up runs. One who was put out must not come back,
/// also when the goodbye was lost: a server that has closed the media and no longer knows us has removed us.
///
/// Owner: a RemoteParticipant, on its worker. Owner calls come from the worker's loop, never inside a call of
/// this object; they may call this object, but not destroy it.
class SignalSession final : private SignalLink::Listener {
 public:
  class Owner {
   public:
    /// A new stay begins: nothing of an earlier one is valid.
    virtual void on_joined(const livekit::JoinResponse& join) = 0;
    /// The stay goes on over a new connection.
    virtual void on_resumed(const livekit::ReconnectResponse& resumed) = 0;
    /// Any other message that is not this object's own business.
    virtual void on_signal(const livekit::SignalResponse& message) = 0;
    /// The connection is gone; recovery is under way.
    virtual void on_interrupted(std::string_view why) = 0;
    /// The last call.
    virtual void on_over(const SessionEnd& end) = 0;

   protected:
    ~Owner() = default;
  };

  struct Settings {
    std::string client_version;
    base::Duration join_limit = std::chrono::seconds(15);      ///< until the first media connection
    base::Duration recovery_limit = std::chrono::seconds(60);  ///< from a loss to the media being up again
  };

  SignalSession(webrtc_transport::TransportContext& context, SignalDialer& dialer, Owner& owner,
                Settings settings, std::string token);

  void start();
  /// False when there is no connection: what must not be lost is sent again after on_joined() or
  /// on_resumed().
  bool send(const livekit::ClientMessage& message);
  /// Media flows: recovery, if any, has ended.
  void confirm();
  /// Media does not flow: join anew, soon. Harmless while a recovery is under way.
  void rejoin(std::string_view why);
  /// The server has closed the media of this stay in order, as it does with everybody whom it puts out. Its
  /// goodbye says why. It comes on another connection: perhaps a little later, perhaps never.
  void media_closed();
  /// Says goodbye; no owner call follows.
  void leave(livekit::DisconnectReason reason);

  [[nodiscard]] bool connected() const { return state_ == State::kUp; }
  [[nodiscard]] bool over() const { return state_ == State::kOver; }

 private:
  enum class State : std::uint8_t { kIdle, kOpening, kUp, kWaiting, kOver };

  void on_frame(std::string frame) override;
  void on_lost(SignalLoss loss) override;

  void open();
  void on_first(const livekit::SignalResponse& message);
  void on_leave(const livekit::Leave& leave);
  void came_up(std::int32_t ping_interval, std::int32_t ping_timeout);
  /// Drops the connection and opens another one: now at the first time, later and later at the next ones.
  void recover(bool resume, std::string_view why);
  void end(SessionEnd end);
  void tick(base::TimePoint now);
  void drop_link();

  webrtc_transport::TransportContext& context_;
  SignalDialer& dialer_;
  Owner& owner_;
  const Settings settings_;
  std::string token_;
  std::string participant_sid_;
  std::unique_ptr<SignalLink> link_;
  /// A link that ended inside its own call; destroyed at the next tick.
  std::unique_ptr<SignalLink> dead_link_;
  State state_ = State::kIdle;
  bool resuming_ = false;
  bool media_closed_ = false;  ///< the server has closed the media of this stay
  bool forgotten_ = false;     ///< it did not let us resume; the next attempt begins a new stay
  unsigned attempt_ = 0;
  unsigned failures_ = 0;                         ///< connections that failed to open, in a row
  std::vector<std::string> regions_;              ///< of the server's last Leave
  base::TimePoint trouble_since_ = base::kNever;  ///< kNever: all is well
  base::Duration limit_{};
  std::string why_;

  base::Duration ping_interval_{};
  base::Duration ping_timeout_{};
  base::TimePoint next_ping_ = base::kNever;
  base::TimePoint silence_at_ = base::kNever;  ///< nothing heard by then: the connection is dead
  base::TimePoint open_at_ = base::kNever;     ///< the next attempt
  base::TimePoint goodbye_by_ = base::kNever;  ///< media is closed, and the server has not said why
  base::Alarm alarm_;
};

}  // namespace ringback::client
