#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/time.h"
#include "room/stream_rewriter.h"
#include "room/up_track.h"
#include "rtp/fixed_list.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "sdp/webrtc_profile.h"

namespace ringback::webrtc {
class PeerConnection;
}

namespace ringback::room {

/// A published track on its way to one client: SSRC, numbering and payload types of that client's stream,
/// built directly in the send slot of the media port. Owned by a Subscription; worker thread; on_packet() is
/// the media path.
class DownTrack final : public TrackConsumer {
 public:
  DownTrack(UpTrack& source, webrtc::PeerConnection& peer);
  ~DownTrack();
  DownTrack(const DownTrack&) = delete;
  DownTrack& operator=(const DownTrack&) = delete;

  [[nodiscard]] UpTrack& source() const { return source_; }
  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] std::uint32_t rtx_ssrc() const { return rtx_ssrc_; }
  /// How the track is described in a section of an SDP.
  [[nodiscard]] sdp::SentTrack description() const;

  /// The client agreed to this section: forwarding begins. False when it takes none of the track's codecs.
  bool bind(base::TimePoint now, const sdp::WebRtcSection& agreed);
  /// The section is taken away; nothing is sent until bind().
  void unbind();
  [[nodiscard]] bool bound() const { return bound_; }

  /// The subscriber's wish (UpdateTrackSettings.disabled).
  void set_enabled(base::TimePoint now, bool enabled);

  void on_packet(base::TimePoint now, const sdp::WebRtcCodec& format, const rtp::PacketView& packet) override;
  void on_source_switched() override { rewriter_.switch_source(); }
  void on_formats_changed() override;

  // The client's feedback.
  void on_nack(base::TimePoint now, std::span<const std::uint16_t> sequences);
  void on_keyframe_request(base::TimePoint now) { source_.request_keyframe(now); }
  void on_report(const rtp::ReportBlock& block) { fraction_lost_ = block.fraction_lost; }
  /// The client's latest report of loss, in 1/256.
  [[nodiscard]] std::uint8_t fraction_lost() const { return fraction_lost_; }

  /// Adds a sender report and the CNAME; false when nothing has been sent yet or there is no room.
  bool add_report(base::TimePoint now, std::uint64_t ntp_now, rtp::RtcpWriter& writer) const;

 private:
  static constexpr std::uint8_t kNoType = 0xff;

  void map_payload_types();
  using Extensions = rtp::FixedList<rtp::HeaderExtension, 2>;
  [[nodiscard]] Extensions extensions_of(const rtp::PacketView& packet) const;
  bool send_original(const rtp::PacketView& packet, StreamRewriter::Position position);
  bool send_rtx(const rtp::PacketView& packet, StreamRewriter::Position position);

  UpTrack& source_;
  webrtc::PeerConnection& peer_;
  const std::uint32_t ssrc_;
  const std::uint32_t rtx_ssrc_;
  StreamRewriter rewriter_;
  std::vector<sdp::WebRtcCodec> agreed_;
  ForwardedExtensions extension_ids_;           ///< as the client has them
  std::array<std::uint8_t, 128> payload_type_;  ///< source payload type to the client's; kNoType: not taken
  std::array<std::uint8_t, 128> rtx_payload_type_;  ///< the client's payload type to its rtx type
  bool bound_ = false;
  bool enabled_ = true;
  std::uint16_t rtx_sequence_ = 0;
  std::uint32_t packets_ = 0;  ///< as sender reports count: modulo 2^32
  std::uint32_t octets_ = 0;
  std::uint8_t fraction_lost_ = 0;
};

}  // namespace ringback::room
