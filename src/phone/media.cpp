#include "phone/media.h"

#include <array>
#include <utility>

#include "audio/g711.h"
#include "crypto/random.h"

namespace ringback::phone {
namespace {

// Keys are pressed as briskly as people do.
constexpr base::Duration kKeyDown = std::chrono::milliseconds(120);
constexpr base::Duration kKeyGap = std::chrono::milliseconds(120);

audio::Codec codec_of(sdp::AudioCodec codec) {
  return codec == sdp::AudioCodec::kPcma ? audio::Codec::kPcma : audio::Codec::kPcmu;
}

}  // namespace

base::ErrorOr<std::unique_ptr<Media>> Media::open(net::Worker& worker, rtp::PortRange& ports,
                                                  const base::IpAddress& address, base::Duration echo_delay,
                                                  MediaListener& listener) {
  std::unique_ptr<Media> media(new Media(worker, ports, echo_delay, listener));
  // A port of the range may be in use by another program; each attempt takes another one.
  for (std::size_t attempt = 0; attempt < ports.pairs(); ++attempt) {
    const auto number = ports.allocate(worker.now());
    if (!number) break;
    auto port = net::UdpPort::open(worker, net::UdpPort::Options::for_leg({address, *number}), *media);
    if (port) {
      media->port_ = std::move(*port);
      return media;
    }
    ports.release(worker.now(), *number);
  }
  return base::fail("no free RTP port in the range");
}

Media::~Media() {
  if (!port_) return;
  const std::uint16_t number = port();
  port_.reset();
  ports_.release(worker_.now(), number);
}

Media::Media(net::Worker& worker, rtp::PortRange& ports, base::Duration echo_delay, MediaListener& listener)
    : worker_(worker),
      ports_(ports),
      listener_(listener),
      tick_(worker.timers(), *this),
      sound_(echo_delay),
      keys_(kKeyDown, kKeyGap),
      ssrc_(crypto::random_u32()),
      sequence_(crypto::random_u16()),
      timestamp_(crypto::random_u32()) {}

void Media::follow(const sdp::NegotiatedAudio& agreed, bool send) {
  codec_ = codec_of(agreed.codec);
  payload_type_ = agreed.send_payload_type;
  event_payload_type_ = agreed.send_event_payload_type;
  ear_.set_formats(codec_, agreed.receive_payload_type, agreed.receive_event_payload_type);
  remote_ = agreed.rtp.endpoint();
  const bool may_send = send && remote_ && !agreed.held && agreed.direction != sdp::Direction::kRecvOnly &&
                        agreed.direction != sdp::Direction::kInactive;
  if (may_send && !sending_) {
    marker_ = true;
    tick_.start(worker_.now(), audio::kFrameDuration);
  } else if (!may_send) {
    tick_.stop();
  }
  sending_ = may_send;
}

void Media::on_tick(base::TimePoint /*due*/, unsigned missed) {
  // Time that was missed is skipped in the timestamps too, so that the stream stays in real time.
  timestamp_ += missed * static_cast<std::uint32_t>(audio::kPhoneFrameSamples);
  std::array<audio::Sample, audio::kPhoneFrameSamples> frame;
  sound_.read(frame);
  const auto keys = keys_.next(timestamp_);
  if (keys.count > 0 && event_payload_type_) {
    for (const auto& packet : keys.view()) {
      send(*event_payload_type_, packet.timestamp, packet.marker, packet.event.bytes());
    }
    marker_ = true;
  } else {
    std::array<std::uint8_t, audio::kPhoneFrameSamples> payload;
    audio::g711_encode(codec_, frame, payload);
    send(payload_type_, timestamp_, marker_, payload);
    marker_ = false;
  }
  timestamp_ += static_cast<std::uint32_t>(audio::kPhoneFrameSamples);
}

void Media::send(std::uint8_t payload_type, std::uint32_t timestamp, bool marker,
                 std::span<const std::uint8_t> payload) {
  const auto slot = port_->prepare();
  const std::size_t size = rtp::write_packet(slot,
                                             {.marker = marker,
                                              .payload_type = payload_type,
                                              .sequence = sequence_++,
                                              .timestamp = timestamp,
                                              .ssrc = ssrc_},
                                             payload);
  port_->commit(size, *remote_);
}

void Media::on_datagram(base::TimePoint /*now*/, std::span<std::uint8_t> bytes,
                        const base::Endpoint& /*from*/) {
  const auto packet = rtp::PacketView::parse(bytes);
  if (!packet) return;
  const Ear::Heard heard = ear_.receive(*packet);
  sound_.hear(heard.samples);
  if (recording_) recording_->write(heard.samples);
  if (heard.digit) listener_.on_digit(*heard.digit);
  if (!measuring_) return;
  if (const auto measurement = ear_.measure()) listener_.on_measurement(*measurement);
}

}  // namespace ringback::phone
