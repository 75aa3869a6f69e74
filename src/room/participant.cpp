#include "room/participant.h"

#include <algorithm>

namespace ringback::room {

Participant::Participant(Room& room, livekit::ParticipantInfo info) : info_(std::move(info)), room_(room) {
  if (!info_.permission) info_.permission.emplace();
}

Participant::~Participant() = default;

bool Participant::dependent() const {
  return info_.kind == livekit::ParticipantKind::kAgent || info_.kind == livekit::ParticipantKind::kEgress ||
         permission().agent || permission().recorder;
}

bool Participant::announced() const {
  return info_.state == livekit::ParticipantState::kJoined ||
         info_.state == livekit::ParticipantState::kActive;
}

UpTrack* Participant::find_track(std::string_view sid) const {
  const auto found = std::ranges::find(tracks_, sid, &UpTrack::sid);
  return found == tracks_.end() ? nullptr : found->get();
}

bool Participant::allows(const Participant& subscriber, const UpTrack& track) const {
  if (!subscription_permission_ || subscription_permission_->all_participants) return true;
  for (const auto& permission : subscription_permission_->track_permissions) {
    if (permission.participant_sid != subscriber.sid() &&
        permission.participant_identity != subscriber.identity()) {
      continue;
    }
    return permission.all_tracks ||
           std::ranges::find(permission.track_sids, track.sid()) != permission.track_sids.end();
  }
  return false;
}

void Participant::refresh_tracks() {
  info_.tracks.clear();
  for (const auto& track : tracks_) info_.tracks.push_back(track->info());
  info_.is_publisher = !tracks_.empty();
}

}  // namespace ringback::room
