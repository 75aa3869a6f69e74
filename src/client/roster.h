#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "livekit/model.h"

namespace ringback::client {

/// Who else is in the room and what can be heard of them, from the server's snapshots. A plain value.
class Roster {
 public:
  /// An audio track of somebody else.
  struct AudioTrack {
    std::string sid;
    std::string participant_sid;
  };
  struct Change {
    std::vector<AudioTrack> added;
    std::vector<AudioTrack> removed;
    bool encrypted = false;  ///< an added track is end-to-end encrypted: it cannot be heard
  };

  /// A new stay: forgets everybody. `self_identity` is left out wherever it appears.
  Change reset(std::string self_identity, const std::vector<livekit::ParticipantInfo>& participants);
  /// Full snapshots of those who changed; an older one than is known changes nothing.
  Change update(const std::vector<livekit::ParticipantInfo>& participants);

  [[nodiscard]] std::size_t others() const { return participants_.size(); }
  [[nodiscard]] bool has_track(const std::string& sid) const;
  [[nodiscard]] std::vector<AudioTrack> audio_tracks() const;

 private:
  struct Participant {
    std::string sid;
    std::uint32_t version = 0;
    std::vector<std::string> audio_sids;
  };
  void apply(const livekit::ParticipantInfo& info, Change& change);
  static void remove(const Participant& participant, Change& change);

  std::string self_identity_;
  std::map<std::string, Participant> participants_;  ///< by identity
};

}  // namespace ringback::client
