#pragma once

#include <string>
#include <utility>
#include <vector>

#include "room/room_server.h"

namespace ringback::room {

/// livekit.RoomService: checks grants on the front, asks the worker that has the room, and answers.
/// What is given must outlive the returned function.
[[nodiscard]] TwirpService room_service(const std::vector<HostAddress>& hosts, const RoomSettings& settings,
                                        net::Front& front);

/// A service that we do not have, of which only the list is asked: it has no items.
template <class List>
[[nodiscard]] TwirpService empty_list_service(std::string list_method) {
  return [list_method = std::move(list_method)](TwirpCall call, TwirpReply reply) {
    if (!call.claims) return reply.fail(livekit::permissions_denied());
    if (call.route.method == list_method) return reply.succeed(livekit::encode(List{}, reply.format()));
    reply.fail(livekit::not_offered(call.route.service, call.route.method));
  };
}

}  // namespace ringback::room
