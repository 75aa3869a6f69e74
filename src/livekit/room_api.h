#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "livekit/model.h"
#include "livekit/twirp.h"

/// Messages of the server API: livekit.RoomService, and the lists of services that we answer with "none".
///
/// `decode_*` read a body, `encode` write an answer; the caller checks grants and limits in between. For the
/// methods that we call on other servers the opposite direction is here, too.
namespace ringback::livekit {

struct CreateRoomRequest {
  std::string name;
  std::string room_preset;
  std::uint32_t empty_timeout = 0;
  std::uint32_t departure_timeout = 0;
  std::uint32_t max_participants = 0;
  std::string node_id;
  std::string metadata;
  std::uint32_t min_playout_delay = 0;  ///< milliseconds
  std::uint32_t max_playout_delay = 0;  ///< milliseconds
  bool sync_streams = false;
  bool replay_enabled = false;
  bool has_egress = false;  ///< asked to be recorded, which needs a service that we do not have
  std::vector<RoomAgentDispatch> agents;
  Attributes tags;
};

struct ListRoomsRequest {
  std::vector<std::string> names;  ///< empty: all
};

struct DeleteRoomRequest {
  std::string room;
};

struct ListParticipantsRequest {
  std::string room;
};

/// GetParticipant and RemoveParticipant.
struct RoomParticipantIdentity {
  std::string room;
  std::string identity;
};

struct MuteRoomTrackRequest {
  std::string room;
  std::string identity;
  std::string track_sid;
  bool muted = false;
};

struct UpdateParticipantRequest {
  std::string room;
  std::string identity;
  std::string metadata;                             ///< empty: unchanged
  std::optional<ParticipantPermission> permission;  ///< replaces the whole set when present
  std::string name;                                 ///< empty: unchanged
  Attributes attributes;                            ///< merged; an empty value deletes
};

struct UpdateSubscriptionsRequest {
  std::string room;
  std::string identity;
  std::vector<std::string> track_sids;
  bool subscribe = false;
  std::vector<ParticipantTracks> participant_tracks;
};

struct SendDataRequest {
  std::string room;
  std::string data;  ///< bytes
  DataPacketKind kind = DataPacketKind::kReliable;
  std::vector<std::string> destination_sids;
  std::vector<std::string> destination_identities;
  std::optional<std::string> topic;
  std::string nonce;  ///< bytes
};

struct UpdateRoomMetadataRequest {
  std::string room;
  std::string metadata;
};

[[nodiscard]] TwirpResult<CreateRoomRequest> decode_create_room(std::string_view body, TwirpFormat format);
[[nodiscard]] TwirpResult<ListRoomsRequest> decode_list_rooms(std::string_view body, TwirpFormat format);
[[nodiscard]] TwirpResult<DeleteRoomRequest> decode_delete_room(std::string_view body, TwirpFormat format);
[[nodiscard]] TwirpResult<ListParticipantsRequest> decode_list_participants(std::string_view body,
                                                                            TwirpFormat format);
[[nodiscard]] TwirpResult<RoomParticipantIdentity> decode_room_participant_identity(std::string_view body,
                                                                                    TwirpFormat format);
[[nodiscard]] TwirpResult<MuteRoomTrackRequest> decode_mute_published_track(std::string_view body,
                                                                            TwirpFormat format);
[[nodiscard]] TwirpResult<UpdateParticipantRequest> decode_update_participant(std::string_view body,
                                                                              TwirpFormat format);
[[nodiscard]] TwirpResult<UpdateSubscriptionsRequest> decode_update_subscriptions(std::string_view body,
                                                                                  TwirpFormat format);
/// Refuses a nonce that is neither empty nor 16 bytes.
[[nodiscard]] TwirpResult<SendDataRequest> decode_send_data(std::string_view body, TwirpFormat format);
[[nodiscard]] TwirpResult<UpdateRoomMetadataRequest> decode_update_room_metadata(std::string_view body,
                                                                                 TwirpFormat format);

struct ListRoomsResponse {
  std::vector<Room> rooms;
};
struct ListParticipantsResponse {
  std::vector<ParticipantInfo> participants;
};
struct MuteRoomTrackResponse {
  std::optional<TrackInfo> track;  ///< absent when the participant has no such track
};
/// The answer of DeleteRoom, RemoveParticipant, UpdateSubscriptions and SendData.
struct EmptyResponse {};
/// An answer without items of ListEgress, ListIngress, ListDispatch.
struct EmptyEgressList {};
struct EmptyIngressList {};
struct EmptyDispatchList {};

[[nodiscard]] std::string encode(const Room& response, TwirpFormat format);
[[nodiscard]] std::string encode(const ParticipantInfo& response, TwirpFormat format);
[[nodiscard]] std::string encode(const ListRoomsResponse& response, TwirpFormat format);
[[nodiscard]] std::string encode(const ListParticipantsResponse& response, TwirpFormat format);
[[nodiscard]] std::string encode(const MuteRoomTrackResponse& response, TwirpFormat format);
[[nodiscard]] std::string encode(const EmptyResponse& response, TwirpFormat format);
[[nodiscard]] std::string encode(const EmptyEgressList& response, TwirpFormat format);
[[nodiscard]] std::string encode(const EmptyIngressList& response, TwirpFormat format);
[[nodiscard]] std::string encode(const EmptyDispatchList& response, TwirpFormat format);

// As a client.
[[nodiscard]] std::string encode(const CreateRoomRequest& request, TwirpFormat format);
[[nodiscard]] std::string encode(const DeleteRoomRequest& request, TwirpFormat format);
[[nodiscard]] std::string encode(const ListParticipantsRequest& request, TwirpFormat format);
[[nodiscard]] std::string encode(const RoomParticipantIdentity& request, TwirpFormat format);
[[nodiscard]] TwirpResult<Room> decode_room(std::string_view body, TwirpFormat format);
[[nodiscard]] TwirpResult<ListParticipantsResponse> decode_participant_list(std::string_view body,
                                                                            TwirpFormat format);

}  // namespace ringback::livekit
