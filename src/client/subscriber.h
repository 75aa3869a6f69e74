#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "livekit/audio_codec.h"
#include "livekit/signal_client.h"
#include "rtp/packet.h"
#include "rtp/receive_stats.h"
#include "sdp/webrtc_profile.h"
#include "webrtc_transport/transport.h"

namespace ringback::client {

/// The peer connection on which we hear the others: always offered by the server. Lasts as long as one stay
/// in the room. Owner: RemoteParticipant, worker thread.
class Subscriber {
 public:
  Subscriber(std::unique_ptr<webrtc_transport::DelegatedContext> port,
             webrtc_transport::Transport::Owner& owner);

  /// Our answer; nullopt when the offer cannot be used.
  [[nodiscard]] std::optional<livekit::Answer> answer(const livekit::SessionDescription& offer);
  /// A candidate of the server; kept until its offer is here.
  void add_candidate(std::string candidate);

  /// What a packet of the server is.
  struct Heard {
    std::string_view track_sid;
    livekit::AudioCodec codec;
    /// For the caller's own number of the track, 0 at first; kept while the track is offered.
    std::uint32_t& number;
  };
  /// Media path: nullopt for a packet of no track that was offered.
  [[nodiscard]] std::optional<Heard> identify(base::TimePoint now, const rtp::PacketView& packet);
  void on_rtcp(base::TimePoint now, std::span<const std::uint8_t> compound);
  void send_report(base::TimePoint now);

  [[nodiscard]] bool is(const webrtc_transport::Transport& transport) const {
    return transport_.get() == &transport;
  }
  [[nodiscard]] webrtc_transport::Transport* transport() { return transport_.get(); }
  [[nodiscard]] const std::optional<livekit::SessionDescription>& last_answer() const { return last_answer_; }

 private:
  /// One stream that the server sends.
  struct Route {
    struct Format {
      std::uint8_t payload_type;
      livekit::AudioCodec codec;
    };
    std::uint32_t ssrc = 0;
    std::uint32_t number = 0;
    std::vector<Format> formats;
    std::string track_sid;
    rtp::ReceiveStats stats{48000};
  };

  void learn_routes(const sdp::WebRtcDescription& offer, const livekit::SessionDescription& message);

  const std::unique_ptr<webrtc_transport::DelegatedContext> port_;
  webrtc_transport::Transport::Owner& owner_;
  std::unique_ptr<webrtc_transport::Transport> transport_;  ///< made by the first offer
  std::vector<std::string> early_candidates_;
  const std::uint64_t session_id_;
  std::uint64_t version_ = 0;
  std::optional<livekit::SessionDescription> last_answer_;
  std::vector<Route> routes_;  ///< a handful: searched linearly on the media path
};

}  // namespace ringback::client
