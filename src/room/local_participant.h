#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "livekit/audio_codec.h"
#include "livekit/data_packet.h"
#include "livekit/model.h"
#include "rtp/packet_sink.h"

namespace ringback::room {

using livekit::AudioCodec;

/// Who joins.
struct LocalJoin {
  std::string identity;
  std::string name;
  livekit::ParticipantKind kind = livekit::ParticipantKind::kSip;
  std::string metadata;
  livekit::Attributes attributes;
  bool hidden = false;
  bool subscribe_audio = true;  ///< hear every audio track of the room that its publisher allows
};

struct AudioPublication {
  AudioCodec codec = AudioCodec::kOpus;
  std::string name = "audio";
  livekit::TrackSource source = livekit::TrackSource::kMicrophone;
  bool muted = false;
};

/// An audio track of another participant that a local participant hears.
struct HeardTrack {
  std::uint32_t number = 0;  ///< counts from 1 the tracks that this participant has heard; never given twice
  std::string sid;
  std::string participant_sid;
  std::string participant_identity;
  livekit::ParticipantKind participant_kind = livekit::ParticipantKind::kStandard;
  livekit::TrackSource source = livekit::TrackSource::kUnknown;
  AudioCodec codec = AudioCodec::kOpus;
  bool muted = false;
};

/// Who else is in the room; hidden participants do not count.
struct Occupancy {
  std::size_t others = 0;          ///< everybody else
  std::size_t others_not_sip = 0;  ///< of these, who is no phone
};

/// One packet of a data channel, sent by another participant or the server API.
struct DataMessage {
  std::string_view packet;  ///< a livekit.DataPacket with its sender stamped; see livekit/data_packet.h
  bool reliable = true;
};

/// A participant that lives in this process, on the worker thread of its room: a phone leg. Packets go to and
/// from the room by reference; there is no ICE, no SRTP and no socket between.
///
/// Made by RoomHost::join_local(); the owner is the caller, destroying it leaves the room (kClientInitiated).
/// Worker thread only. When the room ends the stay (Listener::on_removed), the methods do nothing from then
/// on, whether or not the listener has been told yet.
class LocalParticipant {
 public:
  class Listener {
   public:
    // All are called from the worker's loop, in the order in which things happened, never inside a call that
    // the owner makes; they may do anything, even destroy the participant.

    /// Tracks that were there at the time of joining come first.
    virtual void on_track_added(const HeardTrack& track) = 0;
    virtual void on_track_removed(const HeardTrack& track) = 0;
    virtual void on_track_muted(const std::string& track_sid, bool muted) = 0;
    virtual void on_data(const DataMessage& message) = 0;
    /// Somebody came or went (also once after joining).
    virtual void on_participants_changed(const Occupancy& occupancy) = 0;
    /// A track of ours has got its first subscriber.
    virtual void on_subscribed(const std::string& track_sid) = 0;
    /// An administrator muted a track of ours. The room drops what is sent while it is muted.
    virtual void on_mute_requested(const std::string& track_sid, bool muted) = 0;
    /// The stay is over: removed by the server API, room deleted or closed, or another participant took the
    /// identity. The last call.
    virtual void on_removed(livekit::DisconnectReason reason) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~LocalParticipant() = default;

  [[nodiscard]] virtual bool joined() const = 0;
  [[nodiscard]] virtual const std::string& sid() const = 0;
  [[nodiscard]] virtual const std::string& identity() const = 0;
  [[nodiscard]] virtual Occupancy occupancy() const = 0;

  /// Publishes an audio track at once; its sid ("TR_..."), empty when no longer joined.
  virtual std::string publish_audio(const AudioPublication& publication) = 0;
  /// From now on the packets of this track (of its codec: others are dropped) go to `sink`, until
  /// on_track_removed() has been told or the stay is over. The sink must not call the room or this
  /// participant, except send_audio(), and must not destroy anything of it.
  virtual void hear(std::uint32_t track_number, rtp::PacketSink& sink) = 0;
  virtual void unpublish(const std::string& track_sid) = 0;
  virtual void set_muted(const std::string& track_sid, bool muted) = 0;

  struct AudioFrame {
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;  ///< in units of the codec's RTP clock
    std::uint8_t level = 127;  ///< RFC 6464: 0 (loudest) to 127 (silence); makes its sender an active speaker
    std::span<const std::uint8_t> payload;  ///< at most kMaxAudioPayload bytes
  };
  static constexpr std::size_t kMaxAudioPayload = 1275;
  /// Sends a packet of the audio track that was published last to everybody who hears it, on the media path.
  /// Sequence number and timestamp must run as RTP wants. Nothing happens when the track is no longer
  /// published.
  virtual void send_audio(base::TimePoint now, const AudioFrame& frame) = 0;

  /// Values given replace; attributes merge, an empty value deletes.
  virtual void set_attributes(const livekit::Attributes& attributes) = 0;
  virtual void set_metadata(const std::string& metadata) = 0;
  virtual void set_name(const std::string& name) = 0;

  /// Sends a livekit.DataPacket (made with any stamp: sender and kind are set by the room) to the
  /// destinations that it names, else to everybody. A packet without destinations reaches all others.
  virtual void send_data(std::string_view packet, bool reliable) = 0;
  virtual void send_dtmf(char digit) = 0;

  /// What others see as the reason of leaving; the listener is not called any more.
  virtual void leave(livekit::DisconnectReason reason) = 0;
};

}  // namespace ringback::room
