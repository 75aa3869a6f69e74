#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "livekit/audio_codec.h"
#include "livekit/signal_client.h"
#include "rtp/send_stats.h"
#include "sdp/webrtc_profile.h"
#include "webrtc_transport/transport.h"

namespace ringback::client {

/// One packet of our track, without an RTP header; sequence and timestamp count from 0.
struct AudioFrame {
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;  ///< in units of the codec's RTP clock
  std::uint8_t level = 127;     ///< RFC 6464: 0 (loudest) to 127 (silence)
  std::span<const std::uint8_t> payload;
};

/// The peer connection on which we send: always offered by us, with the data channels and one audio track.
/// Lasts as long as one stay in the room. Owner: RemoteParticipant, worker thread.
class Publisher {
 public:
  Publisher(std::unique_ptr<webrtc_transport::DelegatedContext> port,
            webrtc_transport::Transport::Owner& owner);

  /// Announces the track; the next offer has it.
  [[nodiscard]] livekit::AddTrack add_track(livekit::AudioCodec codec, std::string_view name);
  /// The next offer, or nullopt while one is unanswered: make_offer() is due again after the answer.
  [[nodiscard]] std::optional<livekit::Offer> make_offer();
  /// New ICE credentials for the next offer, which may come at once: an unanswered one is forgotten, for it
  /// may be lost.
  void restart();

  struct Answered {
    bool usable = false;
    bool offer_again = false;    ///< something changed while the offer was under way
    bool track_refused = false;  ///< the server takes none of the track's codecs
  };
  Answered receive_answer(const livekit::SessionDescription& answer);

  void published(const livekit::TrackInfo& track) { track_ = track; }
  [[nodiscard]] const std::optional<livekit::TrackInfo>& track() const { return track_; }
  [[nodiscard]] const std::string& cid() const { return cid_; }
  [[nodiscard]] const std::optional<livekit::SessionDescription>& last_offer() const { return last_offer_; }
  /// Muted or taken away by the server: send() drops.
  void set_muted(bool muted) { muted_ = muted; }

  /// Media path. Dropped until the track is agreed and the connection stands.
  void send(base::TimePoint now, const AudioFrame& frame);
  void send_report(base::TimePoint now);
  void on_rtcp(base::TimePoint now, std::span<const std::uint8_t> compound);

  [[nodiscard]] webrtc_transport::Transport& transport() { return transport_; }

 private:
  [[nodiscard]] sdp::WebRtcSection audio_section() const;

  const std::unique_ptr<webrtc_transport::DelegatedContext> port_;
  webrtc_transport::Transport transport_;
  const std::uint64_t session_id_;
  std::uint64_t version_ = 0;
  std::uint32_t offer_id_ = 0;
  bool answer_due_ = false;
  bool offer_again_ = false;
  std::optional<livekit::SessionDescription> last_offer_;

  std::optional<livekit::AudioCodec> codec_;  ///< of the track; nothing published: none
  std::string cid_;
  std::optional<livekit::TrackInfo> track_;
  bool muted_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint16_t first_sequence_ = 0;
  std::uint32_t first_timestamp_ = 0;
  std::optional<std::uint8_t> payload_type_;  ///< agreed
  std::uint8_t level_id_ = 0;                 ///< of the audio level extension; 0: not agreed
  std::optional<rtp::SendStats> stats_;
};

}  // namespace ringback::client
