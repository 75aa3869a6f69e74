#pragma once

#include <string>
#include <vector>

#include "livekit/model.h"
#include "livekit/signal_request.h"

/// Between the plain values of this module and the generated wire messages. Private to the module's sources:
/// the generated classes are only named here, so that no header includes protobuf.
namespace livekit {
class AddTrackRequest;
class ClientInfo;
class Codec;
class MuteTrackRequest;
class ParticipantInfo;
class ParticipantPermission;
class ParticipantTracks;
class Room;
class RoomAgentDispatch;
class RoomConfiguration;
class SessionDescription;
class SimulcastCodecInfo;
class SyncState;
class TimedVersion;
class TrackInfo;
class TrickleRequest;
class UpdateLocalAudioTrack;
class UpdateLocalVideoTrack;
class UpdateParticipantMetadata;
class UpdateSubscription;
class VideoLayer;
}  // namespace livekit

namespace ringback::livekit {

namespace wire = ::livekit;

void to_wire(const TimedVersion& from, wire::TimedVersion* to);
void to_wire(const Codec& from, wire::Codec* to);
void to_wire(const VideoLayer& from, wire::VideoLayer* to);
void to_wire(const SimulcastCodecInfo& from, wire::SimulcastCodecInfo* to);
void to_wire(const TrackInfo& from, wire::TrackInfo* to);
void to_wire(const ParticipantPermission& from, wire::ParticipantPermission* to);
void to_wire(const ParticipantInfo& from, wire::ParticipantInfo* to);
void to_wire(const Room& from, wire::Room* to);
void to_wire(const RoomAgentDispatch& from, wire::RoomAgentDispatch* to);
void to_wire(const RoomConfiguration& from, wire::RoomConfiguration* to);
void to_wire(const SessionDescription& from, wire::SessionDescription* to);
void to_wire(const Trickle& from, wire::TrickleRequest* to);
void to_wire(const AddTrack& from, wire::AddTrackRequest* to);
void to_wire(const MuteTrack& from, wire::MuteTrackRequest* to);
void to_wire(const UpdateSubscription& from, wire::UpdateSubscription* to);
void to_wire(const SyncState& from, wire::SyncState* to);
void to_wire(const UpdateMetadata& from, wire::UpdateParticipantMetadata* to);
void to_wire(const UpdateAudioTrack& from, wire::UpdateLocalAudioTrack* to);
void to_wire(const UpdateVideoTrack& from, wire::UpdateLocalVideoTrack* to);

[[nodiscard]] VideoLayer from_wire(const wire::VideoLayer& from);
[[nodiscard]] TrackInfo from_wire(const wire::TrackInfo& from);
[[nodiscard]] ParticipantPermission from_wire(const wire::ParticipantPermission& from);
[[nodiscard]] ParticipantTracks from_wire(const wire::ParticipantTracks& from);
[[nodiscard]] ParticipantInfo from_wire(const wire::ParticipantInfo& from);
[[nodiscard]] Room from_wire(const wire::Room& from);
[[nodiscard]] Codec from_wire(const wire::Codec& from);
[[nodiscard]] RoomAgentDispatch from_wire(const wire::RoomAgentDispatch& from);
[[nodiscard]] RoomConfiguration from_wire(const wire::RoomConfiguration& from);
[[nodiscard]] ClientInfo from_wire(const wire::ClientInfo& from);
[[nodiscard]] SessionDescription from_wire(const wire::SessionDescription& from);
[[nodiscard]] Trickle from_wire(const wire::TrickleRequest& from);
[[nodiscard]] AddTrack from_wire(const wire::AddTrackRequest& from);
[[nodiscard]] MuteTrack from_wire(const wire::MuteTrackRequest& from);
[[nodiscard]] UpdateSubscription from_wire(const wire::UpdateSubscription& from);
[[nodiscard]] SyncState from_wire(const wire::SyncState& from);
[[nodiscard]] UpdateMetadata from_wire(const wire::UpdateParticipantMetadata& from);
[[nodiscard]] UpdateAudioTrack from_wire(const wire::UpdateLocalAudioTrack& from);
[[nodiscard]] UpdateVideoTrack from_wire(const wire::UpdateLocalVideoTrack& from);

/// Repeated messages.
template <class Values, class Repeated>
void to_wire_list(const Values& from, Repeated* to) {
  to->Reserve(static_cast<int>(from.size()));
  for (const auto& value : from) to_wire(value, to->Add());
}
template <class Repeated>
[[nodiscard]] auto from_wire_list(const Repeated& from) {
  std::vector<decltype(from_wire(from.Get(0)))> values;
  values.reserve(static_cast<std::size_t>(from.size()));
  for (const auto& value : from) values.push_back(from_wire(value));
  return values;
}

/// Repeated strings.
template <class Repeated>
void to_wire_strings(const std::vector<std::string>& from, Repeated* to) {
  for (const std::string& value : from) *to->Add() = value;
}
template <class Repeated>
[[nodiscard]] std::vector<std::string> from_wire_strings(const Repeated& from) {
  return {from.begin(), from.end()};
}

/// Repeated enums, which the wire keeps as integers.
template <class Enum, class Repeated>
void to_wire_enums(const std::vector<Enum>& from, Repeated* to) {
  for (const Enum value : from) to->Add(static_cast<int>(value));
}
template <class Enum, class Repeated>
[[nodiscard]] std::vector<Enum> from_wire_enums(const Repeated& from) {
  std::vector<Enum> values;
  values.reserve(static_cast<std::size_t>(from.size()));
  for (const int value : from) values.push_back(static_cast<Enum>(value));
  return values;
}

/// Maps of strings.
template <class Map>
void to_wire_map(const std::map<std::string, std::string>& from, Map* to) {
  for (const auto& [key, value] : from) (*to)[key] = value;
}
template <class Map>
[[nodiscard]] std::map<std::string, std::string> from_wire_map(const Map& from) {
  return {from.begin(), from.end()};
}

}  // namespace ringback::livekit
