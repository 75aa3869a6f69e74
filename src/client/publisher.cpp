#include "client/publisher.h"

#include <algorithm>
#include <array>

#include "crypto/random.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

namespace ringback::client {
namespace {

constexpr std::string_view kDataMid = "0";
constexpr std::string_view kAudioMid = "1";
constexpr std::uint8_t kOfferedLevelId = 1;

}  // namespace

Publisher::Publisher(std::unique_ptr<webrtc_transport::DelegatedContext> port,
                     webrtc_transport::Transport::Owner& owner)
    : port_(std::move(port)),
      transport_(*port_, owner, webrtc_transport::Transport::IceRole::kControlling),
      session_id_(crypto::random_u64() >> 2),
      ssrc_(crypto::random_u32()),
      first_sequence_(crypto::random_u16()),
      first_timestamp_(crypto::random_u32()) {}

livekit::AddTrack Publisher::add_track(livekit::AudioCodec codec, std::string_view name) {
  codec_ = codec;
  cid_ = crypto::random_token(16);
  stats_.emplace(ssrc_, livekit::rtp_clock_rate(codec));
  offer_again_ = answer_due_;
  livekit::AddTrack request;
  request.cid = cid_;
  request.name = name;
  request.type = livekit::TrackType::kAudio;
  request.source = livekit::TrackSource::kMicrophone;
  request.disable_red = true;
  request.audio_features = {livekit::AudioTrackFeature::kNoDtx};
  return request;
}

sdp::WebRtcSection Publisher::audio_section() const {
  auto section = sdp::offered_audio(
      std::string(kAudioMid),
      sdp::SentTrack{.msid = {"-", cid_}, .cname = "ringback", .ssrc = ssrc_, .rtx_ssrc = 0});
  // Only the codec that is sent: the server must not guess which one the track has.
  const auto name = livekit::encoding_name(*codec_);
  std::erase_if(section.codecs, [name](const sdp::WebRtcCodec& codec) { return !codec.is(name); });
  section.extensions = {{kOfferedLevelId, std::string(sdp::extension::kAudioLevel)}};
  return section;
}

std::optional<livekit::Offer> Publisher::make_offer() {
  if (answer_due_) {
    offer_again_ = true;
    return std::nullopt;
  }
  sdp::WebRtcDescription description;
  description.session_id = session_id_;
  description.session_version = ++version_;
  description.transport = transport_.local();
  // An offer leaves the DTLS roles open, also when they were agreed before (RFC 8842 section 5.2).
  description.transport.setup = sdp::SetupRole::kActPass;
  description.sections.push_back(sdp::application_section(std::string(kDataMid)));
  if (codec_) description.sections.push_back(audio_section());
  livekit::Offer offer;
  offer.type = "offer";
  offer.sdp = sdp::write_webrtc(description);
  offer.id = ++offer_id_;
  answer_due_ = true;
  offer_again_ = false;
  last_offer_ = offer;
  return offer;
}

void Publisher::restart() {
  transport_.restart_ice();
  answer_due_ = false;
}

Publisher::Answered Publisher::receive_answer(const livekit::SessionDescription& answer) {
  Answered outcome;
  // Servers that do not know ids leave them 0.
  if (!answer_due_ || (answer.id != 0 && answer.id != offer_id_)) {
    outcome.usable = true;
    return outcome;
  }
  answer_due_ = false;
  outcome.offer_again = offer_again_;
  const auto description = sdp::read_webrtc(answer.sdp);
  if (!description || !transport_.set_remote(description->transport)) return outcome;
  outcome.usable = true;
  if (const auto* data = description->section(kDataMid); data != nullptr && !data->rejected) {
    transport_.want_data(*data, true);
  }
  const auto* audio = description->section(kAudioMid);
  if (audio == nullptr || !codec_) return outcome;
  const auto* format = audio->codec(livekit::encoding_name(*codec_));
  if (audio->rejected || format == nullptr || !sdp::receives(audio->direction)) {
    outcome.track_refused = true;
    return outcome;
  }
  payload_type_ = format->payload_type;
  level_id_ = audio->extension_id(sdp::extension::kAudioLevel);
  return outcome;
}

void Publisher::send(base::TimePoint now, const AudioFrame& frame) {
  if (!payload_type_ || muted_) return;
  const auto slot = transport_.peer().prepare();
  if (slot.empty()) return;
  // RFC 6464 section 3: one byte, the highest bit tells speech from noise, which nobody decides here.
  const std::array<std::uint8_t, 1> level{frame.level};
  const std::array<rtp::HeaderExtension, 1> extensions{{{level_id_, level}}};
  const rtp::PacketHeader header{.marker = frame.marker,
                                 .payload_type = *payload_type_,
                                 .sequence = static_cast<std::uint16_t>(first_sequence_ + frame.sequence),
                                 .timestamp = first_timestamp_ + frame.timestamp,
                                 .ssrc = ssrc_};
  const auto size =
      rtp::write_packet(slot, header, frame.payload, std::span(extensions).first(level_id_ == 0 ? 0 : 1));
  if (size == 0 || !transport_.peer().commit_rtp(size)) return;
  stats_->on_packet(now, header.timestamp, frame.payload.size());
}

void Publisher::send_report(base::TimePoint now) {
  if (!stats_) return;
  const rtp::NtpClock clock(now, rtp::unix_micros_from_ntp(port_->ntp(now)));
  const auto report = stats_->make_sender_report(now, clock);
  if (!report) return;
  const auto slot = transport_.peer().prepare();
  if (slot.empty()) return;
  rtp::RtcpWriter writer(slot);
  writer.add_sender_report(*report);
  writer.add_cname(ssrc_, "ringback");
  transport_.peer().commit_rtcp(writer.size());
}

void Publisher::on_rtcp(base::TimePoint now, std::span<const std::uint8_t> compound) {
  if (!stats_) return;
  const rtp::NtpClock clock(now, rtp::unix_micros_from_ntp(port_->ntp(now)));
  rtp::RtcpReader reader(compound);
  while (const auto packet = reader.next()) {
    const auto report = rtp::parse_receiver_report(*packet);
    if (!report) continue;
    for (const auto& block : report->blocks) {
      if (block.ssrc == ssrc_) stats_->on_report_block(now, clock, block);
    }
  }
}

}  // namespace ringback::client
