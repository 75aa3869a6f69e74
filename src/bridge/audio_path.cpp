#include "bridge/audio_path.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/prefetch.h"
#include "crypto/random.h"
#include "net/clock.h"
#include "net/worker.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

namespace ringback::bridge {
namespace {

// RFC 3550 section 6.2: five seconds on average; the spread keeps many legs from reporting at once.
constexpr base::Duration kRtcpInterval = std::chrono::seconds(5);

// A pair may be taken by another program; more failures than this mean that the whole range is.
constexpr int kBindAttempts = 20;

// How much of an audio path, and of a pipeline, each packet uses: their members lie in the order of use.
constexpr std::size_t kHotBytes = 640;
constexpr std::size_t kPipelineBytes = 256;

audio::Codec codec_of(sdp::AudioCodec codec) {
  return codec == sdp::AudioCodec::kPcma ? audio::Codec::kPcma : audio::Codec::kPcmu;
}

rtp::NtpClock ntp_clock(base::TimePoint now) {
  return rtp::NtpClock(now, net::wall_millis() * 1000);
}

base::Duration rtcp_interval() {
  const auto spread = std::chrono::milliseconds(crypto::random_below(2000));
  return kRtcpInterval - std::chrono::seconds(1) + spread;
}

}  // namespace

AudioPath::AudioPath(net::Worker& worker, rtp::PortRange& ports, const Settings& settings, Listener& listener)
    : Entry(worker.deadlines()),
      worker_(worker),
      listener_(listener),
      ssrc_(crypto::random_u32()),
      first_timestamp_(crypto::random_u32()),
      first_sequence_(crypto::random_u16()),
      receive_stats_(audio::kPhoneRate),
      send_stats_(ssrc_, audio::kPhoneRate),
      ports_(ports),
      settings_(settings),
      session_id_(crypto::random_u64() >> 2) {}  // must fit a signed 64-bit number for some parsers of o=

AudioPath::~AudioPath() {
  rtp_port_.reset();
  rtcp_port_.reset();
  if (local_.rtp_port != 0) ports_.release(worker_.now(), local_.rtp_port);
}

base::ErrorOr<std::unique_ptr<AudioPath>> AudioPath::open(net::Worker& worker, rtp::PortRange& ports,
                                                          const base::IpAddress& bind,
                                                          const base::IpAddress& announced,
                                                          const Settings& settings, Listener& listener) {
  std::unique_ptr<AudioPath> path(new AudioPath(worker, ports, settings, listener));
  std::string why = "every port of the range is in use";
  for (int attempt = 0; attempt < kBindAttempts && !path->rtcp_port_; ++attempt) {
    const auto port = ports.allocate(worker.now());
    if (!port) break;
    auto rtp = net::UdpPort::open(worker, net::UdpPort::Options::for_leg({bind, *port}), path->rtp_receiver_);
    auto rtcp = net::UdpPort::open(
        worker, net::UdpPort::Options::for_leg({bind, static_cast<std::uint16_t>(*port + 1)}),
        path->rtcp_receiver_);
    if (!rtp || !rtcp) {
      why = !rtp ? rtp.error().message : rtcp.error().message;
      ports.release(worker.now(), *port);
      continue;
    }
    path->rtp_port_ = std::move(*rtp);
    path->rtcp_port_ = std::move(*rtcp);
    path->local_.rtp_port = *port;
  }
  if (!path->rtcp_port_) return base::fail(why);
  path->local_.address = announced;
  return path;
}

base::ErrorOr<> AudioPath::open_room(RoomSession& room, audio::Codec codec) {
  audio::PhoneToRoomSettings to_room;
  to_room.phone_codec = audio::is_g711(codec) ? codec : audio::Codec::kPcmu;
  to_room.room_codec = codec;
  to_room.opus = settings_.opus;
  auto pipeline = audio::PhoneToRoom::create(to_room, to_room_sink_);
  if (!pipeline) return base::Failure{pipeline.error()};
  room_ = &room;
  to_room_ = std::move(*pipeline);
  if (agreed_) to_room_->set_phone_codec(codec_of(agreed_->codec));
  return {};
}

void AudioPath::agree(base::TimePoint now, const sdp::NegotiatedAudio& agreed) {
  const bool first = !agreed_;
  agreed_ = agreed;
  if (const auto endpoint = agreed.rtp.endpoint()) rtp_source_.set_signalled(now, *endpoint);
  if (!rtp_source_.settled()) rtp_port_->disconnect();
  if (const auto endpoint = agreed.rtcp.endpoint()) rtcp_source_.set_signalled(now, *endpoint);
  const audio::Codec codec = codec_of(agreed.codec);
  if (to_room_) to_room_->set_phone_codec(codec);
  // Hold and resume end here too: what was not expected while held counts from now on again.
  if (media_expected_since_ != base::kNever) media_expected_since_ = now;
  if (first) {
    audio::RoomToPhoneSettings settings;
    settings.codec = codec;
    to_phone_ = std::make_unique<audio::RoomToPhone>(settings, to_phone_sink_);
    to_phone_->start(now);
    next_rtcp_ = now + rtcp_interval();
  } else {
    to_phone_->set_codec(codec);
  }
  rearm();
}

void AudioPath::expect_media(base::TimePoint now) {
  media_expected_since_ = now;
  rearm();
}

void AudioPath::stop(base::TimePoint now) {
  if (agreed_) send_rtcp(now, true);
  if (to_phone_) to_phone_->stop();
  if (to_room_) to_room_->stop_tone();
  agreed_.reset();
  next_rtcp_ = base::kNever;
  media_expected_since_ = base::kNever;
  set_deadline(base::kNever);
}

void AudioPath::play_ringback(base::TimePoint now, const audio::ToneSpec& tone) {
  to_room_->play_tone(now, tone);
  rearm();
}

void AudioPath::stop_ringback() {
  if (to_room_) to_room_->stop_tone();
  rearm();
}

void AudioPath::add_track(audio::TrackId track, audio::Codec codec) {
  // A track beyond the pipeline's limit is not heard; the call goes on with those that are.
  if (!to_phone_) return;
  auto added = to_phone_->add_track(track, codec);
  if (!added) return;
  from_room_.push_back(std::make_unique<FromRoom>(*this, **added));
  room_->hear(track, *from_room_.back());
}

void AudioPath::remove_track(audio::TrackId track) {
  std::erase_if(from_room_, [track](const auto& each) { return each->track.id() == track; });
  if (to_phone_) to_phone_->remove_track(track);
}

void AudioPath::receive_from_room(base::TimePoint now, audio::ListenedTrack& track,
                                  const rtp::PacketView& packet) {
  if (!agreed_) return;
  now_ = now;
  to_phone_->receive(now, track, packet);
  rearm();
}

void AudioPath::press(std::string_view digits) {
  if (!to_phone_) return;
  pressing_ = to_phone_->send_dtmf(digits) > 0 || pressing_;
  rearm();
}

void AudioPath::prefetch_to_room() const {
  base::prefetch(this, kHotBytes);
  base::prefetch(to_room_.get(), kPipelineBytes);
  base::prefetch(room_, 1);
}

void AudioPath::prefetch_to_phone(const audio::ListenedTrack& track) const {
  base::prefetch(&track, kPipelineBytes);
  base::prefetch(this, kHotBytes);
  base::prefetch(to_phone_.get(), kPipelineBytes);
  base::prefetch(rtp_port_.get(), sizeof(net::UdpPort));
}

void AudioPath::on_rtp(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) {
  if (!agreed_) return;
  const auto kind = rtp::classify(bytes);
  if (kind == rtp::PacketKind::kRtcp && agreed_->rtcp_mux) return on_rtcp(now, bytes, from);
  if (kind != rtp::PacketKind::kRtp) return;
  const auto packet = rtp::PacketView::parse(bytes);
  if (!packet) return;
  if (rtp_source_.receive(now, from, packet->ssrc()) == rtp::PortPair::Verdict::kRefused) return;
  if (rtp_source_.settled() && !rtp_port_->connected()) settle(from);
  last_heard_ = now;
  now_ = now;
  receive_stats_.on_packet(now, *packet);

  const std::uint8_t type = packet->payload_type();
  const bool event = agreed_->receive_event_payload_type == type;
  if (to_room_) {
    if (!event && type == agreed_->receive_payload_type) {
      to_room_->set_phone_codec(codec_of(agreed_->codec));
      to_room_->receive(now, *packet);
    } else if (!event && (type == rtp::kPayloadTypePcmu || type == rtp::kPayloadTypePcma)) {
      // Both were offered, so the peer may switch at any packet (RFC 3264 section 6.1).
      to_room_->set_phone_codec(type == rtp::kPayloadTypePcma ? audio::Codec::kPcma : audio::Codec::kPcmu);
      to_room_->receive(now, *packet);
    } else {
      to_room_->skip(now, *packet);
    }
  }
  if (event) {
    if (const auto press = keys_.receive(packet->timestamp(), packet->payload())) {
      listener_.on_phone_digit(press->code, press->digit);
    }
  }
  if (to_room_) wake_by(to_room_->next_deadline());
}

void AudioPath::settle(const base::Endpoint& peer) {
  if (settling_failed_) return;
  settling_failed_ = !rtp_port_->connect(peer);
}

void AudioPath::on_rtcp(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) {
  if (!agreed_) return;
  rtp::RtcpReader reader(bytes);
  bool accepted = false;
  while (const auto packet = reader.next()) {
    const auto report = rtp::parse_sender_report(*packet);
    const auto receiver = report ? std::nullopt : rtp::parse_receiver_report(*packet);
    if (!report && !receiver) continue;
    const std::uint32_t sender = report ? report->ssrc : receiver->ssrc;
    rtp::PortPair& source = agreed_->rtcp_mux ? rtp_source_ : rtcp_source_;
    if (!accepted && source.receive(now, from, sender) == rtp::PortPair::Verdict::kRefused) return;
    accepted = true;
    if (report) receive_stats_.on_sender_report(now, *report);
    for (const auto& block : report ? report->blocks : receiver->blocks) {
      if (block.ssrc == ssrc_) send_stats_.on_report_block(now, ntp_clock(now), block);
    }
  }
}

void AudioPath::send_audio(const audio::AudioPacket& packet) {
  const auto to = rtp_source_.destination();
  if (!to || !agreed_ ||
      (agreed_->direction != sdp::Direction::kSendRecv && agreed_->direction != sdp::Direction::kSendOnly)) {
    return;
  }
  rtp::PacketHeader header;
  header.marker = packet.marker;
  header.payload_type = agreed_->send_payload_type;
  header.sequence = static_cast<std::uint16_t>(first_sequence_ + packet.sequence);
  header.timestamp = first_timestamp_ + packet.timestamp;
  header.ssrc = ssrc_;
  const auto size = rtp::write_packet(rtp_port_->prepare(), header, packet.payload);
  if (size == 0) return;
  rtp_port_->commit(size, *to);
  send_stats_.on_packet(now_, header.timestamp, packet.payload.size());
}

void AudioPath::send_event(const audio::DtmfSender::Packet& packet, std::uint16_t sequence) {
  const auto to = rtp_source_.destination();
  if (!to || !agreed_ || !agreed_->send_event_payload_type) return;
  rtp::PacketHeader header;
  header.marker = packet.marker;
  header.payload_type = *agreed_->send_event_payload_type;
  header.sequence = static_cast<std::uint16_t>(first_sequence_ + sequence);
  header.timestamp = first_timestamp_ + packet.timestamp;
  header.ssrc = ssrc_;
  const auto payload = packet.event.bytes();
  const auto size = rtp::write_packet(rtp_port_->prepare(), header, payload);
  if (size != 0) rtp_port_->commit(size, *to);
}

void AudioPath::send_rtcp(base::TimePoint now, bool goodbye) {
  const auto to = agreed_->rtcp_mux ? rtp_source_.destination() : rtcp_source_.destination();
  if (!to) return;
  net::UdpPort& port = agreed_->rtcp_mux ? *rtp_port_ : *rtcp_port_;
  rtp::RtcpWriter writer(port.prepare());
  const auto block = receive_stats_.make_report_block(now);
  if (auto report = send_stats_.make_sender_report(now, ntp_clock(now))) {
    if (block) report->blocks.push_back(*block);
    writer.add_sender_report(*report);
  } else {
    rtp::ReceiverReport receiver;
    receiver.ssrc = ssrc_;
    if (block) receiver.blocks.push_back(*block);
    writer.add_receiver_report(receiver);
  }
  writer.add_cname(ssrc_, "ringback");
  if (goodbye) writer.add_bye(std::array{ssrc_});
  port.commit(writer.size(), *to);
}

void AudioPath::on_deadline(base::TimePoint now) {
  now_ = now;
  if (to_room_) to_room_->advance(now);
  if (to_phone_) to_phone_->advance(now);
  if (now >= next_rtcp_) {
    send_rtcp(now, false);
    next_rtcp_ = now + rtcp_interval();
  }
  const bool digits_sent = pressing_ && !to_phone_->sending_dtmf();
  if (digits_sent) pressing_ = false;
  const bool silent = now >= media_deadline();
  if (silent) media_expected_since_ = base::kNever;
  rearm();
  // Last, because the listener may end the call.
  if (digits_sent) listener_.on_digits_sent();
  if (silent) listener_.on_media_timeout();
}

base::TimePoint AudioPath::media_deadline() const {
  if (media_expected_since_ == base::kNever || !agreed_ || agreed_->held) return base::kNever;
  return std::max(media_expected_since_, last_heard_) + settings_.media_timeout;
}

base::TimePoint AudioPath::next_deadline() const {
  auto deadline = std::min(next_rtcp_, media_deadline());
  if (to_room_) deadline = std::min(deadline, to_room_->next_deadline());
  return to_phone_ ? std::min(deadline, to_phone_->next_deadline()) : deadline;
}

std::string AudioPath::summary() const {
  if (receive_stats_.packets() == 0 && send_stats_.packets() == 0) return {};
  const auto jitter = std::chrono::duration_cast<std::chrono::milliseconds>(receive_stats_.jitter()).count();
  std::string text =
      fmt::format("{} packets from the phone ({} lost, jitter {} ms), {} to it", receive_stats_.packets(),
                  std::max<std::int64_t>(0, receive_stats_.cumulative_lost()), jitter, send_stats_.packets());
  if (rtp_source_.refused_packets() > 0) {
    text += fmt::format(", {} from strangers refused", rtp_source_.refused_packets());
  }
  if (const auto& block = send_stats_.last_report_block()) {
    text += fmt::format("; the phone's side reports {:.1f} % loss", block->fraction_lost / 2.56);
  }
  return text;
}

}  // namespace ringback::bridge
