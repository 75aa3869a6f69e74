#include "room/down_track.h"

#include <algorithm>

#include "crypto/random.h"
#include "room/codec_match.h"
#include "room/participant.h"
#include "rtp/byte_order.h"
#include "webrtc/peer_connection.h"

namespace ringback::room {
namespace {

std::uint32_t random_ssrc() {
  return crypto::random_u32() | 1;
}

}  // namespace

DownTrack::DownTrack(UpTrack& source, webrtc::PeerConnection& peer)
    : source_(source),
      peer_(peer),
      ssrc_(random_ssrc()),
      rtx_ssrc_(source.is_video() ? random_ssrc() : 0),
      // The upper half of the sequence space is left free at the start: a wrap in the first packets confuses
      // the roll-over counter of an SRTP receiver that missed them (RFC 3711 section 3.3.1).
      rewriter_({static_cast<std::uint16_t>(crypto::random_u16() & 0x7fff), crypto::random_u32()},
                source.clock_rate()) {
  payload_type_.fill(kNoType);
  rtx_payload_type_.fill(kNoType);
}

DownTrack::~DownTrack() {
  unbind();
}

sdp::SentTrack DownTrack::description() const {
  const std::string stream = source_.publisher().sid() + "|" + source_.sid();
  return {.msid = {stream, source_.sid()}, .cname = stream, .ssrc = ssrc_, .rtx_ssrc = rtx_ssrc_};
}

bool DownTrack::bind(base::TimePoint now, const sdp::WebRtcSection& agreed) {
  agreed_ = agreed.codecs;
  extension_ids_ = {.dependency_descriptor = agreed.extension_id(sdp::extension::kDependencyDescriptor),
                    .abs_capture_time = agreed.extension_id(sdp::extension::kAbsCaptureTime)};
  map_payload_types();
  const auto taken = std::ranges::any_of(source_.formats(), [this](const sdp::WebRtcCodec& format) {
    return payload_type_[format.payload_type & 0x7f] != kNoType;
  });
  if (!taken) return false;
  if (!bound_) {
    bound_ = true;
    rewriter_.switch_source();
    source_.add_consumer(*this);
    source_.request_keyframe(now);
  }
  return true;
}

void DownTrack::unbind() {
  if (!bound_) return;
  bound_ = false;
  source_.remove_consumer(*this);
}

void DownTrack::set_enabled(base::TimePoint now, bool enabled) {
  if (enabled_ == enabled) return;
  enabled_ = enabled;
  if (!enabled) return;
  rewriter_.switch_source();
  source_.request_keyframe(now);
}

void DownTrack::map_payload_types() {
  payload_type_.fill(kNoType);
  rtx_payload_type_.fill(kNoType);
  for (const auto& format : source_.formats()) {
    const sdp::WebRtcCodec* codec = find_same_codec(agreed_, format);
    if (codec == nullptr) continue;
    payload_type_[format.payload_type & 0x7f] = codec->payload_type;
    for (const auto& candidate : agreed_) {
      if (!candidate.is("rtx")) continue;
      const auto apt = sdp::fmtp_parameter(candidate.fmtp, "apt");
      if (apt && *apt == std::to_string(codec->payload_type)) {
        rtx_payload_type_[codec->payload_type & 0x7f] = candidate.payload_type;
      }
    }
  }
  rewriter_.set_clock_rate(source_.clock_rate());
}

void DownTrack::on_formats_changed() {
  map_payload_types();
  rewriter_.switch_source();
}

void DownTrack::on_packet(base::TimePoint now, const sdp::WebRtcCodec&, const rtp::PacketView& packet) {
  if (!enabled_) return;
  const auto position = rewriter_.rewrite(now, {packet.sequence(), packet.timestamp()});
  if (!position) return;
  if (!send_original(packet, *position)) return;
  ++packets_;
  octets_ += static_cast<std::uint32_t>(packet.payload().size());
}

DownTrack::Extensions DownTrack::extensions_of(const rtp::PacketView& packet) const {
  Extensions extensions;
  if (!packet.has_extension()) return extensions;
  const auto carry = [&](std::uint8_t from, std::uint8_t to) {
    if (from == 0 || to == 0) return;
    if (const auto data = packet.extension(from)) extensions.push_back({to, *data});
  };
  const ForwardedExtensions& ids = source_.extension_ids();
  carry(ids.dependency_descriptor, extension_ids_.dependency_descriptor);
  carry(ids.abs_capture_time, extension_ids_.abs_capture_time);
  return extensions;
}

bool DownTrack::send_original(const rtp::PacketView& packet, StreamRewriter::Position position) {
  const std::uint8_t payload_type = payload_type_[packet.payload_type()];
  if (payload_type == kNoType) return false;
  const std::span<std::uint8_t> slot = peer_.prepare();
  if (slot.empty()) return false;
  const Extensions extensions = extensions_of(packet);
  const std::size_t size = rtp::write_packet(slot,
                                             {.marker = packet.marker(),
                                              .payload_type = payload_type,
                                              .sequence = position.sequence,
                                              .timestamp = position.timestamp,
                                              .ssrc = ssrc_},
                                             packet.payload(), {extensions.begin(), extensions.end()});
  return size != 0 && peer_.commit_rtp(size);
}

bool DownTrack::send_rtx(const rtp::PacketView& packet, StreamRewriter::Position position) {
  const std::uint8_t payload_type = payload_type_[packet.payload_type()];
  if (payload_type == kNoType) return false;
  const std::uint8_t rtx_type = rtx_payload_type_[payload_type];
  // Without a retransmission stream the packet is repeated as it was, byte for byte.
  if (rtx_type == kNoType) return send_original(packet, position);

  const std::span<std::uint8_t> slot = peer_.prepare();
  if (slot.empty()) return false;
  const Extensions extensions = extensions_of(packet);
  const std::size_t header = rtp::write_header(slot,
                                               {.marker = packet.marker(),
                                                .payload_type = rtx_type,
                                                .sequence = rtx_sequence_++,
                                                .timestamp = position.timestamp,
                                                .ssrc = rtx_ssrc_},
                                               {extensions.begin(), extensions.end()});
  const auto payload = packet.payload();
  if (header == 0 || header + 2 + payload.size() > slot.size()) return false;
  rtp::write_u16(slot.data() + header,
                 position.sequence);  // RFC 4588 section 4: the original number comes first
  std::ranges::copy(payload, slot.begin() + static_cast<std::ptrdiff_t>(header + 2));
  return peer_.commit_rtp(header + 2 + payload.size());
}

void DownTrack::on_nack(base::TimePoint, std::span<const std::uint16_t> sequences) {
  const UpStream* stream = source_.current();
  if (!bound_ || !enabled_ || stream == nullptr) return;
  for (const std::uint16_t sent : sequences) {
    const auto sequence = rewriter_.source_sequence(sent);
    if (!sequence) continue;
    const auto bytes = stream->history.find(*sequence);
    if (!bytes) continue;
    const auto packet = rtp::PacketView::parse(*bytes);
    if (packet) send_rtx(*packet, {sent, rewriter_.sent_timestamp(packet->timestamp())});
  }
}

bool DownTrack::add_report(base::TimePoint now, std::uint64_t ntp_now, rtp::RtcpWriter& writer) const {
  const UpStream* stream = source_.current();
  if (!bound_ || packets_ == 0 || stream == nullptr) return false;
  rtp::SenderReport report;
  report.ssrc = ssrc_;
  report.ntp_time = ntp_now;
  report.rtp_timestamp = rewriter_.sent_timestamp(stream->reception.timestamp_at(now, source_.clock_rate()));
  report.packet_count = packets_;
  report.octet_count = octets_;
  if (!writer.add_sender_report(report)) return false;
  return writer.add_cname(ssrc_, description().cname);
}

}  // namespace ringback::room
