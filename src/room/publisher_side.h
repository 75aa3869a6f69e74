#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "livekit/signal_request.h"
#include "room/room_context.h"
#include "room/up_track.h"
#include "rtp/rtcp.h"
#include "rtp/twcc.h"
#include "sdp/webrtc_profile.h"

namespace ringback::room {

class ClientParticipant;

/// What a client sends: announced tracks, the sections of its offers that carry them, and the RTP that
/// arrives, with the feedback that its sender needs. Owned by a ClientParticipant; worker thread.
class PublisherSide final : public UpTrack::KeyframeSource {
 public:
  PublisherSide(ClientParticipant& owner, Transport& transport) : owner_(owner), transport_(transport) {}

  // Signalling.

  /// The client announces a track that a later offer will contain. The answer is sent through the owner.
  void add_track(const livekit::AddTrack& request);
  /// A pending or live track of the client by its sid.
  [[nodiscard]] bool knows(std::string_view track_sid) const;
  void mute_pending(std::string_view track_sid, bool muted);

  /// One section of an offer that the client sends in: what to answer. Ends the publication of a section that
  /// carries its track no more.
  [[nodiscard]] sdp::AnswerChoice choose(const sdp::WebRtcSection& offered);
  /// The section as answered: its streams are known from now on.
  void agree(const sdp::WebRtcSection& offered, const sdp::WebRtcSection& answer);
  /// The answer is out: publishes the tracks that it made live.
  void publish_agreed();
  /// The track left the room.
  void forget(const UpTrack& track);

  // Media.

  void on_rtp(base::TimePoint now, std::span<const std::uint8_t> bytes);
  /// Asks for what is missing; after on_rtp(), when sending is allowed again.
  void send_urgent_feedback(base::TimePoint now);
  void on_sender_report(base::TimePoint now, const rtp::SenderReport& report);
  /// Receiver reports (every second) and transport-wide feedback (every call).
  void send_feedback(base::TimePoint now, bool reports);
  void request_keyframe(std::uint32_t ssrc) override;
  /// Share of packets lost since the last call; less than 0: nothing was expected.
  [[nodiscard]] double take_loss();
  [[nodiscard]] bool receiving() const { return !routes_.empty(); }

 private:
  struct Pending {
    livekit::AddTrack request;
    livekit::TrackInfo info;
  };
  /// A section of the client's SDP that carries a track of its own.
  struct Section {
    std::string mid;
    std::string msid_track;
    UpTrack* track = nullptr;  ///< live, or not yet published (owned by fresh_)
    bool nack = false;
  };
  struct Route {
    std::uint32_t ssrc = 0;
    Section* section = nullptr;
    UpStream* stream = nullptr;
    bool rtx = false;
  };

  [[nodiscard]] std::optional<Pending> take_pending(const sdp::WebRtcSection& offered);
  [[nodiscard]] Section* section_of(std::string_view mid);
  void end_section(Section& section);
  void drop_routes(const Section& section);
  [[nodiscard]] const Route* find_route(std::uint32_t ssrc) const;
  /// Finds out where an unknown SSRC belongs, by the identifiers in its header extensions (RFC 8843
  /// section 9.2).
  const Route* learn(const rtp::PacketView& packet);
  void accept(base::TimePoint now, const Route& route, const rtp::PacketView& packet);
  void accept_rtx(base::TimePoint now, const Route& route, const rtp::PacketView& packet);

  ClientParticipant& owner_;
  Transport& transport_;
  std::vector<Pending> pending_;
  std::vector<std::unique_ptr<Section>> sections_;
  std::vector<std::unique_ptr<UpTrack>> fresh_;  ///< agreed, published when the answer is out
  std::vector<Pending> chosen_;                  ///< between choose() and agree() of one section
  std::vector<Route> routes_;
  rtp::TwccRecorder arrivals_;

  // Ids of header extensions; one numbering for the whole bundle (RFC 8285 section 6).
  std::uint8_t audio_level_id_ = 0;
  std::uint8_t mid_id_ = 0;
  std::uint8_t rid_id_ = 0;
  std::uint8_t repaired_rid_id_ = 0;
  std::uint8_t transport_cc_id_ = 0;
  bool remb_ = false;
  std::array<std::uint8_t, 128> rtx_of_{};  ///< rtx payload type to the repaired one; 0: none
};

}  // namespace ringback::room
