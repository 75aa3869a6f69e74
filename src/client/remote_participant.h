#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "client/publisher.h"
#include "client/roster.h"
#include "client/signal_session.h"
#include "client/subscriber.h"
#include "livekit/data_packet.h"
#include "rtp/packet_sink.h"

namespace ringback::client {

/// Names an audio track that is heard; never used again.
using HeardTrackId = std::uint32_t;

/// Why a participant is out of its room.
struct Departure {
  enum class Kind : std::uint8_t {
    kRefused,       ///< the server did not let us in
    kUnreachable,   ///< no connection, or no media, for too long
    kEncrypted,     ///< the room is end-to-end encrypted: nobody can hear the phone, or be heard
    kNotPublished,  ///< the server does not take our track
    kLeft,          ///< the server ended the stay: `reason` says why
  };
  Kind kind = Kind::kLeft;
  livekit::DisconnectReason reason = livekit::DisconnectReason::kUnknown;
  std::string detail;  ///< for people
};

/// A participant in a room of somebody else's LiveKit server: publishes one audio track, hears the audio
/// tracks of all others, sends and receives data packets. Survives lost connections and restarts of the
/// server; the owner hears of them only by tracks that go and come.
///
/// Belongs to the worker of its context. The listener is called from the worker's loop, never inside a call
/// of this object; it may call this object, but not destroy it.
class RemoteParticipant final : private SignalSession::Owner, private webrtc_transport::Transport::Owner {
 public:
  class Listener {
   public:
    /// The stay has begun: sid() and takes() can be asked, the track can be published. Told once.
    virtual void on_joined() = 0;
    virtual void on_track_added(HeardTrackId track, livekit::AudioCodec codec) = 0;
    virtual void on_track_removed(HeardTrackId track) = 0;
    /// A livekit.DataPacket of another participant or the server API.
    virtual void on_data(std::string_view packet) = 0;
    virtual void on_others(std::size_t others) = 0;
    /// The last call.
    virtual void on_departed(const Departure& departure) = 0;

   protected:
    ~Listener() = default;
  };

  struct Settings {
    std::string identity;
    std::string token;   ///< grants to join one room, to publish and to update the own metadata
    std::string log_id;  ///< the subject of log lines
    SignalSession::Settings session;
  };

  RemoteParticipant(webrtc_transport::TransportContext& context, SignalDialer& dialer, Listener& listener,
                    Settings settings);
  ~RemoteParticipant();

  void join() { session_.start(); }
  [[nodiscard]] bool joined() const { return joined_; }
  [[nodiscard]] const std::string& sid() const { return sid_; }
  [[nodiscard]] std::size_t others() const { return roster_.others(); }
  /// Whether the server lets tracks in this codec be published.
  [[nodiscard]] bool takes(livekit::AudioCodec codec) const;

  /// Publishes the one track, now and after every reconnection. Once, after on_joined().
  void publish_audio(livekit::AudioCodec codec, std::string name);
  /// From now on the packets of this track go to `sink`, until on_track_removed() has been told or the stay
  /// is over.
  void hear(HeardTrackId track, rtp::PacketSink& sink);
  /// Media path; dropped while the connection does not stand.
  void send_audio(base::TimePoint now, const AudioFrame& frame);
  /// A reliable packet to everybody or to those it names. Waits for the connection.
  void send_data(std::string packet);
  /// The stamp for a packet of ours, with the next number.
  [[nodiscard]] livekit::DataStamp next_stamp();
  /// Merges; an empty value deletes. Sent again after a reconnection.
  void set_attributes(const livekit::Attributes& attributes);
  /// The listener hears nothing more.
  void leave(livekit::DisconnectReason reason);

 private:
  struct HeardTrack {
    std::string sid;
    livekit::AudioCodec codec;
    HeardTrackId id;
    rtp::PacketSink* sink = nullptr;  ///< null until the owner listens
  };
  struct Publication {
    livekit::AudioCodec codec;
    std::string name;
  };

  void on_joined(const livekit::JoinResponse& join) override;
  void on_resumed(const livekit::ReconnectResponse& resumed) override;
  void on_signal(const livekit::SignalResponse& message) override;
  void on_interrupted(std::string_view why) override;
  void on_over(const SessionEnd& end) override;

  void on_rtp(base::TimePoint now, webrtc_transport::Transport& transport,
              std::span<std::uint8_t> packet) override;
  void on_rtcp(base::TimePoint now, webrtc_transport::Transport& transport,
               std::span<const std::uint8_t> compound) override;
  void on_received(base::TimePoint, webrtc_transport::Transport&) override {}
  void on_transport_state(webrtc_transport::Transport& transport, webrtc::PeerState state,
                          std::string_view reason) override;
  void on_data(webrtc_transport::Transport& transport, bool reliable, std::string message) override;

  void handle(const livekit::ServerOffer& offer);
  void handle(const livekit::ServerAnswer& answer);
  void handle(const livekit::Trickle& trickle);
  void handle(const livekit::TrackPublished& published);
  void handle(const livekit::TrackUnpublished& unpublished);
  void handle(const livekit::MuteTrack& mute);
  void handle(const livekit::ParticipantUpdate& update);
  void handle(const livekit::RoomMoved& moved);
  void handle(const livekit::RequestResponse& response);
  template <class Other>
  void handle(const Other&) {}

  void announce_track();
  void offer();
  void apply(const Roster::Change& change);
  void subscribe(const std::vector<Roster::AudioTrack>& tracks, bool wanted);
  void send_attributes(const livekit::Attributes& attributes);
  void forget(const std::string& track_sid);
  void depart(Departure departure);
  void tick(base::TimePoint now);

  webrtc_transport::TransportContext& context_;
  Listener& listener_;
  const Settings settings_;
  SignalSession session_;
  bool joined_ = false;
  bool departed_ = false;
  std::string sid_;
  std::vector<livekit::Codec> publish_codecs_;
  Roster roster_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<Subscriber> subscriber_;
  std::optional<Publication> publication_;
  livekit::Attributes attributes_;  ///< everything that was set in this stay
  std::uint32_t request_id_ = 0;

  std::vector<HeardTrack> heard_;
  HeardTrackId next_track_ = 1;
  std::vector<std::string> outbox_;  ///< data packets that wait for the connection
  std::uint32_t data_sequence_ = 0;
  std::map<std::string, std::uint32_t> data_heard_;  ///< last reliable number of each sender, by sid
  base::TimePoint next_report_ = base::kNever;
  bool media_failed_ = false;  ///< to be dealt with outside the transport's own call
  base::Alarm alarm_;
};

}  // namespace ringback::client
