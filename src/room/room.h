#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "base/time.h"
#include "livekit/access_token.h"
#include "livekit/data_packet.h"
#include "livekit/model.h"
#include "livekit/room_api.h"
#include "livekit/signal_request.h"
#include "room/participant.h"
#include "room/room_context.h"

namespace ringback::room {

/// One room: who is in it, what they publish, and who is told of what.
///
/// Invariants: identities are unique; every live track is known to every announced participant before its
/// packets; a participant's version rises with every change that others see; whoever leaves is buried, not
/// destroyed, because the call that removes it may come from its own transport. Owned by RoomHost; worker
/// thread.
class Room {
 public:
  struct Options {
    std::string name;
    livekit::RoomConfiguration configuration;
  };

  Room(RoomContext& context, Options options);
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  [[nodiscard]] RoomContext& context() { return context_; }
  [[nodiscard]] const std::string& name() const { return info_.name; }
  /// As the API shows it, with current counts.
  [[nodiscard]] livekit::Room info() const;
  [[nodiscard]] const std::vector<std::unique_ptr<Participant>>& participants() const {
    return participants_;
  }
  [[nodiscard]] Participant* find(std::string_view identity) const;
  [[nodiscard]] Participant* find_by_sid(std::string_view sid) const;
  /// Snapshots of everybody that `viewer` may see, except itself.
  [[nodiscard]] std::vector<livekit::ParticipantInfo> others(const Participant& viewer) const;
  [[nodiscard]] Occupancy occupancy(const Participant& viewer) const;
  /// Whether one more participant of this identity fits.
  [[nodiscard]] bool has_place_for(std::string_view identity, bool dependent) const;
  [[nodiscard]] bool closed() const { return closed_; }

  // Life of a participant.

  /// Takes a participant in the state kJoining; a holder of the same identity is removed as duplicate.
  Participant& add(std::unique_ptr<Participant> participant);
  /// The join response is out.
  void joined(Participant& participant);
  /// Media can flow.
  void activated(Participant& participant);
  void remove(Participant& participant, livekit::DisconnectReason reason,
              livekit::LeaveAction action = livekit::LeaveAction::kDisconnect);

  // Tracks.

  /// The track is live: everybody learns of it and may subscribe.
  UpTrack& publish(Participant& publisher, std::unique_ptr<UpTrack> track);
  void unpublish(Participant& publisher, UpTrack& track);
  /// A value of a track that others see changed.
  void track_changed(Participant& publisher);
  void set_muted(Participant& publisher, UpTrack& track, bool muted);
  void set_subscription_permission(Participant& publisher, livekit::SubscriptionPermission permission);
  void subscribed(UpTrack& track);

  // Values of participants and of the room.

  /// Empty name and metadata mean unchanged; attributes merge, an empty value deletes.
  void update_values(Participant& participant, std::string_view name, std::string_view metadata,
                     const livekit::Attributes& attributes);
  void update_permission(Participant& participant, const livekit::ParticipantPermission& permission);
  void set_metadata(const std::string& metadata);

  // Data.

  /// A packet that `from` sent; stamped and forwarded to its destinations.
  void relay(Participant& from, std::string_view packet, bool reliable);
  /// A packet of the server API: to everybody, or to the destinations. Repeated nonces are ignored.
  void send_data(const livekit::SendDataRequest& request);

  /// Ends the room: everybody leaves with this reason.
  void close(livekit::DisconnectReason reason);

 private:
  struct Nonce {
    std::string value;
    base::TimePoint at{};
  };

  void tell_outside(std::string_view event);
  void tell_outside(std::string_view event, const Participant& participant);
  void tell_outside(std::string_view event, const Participant& participant, const UpTrack& track);
  void announce(const Participant& changed);
  void announce_room();
  void announce_occupancy();
  void offer_tracks(Participant& subscriber);
  void deliver(const Participant* from, const std::string& packet, bool reliable,
               const std::vector<std::string>& identities, const std::vector<std::string>& sids);
  void housekeep(base::TimePoint now);
  void update_speakers(base::TimePoint now);
  void update_quality();
  [[nodiscard]] bool kept_open() const;

  RoomContext& context_;
  livekit::Room info_;
  std::vector<std::unique_ptr<Participant>> participants_;
  base::TimePoint created_at_;
  std::optional<base::TimePoint> last_left_;
  bool anybody_joined_ = false;
  bool closed_ = false;
  std::map<std::string, float> speaking_;  ///< participant sid to the level last told
  std::vector<Nonce> nonces_;
  base::Alarm housekeeping_;
  base::Alarm speakers_;
  base::Alarm quality_;
};

}  // namespace ringback::room
