#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "livekit/connect_request.h"
#include "livekit/room_api.h"
#include "livekit/signal.h"
#include "livekit/twirp.h"
#include "room/local_participant.h"
#include "room/room_settings.h"

namespace ringback::net {
class Worker;
}

namespace ringback::webrtc_transport {
class MediaPort;
}

namespace ringback::room {

class SignalLink;

/// Why a participant is not let in.
enum class JoinRefusal : std::uint8_t {
  kNoSuchRoom,  ///< it does not exist and may not be created
  kRoomFull,    ///< max_participants reached
};

/// A client's wish to join, checked against its token by the front.
struct JoinRequest {
  std::uint64_t session = 0;  ///< names the signalling connection
  std::string room;
  livekit::Claims claims;
  livekit::ConnectRequest connect;
};

/// All rooms of one worker and their participants.
///
/// Lives on its worker: created before the worker starts or on it, destroyed on it (or after it has joined).
/// Every method belongs to that thread; other threads post to the worker. Which worker has a room is decided
/// by the hash of the room's name (worker_of()).
class RoomHost {
 public:
  /// `media`: the worker's port, which must outlive the host.
  static std::unique_ptr<RoomHost> create(net::Worker& worker, std::shared_ptr<const RoomSettings> settings,
                                          webrtc_transport::MediaPort& media);
  virtual ~RoomHost() { *slot_ = nullptr; }
  RoomHost(const RoomHost&) = delete;
  RoomHost& operator=(const RoomHost&) = delete;

  /// The index of the worker among `workers` on which a room of this name lives.
  [[nodiscard]] static std::size_t worker_of(std::string_view room_name, std::size_t workers);

  // In-process participants.

  /// Joins as a participant of this process, creating the room when it does not exist. An identity that is
  /// taken replaces its holder. The listener must outlive the returned handle.
  [[nodiscard]] virtual base::Result<std::unique_ptr<LocalParticipant>, JoinRefusal> join_local(
      const std::string& room_name, const LocalJoin& join, LocalParticipant::Listener& listener) = 0;
  /// Whether every client in the room can be sent audio in this codec (as far as it is known: a client that
  /// has not negotiated yet counts as able). True for an unknown room.
  [[nodiscard]] virtual bool all_subscribers_take(const std::string& room_name, AudioCodec codec) const = 0;

  // The server API; errors are those of the wire.

  virtual livekit::Room create_room(const livekit::CreateRoomRequest& request) = 0;
  [[nodiscard]] virtual bool has_room(const std::string& name) const = 0;
  [[nodiscard]] virtual std::vector<livekit::Room> list_rooms(
      const std::vector<std::string>& names) const = 0;
  virtual livekit::TwirpResult<livekit::EmptyResponse> delete_room(const std::string& name) = 0;
  [[nodiscard]] virtual std::vector<livekit::ParticipantInfo> list_participants(
      const std::string& room) const = 0;
  [[nodiscard]] virtual livekit::TwirpResult<livekit::ParticipantInfo> get_participant(
      const std::string& room, const std::string& identity) const = 0;
  virtual livekit::TwirpResult<livekit::EmptyResponse> remove_participant(const std::string& room,
                                                                          const std::string& identity) = 0;
  virtual livekit::TwirpResult<livekit::MuteRoomTrackResponse> mute_track(
      const livekit::MuteRoomTrackRequest& request) = 0;
  virtual livekit::TwirpResult<livekit::ParticipantInfo> update_participant(
      const livekit::UpdateParticipantRequest& request) = 0;
  virtual livekit::TwirpResult<livekit::EmptyResponse> update_subscriptions(
      const livekit::UpdateSubscriptionsRequest& request) = 0;
  virtual livekit::TwirpResult<livekit::EmptyResponse> send_data(const livekit::SendDataRequest& request) = 0;
  virtual livekit::TwirpResult<livekit::Room> update_room_metadata(const std::string& room,
                                                                   const std::string& metadata) = 0;

  // Signalling connections, called by RoomServer's posts.

  /// A new connection: joins or resumes. Every answer goes through the link; a refusal through
  /// SignalLink::refuse().
  virtual void connect(const JoinRequest& request, std::unique_ptr<SignalLink> link) = 0;
  virtual void signal(std::uint64_t session, livekit::SignalRequest request, livekit::FrameFormat format) = 0;
  /// The WebSocket is gone without a leave.
  virtual void disconnected(std::uint64_t session) = 0;

  /// Ends every room (leave with kServerShutdown).
  virtual void shut_down() = 0;

  struct Stats {
    std::size_t rooms = 0;
    std::size_t participants = 0;
    std::size_t tracks = 0;
    std::uint64_t packets_in = 0;
    std::uint64_t packets_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };
  [[nodiscard]] virtual Stats stats() const = 0;

 protected:
  RoomHost() : slot_(std::make_shared<RoomHost*>(this)) {}

 private:
  friend class HostAddress;
  const std::shared_ptr<RoomHost*> slot_;  ///< null inside when the host is gone; read on the worker only
};

/// The way to a host from other threads: a value that stays harmless when the host is gone. Its worker must
/// outlive it.
class HostAddress {
 public:
  HostAddress() = default;
  HostAddress(base::Executor& executor, RoomHost& host) : executor_(&executor), slot_(host.slot_) {}

  explicit operator bool() const { return executor_ != nullptr; }

  /// Runs `work(RoomHost&)` on the worker; destroys it there, without running it, when the host is gone by
  /// then. False when the worker refuses more work.
  template <class Work>
  [[nodiscard]] bool post(Work work) const {
    return executor_ != nullptr && executor_->post([slot = slot_, work = std::move(work)]() mutable {
      if (*slot != nullptr) work(**slot);
    });
  }

 private:
  base::Executor* executor_ = nullptr;
  std::shared_ptr<RoomHost*> slot_;
};

}  // namespace ringback::room
