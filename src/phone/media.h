#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "audio/dtmf_event.h"
#include "base/endpoint.h"
#include "base/error.h"
#include "net/tick.h"
#include "net/udp_port.h"
#include "phone/ear.h"
#include "phone/sound.h"
#include "phone/wav_writer.h"
#include "rtp/port_range.h"
#include "sdp/sip_profile.h"

namespace ringback::phone {

/// Told what a call hears. Must not destroy the media inside the call.
class MediaListener {
 public:
  virtual void on_digit(char digit) = 0;
  virtual void on_measurement(const Ear::Measurement& measurement) = 0;

 protected:
  ~MediaListener() = default;
};

/// The audio of one call: one RTP socket, one packet each way per 20 ms. Owner: its call, on the phone's
/// worker.
class Media final : private net::DatagramReceiver, private net::TickHandler {
 public:
  static base::ErrorOr<std::unique_ptr<Media>> open(net::Worker& worker, rtp::PortRange& ports,
                                                    const base::IpAddress& address, base::Duration echo_delay,
                                                    MediaListener& listener);
  ~Media();
  Media(const Media&) = delete;
  Media& operator=(const Media&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_->local().port; }
  [[nodiscard]] Sound& sound() { return sound_; }
  [[nodiscard]] const Ear::Statistics& statistics() const { return ear_.statistics(); }

  /// Follows what offer and answer agreed on; sending begins, or pauses when the caller holds the call.
  void follow(const sdp::NegotiatedAudio& agreed, bool send);
  void press(std::string_view digits) { keys_.queue(digits); }
  void record(WavWriter writer) { recording_.emplace(std::move(writer)); }
  void set_measuring(bool measuring) { measuring_ = measuring; }

 private:
  Media(net::Worker& worker, rtp::PortRange& ports, base::Duration echo_delay, MediaListener& listener);
  void on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) override;
  void on_tick(base::TimePoint due, unsigned missed) override;
  void send(std::uint8_t payload_type, std::uint32_t timestamp, bool marker,
            std::span<const std::uint8_t> payload);

  net::Worker& worker_;
  rtp::PortRange& ports_;
  MediaListener& listener_;
  std::unique_ptr<net::UdpPort> port_;
  net::Tick tick_;
  Sound sound_;
  Ear ear_;
  std::optional<WavWriter> recording_;
  bool measuring_ = false;

  std::optional<base::Endpoint> remote_;
  audio::Codec codec_ = audio::Codec::kPcmu;
  std::uint8_t payload_type_ = 0;
  std::optional<std::uint8_t> event_payload_type_;
  audio::DtmfSender keys_;
  bool sending_ = false;
  bool marker_ = true;
  std::uint32_t ssrc_;
  std::uint16_t sequence_;
  std::uint32_t timestamp_;
};

}  // namespace ringback::phone
