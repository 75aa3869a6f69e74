// The server API as a worker serves it; who may ask was decided on the front.

#include <algorithm>

#include "room/limits.h"
#include "room/room_settings.h"
#include "room/worker_host.h"

namespace ringback::room {
namespace {

livekit::TwirpError no_participant() {
  return livekit::not_found("participant does not exist");
}
livekit::TwirpError no_room() {
  return livekit::not_found("requested room does not exist");
}

}  // namespace

livekit::Room WorkerHost::create_room(const livekit::CreateRoomRequest& request) {
  return open_room(request.name, {.name = request.room_preset,
                                  .empty_timeout = request.empty_timeout,
                                  .departure_timeout = request.departure_timeout,
                                  .max_participants = request.max_participants,
                                  .metadata = request.metadata,
                                  .min_playout_delay = request.min_playout_delay,
                                  .max_playout_delay = request.max_playout_delay,
                                  .sync_streams = request.sync_streams,
                                  .agents = request.agents,
                                  .tags = request.tags})
      .info();
}

std::vector<livekit::Room> WorkerHost::list_rooms(const std::vector<std::string>& names) const {
  std::vector<livekit::Room> rooms;
  for (const auto& [name, room] : rooms_) {
    if (names.empty() || std::ranges::find(names, name) != names.end()) rooms.push_back(room->info());
  }
  return rooms;
}

livekit::TwirpResult<livekit::EmptyResponse> WorkerHost::delete_room(const std::string& name) {
  Room* room = find_room(name);
  if (room == nullptr) return base::Failure{no_room()};
  room->close(livekit::DisconnectReason::kRoomDeleted);
  return livekit::EmptyResponse{};
}

std::vector<livekit::ParticipantInfo> WorkerHost::list_participants(const std::string& room_name) const {
  std::vector<livekit::ParticipantInfo> infos;
  const Room* room = find_room(room_name);
  if (room == nullptr) return infos;
  for (const auto& participant : room->participants()) infos.push_back(participant->info());
  return infos;
}

livekit::TwirpResult<livekit::ParticipantInfo> WorkerHost::get_participant(
    const std::string& room, const std::string& identity) const {
  const Participant* participant = find_participant(room, identity);
  if (participant == nullptr) return base::Failure{no_participant()};
  return participant->info();
}

livekit::TwirpResult<livekit::EmptyResponse> WorkerHost::remove_participant(const std::string& room,
                                                                            const std::string& identity) {
  Participant* participant = find_participant(room, identity);
  if (participant == nullptr) return base::Failure{no_participant()};
  participant->room().remove(*participant, livekit::DisconnectReason::kParticipantRemoved);
  return livekit::EmptyResponse{};
}

livekit::TwirpResult<livekit::MuteRoomTrackResponse> WorkerHost::mute_track(
    const livekit::MuteRoomTrackRequest& request) {
  Participant* participant = find_participant(request.room, request.identity);
  if (participant == nullptr) return base::Failure{no_participant()};
  if (!request.muted && !settings_->remote_unmute) {
    return base::Failure{
        livekit::TwirpError{livekit::TwirpCode::kFailedPrecondition, "remote unmute not enabled", {}}};
  }
  UpTrack* track = participant->find_track(request.track_sid);
  if (track == nullptr) return livekit::MuteRoomTrackResponse{};
  if (track->info().muted != request.muted) {
    participant->room().set_muted(*participant, *track, request.muted);
    participant->on_mute_requested(*track);
  }
  return livekit::MuteRoomTrackResponse{.track = track->info()};
}

livekit::TwirpResult<livekit::ParticipantInfo> WorkerHost::update_participant(
    const livekit::UpdateParticipantRequest& request) {
  if (const auto excess = excess_of(*settings_, request.name, request.metadata, request.attributes)) {
    return base::Failure{livekit::invalid_argument(*excess)};
  }
  Participant* participant = find_participant(request.room, request.identity);
  if (participant == nullptr) return base::Failure{no_participant()};
  Room& room = participant->room();
  if (!request.name.empty() || !request.metadata.empty() || !request.attributes.empty()) {
    room.update_values(*participant, request.name, request.metadata, request.attributes);
  }
  if (request.permission) room.update_permission(*participant, *request.permission);
  return participant->info();
}

livekit::TwirpResult<livekit::EmptyResponse> WorkerHost::update_subscriptions(
    const livekit::UpdateSubscriptionsRequest& request) {
  Participant* participant = find_participant(request.room, request.identity);
  if (participant == nullptr) return base::Failure{no_participant()};
  participant->update_subscriptions({.track_sids = request.track_sids,
                                     .subscribe = request.subscribe,
                                     .participant_tracks = request.participant_tracks});
  return livekit::EmptyResponse{};
}

livekit::TwirpResult<livekit::EmptyResponse> WorkerHost::send_data(const livekit::SendDataRequest& request) {
  Room* room = find_room(request.room);
  if (room == nullptr) return base::Failure{no_room()};
  room->send_data(request);
  return livekit::EmptyResponse{};
}

livekit::TwirpResult<livekit::Room> WorkerHost::update_room_metadata(const std::string& room_name,
                                                                     const std::string& metadata) {
  if (metadata.size() > settings_->max_metadata_size) {
    return base::Failure{livekit::invalid_argument("metadata size exceeds limits")};
  }
  Room* room = find_room(room_name);
  if (room == nullptr) return base::Failure{no_room()};
  room->set_metadata(metadata);
  return room->info();
}

}  // namespace ringback::room
