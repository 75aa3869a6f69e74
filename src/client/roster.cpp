#include "client/roster.h"

#include <algorithm>

namespace ringback::client {

Roster::Change Roster::reset(std::string self_identity,
                             const std::vector<livekit::ParticipantInfo>& participants) {
  self_identity_ = std::move(self_identity);
  Change change;
  for (const auto& [identity, participant] : participants_) remove(participant, change);
  participants_.clear();
  for (const auto& info : participants) apply(info, change);
  return change;
}

Roster::Change Roster::update(const std::vector<livekit::ParticipantInfo>& participants) {
  Change change;
  for (const auto& info : participants) apply(info, change);
  return change;
}

void Roster::apply(const livekit::ParticipantInfo& info, Change& change) {
  if (info.identity == self_identity_) return;
  auto known = participants_.find(info.identity);
  if (known != participants_.end() && known->second.sid != info.sid) {
    // The goodbye of a session that somebody has replaced already.
    if (info.state == livekit::ParticipantState::kDisconnected) return;
    remove(known->second, change);
    participants_.erase(known);
    known = participants_.end();
  }
  if (info.state == livekit::ParticipantState::kDisconnected) {
    if (known == participants_.end()) return;
    remove(known->second, change);
    participants_.erase(known);
    return;
  }
  if (known != participants_.end() && info.version < known->second.version) return;

  Participant& participant = participants_[info.identity];
  participant.sid = info.sid;
  participant.version = info.version;
  std::vector<std::string> present;
  for (const auto& track : info.tracks) {
    if (track.type != livekit::TrackType::kAudio) continue;
    present.push_back(track.sid);
    if (std::ranges::find(participant.audio_sids, track.sid) != participant.audio_sids.end()) continue;
    change.added.push_back({track.sid, info.sid});
    change.encrypted = change.encrypted || track.encryption != livekit::Encryption::kNone;
  }
  for (const auto& sid : participant.audio_sids) {
    if (std::ranges::find(present, sid) == present.end()) change.removed.push_back({sid, info.sid});
  }
  participant.audio_sids = std::move(present);
}

void Roster::remove(const Participant& participant, Change& change) {
  for (const auto& sid : participant.audio_sids) change.removed.push_back({sid, participant.sid});
}

bool Roster::has_track(const std::string& sid) const {
  return std::ranges::any_of(participants_, [&sid](const auto& entry) {
    return std::ranges::find(entry.second.audio_sids, sid) != entry.second.audio_sids.end();
  });
}

std::vector<Roster::AudioTrack> Roster::audio_tracks() const {
  std::vector<AudioTrack> tracks;
  for (const auto& [identity, participant] : participants_) {
    for (const auto& sid : participant.audio_sids) tracks.push_back({sid, participant.sid});
  }
  return tracks;
}

}  // namespace ringback::client
