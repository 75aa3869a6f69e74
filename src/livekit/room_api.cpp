#include "livekit/room_api.h"

#include "livekit/twirp_body.h"
#include "livekit/wire_conversion.h"
#include "livekit_models.pb.h"
#include "livekit_room.pb.h"

namespace ringback::livekit {

TwirpResult<CreateRoomRequest> decode_create_room(std::string_view body, TwirpFormat format) {
  return decode_body<wire::CreateRoomRequest>(body, format, [](const wire::CreateRoomRequest& from) {
    return CreateRoomRequest{.name = from.name(),
                             .room_preset = from.room_preset(),
                             .empty_timeout = from.empty_timeout(),
                             .departure_timeout = from.departure_timeout(),
                             .max_participants = from.max_participants(),
                             .node_id = from.node_id(),
                             .metadata = from.metadata(),
                             .min_playout_delay = from.min_playout_delay(),
                             .max_playout_delay = from.max_playout_delay(),
                             .sync_streams = from.sync_streams(),
                             .replay_enabled = from.replay_enabled(),
                             .has_egress = from.has_egress(),
                             .agents = from_wire_list(from.agents()),
                             .tags = from_wire_map(from.tags())};
  });
}

TwirpResult<ListRoomsRequest> decode_list_rooms(std::string_view body, TwirpFormat format) {
  return decode_body<wire::ListRoomsRequest>(body, format, [](const wire::ListRoomsRequest& from) {
    return ListRoomsRequest{from_wire_strings(from.names())};
  });
}

TwirpResult<DeleteRoomRequest> decode_delete_room(std::string_view body, TwirpFormat format) {
  return decode_body<wire::DeleteRoomRequest>(
      body, format, [](const wire::DeleteRoomRequest& from) { return DeleteRoomRequest{from.room()}; });
}

TwirpResult<ListParticipantsRequest> decode_list_participants(std::string_view body, TwirpFormat format) {
  return decode_body<wire::ListParticipantsRequest>(
      body, format,
      [](const wire::ListParticipantsRequest& from) { return ListParticipantsRequest{from.room()}; });
}

TwirpResult<RoomParticipantIdentity> decode_room_participant_identity(std::string_view body,
                                                                      TwirpFormat format) {
  return decode_body<wire::RoomParticipantIdentity>(
      body, format, [](const wire::RoomParticipantIdentity& from) {
        return RoomParticipantIdentity{.room = from.room(), .identity = from.identity()};
      });
}

TwirpResult<MuteRoomTrackRequest> decode_mute_published_track(std::string_view body, TwirpFormat format) {
  return decode_body<wire::MuteRoomTrackRequest>(body, format, [](const wire::MuteRoomTrackRequest& from) {
    return MuteRoomTrackRequest{.room = from.room(),
                                .identity = from.identity(),
                                .track_sid = from.track_sid(),
                                .muted = from.muted()};
  });
}

TwirpResult<UpdateParticipantRequest> decode_update_participant(std::string_view body, TwirpFormat format) {
  return decode_body<wire::UpdateParticipantRequest>(
      body, format, [](const wire::UpdateParticipantRequest& from) {
        UpdateParticipantRequest request{.room = from.room(),
                                         .identity = from.identity(),
                                         .metadata = from.metadata(),
                                         .permission = {},
                                         .name = from.name(),
                                         .attributes = from_wire_map(from.attributes())};
        if (from.has_permission()) request.permission = from_wire(from.permission());
        return request;
      });
}

TwirpResult<UpdateSubscriptionsRequest> decode_update_subscriptions(std::string_view body,
                                                                    TwirpFormat format) {
  return decode_body<wire::UpdateSubscriptionsRequest>(
      body, format, [](const wire::UpdateSubscriptionsRequest& from) {
        return UpdateSubscriptionsRequest{.room = from.room(),
                                          .identity = from.identity(),
                                          .track_sids = from_wire_strings(from.track_sids()),
                                          .subscribe = from.subscribe(),
                                          .participant_tracks = from_wire_list(from.participant_tracks())};
      });
}

TwirpResult<SendDataRequest> decode_send_data(std::string_view body, TwirpFormat format) {
  constexpr std::size_t kNonceSize = 16;
  auto request = decode_body<wire::SendDataRequest>(body, format, [](const wire::SendDataRequest& from) {
    SendDataRequest to{.room = from.room(),
                       .data = from.data(),
                       .kind = static_cast<DataPacketKind>(from.kind()),
                       .destination_sids = from_wire_strings(from.destination_sids()),
                       .destination_identities = from_wire_strings(from.destination_identities()),
                       .topic = {},
                       .nonce = from.nonce()};
    if (from.has_topic()) to.topic = from.topic();
    return to;
  });
  if (request && !request->nonce.empty() && request->nonce.size() != kNonceSize)
    return base::Failure{invalid_argument(
        "nonce should be 16-bytes or not present, got: " + std::to_string(request->nonce.size()) + " bytes")};
  return request;
}

TwirpResult<UpdateRoomMetadataRequest> decode_update_room_metadata(std::string_view body,
                                                                   TwirpFormat format) {
  return decode_body<wire::UpdateRoomMetadataRequest>(
      body, format, [](const wire::UpdateRoomMetadataRequest& from) {
        return UpdateRoomMetadataRequest{.room = from.room(), .metadata = from.metadata()};
      });
}

std::string encode(const Room& response, TwirpFormat format) {
  wire::Room message;
  to_wire(response, &message);
  return write_body(message, format);
}

std::string encode(const ParticipantInfo& response, TwirpFormat format) {
  wire::ParticipantInfo message;
  to_wire(response, &message);
  return write_body(message, format);
}

std::string encode(const ListRoomsResponse& response, TwirpFormat format) {
  wire::ListRoomsResponse message;
  to_wire_list(response.rooms, message.mutable_rooms());
  return write_body(message, format);
}

std::string encode(const ListParticipantsResponse& response, TwirpFormat format) {
  wire::ListParticipantsResponse message;
  to_wire_list(response.participants, message.mutable_participants());
  return write_body(message, format);
}

std::string encode(const MuteRoomTrackResponse& response, TwirpFormat format) {
  wire::MuteRoomTrackResponse message;
  if (response.track) to_wire(*response.track, message.mutable_track());
  return write_body(message, format);
}

std::string encode(const EmptyResponse&, TwirpFormat format) {
  return write_body(wire::DeleteRoomResponse{}, format);
}

std::string encode(const EmptyEgressList&, TwirpFormat format) {
  return write_body(wire::ListEgressResponse{}, format);
}

std::string encode(const EmptyIngressList&, TwirpFormat format) {
  return write_body(wire::ListIngressResponse{}, format);
}

std::string encode(const EmptyDispatchList&, TwirpFormat format) {
  return write_body(wire::ListAgentDispatchResponse{}, format);
}

std::string encode(const CreateRoomRequest& request, TwirpFormat format) {
  wire::CreateRoomRequest message;
  message.set_name(request.name);
  message.set_room_preset(request.room_preset);
  message.set_empty_timeout(request.empty_timeout);
  message.set_departure_timeout(request.departure_timeout);
  message.set_max_participants(request.max_participants);
  message.set_node_id(request.node_id);
  message.set_metadata(request.metadata);
  message.set_min_playout_delay(request.min_playout_delay);
  message.set_max_playout_delay(request.max_playout_delay);
  message.set_sync_streams(request.sync_streams);
  message.set_replay_enabled(request.replay_enabled);
  to_wire_map(request.tags, message.mutable_tags());
  return write_body(message, format);
}

std::string encode(const DeleteRoomRequest& request, TwirpFormat format) {
  wire::DeleteRoomRequest message;
  message.set_room(request.room);
  return write_body(message, format);
}

std::string encode(const ListParticipantsRequest& request, TwirpFormat format) {
  wire::ListParticipantsRequest message;
  message.set_room(request.room);
  return write_body(message, format);
}

std::string encode(const RoomParticipantIdentity& request, TwirpFormat format) {
  wire::RoomParticipantIdentity message;
  message.set_room(request.room);
  message.set_identity(request.identity);
  return write_body(message, format);
}

TwirpResult<Room> decode_room(std::string_view body, TwirpFormat format) {
  return decode_body<wire::Room>(body, format, [](const wire::Room& from) { return from_wire(from); });
}

TwirpResult<ListParticipantsResponse> decode_participant_list(std::string_view body, TwirpFormat format) {
  return decode_body<wire::ListParticipantsResponse>(
      body, format, [](const wire::ListParticipantsResponse& from) {
        return ListParticipantsResponse{from_wire_list(from.participants())};
      });
}

}  // namespace ringback::livekit
