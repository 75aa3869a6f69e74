#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "livekit/model.h"
#include "livekit/signal_request.h"
#include "room/local_participant.h"
#include "room/up_track.h"

namespace ringback::room {

class Room;

/// One packet of a data channel on its way to its receivers; shared by all of them.
using SharedPacket = std::shared_ptr<const std::string>;

/// Somebody in a room: what the others see of them, the tracks they publish, and what the room tells them.
/// ClientParticipant is reached over WebRTC, LocalSeat is in this process. Owned by the Room; worker thread.
class Participant {
 public:
  Participant(Room& room, livekit::ParticipantInfo info);
  virtual ~Participant();
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  [[nodiscard]] Room& room() const { return room_; }
  [[nodiscard]] const livekit::ParticipantInfo& info() const { return info_; }
  [[nodiscard]] const std::string& sid() const { return info_.sid; }
  [[nodiscard]] const std::string& identity() const { return info_.identity; }
  [[nodiscard]] const livekit::ParticipantPermission& permission() const { return *info_.permission; }
  [[nodiscard]] bool hidden() const { return permission().hidden; }
  /// Agents, recorders and egress neither keep a room open nor count towards its limit.
  [[nodiscard]] bool dependent() const;
  /// Others may know: the join response is out and the participant is not leaving.
  [[nodiscard]] bool announced() const;
  [[nodiscard]] bool active() const { return info_.state == livekit::ParticipantState::kActive; }

  [[nodiscard]] const std::vector<std::unique_ptr<UpTrack>>& tracks() const { return tracks_; }
  [[nodiscard]] UpTrack* find_track(std::string_view sid) const;

  /// Whether this publisher lets that participant have the track (SubscriptionPermission).
  [[nodiscard]] bool allows(const Participant& subscriber, const UpTrack& track) const;

  // What the room tells. None of these may remove a participant from the room.

  /// Somebody (perhaps this participant) changed, came or went. `frame` is the encoded ParticipantUpdate.
  virtual void on_participant(const livekit::ParticipantInfo& changed, const std::string& frame) = 0;
  /// The room's own values changed; `frame` is the encoded RoomUpdate.
  virtual void on_room(const std::string& frame) = 0;
  virtual void on_speakers(const std::vector<livekit::SpeakerInfo>& speakers) = 0;
  virtual void on_quality(const Participant& of, livekit::ConnectionQuality quality, float score) = 0;
  /// A track of another participant is live, or may now be subscribed to.
  virtual void on_track_available(UpTrack& track) = 0;
  /// The track is about to be destroyed: nothing may refer to it after the call.
  virtual void on_track_removed(UpTrack& track) = 0;
  virtual void on_track_muted(UpTrack& track) = 0;
  virtual void on_data(const SharedPacket& packet, bool reliable) = 0;
  virtual void on_occupancy_changed() = 0;
  /// A track of this participant has got its first subscriber.
  virtual void on_first_subscriber(UpTrack& track) = 0;
  /// An administrator muted a track of this participant.
  virtual void on_mute_requested(UpTrack& track) = 0;
  /// The server took a track of this participant away.
  virtual void on_track_revoked(const std::string& track_sid) = 0;
  /// The administrator's wish about this participant's subscriptions.
  virtual void update_subscriptions(const livekit::UpdateSubscription& wish) = 0;
  /// Permission, name, metadata or attributes of this participant changed.
  virtual void on_self_changed() = 0;
  /// Permissions (its own or a publisher's) changed: subscribe and unsubscribe accordingly.
  virtual void evaluate_subscriptions() = 0;
  [[nodiscard]] virtual bool is_subscribed_to(const Participant& publisher) const = 0;
  [[nodiscard]] virtual bool takes(AudioCodec codec) const = 0;
  /// How well packets arrive, both ways: share lost over the last interval, less than 0 when there were none.
  [[nodiscard]] virtual double take_loss() { return -1; }
  /// The stay is over. The last call.
  virtual void on_removed(livekit::DisconnectReason reason, livekit::LeaveAction action) = 0;

 protected:
  friend class Room;

  /// A version of its own for each change that others are told of.
  void touch() { ++info_.version; }
  /// Copies the live tracks into info().
  void refresh_tracks();

  livekit::ParticipantInfo info_;
  std::vector<std::unique_ptr<UpTrack>> tracks_;
  std::optional<livekit::SubscriptionPermission> subscription_permission_;
  std::uint32_t last_data_sequence_ = 0;  ///< of the reliable packets that this participant sent
  livekit::ConnectionQuality quality_ = livekit::ConnectionQuality::kExcellent;
  bool quality_told_ = false;

 private:
  Room& room_;
};

}  // namespace ringback::room
