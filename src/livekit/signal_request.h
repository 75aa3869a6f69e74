#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "livekit/model.h"

/// Messages that a client sends over the signalling WebSocket (livekit.SignalRequest).
namespace ringback::livekit {

/// Which peer connection a description or candidate belongs to. In single-connection mode it is always
/// kPublisher.
enum class SignalTarget : std::int32_t { kPublisher = 0, kSubscriber = 1 };

/// An SDP offer or answer. The answer must echo the id of the offer it answers.
struct SessionDescription {
  std::string type;  ///< "offer" or "answer"
  std::string sdp;
  std::uint32_t id = 0;
  std::map<std::string, std::string> mid_to_track_id;  ///< only from the server
};

/// The client offers its publisher (or single) connection.
struct Offer : SessionDescription {};
/// The client answers the server's subscriber offer.
struct Answer : SessionDescription {};

/// An ICE candidate. `candidate_init` is the JSON of RTCIceCandidateInit; see TrickleCandidate for its
/// content.
struct Trickle {
  std::string candidate_init;
  SignalTarget target = SignalTarget::kPublisher;
  bool final = false;  ///< end of candidates
};

struct SimulcastCodec {
  std::string codec;  ///< "vp8"
  std::string cid;
  std::vector<VideoLayer> layers;
  VideoLayerMode video_layer_mode = VideoLayerMode::kUnused;
};

/// The client announces a track that its next offer will contain; `cid` is the track id of that SDP section.
struct AddTrack {
  std::string cid;
  std::string name;
  TrackType type = TrackType::kAudio;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  bool muted = false;
  bool disable_dtx = false;
  TrackSource source = TrackSource::kUnknown;
  std::vector<VideoLayer> layers;
  std::vector<SimulcastCodec> simulcast_codecs;
  std::string sid;
  bool stereo = false;
  bool disable_red = false;
  Encryption encryption = Encryption::kNone;
  std::string stream;
  BackupCodecPolicy backup_codec_policy = BackupCodecPolicy::kPreferRegression;
  std::vector<AudioTrackFeature> audio_features;
  std::vector<PacketTrailerFeature> packet_trailer_features;
};

/// From the client: its own track was muted. From the server: an administrator muted it.
struct MuteTrack {
  std::string sid;
  bool muted = false;
};

/// Desired subscriptions; the union of both lists counts, and holds also for tracks that do not exist yet.
struct UpdateSubscription {
  std::vector<std::string> track_sids;
  bool subscribe = false;
  std::vector<ParticipantTracks> participant_tracks;
};

/// How a subscriber wants tracks that it is subscribed to.
struct UpdateTrackSettings {
  std::vector<std::string> track_sids;
  bool disabled = false;  ///< keep the subscription, stop forwarding
  VideoQuality quality = VideoQuality::kLow;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t fps = 0;
  std::uint32_t priority = 0;
};

enum class LeaveAction : std::int32_t { kDisconnect = 0, kResume = 1, kReconnect = 2 };

/// Ends the session; from the server `action` says what the client should do next. encode() derives the
/// legacy `can_reconnect` from it, parse keeps what came.
struct Leave {
  DisconnectReason reason = DisconnectReason::kUnknown;
  LeaveAction action = LeaveAction::kDisconnect;
  bool can_reconnect = false;
  /// Addresses where the client may join instead, best first; told by LiveKit Cloud only.
  std::vector<std::string> regions = {};
};

struct UpdateVideoLayers {
  std::string track_sid;
  std::vector<VideoLayer> layers;
};

struct TrackPermission {
  std::string participant_sid;
  bool all_tracks = false;
  std::vector<std::string> track_sids;
  std::string participant_identity;
};

/// A publisher's allow-list of subscribers; none received means everybody.
struct SubscriptionPermission {
  bool all_participants = false;
  std::vector<TrackPermission> track_permissions;
};

struct DataChannelInfo {
  std::string label;
  std::uint32_t id = 0;
  SignalTarget target = SignalTarget::kPublisher;
};

/// Last reliable sequence number that the client has got from a publisher: what is newer may be sent again.
struct DataChannelReceiveState {
  std::string publisher_sid;
  std::uint32_t last_seq = 0;
};

struct PublishedTrack {
  std::string cid;
  TrackInfo track;
};

/// The client's view of the session, sent after a resume.
struct SyncState {
  std::optional<SessionDescription> answer;
  std::optional<SessionDescription> offer;
  std::optional<UpdateSubscription> subscription;
  std::vector<PublishedTrack> publish_tracks;
  std::vector<DataChannelInfo> data_channels;
  std::vector<std::string> track_sids_disabled;
  std::vector<DataChannelReceiveState> datachannel_receive_states;
};

/// A client asks the server to misbehave, for its tests.
struct Simulate {
  enum class Scenario : std::uint8_t {
    kNone,
    kSpeakerUpdate,  ///< value: seconds
    kNodeFailure,
    kMigration,
    kServerLeave,
    kSwitchCandidateProtocol,  ///< value: 0 UDP, 1 TCP, 2 TLS
    kSubscriberBandwidth,      ///< value: bits per second
    kDisconnectSignalOnResume,
    kDisconnectSignalOnResumeNoMessages,
    kLeaveRequestFullReconnect
  };
  Scenario scenario = Scenario::kNone;
  std::int64_t value = 0;
};

/// Legacy ping; answer with Pong{server milliseconds}.
struct Ping {
  std::int64_t timestamp = 0;  ///< client's milliseconds
};

/// Answer with PongResponse{last_ping_timestamp = timestamp, server milliseconds}.
struct PingRequest {
  std::int64_t timestamp = 0;  ///< client's milliseconds
  std::int64_t rtt = 0;        ///< milliseconds
};

/// Empty name and metadata mean "unchanged"; attributes merge, an empty value deletes. From protocol 15 on
/// clients wait for a RequestResponse with `request_id`.
struct UpdateMetadata {
  std::string metadata;
  std::string name;
  Attributes attributes;
  std::uint32_t request_id = 0;
};

struct UpdateAudioTrack {
  std::string track_sid;
  std::vector<AudioTrackFeature> features;
};

struct UpdateVideoTrack {
  std::string track_sid;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

/// The client wants to publish a data track, which we do not have: answer with a RequestResponse.
struct PublishDataTrack {
  std::uint32_t pub_handle = 0;
  std::string name;
};

struct UnpublishDataTrack {
  std::uint32_t pub_handle = 0;
};

/// A well-formed message whose kind we do not serve (newer than this build, or data blobs). Ignore it; with a
/// `request_id` other than 0 the client waits for a RequestResponse.
struct UnknownRequest {
  std::uint32_t field = 0;  ///< number of the message in SignalRequest; 0 when the message was empty
  std::uint32_t request_id = 0;
};

using SignalRequest =
    std::variant<UnknownRequest, Offer, Answer, Trickle, AddTrack, MuteTrack, UpdateSubscription,
                 UpdateTrackSettings, Leave, UpdateVideoLayers, SubscriptionPermission, SyncState, Simulate,
                 Ping, UpdateMetadata, PingRequest, UpdateAudioTrack, UpdateVideoTrack, PublishDataTrack,
                 UnpublishDataTrack>;

/// Why bytes are not a message of LiveKit's wire. Both end the connection with close code 1000.
enum class WireError : std::uint8_t {
  kMalformed,  ///< not protobuf, not JSON, or not this message
  kTooLarge    ///< above the size that we accept
};

/// Largest signalling frame that we accept; an SDP of some hundred sections fits.
inline constexpr std::size_t kMaxSignalFrame = 1024 * 1024;

/// One binary WebSocket frame.
[[nodiscard]] base::Result<SignalRequest, WireError> parse_signal_request(std::string_view frame);
/// One text frame: protobuf JSON, names in camelCase or snake_case.
[[nodiscard]] base::Result<SignalRequest, WireError> parse_signal_request_json(std::string_view frame);

/// What `Trickle::candidate_init` holds (RTCIceCandidateInit).
struct TrickleCandidate {
  std::string candidate;  ///< "candidate:..."; empty ends the candidates of the generation
  std::string sdp_mid;
  std::int32_t sdp_mline_index = 0;
};

[[nodiscard]] base::Result<TrickleCandidate, WireError> parse_candidate_init(std::string_view json);
/// Always writes a string `sdpMid` and a number `sdpMLineIndex`: the Rust client aborts on null.
[[nodiscard]] std::string write_candidate_init(const TrickleCandidate& candidate);

}  // namespace ringback::livekit
