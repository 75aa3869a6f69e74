#include "client/subscriber.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "crypto/random.h"
#include "rtp/rtcp.h"

namespace ringback::client {
namespace {

using webrtc_transport::Transport;

/// Our SSRC in reports: we send no stream of our own on this side.
constexpr std::uint32_t kReportSsrc = 1;
/// A server that trickles without ever offering must not fill our memory.
constexpr std::size_t kMaxEarlyCandidates = 64;
constexpr std::array kHeardCodecs{livekit::AudioCodec::kOpus, livekit::AudioCodec::kPcmu,
                                  livekit::AudioCodec::kPcma};
/// Tracks beyond this number are not heard.
constexpr std::size_t kMaxRoutes = 256;

/// LiveKit's stream ids are "<participant sid>|<track sid>"; servers that keep tracks in step put another
/// name behind the bar, and then only the map tells.
std::string track_sid_of(const sdp::WebRtcSection& section, const livekit::SessionDescription& message) {
  const auto mapped = message.mid_to_track_id.find(section.mid);
  if (mapped != message.mid_to_track_id.end()) return mapped->second;
  if (!section.msid) return {};
  const auto bar = section.msid->stream.find('|');
  if (bar != std::string::npos && section.msid->stream.compare(bar + 1, 3, "TR_") == 0) {
    return section.msid->stream.substr(bar + 1);
  }
  return section.msid->track;
}

}  // namespace

Subscriber::Subscriber(std::unique_ptr<webrtc_transport::DelegatedContext> port, Transport::Owner& owner)
    : port_(std::move(port)), owner_(owner), session_id_(crypto::random_u64() >> 2) {}

void Subscriber::add_candidate(std::string candidate) {
  if (transport_) return transport_->add_remote_candidate(candidate);
  if (early_candidates_.size() < kMaxEarlyCandidates) early_candidates_.push_back(std::move(candidate));
}

std::optional<livekit::Answer> Subscriber::answer(const livekit::SessionDescription& offer) {
  const auto description = sdp::read_webrtc(offer.sdp);
  if (!description) return std::nullopt;
  if (!transport_) {
    // The offerer controls, unless it is lite (RFC 8445 section 6.1.1).
    const auto role =
        description->transport.ice_lite ? Transport::IceRole::kControlling : Transport::IceRole::kControlled;
    transport_ = std::make_unique<Transport>(*port_, owner_, role);
  }
  if (!transport_->set_remote(description->transport)) return std::nullopt;
  for (const auto& candidate : early_candidates_) transport_->add_remote_candidate(candidate);
  early_candidates_.clear();
  learn_routes(*description, offer);

  sdp::WebRtcDescription ours;
  ours.session_id = session_id_;
  ours.session_version = ++version_;
  ours.transport = transport_->local();
  for (const auto& section : description->sections) {
    if (section.kind == sdp::SectionKind::kApplication && !section.rejected) {
      transport_->want_data(section, false);
    }
    sdp::WebRtcSection& answered = ours.sections.emplace_back(
        sdp::answered(section, {.receive = section.kind == sdp::SectionKind::kAudio}));
    // A section whose track is gone only receives; we have nothing to send in it.
    if (sdp::sends(answered.direction)) answered.direction = sdp::Direction::kInactive;
  }
  livekit::Answer answer;
  answer.type = "answer";
  answer.sdp = sdp::write_webrtc(ours);
  answer.id = offer.id;
  last_answer_ = answer;
  return answer;
}

void Subscriber::learn_routes(const sdp::WebRtcDescription& offer,
                              const livekit::SessionDescription& message) {
  std::vector<Route> routes;
  for (const auto& section : offer.sections) {
    if (section.kind != sdp::SectionKind::kAudio || section.rejected || section.ssrcs.empty() ||
        !sdp::sends(section.direction) || routes.size() == kMaxRoutes) {
      continue;
    }
    const auto known = std::ranges::find(routes_, section.ssrcs.front(), &Route::ssrc);
    Route route = known != routes_.end() ? std::move(*known) : Route{};
    route.ssrc = section.ssrcs.front();
    std::string track_sid = track_sid_of(section, message);
    if (route.track_sid != track_sid) route.number = 0;
    route.track_sid = std::move(track_sid);
    route.formats.clear();
    for (const auto& format : section.codecs) {
      for (const auto codec : kHeardCodecs) {
        if (format.is(livekit::encoding_name(codec))) route.formats.push_back({format.payload_type, codec});
      }
    }
    routes.push_back(std::move(route));
  }
  routes_ = std::move(routes);
}

std::optional<Subscriber::Heard> Subscriber::identify(base::TimePoint now, const rtp::PacketView& packet) {
  const auto route = std::ranges::find(routes_, packet.ssrc(), &Route::ssrc);
  if (route == routes_.end()) return std::nullopt;
  const auto format = std::ranges::find(route->formats, packet.payload_type(), &Route::Format::payload_type);
  if (format == route->formats.end()) return std::nullopt;
  if (route->stats.packets() == 0) route->stats = rtp::ReceiveStats(livekit::rtp_clock_rate(format->codec));
  route->stats.on_packet(now, packet);
  return Heard{.track_sid = route->track_sid, .codec = format->codec, .number = route->number};
}

void Subscriber::on_rtcp(base::TimePoint now, std::span<const std::uint8_t> compound) {
  rtp::RtcpReader reader(compound);
  while (const auto packet = reader.next()) {
    const auto report = rtp::parse_sender_report(*packet);
    if (!report) continue;
    const auto route = std::ranges::find(routes_, report->ssrc, &Route::ssrc);
    if (route != routes_.end()) route->stats.on_sender_report(now, *report);
  }
}

void Subscriber::send_report(base::TimePoint now) {
  if (!transport_ || !transport_->connected()) return;
  rtp::ReceiverReport report;
  report.ssrc = kReportSsrc;
  for (Route& route : routes_) {
    const auto block = route.stats.make_report_block(now);
    if (block) report.blocks.push_back(*block);
  }
  if (report.blocks.empty()) return;
  const auto slot = transport_->peer().prepare();
  if (slot.empty()) return;
  rtp::RtcpWriter writer(slot);
  writer.add_receiver_report(report);
  writer.add_cname(kReportSsrc, "ringback");
  transport_->peer().commit_rtcp(writer.size());
}

}  // namespace ringback::client
