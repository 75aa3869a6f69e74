#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "livekit/model.h"
#include "livekit/signal_request.h"

/// Messages that the server sends over the signalling WebSocket (livekit.SignalResponse).
namespace ringback::livekit {

struct IceServer {
  std::vector<std::string> urls;
  std::string username;
  std::string credential;
};

struct ServerInfo {
  std::string version;  ///< semantic version; clients gate features by it and refuse an empty one
  std::int32_t protocol = 0;
  std::string region;
  std::string node_id;  ///< "ND_..."
  std::string debug_info;
  std::int32_t agent_protocol = 0;
};

/// Overrides for clients; sent only when something deviates.
struct ClientConfiguration {
  enum class Setting : std::int32_t { kUnset = 0, kDisabled = 1, kEnabled = 2 };
  Setting resume_connection = Setting::kUnset;
  Setting force_relay = Setting::kUnset;
  std::vector<Codec> disabled_codecs;
  std::vector<Codec> disabled_publish_codecs;
};

/// Must be the first message of a new session.
struct JoinResponse {
  Room room;
  ParticipantInfo participant;
  std::vector<ParticipantInfo> other_participants;
  std::vector<IceServer> ice_servers;
  bool subscriber_primary = false;
  std::optional<ClientConfiguration> client_configuration;
  std::int32_t ping_timeout = 15;  ///< seconds; the Rust client aborts on 0
  std::int32_t ping_interval = 5;  ///< seconds; the Rust client aborts on 0
  ServerInfo server_info;          ///< `server_version` and `server_region` are written from it too
  std::string sif_trailer;         ///< bytes
  std::vector<Codec> enabled_publish_codecs;
  bool fast_publish = false;
};

/// Must be the first message of a resumed session.
struct ReconnectResponse {
  std::vector<IceServer> ice_servers;
  std::optional<ClientConfiguration> client_configuration;
  ServerInfo server_info;
  std::uint32_t last_message_seq = 0;  ///< last reliable data sequence received from this participant
};

struct ServerOffer : SessionDescription {};
struct ServerAnswer : SessionDescription {};

struct ParticipantUpdate {
  std::vector<ParticipantInfo> participants;
};

struct TrackPublished {
  std::string cid;  ///< equal to the request's
  TrackInfo track;
};

struct TrackUnpublished {
  std::string track_sid;
};

/// Deltas: only the speakers whose state or level changed.
struct SpeakersChanged {
  std::vector<SpeakerInfo> speakers;
};

struct RoomUpdate {
  Room room;
};

struct ConnectionQualityUpdate {
  struct Entry {
    std::string participant_sid;
    ConnectionQuality quality = ConnectionQuality::kExcellent;
    float score = 0;  ///< MOS-like, up to 5
  };
  std::vector<Entry> updates;
};

struct StreamStateUpdate {
  enum class State : std::int32_t { kActive = 0, kPaused = 1 };
  struct Entry {
    std::string participant_sid;
    std::string track_sid;
    State state = State::kActive;
  };
  std::vector<Entry> stream_states;
};

struct SubscribedQuality {
  VideoQuality quality = VideoQuality::kLow;
  bool enabled = false;
};

/// Tells a publisher which layers and codecs anybody wants.
struct SubscribedQualityUpdate {
  struct CodecQualities {
    std::string codec;
    std::vector<SubscribedQuality> qualities;
  };
  std::string track_sid;
  std::vector<SubscribedQuality> subscribed_qualities;  ///< for clients that do not read subscribed_codecs
  std::vector<CodecQualities> subscribed_codecs;
};

struct SubscriptionPermissionUpdate {
  std::string participant_sid;  ///< publisher
  std::string track_sid;
  bool allowed = false;
};

struct RefreshToken {
  std::string token;
};

struct Pong {
  std::int64_t timestamp = 0;  ///< server's milliseconds
};

struct PongResponse {
  std::int64_t last_ping_timestamp = 0;  ///< the ping's timestamp, unchanged
  std::int64_t timestamp = 0;            ///< server's milliseconds
};

enum class SubscriptionError : std::int32_t { kUnknown = 0, kCodecUnsupported = 1, kTrackNotFound = 2 };

struct SubscriptionResponse {
  std::string track_sid;
  SubscriptionError err = SubscriptionError::kUnknown;
};

/// Outcome of a request that carried a request id, or a refusal of one that did not. `request` is echoed.
struct RequestResponse {
  enum class Reason : std::int32_t {
    kOk = 0,
    kNotFound = 1,
    kNotAllowed = 2,
    kLimitExceeded = 3,
    kQueued = 4,
    kUnsupportedType = 5,
    kUnclassifiedError = 6,
    kInvalidHandle = 7,
    kInvalidName = 8,
    kDuplicateHandle = 9,
    kDuplicateName = 10,
    kInvalidRequest = 11
  };
  std::uint32_t request_id = 0;
  Reason reason = Reason::kOk;
  std::string message;
  std::variant<std::monostate, Trickle, AddTrack, MuteTrack, UpdateMetadata, UpdateAudioTrack,
               UpdateVideoTrack, PublishDataTrack, UnpublishDataTrack>
      request;
};

/// To the publisher, when the first subscriber has its track.
struct TrackSubscribed {
  std::string track_sid;
};

/// The session goes on in another room (protocol 16 and later): all other participants are new, and so are
/// our sid and token.
struct RoomMoved {
  Room room;
  std::string token;
  ParticipantInfo participant;
  std::vector<ParticipantInfo> other_participants;
};

/// Single connection only: "make a new offer with this many more recvonly sections" (0 and 0: just offer
/// again).
struct MediaSectionsRequirement {
  std::uint32_t num_audios = 0;
  std::uint32_t num_videos = 0;
};

struct SubscribedAudioCodecUpdate {
  struct Entry {
    std::string codec;
    bool enabled = false;
  };
  std::string track_sid;
  std::vector<Entry> subscribed_audio_codecs;
};

using SignalResponse =
    std::variant<JoinResponse, ReconnectResponse, ServerAnswer, ServerOffer, Trickle, ParticipantUpdate,
                 TrackPublished, Leave, MuteTrack, SpeakersChanged, RoomUpdate, ConnectionQualityUpdate,
                 StreamStateUpdate, SubscribedQualityUpdate, SubscriptionPermissionUpdate, RefreshToken,
                 TrackUnpublished, Pong, PongResponse, SubscriptionResponse, RequestResponse, TrackSubscribed,
                 RoomMoved, MediaSectionsRequirement, SubscribedAudioCodecUpdate>;

/// How a session's frames are written: clients that sent a text frame get text until they send a binary one.
enum class FrameFormat : std::uint8_t { kBinary, kText };

/// One WebSocket frame. Takes any alternative of SignalResponse: `encode(RoomUpdate{room}, format)`.
[[nodiscard]] std::string encode(const SignalResponse& response, FrameFormat format = FrameFormat::kBinary);

}  // namespace ringback::livekit
