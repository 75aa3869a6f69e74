#include "room/room_service.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "net/front.h"

namespace ringback::room {
namespace {

using livekit::TwirpError;
using livekit::TwirpResult;

TwirpError overloaded() {
  return {livekit::TwirpCode::kUnavailable, "no response from servers", {}};
}

/// Methods that need more than one node or an agent of the server's own.
constexpr std::string_view kNotOffered[] = {"ForwardParticipant", "MoveParticipant", "PerformRpc"};

/// The answers of all workers to ListRooms, collected on the front.
struct RoomCollection {
  std::size_t missing;
  livekit::ListRoomsResponse response;
  TwirpReply reply;
};

class RoomService {
 public:
  RoomService(const std::vector<HostAddress>& hosts, const RoomSettings& settings, net::Front& front)
      : hosts_(hosts), settings_(settings), front_(front) {}

  void serve(TwirpCall call, TwirpReply reply) const {
    const std::string& method = call.route.method;
    const livekit::VideoGrants grants = call.claims ? call.claims->video_or_none() : livekit::VideoGrants{};
    const auto format = call.route.format;
    if (method == "CreateRoom") {
      auto request = livekit::decode_create_room(call.body, format);
      if (!request) return reply.fail(request.error());
      if (!grants.room_create) return reply.fail(livekit::permissions_denied());
      if (const auto refusal = check(*request)) return reply.fail(*refusal);
      const std::string room = request->name;
      return ask(room, std::move(reply), [request = std::move(*request)](RoomHost& host) {
        return TwirpResult<livekit::Room>(host.create_room(request));
      });
    }
    if (method == "ListRooms") return list_rooms(call, grants, std::move(reply));
    if (method == "DeleteRoom") {
      const auto request = livekit::decode_delete_room(call.body, format);
      if (!request) return reply.fail(request.error());
      if (!grants.room_create) return reply.fail(livekit::permissions_denied());
      return ask(request->room, std::move(reply),
                 [room = request->room](RoomHost& host) { return host.delete_room(room); });
    }
    if (method == "ListParticipants") {
      return administer(livekit::decode_list_participants(call.body, format), grants, std::move(reply),
                        [](RoomHost& host, const auto& request) {
                          return TwirpResult<livekit::ListParticipantsResponse>(
                              livekit::ListParticipantsResponse{host.list_participants(request.room)});
                        });
    }
    if (method == "GetParticipant") {
      return administer(livekit::decode_room_participant_identity(call.body, format), grants,
                        std::move(reply), [](RoomHost& host, const auto& request) {
                          return host.get_participant(request.room, request.identity);
                        });
    }
    if (method == "RemoveParticipant") {
      return administer(livekit::decode_room_participant_identity(call.body, format), grants,
                        std::move(reply), [](RoomHost& host, const auto& request) {
                          return host.remove_participant(request.room, request.identity);
                        });
    }
    if (method == "MutePublishedTrack") {
      return administer(livekit::decode_mute_published_track(call.body, format), grants, std::move(reply),
                        [](RoomHost& host, const auto& request) { return host.mute_track(request); });
    }
    if (method == "UpdateParticipant") {
      return administer(livekit::decode_update_participant(call.body, format), grants, std::move(reply),
                        [](RoomHost& host, const auto& request) { return host.update_participant(request); });
    }
    if (method == "UpdateSubscriptions") {
      return administer(
          livekit::decode_update_subscriptions(call.body, format), grants, std::move(reply),
          [](RoomHost& host, const auto& request) { return host.update_subscriptions(request); });
    }
    if (method == "SendData") {
      return administer(livekit::decode_send_data(call.body, format), grants, std::move(reply),
                        [](RoomHost& host, const auto& request) { return host.send_data(request); });
    }
    if (method == "UpdateRoomMetadata") {
      return administer(livekit::decode_update_room_metadata(call.body, format), grants, std::move(reply),
                        [](RoomHost& host, const auto& request) {
                          return host.update_room_metadata(request.room, request.metadata);
                        });
    }
    if (std::ranges::find(kNotOffered, method) != std::end(kNotOffered)) {
      return reply.fail(call.claims ? livekit::not_offered("RoomService", method)
                                    : livekit::permissions_denied());
    }
    reply.fail(livekit::no_such_method("POST", "/twirp/livekit.RoomService/" + method));
  }

 private:
  [[nodiscard]] std::optional<TwirpError> check(const livekit::CreateRoomRequest& request) const {
    if (request.name.size() > settings_.max_name_size)
      return livekit::invalid_argument("room name length exceeds limits");
    if (request.metadata.size() > settings_.max_metadata_size) {
      return livekit::invalid_argument("metadata size exceeds limits");
    }
    if (!request.room_preset.empty()) return livekit::invalid_argument("unknown room preset");
    if (request.has_egress) return TwirpError{livekit::TwirpCode::kInternal, "egress not connected", {}};
    return std::nullopt;
  }

  /// Runs `work` on the worker of the room and answers with its result.
  template <class Work>
  void ask(const std::string& room, TwirpReply reply, Work work) const {
    if (hosts_.empty()) return reply.fail(overloaded());
    const HostAddress& host = hosts_[RoomHost::worker_of(room, hosts_.size())];
    // The reply must survive a refused post, which destroys the task.
    auto shared = std::make_shared<TwirpReply>(std::move(reply));
    const bool posted =
        host.post([shared, work = std::move(work)](RoomHost& there) mutable { shared->finish(work(there)); });
    if (!posted) shared->fail(overloaded());
  }

  /// The same for a method that wants the grant roomAdmin for the request's room.
  template <class Request, class Work>
  void administer(TwirpResult<Request> request, const livekit::VideoGrants& grants, TwirpReply reply,
                  Work work) const {
    if (!request) return reply.fail(request.error());
    if (!grants.is_admin_of(request->room)) return reply.fail(livekit::permissions_denied());
    const std::string room = request->room;
    ask(room, std::move(reply),
        [request = std::move(*request), work](RoomHost& host) { return work(host, request); });
  }

  void list_rooms(const TwirpCall& call, const livekit::VideoGrants& grants, TwirpReply reply) const {
    const auto request = livekit::decode_list_rooms(call.body, call.route.format);
    if (!request) return reply.fail(request.error());
    if (!grants.room_list) return reply.fail(livekit::permissions_denied());
    auto collection = std::make_shared<RoomCollection>(RoomCollection{hosts_.size(), {}, std::move(reply)});
    for (const auto& host : hosts_) {
      const bool posted = host.post([&front = front_, names = request->names, collection](RoomHost& there) {
        auto rooms = there.list_rooms(names);
        static_cast<void>(front.post([collection, rooms = std::move(rooms)]() mutable {
          for (auto& room : rooms) collection->response.rooms.push_back(std::move(room));
          if (--collection->missing == 0) {
            collection->reply.finish(
                TwirpResult<livekit::ListRoomsResponse>(std::move(collection->response)));
          }
        }));
      });
      if (!posted) return collection->reply.fail(overloaded());
    }
  }

  const std::vector<HostAddress>& hosts_;
  const RoomSettings& settings_;
  net::Front& front_;
};

}  // namespace

TwirpService room_service(const std::vector<HostAddress>& hosts, const RoomSettings& settings,
                          net::Front& front) {
  return [service = RoomService(hosts, settings, front)](TwirpCall call, TwirpReply reply) {
    service.serve(std::move(call), std::move(reply));
  };
}

}  // namespace ringback::room
