#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "livekit/model.h"
#include "room/audio_level.h"
#include "room/reception.h"
#include "rtp/nack_generator.h"
#include "rtp/packet.h"
#include "rtp/packet_history.h"
#include "sdp/webrtc_profile.h"

namespace ringback::room {

class Participant;
class UpTrack;

/// Ids of the header extensions that travel with a packet from its publisher to its subscribers (RFC 8285);
/// 0: not negotiated. Without the dependency descriptor Chromium does not decode AV1.
struct ForwardedExtensions {
  std::uint8_t dependency_descriptor = 0;
  std::uint8_t abs_capture_time = 0;
};

/// Who gets the packets of a published track: a DownTrack to a client, or a participant of this process.
class TrackConsumer {
 public:
  /// Media path. `format` is what the packet's payload type means.
  virtual void on_packet(base::TimePoint now, const sdp::WebRtcCodec& format,
                         const rtp::PacketView& packet) = 0;
  /// The packets that follow come from another source: other sequence numbers, other timestamps.
  virtual void on_source_switched() = 0;
  /// The payload types of the track mean something else now.
  virtual void on_formats_changed() = 0;

 protected:
  ~TrackConsumer() = default;
};

/// One RTP stream of a published track: the only one of an audio track, a simulcast layer of a video track.
struct UpStream {
  std::uint32_t ssrc = 0;      ///< 0: not yet seen (announced by its rid only)
  std::uint32_t rtx_ssrc = 0;  ///< its retransmissions (RFC 4588); 0: none or not yet seen
  std::string rid;             ///< simulcast layer (RFC 8851), else empty
  Reception reception;
  rtp::NackGenerator missing;
  rtp::PacketHistory history;  ///< of video only: answers subscribers without asking the publisher
  base::TimePoint keyframe_asked_at{};
};

/// Points at a track for as long as there is one: null again when the track is destroyed. Worker thread.
class TrackPointer {
 public:
  TrackPointer() = default;
  ~TrackPointer() { point_to(nullptr); }
  TrackPointer(const TrackPointer&) = delete;
  TrackPointer& operator=(const TrackPointer&) = delete;

  /// A track has one pointer at a time; null: none.
  void point_to(UpTrack* track);
  [[nodiscard]] UpTrack* get() const { return track_; }

 private:
  friend class UpTrack;
  UpTrack* track_ = nullptr;
};

/// A track that a participant publishes: what comes in, which layer is forwarded, and to whom.
/// Owned by its Participant; worker thread. receive() is the media path: no allocation once streams are
/// known.
class UpTrack {
 public:
  /// Asks the publisher for a key frame of one of its streams. May be null (a participant of this process).
  class KeyframeSource {
   public:
    virtual void request_keyframe(std::uint32_t ssrc) = 0;

   protected:
    ~KeyframeSource() = default;
  };

  UpTrack(Participant& publisher, livekit::TrackInfo info, KeyframeSource* keyframes);
  ~UpTrack();
  UpTrack(const UpTrack&) = delete;
  UpTrack& operator=(const UpTrack&) = delete;

  [[nodiscard]] Participant& publisher() const { return publisher_; }
  [[nodiscard]] const livekit::TrackInfo& info() const { return info_; }
  [[nodiscard]] livekit::TrackInfo& info() { return info_; }
  [[nodiscard]] const std::string& sid() const { return info_.sid; }
  [[nodiscard]] bool is_video() const { return info_.type == livekit::TrackType::kVideo; }

  /// What the publisher may send: media codecs, without rtx. The first one is the track's codec.
  void set_formats(std::vector<sdp::WebRtcCodec> formats);
  [[nodiscard]] const std::vector<sdp::WebRtcCodec>& formats() const { return formats_; }
  [[nodiscard]] const sdp::WebRtcCodec* format(std::uint8_t payload_type) const;
  /// Of the first format; 0 and 8000 Hz while there is none.
  [[nodiscard]] std::uint8_t payload_type() const { return payload_type_; }
  [[nodiscard]] std::uint32_t clock_rate() const { return clock_rate_; }

  void set_extension_ids(const ForwardedExtensions& ids) { extension_ids_ = ids; }
  [[nodiscard]] const ForwardedExtensions& extension_ids() const { return extension_ids_; }

  /// Streams from the lowest layer to the highest.
  [[nodiscard]] std::vector<std::unique_ptr<UpStream>>& streams() { return streams_; }
  UpStream& add_stream(std::uint32_t ssrc, std::uint32_t rtx_ssrc, std::string rid);
  /// The stream whose packets subscribers get; null before the first packet.
  [[nodiscard]] UpStream* current() const { return current_; }

  /// A packet of a participant of this process, whose tracks have one stream. `level`: RFC 6464.
  void receive(base::TimePoint now, const rtp::PacketView& packet, int level);
  /// Media path: what the next packet will need.
  void prefetch() const;
  /// A packet of one of the streams, in its original form (retransmissions unwrapped). `level` is its RFC
  /// 6464 audio level, negative when it has none.
  void receive(base::TimePoint now, UpStream& stream, const rtp::PacketView& packet, int level);

  void add_consumer(TrackConsumer& consumer);
  void remove_consumer(TrackConsumer& consumer);
  [[nodiscard]] const std::vector<TrackConsumer*>& consumers() const { return consumers_; }

  /// A subscriber cannot decode without a new key frame. Repeated requests are bundled.
  void request_keyframe(base::TimePoint now);

  void set_muted(bool muted);
  [[nodiscard]] float audio_level(base::TimePoint now) const { return info_.muted ? 0 : level_.level(now); }

  /// True for the first subscriber only: the publisher is told once.
  [[nodiscard]] bool take_first_subscription();

 private:
  friend class TrackPointer;
  [[nodiscard]] bool select(base::TimePoint now, UpStream& stream, const sdp::WebRtcCodec& format,
                            const rtp::PacketView& packet);
  void ask(base::TimePoint now, UpStream& stream);

  // In the order of use: a worker with hundreds of tracks finds none of this in its caches.
  UpStream* current_ = nullptr;
  std::vector<TrackConsumer*> consumers_;
  std::vector<sdp::WebRtcCodec> formats_;
  std::uint32_t clock_rate_ = 8000;
  std::uint8_t payload_type_ = 0;
  bool muted_ = false;  ///< as info_ has it
  std::uint32_t level_timestamp_ = 0;
  AudioLevel level_;
  std::vector<std::unique_ptr<UpStream>> streams_;
  Participant& publisher_;
  KeyframeSource* keyframes_;
  livekit::TrackInfo info_;
  std::array<std::int8_t, 128> format_index_;  ///< by payload type; -1: none
  ForwardedExtensions extension_ids_;
  bool first_subscription_told_ = false;
  TrackPointer* pointer_ = nullptr;
};

}  // namespace ringback::room
