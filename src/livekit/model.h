#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What LiveKit's messages talk about, as plain values. Field names and numbers follow the wire (livekit.*
/// messages); times of the wire keep their unit in the comment. Values of an enum that this build does not
/// know survive as their number: never index a table with them unchecked.
namespace ringback::livekit {

/// Attributes of a participant; an empty value in an update deletes the key.
using Attributes = std::map<std::string, std::string>;

enum class TrackType : std::int32_t { kAudio = 0, kVideo = 1, kData = 2 };

enum class TrackSource : std::int32_t {
  kUnknown = 0,
  kCamera = 1,
  kMicrophone = 2,
  kScreenShare = 3,
  kScreenShareAudio = 4
};

enum class VideoQuality : std::int32_t { kLow = 0, kMedium = 1, kHigh = 2, kOff = 3 };

enum class VideoLayerMode : std::int32_t {
  kUnused = 0,
  kOneSpatialLayerPerStream = 1,
  kMultipleSpatialLayersPerStream = 2,
  kOneSpatialLayerPerStreamIncompleteRtcpSr = 3
};

enum class Encryption : std::int32_t { kNone = 0, kGcm = 1, kCustom = 2 };

enum class BackupCodecPolicy : std::int32_t { kPreferRegression = 0, kSimulcast = 1, kRegression = 2 };

enum class AudioTrackFeature : std::int32_t {
  kStereo = 0,
  kNoDtx = 1,
  kAutoGainControl = 2,
  kEchoCancellation = 3,
  kNoiseSuppression = 4,
  kEnhancedNoiseCancellation = 5,
  kPreconnectBuffer = 6
};

enum class PacketTrailerFeature : std::int32_t { kUserTimestamp = 0, kFrameId = 1, kUserData = 2 };

/// How far a participant has come: kJoining is not announced to others; kJoined has got its join response;
/// kActive means the primary peer connection is up (media can flow).
enum class ParticipantState : std::int32_t { kJoining = 0, kJoined = 1, kActive = 2, kDisconnected = 3 };

enum class ParticipantKind : std::int32_t {
  kStandard = 0,
  kIngress = 1,
  kEgress = 2,
  kSip = 3,
  kAgent = 4,
  kConnector = 7,
  kBridge = 8
};

enum class ParticipantKindDetail : std::int32_t {
  kCloudAgent = 0,
  kForwarded = 1,
  kConnectorWhatsapp = 2,
  kConnectorTwilio = 3,
  kBridgeRtsp = 4,
  kSimulation = 5
};

/// What a client can do; mirrored to others, who choose their encodings by it.
enum class ClientCapability : std::int32_t { kUnused = 0, kPacketTrailer = 1, kCompressionDeflateRaw = 2 };

enum class DisconnectReason : std::int32_t {
  kUnknown = 0,
  kClientInitiated = 1,
  kDuplicateIdentity = 2,
  kServerShutdown = 3,
  kParticipantRemoved = 4,
  kRoomDeleted = 5,
  kStateMismatch = 6,  ///< the client must reconnect in full
  kJoinFailure = 7,
  kMigration = 8,
  kSignalClose = 9,
  kRoomClosed = 10,
  kUserUnavailable = 11,    ///< SIP callee did not answer
  kUserRejected = 12,       ///< SIP callee declined or was busy
  kSipTrunkFailure = 13,    ///< the SIP provider failed or refused
  kConnectionTimeout = 14,  ///< media transports were lost
  kMediaFailure = 15,
  kAgentError = 16
};

enum class ConnectionQuality : std::int32_t { kPoor = 0, kGood = 1, kExcellent = 2, kLost = 3 };

enum class ReconnectReason : std::int32_t {
  kUnknown = 0,
  kSignalDisconnected = 1,
  kPublisherFailed = 2,
  kSubscriberFailed = 3,
  kSwitchCandidate = 4
};

/// Reliability class of a data packet: the channel it came through decides, not the field in the packet.
enum class DataPacketKind : std::int32_t { kReliable = 0, kLossy = 1 };

/// A point on a logical clock: wall time in microseconds, then a counter for equal times.
struct TimedVersion {
  std::int64_t unix_micro = 0;
  std::int32_t ticks = 0;
};

struct Codec {
  std::string mime;  ///< "audio/opus", "video/VP8"
  std::string fmtp_line;
};

/// One resolution of a published video track.
struct VideoLayer {
  VideoQuality quality = VideoQuality::kLow;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t bitrate = 0;  ///< bits per second, a target
  std::uint32_t ssrc = 0;     ///< only when the server knows it
  std::int32_t spatial_layer = 0;
  std::string rid;
  std::uint32_t repair_ssrc = 0;
};

/// One codec of a published track (the track has several when it publishes a backup codec).
struct SimulcastCodecInfo {
  std::string mime_type;
  std::string mid;
  std::string cid;
  std::vector<VideoLayer> layers;
  VideoLayerMode video_layer_mode = VideoLayerMode::kUnused;
  std::string sdp_cid;
};

/// A published track as everybody sees it. Before the track is live `mime_type`, `mid` and `version` are
/// empty.
struct TrackInfo {
  std::string sid;  ///< must start with "TR_": clients assert it
  TrackType type = TrackType::kAudio;
  std::string name;
  bool muted = false;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  bool simulcast = false;
  bool disable_dtx =
      false;  ///< deprecated on the wire in favour of AudioTrackFeature::kNoDtx; both are honoured
  TrackSource source = TrackSource::kUnknown;
  std::vector<VideoLayer> layers;
  std::string mime_type;
  std::string mid;  ///< section of the publisher's SDP
  std::vector<SimulcastCodecInfo> codecs;
  bool stereo = false;
  bool disable_red = false;
  Encryption encryption = Encryption::kNone;
  std::string stream;  ///< "camera", "screenshare": tracks to be kept in step
  std::optional<TimedVersion> version;
  std::vector<AudioTrackFeature> audio_features;
  BackupCodecPolicy backup_codec_policy = BackupCodecPolicy::kPreferRegression;
  std::vector<PacketTrailerFeature> packet_trailer_features;
};

/// What a participant may do, as effective values (see VideoGrants for the tri-state claims they come from).
struct ParticipantPermission {
  bool can_subscribe = false;
  bool can_publish = false;
  bool can_publish_data = false;
  std::vector<TrackSource> can_publish_sources;  ///< empty: every source
  bool hidden = false;                           ///< never listed to others
  bool recorder = false;
  bool can_update_metadata = false;
  bool agent = false;
  bool can_subscribe_metrics = false;
  bool can_manage_agent_session = false;
};

/// A full snapshot of a participant: a track absent from `tracks` is gone.
struct ParticipantInfo {
  std::string sid;  ///< must start with "PA_": clients assert it
  std::string identity;
  ParticipantState state = ParticipantState::kJoining;
  std::vector<TrackInfo> tracks;
  std::string metadata;
  std::int64_t joined_at = 0;     ///< seconds since the Unix epoch
  std::int64_t joined_at_ms = 0;  ///< milliseconds since the Unix epoch
  std::string name;
  std::uint32_t version = 0;  ///< rises with each change; clients drop a lower one for the same sid
  std::optional<ParticipantPermission> permission;
  std::string region;
  bool is_publisher = false;
  ParticipantKind kind = ParticipantKind::kStandard;
  std::vector<ParticipantKindDetail> kind_details;
  Attributes attributes;
  DisconnectReason disconnect_reason = DisconnectReason::kUnknown;
  std::int32_t client_protocol = 0;  ///< mirrored from the connect parameters, never invented
  std::vector<ClientCapability> capabilities;
};

struct Room {
  std::string sid;  ///< "RM_..."
  std::string name;
  std::uint32_t empty_timeout = 0;      ///< seconds until an unvisited room closes
  std::uint32_t departure_timeout = 0;  ///< seconds from the last departure until the room closes
  std::uint32_t max_participants = 0;   ///< 0: no limit
  std::int64_t creation_time = 0;       ///< seconds since the Unix epoch
  std::int64_t creation_time_ms = 0;    ///< milliseconds since the Unix epoch
  std::string turn_password;
  std::vector<Codec> enabled_codecs;
  std::string metadata;
  std::uint32_t num_participants = 0;  ///< without hidden ones
  std::uint32_t num_publishers = 0;
  bool active_recording = false;
  std::optional<TimedVersion> version;
};

struct SpeakerInfo {
  std::string sid;  ///< participant
  float level = 0;  ///< 0 (silent) to 1
  bool active = false;
};

/// Tracks of one participant, named by their sids.
struct ParticipantTracks {
  std::string participant_sid;
  std::vector<std::string> track_sids;
};

/// Dispatch of an agent to a room, as CreateRoom and tokens carry it.
struct RoomAgentDispatch {
  std::string agent_name;
  std::string metadata;
  std::string deployment;
  Attributes attributes;
};

/// Settings of a room that a token (claim `roomConfig`) or CreateRoom gives; applied only when that creates
/// the room. Zero and empty mean "not given".
struct RoomConfiguration {
  std::string name;  ///< of a configuration preset
  std::uint32_t empty_timeout = 0;
  std::uint32_t departure_timeout = 0;
  std::uint32_t max_participants = 0;
  std::string metadata;
  std::uint32_t min_playout_delay = 0;  ///< milliseconds
  std::uint32_t max_playout_delay = 0;  ///< milliseconds
  bool sync_streams = false;
  std::vector<RoomAgentDispatch> agents;
  Attributes tags;
};

/// Who the client is; for logs, metrics and work-arounds.
struct ClientInfo {
  enum class Sdk : std::int32_t {
    kUnknown = 0,
    kJs = 1,
    kSwift = 2,
    kAndroid = 3,
    kFlutter = 4,
    kGo = 5,
    kUnity = 6,
    kReactNative = 7,
    kRust = 8,
    kPython = 9,
    kCpp = 10,
    kUnityWeb = 11,
    kNode = 12,
    kUnreal = 13,
    kEsp32 = 14,
    kDotnet = 15
  };
  Sdk sdk = Sdk::kUnknown;
  std::string version;
  std::int32_t protocol = 0;  ///< signalling protocol number: gates what may be sent to the client
  std::string os;
  std::string os_version;
  std::string device_model;
  std::string browser;
  std::string browser_version;
  std::string address;
  std::string network;
  std::string other_sdks;
  std::int32_t client_protocol = 0;
  std::vector<ClientCapability> capabilities;
};

}  // namespace ringback::livekit
