// What a room tells the world outside: the events of LiveKit's webhooks.

#include "room/room.h"
#include "room/room_settings.h"
#include "room/sid.h"

namespace ringback::room {
namespace {

livekit::WebhookEvent make_event(std::string_view name, base::WallMillis now) {
  return {.event = std::string(name),
          .id = make_sid("EV_"),
          .created_at = now / 1000,
          .room = {},
          .participant = {},
          .track = {}};
}

}  // namespace

void Room::tell_outside(std::string_view event) {
  const auto& tell = context_.settings().on_event;
  if (!tell) return;
  auto told = make_event(event, context_.wall());
  told.room = info();
  tell(std::move(told));
}

void Room::tell_outside(std::string_view event, const Participant& participant) {
  const auto& tell = context_.settings().on_event;
  if (!tell || participant.hidden()) return;
  auto told = make_event(event, context_.wall());
  told.room = info();
  told.participant = participant.info();
  tell(std::move(told));
}

void Room::tell_outside(std::string_view event, const Participant& participant, const UpTrack& track) {
  const auto& tell = context_.settings().on_event;
  if (!tell || participant.hidden()) return;
  auto told = make_event(event, context_.wall());
  // Room and participant by name only, as LiveKit does.
  told.room.emplace();
  told.room->sid = info_.sid;
  told.room->name = info_.name;
  told.participant.emplace();
  told.participant->sid = participant.sid();
  told.participant->identity = participant.identity();
  told.track = track.info();
  tell(std::move(told));
}

}  // namespace ringback::room
