#include "room/worker_host.h"

#include <algorithm>
#include <functional>

#include "base/log.h"
#include "net/clock.h"
#include "room/client_participant.h"
#include "room/local_seat.h"
#include "room/room_settings.h"
#include "room/sid.h"

namespace ringback::room {
std::unique_ptr<RoomHost> RoomHost::create(net::Worker& worker, std::shared_ptr<const RoomSettings> settings,
                                           webrtc_transport::MediaPort& media) {
  return std::make_unique<WorkerHost>(worker, std::move(settings), media);
}

std::size_t RoomHost::worker_of(std::string_view room_name, std::size_t workers) {
  // FNV-1a: the same room on the same worker in every build.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : room_name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return workers == 0 ? 0 : static_cast<std::size_t>(hash % workers);
}

WorkerHost::WorkerHost(net::Worker& worker, std::shared_ptr<const RoomSettings> settings,
                       webrtc_transport::MediaPort& media)
    : worker_(worker),
      settings_(std::move(settings)),
      media_(media),
      funerals_(worker.timers(), [this](base::TimePoint) { hold_funerals(); }) {}

WorkerHost::~WorkerHost() {
  shut_down();
  hold_funerals();
}

base::WallMillis WorkerHost::wall() const {
  return net::wall_millis();
}

void WorkerHost::bury(std::unique_ptr<Participant> participant) {
  dead_participants_.push_back(std::move(participant));
  funerals_.set(worker_.now());
}

void WorkerHost::room_closed(Room& room) {
  const auto found = rooms_.find(room.name());
  if (found == rooms_.end() || found->second.get() != &room) return;
  dead_rooms_.push_back(std::move(found->second));
  rooms_.erase(found);
  funerals_.set(worker_.now());
}

void WorkerHost::hold_funerals() {
  dead_participants_.clear();
  dead_rooms_.clear();
}

Room* WorkerHost::find_room(const std::string& name) const {
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second.get();
}

Participant* WorkerHost::find_participant(const std::string& room_name, const std::string& identity) const {
  const Room* room = find_room(room_name);
  return room == nullptr ? nullptr : room->find(identity);
}

Room& WorkerHost::open_room(const std::string& name, const livekit::RoomConfiguration& configuration) {
  auto& room = rooms_[name];
  if (!room)
    room = std::make_unique<Room>(static_cast<RoomContext&>(*this),
                                  Room::Options{.name = name, .configuration = configuration});
  return *room;
}

base::Result<std::unique_ptr<LocalParticipant>, JoinRefusal> WorkerHost::join_local(
    const std::string& room_name, const LocalJoin& join, LocalParticipant::Listener& listener) {
  Room& room = open_room(room_name, {});
  if (!room.has_place_for(join.identity, false)) return base::Failure{JoinRefusal::kRoomFull};

  livekit::ParticipantInfo info;
  info.sid = make_sid("PA_");
  info.identity = join.identity;
  info.name = join.name;
  info.kind = join.kind;
  info.metadata = join.metadata;
  info.attributes = join.attributes;
  info.joined_at_ms = wall();
  info.joined_at = info.joined_at_ms / 1000;
  info.permission = livekit::ParticipantPermission{.can_subscribe = true,
                                                   .can_publish = true,
                                                   .can_publish_data = true,
                                                   .can_publish_sources = {},
                                                   .hidden = join.hidden,
                                                   .can_update_metadata = true};
  auto handle = std::make_unique<LocalHandle>(static_cast<RoomContext&>(*this), listener);
  auto seat = std::make_unique<LocalSeat>(room, std::move(info), join.subscribe_audio, *handle);
  handle->attach(*seat);
  Participant& participant = room.add(std::move(seat));
  room.joined(participant);
  room.activated(participant);
  return std::unique_ptr<LocalParticipant>(std::move(handle));
}

bool WorkerHost::all_subscribers_take(const std::string& room_name, AudioCodec codec) const {
  const Room* room = find_room(room_name);
  return room == nullptr || std::ranges::all_of(room->participants(), [&](const auto& participant) {
           return participant->takes(codec);
         });
}

void WorkerHost::connect(const JoinRequest& request, std::unique_ptr<SignalLink> link) {
  Room* room = find_room(request.room);
  const livekit::Claims& claims = request.claims;
  if (request.connect.reconnect) {
    auto* participant =
        room == nullptr ? nullptr : dynamic_cast<ClientParticipant*>(room->find(claims.identity));
    if (participant == nullptr || participant->sid() != request.connect.participant_sid) {
      link->send(livekit::Leave{.reason = livekit::DisconnectReason::kStateMismatch,
                                .action = livekit::LeaveAction::kReconnect,
                                .can_reconnect = true});
      link->close();
      return;
    }
    sessions_[request.session] = participant;
    participant->resume(request.session, std::move(link), request.connect);
    return;
  }

  if (room == nullptr) {
    if (!settings_->auto_create) return link->refuse(404, "requested room does not exist");
    room = &open_room(request.room, claims.room_config.value_or(livekit::RoomConfiguration{}));
  }
  const livekit::VideoGrants grants = claims.video_or_none();
  const bool dependent = claims.kind == livekit::ParticipantKind::kAgent ||
                         claims.kind == livekit::ParticipantKind::kEgress || grants.agent || grants.recorder;
  if (!room->has_place_for(claims.identity, dependent))
    return link->refuse(500, "connection closed by media");

  livekit::ParticipantInfo info;
  info.sid = make_sid("PA_");
  info.identity = claims.identity;
  info.name = claims.name;
  info.kind = claims.kind;
  info.kind_details = claims.kind_details;
  info.metadata = request.connect.metadata.empty() ? claims.metadata : request.connect.metadata;
  info.attributes = claims.attributes;
  for (const auto& [key, value] : request.connect.attributes) info.attributes[key] = value;
  info.joined_at_ms = wall();
  info.joined_at = info.joined_at_ms / 1000;
  info.region = settings_->region;
  info.permission = livekit::permission_of(grants);
  info.client_protocol = request.connect.client.client_protocol;
  info.capabilities = request.connect.client.capabilities;

  auto owned = std::make_unique<ClientParticipant>(*room, std::move(info), request, std::move(link));
  ClientParticipant& participant = *owned;
  sessions_[request.session] = &participant;
  room->add(std::move(owned));
  participant.begin();
}

void WorkerHost::signal(std::uint64_t session, livekit::SignalRequest request, livekit::FrameFormat format) {
  const auto found = sessions_.find(session);
  if (found != sessions_.end()) found->second->handle(request, format);
}

void WorkerHost::disconnected(std::uint64_t session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  ClientParticipant* participant = found->second;
  sessions_.erase(found);
  participant->disconnected();
}

void WorkerHost::shut_down() {
  while (!rooms_.empty()) rooms_.begin()->second->close(livekit::DisconnectReason::kServerShutdown);
}

RoomHost::Stats WorkerHost::stats() const {
  Stats stats;
  stats.rooms = rooms_.size();
  for (const auto& [name, room] : rooms_) {
    stats.participants += room->participants().size();
    for (const auto& participant : room->participants()) stats.tracks += participant->tracks().size();
  }
  const net::UdpCounters& counters = media_.counters();
  stats.packets_in = counters.rx_packets;
  stats.packets_out = counters.tx_packets;
  stats.bytes_in = counters.rx_bytes;
  stats.bytes_out = counters.tx_bytes;
  return stats;
}

}  // namespace ringback::room
