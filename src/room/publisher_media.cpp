// The media path of PublisherSide: from a client's RTP to its track, and the feedback on the way back.

#include <algorithm>
#include <array>
#include <cstring>

#include "room/client_participant.h"
#include "room/publisher_side.h"
#include "rtp/byte_order.h"
#include "rtp/rtx.h"
#include "webrtc_transport/transport.h"

namespace ringback::room {
namespace {

/// Our SSRC in feedback: we send no stream of our own on this side.
constexpr std::uint32_t kFeedbackSsrc = 1;
/// What a publisher may send when it asks only for REMB: enough for any camera, and we do not measure.
constexpr std::uint64_t kRembBitsPerSecond = 8'000'000;
constexpr std::size_t kRtcpBuffer = 1200;
/// Of an unwrapped retransmission: nothing that crosses an Ethernet is longer.
constexpr std::size_t kLongestPacket = 1500;
/// What asking again assumes: asking sooner only doubles what is on its way.
constexpr base::Duration kRoundTrip = std::chrono::milliseconds(80);

std::string_view text_of(std::optional<std::span<const std::uint8_t>> extension) {
  if (!extension) return {};
  return {reinterpret_cast<const char*>(extension->data()), extension->size()};
}

}  // namespace

const PublisherSide::Route* PublisherSide::find_route(std::uint32_t ssrc) const {
  for (const Route& route : routes_) {
    if (route.ssrc == ssrc) return &route;
  }
  return nullptr;
}

const PublisherSide::Route* PublisherSide::learn(const rtp::PacketView& packet) {
  if (mid_id_ == 0) return nullptr;
  Section* section = section_of(text_of(packet.extension(mid_id_)));
  if (section == nullptr || section->track == nullptr) return nullptr;
  const std::string_view rid = rid_id_ == 0 ? std::string_view() : text_of(packet.extension(rid_id_));
  const std::string_view repaired =
      repaired_rid_id_ == 0 ? std::string_view() : text_of(packet.extension(repaired_rid_id_));
  const bool rtx = rtx_of_[packet.payload_type()] != 0;
  for (const auto& stream : section->track->streams()) {
    if (stream->rid != (rtx ? repaired : rid)) continue;
    std::uint32_t& known = rtx ? stream->rtx_ssrc : stream->ssrc;
    std::erase_if(routes_, [&](const Route& route) { return known != 0 && route.ssrc == known; });
    known = packet.ssrc();
    routes_.push_back({packet.ssrc(), section, stream.get(), rtx});
    return &routes_.back();
  }
  return nullptr;
}

void PublisherSide::on_rtp(base::TimePoint now, std::span<const std::uint8_t> bytes) {
  const auto packet = rtp::PacketView::parse(bytes);
  if (!packet) return;
  if (transport_cc_id_ != 0) {
    if (const auto number = packet->extension(transport_cc_id_); number && number->size() == 2) {
      arrivals_.on_packet(now, rtp::read_u16(number->data()));
    }
  }
  const Route* route = find_route(packet->ssrc());
  if (route == nullptr) route = learn(*packet);
  if (route == nullptr || route->section->track == nullptr) return;
  if (route->rtx) {
    accept_rtx(now, *route, *packet);
  } else {
    accept(now, *route, *packet);
  }
}

void PublisherSide::accept(base::TimePoint now, const Route& route, const rtp::PacketView& packet) {
  UpTrack& track = *route.section->track;
  UpStream& stream = *route.stream;
  stream.reception.received(now, packet.sequence(), packet.timestamp(), track.clock_rate());
  if (track.is_video()) {
    stream.history.store(now, packet.sequence(), packet.bytes());
    if (route.section->nack) {
      stream.missing.on_packet(now, packet.sequence());
      if (stream.missing.take_key_frame_needed()) track.request_keyframe(now);
    }
    track.receive(now, stream, packet, -1);
    return;
  }
  int level = -1;
  if (audio_level_id_ != 0) {
    if (const auto value = packet.extension(audio_level_id_); value && !value->empty())
      level = value->front() & 0x7f;
  }
  track.receive(now, stream, packet, level);
}

void PublisherSide::accept_rtx(base::TimePoint now, const Route& route, const rtp::PacketView& packet) {
  const auto content = rtp::parse_rtx(packet);
  if (!content || content->payload.empty()) return;  // a probe without content
  rtp::HeaderExtension descriptor{.id = route.section->track->extension_ids().dependency_descriptor,
                                  .data = {}};
  const auto data = descriptor.id != 0 ? packet.extension(descriptor.id) : std::nullopt;
  if (data) descriptor.data = *data;
  std::array<std::uint8_t, kLongestPacket> buffer;
  const std::size_t size = rtp::write_packet(buffer,
                                             {.marker = packet.marker(),
                                              .payload_type = rtx_of_[packet.payload_type()],
                                              .sequence = content->original_sequence,
                                              .timestamp = packet.timestamp(),
                                              .ssrc = route.stream->ssrc},
                                             content->payload, {&descriptor, data ? std::size_t{1} : 0});
  if (const auto original = rtp::PacketView::parse(std::span(buffer).first(size)))
    accept(now, route, *original);
}

void PublisherSide::send_urgent_feedback(base::TimePoint now) {
  for (const auto& section : sections_) {
    if (section->track == nullptr || !section->nack) continue;
    for (const auto& stream : section->track->streams()) {
      if (stream->missing.missing() == 0) continue;
      const auto due = stream->missing.take_requests(now, kRoundTrip);
      if (due.empty()) continue;
      std::array<std::uint8_t, kRtcpBuffer> buffer;
      rtp::RtcpWriter writer(buffer);
      writer.add_receiver_report({.ssrc = kFeedbackSsrc, .blocks = {}});
      writer.add_nack(kFeedbackSsrc, stream->ssrc, {due.begin(), due.end()});
      transport_.peer().send_rtcp(writer.bytes());
    }
  }
}

void PublisherSide::request_keyframe(std::uint32_t ssrc) {
  std::array<std::uint8_t, 64> buffer;
  rtp::RtcpWriter writer(buffer);
  writer.add_receiver_report({.ssrc = kFeedbackSsrc, .blocks = {}});
  writer.add_pli(kFeedbackSsrc, ssrc);
  transport_.peer().send_rtcp(writer.bytes());
}

void PublisherSide::on_sender_report(base::TimePoint now, const rtp::SenderReport& report) {
  const Route* route = find_route(report.ssrc);
  if (route != nullptr && !route->rtx) route->stream->reception.sender_report(now, report);
}

void PublisherSide::send_feedback(base::TimePoint now, bool reports) {
  std::array<std::uint8_t, kRtcpBuffer> buffer;
  rtp::RtcpWriter writer(buffer);
  rtp::ReceiverReport report{.ssrc = kFeedbackSsrc, .blocks = {}};
  std::uint32_t media_ssrc = 0;
  bool video = false;
  for (const Route& route : routes_) {
    if (route.rtx || route.section->track == nullptr || !route.stream->reception.started()) continue;
    if (reports) report.blocks.push_back(route.stream->reception.report(now, route.ssrc));
    if (media_ssrc == 0 || route.section->track->is_video()) media_ssrc = route.ssrc;
    video |= route.section->track->is_video();
  }
  if (reports && !report.blocks.empty()) {
    writer.add_receiver_report(report);
    if (video && remb_ && transport_cc_id_ == 0)
      writer.add_remb(kFeedbackSsrc, kRembBitsPerSecond, {&media_ssrc, 1});
  }
  if (transport_cc_id_ != 0) {
    rtp::TransportFeedback feedback;
    if (arrivals_.make_feedback(kFeedbackSsrc, media_ssrc, feedback)) {
      if (writer.size() == 0) writer.add_receiver_report({.ssrc = kFeedbackSsrc, .blocks = {}});
      writer.add_transport_feedback(feedback);
    }
  }
  if (writer.size() != 0) transport_.peer().send_rtcp(writer.bytes());
}

double PublisherSide::take_loss() {
  double worst = -1;
  for (const Route& route : routes_) {
    if (!route.rtx) worst = std::max(worst, route.stream->reception.take_loss());
  }
  return worst;
}

}  // namespace ringback::room
